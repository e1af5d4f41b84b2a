import { column } from '../../lib/decorators/column.js'
import { entity } from '../../lib/decorators/entity.js'
import { unique } from '../../lib/decorators/indexes.js'
import { manyToMany } from '../../lib/decorators/many-to-many.js'
import { manyToOne } from '../../lib/decorators/many-to-one.js'
import { oneToOne } from '../../lib/decorators/one-to-one.js'
import { primaryKey } from '../../lib/decorators/primary-key.js'
import { deletedAt, updatedAt, version } from '../../lib/decorators/roles.js'
import type { Engine } from '../../lib/engines/contract.js'
import { level } from '../../lib/engines/level/index.js'
import { memory } from '../../lib/engines/memory/index.js'
import type { Collection } from '../../lib/schema/collection.js'
import type { ModelClass } from '../../lib/schema/entity-schema.js'
import type { Ref } from '../../lib/schema/ref.js'
import { Rome, type RomeOptions } from '../../lib/session/rome.js'
import { t } from '../../lib/values/t.js'
import { temporaryDirectory } from './temporary-directory.js'

/** Referred to by everything else; can be soft-deleted. */
@entity('authors')
export class Author {
  @primaryKey(t.string()) id!: string
  @deletedAt() deletedAt!: Date | null
}

/** Goes with its author, also softly. */
@entity('books')
export class Book {
  @primaryKey(t.string()) id!: string
  @column(t.string()) authorId!: string
  @column(t.string().default('')) title!: string
  @deletedAt() deletedAt!: Date | null
  @version() version!: number
  @manyToOne(() => Author, { column: 'authorId', onDelete: 'cascade' }) author!: Ref<Author>
  @manyToMany(() => Tag, { through: 'book_tags' }) tags!: Collection<Tag>
}

/** Goes with its book, and cannot be soft-deleted. */
@entity('pages')
export class Page {
  @primaryKey(t.string()) bookId!: string
  @primaryKey(t.integer()) number!: number
  @manyToOne(() => Book, { column: 'bookId', onDelete: 'cascade' }) book!: Ref<Book>
}

/** Keeps its author from being erased; can be soft-deleted. */
@entity('contracts')
export class Contract {
  @primaryKey(t.string()) id!: string
  @column(t.string().nullable()) authorId!: string | null
  @deletedAt() deletedAt!: Date | null
  @manyToOne(() => Author, { column: 'authorId' }) author!: Ref<Author | null>
}

/** Is left without author. */
@entity('portraits')
@unique('authorId')
export class Portrait {
  @primaryKey(t.string()) id!: string
  @column(t.string().nullable()) authorId!: string | null
  @updatedAt() updatedAt!: Date
  @version() version!: number
  @oneToOne(() => Author, { column: 'authorId', onDelete: 'setNull' }) author!: Ref<Author | null>
}

@entity('tags')
export class Tag {
  @primaryKey(t.string()) id!: string
}

/** A tree that keeps its inner nodes. */
@entity('shelves')
export class Shelf {
  @primaryKey(t.string()) room!: string
  @primaryKey(t.integer()) number!: number
  @column(t.string().nullable()) parentRoom!: string | null
  @column(t.integer().nullable()) parentNumber!: number | null
  @manyToOne(() => Shelf, { columns: ['parentRoom', 'parentNumber'] }) parent!: Ref<Shelf | null>
}

/** A tree that falls as a whole. */
@entity('folders')
export class Folder {
  @primaryKey(t.string()) id!: string
  @column(t.string().nullable()) parentId!: string | null
  @manyToOne(() => Folder, { column: 'parentId', onDelete: 'cascade' }) parent!: Ref<Folder | null>
}

export const libraryModels: readonly ModelClass[] = [Author, Book, Page, Contract, Portrait, Tag, Shelf, Folder]

interface WithTeardown {
  teardown(work: () => unknown): void
}

/** The engines that rules of the records are tested on. */
export const engines: Readonly<Record<string, (test: WithTeardown) => Engine>> = {
  memory: () => memory(),
  level: (test) => level(temporaryDirectory(test), { partitions: 2 }),
}

/** The time of the library; tests set it. */
export const libraryTime = { now: new Date('2026-01-01T00:00:00Z') }

/** A Rome of these models, closed at the end of the test. */
export async function openLibrary(
  test: WithTeardown,
  engine: Engine = memory(),
  options: Partial<RomeOptions> = {},
): Promise<Rome> {
  libraryTime.now = new Date('2026-01-01T00:00:00Z')
  const clock = () => new Date(libraryTime.now)
  const rome = await Rome.open({ engine, models: libraryModels, clock, ...options })
  test.teardown(() => rome.close())
  return rome
}

/** Stores entities in one commit. */
export async function store(rome: Rome, ...entities: object[]): Promise<void> {
  await using session = rome.session()
  session.addAll(entities)
  await session.commit()
}

/** The keys of all stored rows of a model, soft-deleted ones included, in order. */
export async function idsOf<T extends { id: string }>(rome: Rome, model: ModelClass<T>): Promise<string[]> {
  await using session = rome.session()
  return (await session.query(model).withDeleted().all()).map((entity) => entity.id).sort()
}
