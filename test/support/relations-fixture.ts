import { column } from '../../lib/decorators/column.js'
import { entity } from '../../lib/decorators/entity.js'
import { index, unique } from '../../lib/decorators/indexes.js'
import { manyToMany } from '../../lib/decorators/many-to-many.js'
import { manyToOne } from '../../lib/decorators/many-to-one.js'
import { oneToMany } from '../../lib/decorators/one-to-many.js'
import { oneToOne } from '../../lib/decorators/one-to-one.js'
import { primaryKey } from '../../lib/decorators/primary-key.js'
import { deletedAt } from '../../lib/decorators/roles.js'
import type { Engine } from '../../lib/engines/contract.js'
import { memory } from '../../lib/engines/memory/index.js'
import type { Collection, LoadedCollection } from '../../lib/schema/collection.js'
import type { ModelClass } from '../../lib/schema/entity-schema.js'
import type { LoadedRef, Ref } from '../../lib/schema/ref.js'
import { Rome, type RomeOptions } from '../../lib/session/rome.js'
import { t } from '../../lib/values/t.js'

@entity('authors')
export class Author {
  @primaryKey(t.uuid()) id!: string
  @column(t.string()) name!: string
  @oneToMany(
    () => Book,
    (book) => book.author,
    { orderBy: 'title' },
  )
  books!: Collection<Book>
  @oneToOne(
    () => Portrait,
    (portrait) => portrait.author,
  )
  portrait!: Ref<Portrait | null>
  @oneToMany(
    () => Note,
    (note) => note.author,
    { orphanRemoval: true },
  )
  notes!: Collection<Note>
}

/** Soft-deletable; its author may change, and be none. */
@entity('books')
@index('authorId')
export class Book {
  @primaryKey(t.uuid()) id!: string
  @column(t.uuid().nullable()) authorId!: string | null
  @column(t.string()) title!: string
  @column(t.integer().default(0)) pages!: number
  @deletedAt() deletedAt!: Date | null
  @manyToOne(
    () => Author,
    (author) => author.books,
    { column: 'authorId', onDelete: 'setNull' },
  )
  author!: Ref<Author | null>
  @manyToMany(() => Tag, { through: 'book_tags', orderBy: 'text' }) tags!: Collection<Tag>
  @manyToMany(() => Reader, { through: () => Loan, from: (loan) => loan.book, to: (loan) => loan.reader })
  readers!: Collection<Reader>
}

@entity('portraits')
@unique('authorId')
export class Portrait {
  @primaryKey(t.uuid()) id!: string
  @column(t.uuid().nullable()) authorId!: string | null
  @oneToOne(
    () => Author,
    (author) => author.portrait,
    { column: 'authorId', onDelete: 'setNull' },
  )
  author!: Ref<Author | null>
}

/** Cannot be without its author. */
@entity('notes')
@index('authorId')
export class Note {
  @primaryKey(t.uuid()) id!: string
  @column(t.uuid()) authorId!: string
  @column(t.string()) text!: string
  @manyToOne(
    () => Author,
    (author) => author.notes,
    { column: 'authorId', onDelete: 'cascade' },
  )
  author!: Ref<Author>
}

@entity('tags')
export class Tag {
  @primaryKey(t.uuid()) id!: string
  @column(t.string()) text!: string
  @manyToMany(
    () => Book,
    (book) => book.tags,
    { orderBy: 'title' },
  )
  books!: Collection<Book>
}

@entity('readers')
export class Reader {
  @primaryKey(t.uuid()) id!: string
  @column(t.string()) name!: string
}

/** Has a key of its own, so that its rows are found by its foreign keys. */
@entity('loans')
@index('bookId')
export class Loan {
  @primaryKey(t.uuid()) id!: string
  @column(t.uuid()) bookId!: string
  @column(t.uuid()) readerId!: string
  @column(t.integer().default(1)) copies!: number
  @manyToOne(() => Book, { column: 'bookId', onDelete: 'cascade' }) book!: Ref<Book>
  @manyToOne(() => Reader, { column: 'readerId', onDelete: 'cascade' }) reader!: Ref<Reader>
}

/** A tree, and a circle where one wants it. */
@entity('places')
@index('parentId')
export class Place {
  @primaryKey(t.uuid()) id!: string
  @column(t.string()) name!: string
  @column(t.uuid().nullable()) parentId!: string | null
  @manyToOne(
    () => Place,
    (place) => place.parts,
    { column: 'parentId', onDelete: 'setNull' },
  )
  parent!: Ref<Place | null>
  @oneToMany(
    () => Place,
    (place) => place.parent,
    { orderBy: 'name' },
  )
  parts!: Collection<Place>
}

export const models: readonly ModelClass[] = [Author, Book, Portrait, Note, Tag, Reader, Loan, Place]

/** A Rome on memory with the models above, closed at the end of the test. */
export async function openRome(
  test: { teardown(work: () => Promise<void>): void },
  options: Partial<RomeOptions> & { engine?: Engine } = {},
): Promise<Rome> {
  const rome = await Rome.open({ engine: memory(), models, ...options })
  test.teardown(() => rome.close())
  return rome
}

/** How much was read meanwhile: gets and scans of the engine, and what was found in memory. */
export async function readsOf(rome: Rome, work: () => Promise<unknown>): Promise<number> {
  const engine = rome.store.engine as unknown as { stats(): { gets: number; scans: number } }
  const reads = (): number => engine.stats().gets + engine.stats().scans + (rome.stats().cache?.hits ?? 0)
  const before = reads()
  await work()
  return reads() - before
}

/** The entities of a collection as they are known, without a read. */
export function members<T extends object>(collection: Collection<T>): T[] {
  return (collection as LoadedCollection<T>).toArray()
}

/** The entity of a reference as it is known, without a read. */
export function target<T extends object | null>(ref: Ref<T>): T {
  return (ref as LoadedRef<T>).get()
}
