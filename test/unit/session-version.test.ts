import t from 'tap'
import { column } from '../../lib/decorators/column.js'
import { entity } from '../../lib/decorators/entity.js'
import { index } from '../../lib/decorators/indexes.js'
import { manyToMany } from '../../lib/decorators/many-to-many.js'
import { manyToOne } from '../../lib/decorators/many-to-one.js'
import { oneToMany } from '../../lib/decorators/one-to-many.js'
import { primaryKey } from '../../lib/decorators/primary-key.js'
import { deletedAt, version } from '../../lib/decorators/roles.js'
import { memory } from '../../lib/engines/memory/index.js'
import type { Collection } from '../../lib/schema/collection.js'
import { create } from '../../lib/schema/create.js'
import type { ModelClass } from '../../lib/schema/entity-schema.js'
import { fields } from '../../lib/schema/fields.js'
import type { Ref } from '../../lib/schema/ref.js'
import { Rome } from '../../lib/session/rome.js'
import type { RomeSession } from '../../lib/session/session.js'
import { t as types } from '../../lib/values/t.js'

@entity('shelves')
class Shelf {
  @primaryKey(types.string()) id!: string
  @column(types.string().default('')) label!: string
  @version() version!: number
  @deletedAt() deletedAt!: Date | null
  @oneToMany(
    () => Volume,
    (volume) => volume.shelf,
  )
  volumes!: Collection<Volume>
}

/** Goes with its shelf, be it erased or soft-deleted. */
@entity('volumes')
@index('shelfId')
class Volume {
  @primaryKey(types.string()) id!: string
  @column(types.string().nullable()) shelfId!: string | null
  @column(types.string().default('')) label!: string
  @version() version!: number
  @deletedAt() deletedAt!: Date | null
  @manyToOne(
    () => Shelf,
    (shelf) => shelf.volumes,
    { column: 'shelfId', onDelete: 'cascade' },
  )
  shelf!: Ref<Shelf | null>
  @manyToMany(() => Reader, { through: () => Loan, from: (loan) => loan.volume, to: (loan) => loan.reader })
  readers!: Collection<Reader>
}

/** Stays without its shelf. */
@entity('lamps')
@index('shelfId')
class Lamp {
  @primaryKey(types.string()) id!: string
  @column(types.string().nullable()) shelfId!: string | null
  @column(types.string().default('')) label!: string
  @version() version!: number
  @manyToOne(() => Shelf, { column: 'shelfId', onDelete: 'setNull' }) shelf!: Ref<Shelf | null>
}

@entity('readers')
class Reader {
  @primaryKey(types.string()) id!: string
}

/** Between volumes and readers. */
@entity('loans')
@index('volumeId')
@index('readerId')
class Loan {
  @primaryKey(types.string().default(() => 'loan')) id!: string
  @column(types.string()) volumeId!: string
  @column(types.string()) readerId!: string
  @column(types.string().default('')) label!: string
  @version() version!: number
  @deletedAt() deletedAt!: Date | null
  @manyToOne(() => Volume, { column: 'volumeId' }) volume!: Ref<Volume>
  @manyToOne(() => Reader, { column: 'readerId' }) reader!: Ref<Reader>
}

type Versioned = Shelf | Volume | Lamp | Loan

/** A way to change one row. */
interface Path {
  readonly model: ModelClass<Versioned>
  readonly change: (session: RomeSession) => unknown
  /** The row is gone afterwards. */
  readonly erases?: boolean
  /** The row is soft-deleted before. */
  readonly isDeleted?: boolean
}

const volume = fields(Volume)
const readerOf = async (session: RomeSession) => {
  const owner = await session.getOrThrow(Volume, 'v')
  await owner.readers.load()
  return { owner, reader: await session.getOrThrow(Reader, 'r') }
}

const paths: Readonly<Record<string, Path>> = {
  'a changed property': {
    model: Volume,
    change: async (s) => {
      ;(await s.getOrThrow(Volume, 'v')).label = 'new'
    },
  },
  'session.delete': { model: Volume, change: async (s) => s.delete(await s.getOrThrow(Volume, 'v')) },
  'session.add of a deleted entity': {
    model: Volume,
    isDeleted: true,
    change: async (s) => {
      ;(await s.getOrThrow(Volume, 'v', { withDeleted: true })).deletedAt = null
    },
  },
  'session.hardDelete': {
    model: Volume,
    erases: true,
    change: async (s) => s.hardDelete(await s.getOrThrow(Volume, 'v')),
  },
  'query.update by value': { model: Volume, change: (s) => s.query(Volume).everything().update({ label: 'new' }) },
  'query.update by expression': {
    model: Volume,
    change: (s) => s.query(Volume).filter(volume.id.eq('v')).update({ label: volume.id }),
  },
  'query.update that sets what is there': {
    model: Lamp,
    change: (s) => s.query(Lamp).everything().update({ label: '' }),
  },
  'query.update of soft-deleted rows': {
    model: Volume,
    isDeleted: true,
    change: (s) => s.query(Volume).onlyDeleted().everything().update({ deletedAt: null }),
  },
  'query.delete': { model: Volume, change: (s) => s.query(Volume).everything().delete() },
  'query.softDelete': { model: Volume, change: (s) => s.query(Volume).everything().softDelete() },
  'query.hardDelete': { model: Volume, erases: true, change: (s) => s.query(Volume).everything().hardDelete() },
  'query.delete of a model that is erased': {
    model: Lamp,
    erases: true,
    change: (s) => s.query(Lamp).everything().delete(),
  },
  'session.bulkUpdate': { model: Volume, change: (s) => s.bulkUpdate(Volume, [{ id: 'v', label: 'new' }]) },
  'session.bulkDelete': { model: Volume, change: (s) => s.bulkDelete(Volume, ['v']) },
  'session.bulkDelete, hard': {
    model: Volume,
    erases: true,
    change: (s) => s.bulkDelete(Volume, ['v'], { hard: true }),
  },
  'a cascade of session.delete': { model: Volume, change: async (s) => s.delete(await s.getOrThrow(Shelf, 's')) },
  'a cascade of query.softDelete': { model: Volume, change: (s) => s.query(Shelf).everything().softDelete() },
  'a cascade of session.hardDelete': {
    model: Volume,
    erases: true,
    change: async (s) => s.hardDelete(await s.getOrThrow(Shelf, 's')),
  },
  'a cascade of query.hardDelete': {
    model: Volume,
    erases: true,
    change: (s) => s.query(Shelf).everything().hardDelete(),
  },
  'a cascade of session.bulkDelete': { model: Volume, change: (s) => s.bulkDelete(Shelf, ['s']) },
  'set null after session.hardDelete': {
    model: Lamp,
    change: async (s) => s.hardDelete(await s.getOrThrow(Shelf, 's')),
  },
  'set null after query.hardDelete': { model: Lamp, change: (s) => s.query(Shelf).everything().hardDelete() },
  'a reference that is set': {
    model: Lamp,
    change: async (s) => (await s.getOrThrow(Lamp, 'l')).shelf.set(await s.getOrThrow(Shelf, 't')),
  },
  'a collection that takes the entity in': {
    model: Volume,
    change: async (s) => (await s.getOrThrow(Shelf, 't')).volumes.add(await s.getOrThrow(Volume, 'v')),
  },
  'a many-to-many link that is removed': {
    model: Loan,
    change: async (s) => {
      const { owner, reader } = await readerOf(s)
      owner.readers.remove(reader)
    },
  },
  'a many-to-many link that is added again': {
    model: Loan,
    isDeleted: true,
    change: async (s) => {
      const { owner, reader } = await readerOf(s)
      owner.readers.add(reader)
    },
  },
}

const keys = new Map<ModelClass, string>([
  [Volume, 'v'],
  [Lamp, 'l'],
  [Loan, 'loan'],
])

async function open(test: { teardown(work: () => Promise<void>): void }, path?: Path): Promise<Rome> {
  const rome = await Rome.open({ engine: memory(), models: [Shelf, Volume, Lamp, Reader, Loan], fullScans: 'allow' })
  test.teardown(() => rome.close())
  await rome.transact((s) => {
    s.addAll([create(Shelf, { id: 's' }), create(Shelf, { id: 't' }), create(Reader, { id: 'r' })])
    s.addAll([create(Volume, { id: 'v', shelfId: 's' }), create(Lamp, { id: 'l', shelfId: 's' })])
    if (path?.model === Loan) s.add(create(Loan, { volumeId: 'v', readerId: 'r' }))
  })
  if (path?.isDeleted) {
    await rome.transact(async (s) => s.delete(await s.getOrThrow(path.model, keys.get(path.model) as string)))
  }
  return rome
}

const read = (session: RomeSession, { model }: Path) =>
  session.get(model, keys.get(model) as string, { withDeleted: true })

/** Makes some change to an entity of any of the models. */
function touch(changed: Versioned | undefined): void {
  if (changed !== undefined) changed.label = 'stale'
}

for (const [name, path] of Object.entries(paths)) {
  const { model, change, erases = false } = path
  t.test(`${name} counts the version up by one, and conflicts with who knew the one before`, async (t) => {
    const rome = await open(t, path)
    const before = path.isDeleted ? 2 : 1
    const [writer, stale, concurrent] = [rome.session(), rome.session(), rome.session()]
    const held = await read(writer, path)
    await writer.commit()
    const known = await read(stale, path)
    await stale.commit()
    t.equal(known?.version, before)

    touch(await read(concurrent, path))
    await change(writer)
    await writer.commit()

    const now = await read(rome.session(), path)
    if (erases) t.equal(now, undefined)
    else
      t.match([now?.version, held?.version], [before + 1, before + 1], 'the entity of the session that wrote follows')

    await t.rejects(concurrent.commit(), { code: 'ROME_CONFLICT', context: { model: model === Loan ? 'loans' : /./ } })
    touch(known)
    await t.rejects(stale.commit(), {
      code: 'ROME_STALE_VERSION',
      context: { version: before, versionStored: erases ? undefined : before + 1 },
    })
    if (erases) return
    const again = (await read(stale, path)) as Versioned
    t.equal(again.version, before + 1, 'read again it has the version that is stored')
    touch(again)
    await stale.commit()
    t.equal((await read(rome.session(), path))?.version, before + 2)
  })
}

t.test('what changes nothing counts nothing up', async (t) => {
  const rome = await open(t)
  await using session = rome.session()
  const known = await session.getOrThrow(Volume, 'v')
  known.label = 'new'
  known.label = ''
  await session.commit()
  await session.query(Volume).onlyDeleted().everything().softDelete()
  await session.bulkUpdate(Volume, [{ id: 'v', label: '' }])
  await session.bulkDelete(Volume, ['none'])
  await session.commit()
  t.equal((await session.getOrThrow(Volume, 'v')).version, 1)
})

t.test('each write of a transaction counts, and a rollback takes it back', async (t) => {
  const rome = await open(t)
  await using session = rome.session()
  const known = await session.getOrThrow(Volume, 'v')
  const undone = session.begin(async () => {
    known.label = 'once'
    await session.flush()
    await session.query(Volume).everything().update({ label: 'twice' })
    t.equal(known.version, 3)
    throw new Error('undo')
  })
  await t.rejects(undone, { message: 'undo' })
  t.match(known, { label: '', version: 1 })
  known.label = 'kept'
  await session.commit()
  t.equal((await session.getOrThrow(Volume, 'v')).version, 2)
})

t.test(
  'a row that is erased and inserted again begins anew, and a stale entity does not take it for its own',
  async (t) => {
    const rome = await open(t)
    await using stale = rome.session()
    const known = await stale.getOrThrow(Lamp, 'l')
    known.label = 'second'
    await stale.commit()
    t.equal(known.version, 2)
    await rome.transact(async (s) => {
      s.hardDelete(await s.getOrThrow(Lamp, 'l'))
      await s.flush()
      s.add(create(Lamp, { id: 'l' }))
    })
    known.label = 'third'
    await t.rejects(stale.commit(), { code: 'ROME_STALE_VERSION', context: { version: 2, versionStored: 1 } })
  },
)

t.test('refresh takes the stored version over, so that the next change goes through', async (t) => {
  const rome = await open(t)
  await using session = rome.session()
  const known = await session.getOrThrow(Volume, 'v')
  await session.commit()
  await rome.transact((s) => s.query(Volume).everything().update({ label: 'theirs' }))
  await session.refresh(known)
  t.match(known, { label: 'theirs', version: 2 })
  known.label = 'ours'
  await session.commit()
  t.equal(known.version, 3)
})

t.test('the version a bulk update names must be the stored one', async (t) => {
  const rome = await open(t)
  await using session = rome.session()
  await session.bulkUpdate(Volume, [{ id: 'v', label: 'one', version: 1 }])
  await session.commit()
  await t.rejects(session.bulkUpdate(Volume, [{ id: 'v', label: 'two', version: 1 }]), { code: 'ROME_STALE_VERSION' })
  await t.rejects(session.query(Volume).everything().update({ version: 9 }), { code: 'ROME_ARGUMENT' })
})
