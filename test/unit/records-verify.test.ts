import t from 'tap'
import { seal } from '../../lib/codec/checksum.js'
import type { Key } from '../../lib/codec/key.js'
import { encodeInteger, encodeText } from '../../lib/codec/tuple.js'
import { index, unique } from '../../lib/decorators/indexes.js'
import { primaryKey } from '../../lib/decorators/primary-key.js'
import { deletedAt } from '../../lib/decorators/roles.js'
import type { Engine } from '../../lib/engines/contract.js'
import { level } from '../../lib/engines/level/index.js'
import { memory } from '../../lib/engines/memory/index.js'
import { AbortError, CorruptionError } from '../../lib/errors/rome-error.js'
import type { Progress } from '../../lib/records/progress.js'
import type { RecordStore } from '../../lib/records/record-store.js'
import { type VerifyReport, verifyStore } from '../../lib/records/verify.js'
import { create } from '../../lib/schema/create.js'
import { defineEntity } from '../../lib/schema/define-entity.js'
import { schemaOf } from '../../lib/schema/schema-of.js'
import { Rome } from '../../lib/session/rome.js'
import { t as types } from '../../lib/values/t.js'
import { insertRows, keyOfHex, openStore, rawEntries, rawOf, writeRaw } from '../support/records-fixture.js'
import { temporaryDirectory } from '../support/temporary-directory.js'

const Image = defineEntity(
  'images',
  { id: primaryKey(types.integer()), name: types.string(), size: types.integer().nullable(), deletedAt: deletedAt() },
  {
    indexes: [
      unique('name'),
      index('size', { name: 'large', where: (image) => image.size.gt(100), include: ['name'] }),
    ],
  },
)
const schema = schemaOf(Image)

const rows = (count: number) =>
  Array.from({ length: count }, (_, id) => ({
    id,
    name: `image ${id}`,
    size: id % 3 === 0 ? null : id,
    deletedAt: id % 10 === 0 ? new Date(id) : null,
  }))

async function filled(t: Parameters<typeof openStore>[0], count = 300, engine: Engine = memory()) {
  const store = await openStore(t, [Image], engine)
  await insertRows(store, Image, rows(count))
  const table = store.table(schema)
  const [byName, large] = table.indexes
  const rowKey = (id: number) => table.keyOfPrimaryKey([id])
  const nameKey = (id: number) => byName.prefix + encodeText(`image ${id}`)
  const largeKey = (id: number) => large.prefix + encodeInteger(id) + encodeInteger(id)
  const storedAt = async (key: Key) => {
    const value = (await rawOf(engine, key)).get(key)
    if (value === undefined) throw new Error('nothing is stored there')
    return Buffer.from(value)
  }
  return { store, table, rowKey, nameKey, largeKey, storedAt }
}

/** The problems in words. */
function found({ problems }: VerifyReport): string[] {
  return problems.map(({ what, model, index, values }) =>
    [what, model, index, values?.join()].filter(Boolean).join(' '),
  )
}

const damage = (store: RecordStore, key: Key, value: Uint8Array | undefined) => writeRaw(store.engine, [{ key, value }])

t.test('a sound store has no problems, and what was read is counted', async (t) => {
  const { store } = await filled(t, 2500)
  const report = await verifyStore(store)
  const entries = (await rawEntries(store.engine)).size
  t.strictSame(report, { rows: 2500, entries, problemCount: 0, problems: [], unchecked: [] })
  t.strictSame(store.engine.stats().liveSnapshots, 0)
  t.strictSame(store.engine.stats().liveScans, 0)
})

t.test('a row with a changed byte is unreadable, wherever the byte is', async (t) => {
  const { store, rowKey, storedAt } = await filled(t, 20)
  const value = await storedAt(rowKey(7))
  for (let byte = 0; byte < value.length; byte++) {
    const changed = Buffer.from(value)
    changed[byte] ^= 0x10
    await damage(store, rowKey(7), changed)
    const report = await verifyStore(store)
    t.strictSame(found(report), ['unreadable row images 7'])
    t.ok(report.problems[0].cause instanceof CorruptionError)
    t.equal(report.problems[0].key, Buffer.from(rowKey(7), 'latin1').toString('hex'))
  }
  await damage(store, rowKey(7), value.subarray(0, 2))
  t.strictSame(found(await verifyStore(store)), ['unreadable row images 7'])
  await damage(store, rowKey(7), value)
  t.equal((await verifyStore(store)).problemCount, 0)
})

t.test('a row whose checksum is right and whose content is none of its model is unreadable', async (t) => {
  const { store, rowKey } = await filled(t, 20)
  await damage(store, rowKey(7), seal(rowKey(7), Buffer.from('nonsense')))
  t.strictSame(found(await verifyStore(store)), ['unreadable row images 7'])
})

t.test('a row under a key that its primary key does not say is misplaced', async (t) => {
  const { store, table, rowKey, storedAt } = await filled(t, 20)
  const row = table.decode(rowKey(7), await storedAt(rowKey(7)))
  await damage(store, rowKey(500), table.encode(rowKey(500), row))
  const report = await verifyStore(store)
  t.ok(found(report).includes('misplaced row images 500'))
  t.equal(report.rows, 21)
})

t.test('a row that vanished leaves stray entries', async (t) => {
  const { store, rowKey } = await filled(t)
  await damage(store, rowKey(200), undefined)
  await damage(store, rowKey(101), undefined)
  t.strictSame(found(await verifyStore(store)), [
    'stray entry images name_unique image 101',
    'stray entry images name_unique image 200,200',
    'stray entry images large 101,101',
    'stray entry images large 200,200',
  ])
})

t.test('an entry that vanished is missing', async (t) => {
  const { store, nameKey, largeKey } = await filled(t)
  await damage(store, nameKey(101), undefined)
  await damage(store, largeKey(202), undefined)
  t.strictSame(found(await verifyStore(store)), [
    'missing entry images name_unique image 101',
    'missing entry images large 202,202',
  ])
})

t.test('an entry that no row says is stray, also in the place for deleted rows', async (t) => {
  const { store, table, nameKey, largeKey } = await filled(t)
  const [byName, large] = table.indexes
  const deletedTwin = byName.deletedPrefix + encodeText('image 101') + encodeInteger(101)
  const ofNoSize = large.prefix + encodeInteger(150) + encodeInteger(102)
  const ofNobody = nameKey(5000)
  await damage(store, deletedTwin, seal(deletedTwin, new Uint8Array()))
  await damage(store, ofNoSize, seal(ofNoSize, new Uint8Array()))
  await damage(store, ofNobody, table.indexes[0].entryOf(table.keyOf([5000]), [5000, 'image 5000', null, null])?.value)
  t.ok(largeKey(150) !== ofNoSize)
  t.strictSame(found(await verifyStore(store)), [
    'stray entry images name_unique image 5000',
    'stray entry images name_unique image 101,101',
    'stray entry images large 150,102',
  ])
})

t.test('a unique entry that stands for another row, and one with other included values, are wrong', async (t) => {
  const { store, table, nameKey, largeKey } = await filled(t)
  const [byName, large] = table.indexes
  const other = byName.entryOf(table.keyOf([102]), [102, 'image 101', 102, null])
  t.equal(other?.key, nameKey(101))
  await damage(store, nameKey(101), other?.value)
  await damage(store, largeKey(202), large.entryOf(table.keyOf([202]), [202, 'another', 202, null])?.value)
  t.strictSame(found(await verifyStore(store)), [
    'wrong entry images name_unique image 101',
    'wrong entry images large 202,202',
    'stray entry images name_unique image 101',
  ])
})

t.test('an entry with a changed byte is unreadable', async (t) => {
  const { store, nameKey, storedAt } = await filled(t)
  const value = await storedAt(nameKey(101))
  value[5] ^= 1
  await damage(store, nameKey(101), value)
  const report = await verifyStore(store)
  t.strictSame(found(report), [
    'wrong entry images name_unique image 101',
    'unreadable entry images name_unique image 101',
  ])
  t.ok(report.problems[1].cause instanceof CorruptionError)
})

t.test('keys that belong to nothing are found, and each table or index of them is told once', async (t) => {
  const { store } = await filled(t, 20)
  for (const key of [
    '\x02\0\x63\x15\x01',
    '\x02\0\x63\x15\x02',
    '\x03\xff\xff\x15\x01',
    '\x04\0\x63',
    '\x05\0\0',
    '\x03',
  ]) {
    await damage(store, key, Buffer.from('x'))
  }
  const { problems } = await verifyStore(store)
  t.ok(problems.every(({ what, model }) => what === 'unknown keys' && model === undefined))
  t.strictSame(
    problems.map(({ key }) => keyOfHex(key)),
    ['\x02\0\x63\x15\x01', '\x03', '\x03\xff\xff\x15\x01', '\x04\0\x63', '\x05\0\0'],
  )
})

t.test('all problems are counted, and the first hundred are told', async (t) => {
  const { store, rowKey } = await filled(t)
  await writeRaw(
    store.engine,
    Array.from({ length: 250 }, (_, id) => ({ key: rowKey(id), value: undefined })),
  )
  const report = await verifyStore(store)
  t.equal(report.problems.length, 100)
  t.ok(report.problemCount > 250)
})

t.test('models that the store was not opened with are named, not looked at', async (t) => {
  const engine = memory()
  const Other = defineEntity('others', { id: primaryKey(types.integer()) }, { indexes: [index('id')] })
  const both = await openStore(t, [Image, Other], engine)
  await insertRows(both, Other, [{ id: 1 }])
  const copy = memory()
  copy.load(engine.dump())
  const report = await verifyStore(await openStore(t, [Image], copy))
  t.strictSame(report, { rows: 0, entries: 0, problemCount: 0, problems: [], unchecked: ['others'] })
})

t.test('rome.verify reads one moment while others write, tells its progress and is given up by a signal', async (t) => {
  const rome = await Rome.open({ engine: memory(), models: [Image] })
  await rome.transact((session) => {
    for (const values of rows(2500)) session.add(create(Image, values))
  })
  const progress: Progress[] = []
  let writes = 0
  const write = async () => {
    const id = 10_000 + writes++
    await rome.transact(async (session) => {
      session.add(create(Image, { id, name: `image ${id}`, size: id }))
      session.hardDelete(await session.getOrThrow(Image, writes * 10 + 1))
    })
  }
  const pending: Promise<void>[] = []
  const report = await rome.verify({
    onProgress: (step) => {
      progress.push(step)
      pending.push(write())
    },
  })
  await Promise.all(pending)
  t.ok(writes > 5)
  t.match(report, { rows: 2500, problemCount: 0 })
  t.strictSame(progress.filter(({ task }) => task === 'verify rows').at(-1), {
    task: 'verify rows',
    name: 'images',
    done: 2500,
  })
  const names = ['images.name_unique', 'images.large']
  t.strictSame([...new Set(progress.filter(({ task }) => task === 'verify entries').map(({ name }) => name))], names)
  const abort = new AbortController()
  let steps = 0
  const aborted = rome.verify({
    signal: abort.signal,
    onProgress: () => {
      if (++steps === 2) abort.abort(new Error('enough'))
    },
  })
  await t.rejects(aborted, { code: 'ROME_ABORTED', cause: { message: 'enough' } })
  await t.rejects(aborted, AbortError)
  t.equal(steps, 2)
  await t.rejects(rome.verify({ signal: AbortSignal.abort() }), { code: 'ROME_ABORTED' })
  t.equal(rome.store.engine.stats().liveSnapshots, 0)
  await t.rejects(rome.verify({ onprogress: () => undefined } as object), { code: 'ROME_ARGUMENT' })
  await rome.close()
  await t.rejects(rome.verify(), { code: 'ROME_CLOSED' })
})

t.test('verification finds on disk what it finds in memory', async (t) => {
  const engine = level(temporaryDirectory(t), { partitions: 3, durability: 'os' })
  const { store, rowKey, nameKey, largeKey, storedAt } = await filled(t, 1500, engine)
  t.match(await verifyStore(store), { rows: 1500, problemCount: 0 })
  const row = await storedAt(rowKey(301))
  row[9] ^= 1
  await damage(store, rowKey(301), row)
  await damage(store, nameKey(302), undefined)
  await damage(store, rowKey(304), undefined)
  await damage(store, largeKey(1205), undefined)
  t.strictSame(found(await verifyStore(store)), [
    'unreadable row images 301',
    'missing entry images name_unique image 302',
    'missing entry images large 1205,1205',
    'stray entry images name_unique image 304',
    'stray entry images large 304,304',
  ])
})
