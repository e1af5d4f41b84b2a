import t from 'tap'
import { index, unique } from '../../lib/decorators/indexes.js'
import { primaryKey } from '../../lib/decorators/primary-key.js'
import { deletedAt } from '../../lib/decorators/roles.js'
import type { Engine } from '../../lib/engines/contract.js'
import { level } from '../../lib/engines/level/index.js'
import { memory } from '../../lib/engines/memory/index.js'
import { ConstraintError } from '../../lib/errors/rome-error.js'
import { desc } from '../../lib/expressions/asc-desc.js'
import { catalogueKey, encodeCatalogue } from '../../lib/records/catalogue.js'
import type { Progress } from '../../lib/records/progress.js'
import { RecordStore } from '../../lib/records/record-store.js'
import { verifyStore } from '../../lib/records/verify.js'
import { defineEntity, type EntityRules } from '../../lib/schema/define-entity.js'
import type { ModelClass } from '../../lib/schema/entity-schema.js'
import { schemaOf } from '../../lib/schema/schema-of.js'
import { t as types } from '../../lib/values/t.js'
import {
  copyOf,
  insertRows,
  openStore,
  rawEntries,
  readRows,
  storedCatalogue,
  writeRaw,
} from '../support/records-fixture.js'
import { temporaryDirectory } from '../support/temporary-directory.js'

interface Item {
  id: number
  name: string
  group: number | null
  note: string | null
  deletedAt: Date | null
}

const items = (...indexes: NonNullable<EntityRules<Item>['indexes']>): ModelClass<Item> =>
  defineEntity(
    'items',
    {
      id: primaryKey(types.integer()),
      name: types.string(),
      group: types.integer().nullable(),
      note: types.text().nullable(),
      deletedAt: deletedAt(),
    },
    // The columns and the type above say the same.
    { indexes } as never,
  ) as unknown as ModelClass<Item>

const Plain = items()
const Indexed = items(
  index('group', desc('name')),
  index('note', { where: (item) => item.note.isNotNull(), include: ['name'] }),
  unique('name'),
)

/** Every seventh is deleted; names are unique among the others. */
const rows = (count: number) =>
  Array.from({ length: count }, (_, id) => ({
    id,
    name: id % 7 === 0 ? 'deleted' : `name ${id}`,
    group: id % 5 === 0 ? null : id % 3,
    note: id % 2 === 0 ? null : `note ${id}`,
    deletedAt: id % 7 === 0 ? new Date(id) : null,
  }))

async function isSound(store: RecordStore): Promise<boolean> {
  return (await verifyStore(store)).problemCount === 0
}

/** Stops the engine's commits for good after some, as a kill does. */
function failAfter(engine: Engine, commits: number): void {
  const commit = engine.commit.bind(engine)
  let left = commits
  engine.commit = async (request) => {
    if (left-- <= 0) throw new Error('killed')
    return commit(request)
  }
}

t.test('indexes of stored rows are built in chunks, with progress', async (t) => {
  const first = await openStore(t, [Plain])
  await insertRows(first, Plain, rows(2500))
  const engine = copyOf(first)
  let writesMost = 0
  const commit = engine.commit.bind(engine)
  engine.commit = (request) => {
    writesMost = Math.max(writesMost, request.writes.length)
    return commit(request)
  }
  const progress: Progress[] = []
  const second = await openStore(t, [Indexed], engine, { onProgress: (step) => progress.push(step) })
  const built = progress.filter(({ name }) => name === 'items.name_unique')
  t.ok(built.length >= 3)
  t.strictSame(built.at(-1), { task: 'build index', name: 'items.name_unique', done: 2500 })
  t.ok(
    built.every(({ done }, step) => step === 0 || done > built[step - 1].done),
    'it only grows',
  )
  t.ok(writesMost <= 1000, `${writesMost} writes in one commit`)
  t.equal((await rawEntries(engine)).size, 2500 + 1250 + 2500)
  t.ok(await isSound(second))
  t.strictSame(
    Object.values(second.catalogue.tables.items.indexes).map(({ state }) => state),
    ['ready', 'ready', 'ready'],
  )
  t.strictSame(engine.stats().liveSnapshots, 0)
})

t.test('built entries are those that writing the rows makes', async (t) => {
  const built = await openStore(t, [Plain])
  await insertRows(built, Plain, rows(1234))
  const second = await openStore(t, [Indexed], copyOf(built))
  const written = await openStore(t, [Indexed])
  await insertRows(written, Indexed, rows(1234))
  const text = async ({ engine }: RecordStore, firstId: number) =>
    [...(await rawEntries(engine))].map(([key, value]) => {
      const id = key.charCodeAt(1) * 256 + key.charCodeAt(2) - firstId
      return [key[0], id, key.slice(3), Buffer.from(value).subarray(4).toString('hex')]
    })
  const idOf = (store: RecordStore) => store.catalogue.tables.items.indexes.group_name_desc.id
  t.strictSame(await text(second, idOf(second)), await text(written, idOf(written)))
})

t.test('an index that is gone or changed is erased, and the changed one is built', async (t) => {
  const first = await openStore(t, [Indexed])
  await insertRows(first, Indexed, rows(1500))
  const progress: Progress[] = []
  const changed = items(index('group', 'name', { name: 'group_name_desc' }), unique('name'))
  const second = await openStore(t, [changed], copyOf(first), { onProgress: (step) => progress.push(step) })
  t.equal((await rawEntries(second.engine)).size, 1500 + 1500)
  t.ok(await isSound(second))
  t.strictSame(second.catalogue.droppedIndexes, [])
  t.strictSame(
    new Set(progress.map(({ task, name }) => `${task} ${name}`)),
    new Set([
      'erase index items.group_name_desc',
      'erase index items.note_partial',
      'build index items.group_name_desc',
    ]),
  )
  const third = await openStore(t, [Plain], copyOf(second))
  t.equal((await rawEntries(third.engine)).size, 0)
  t.equal((await readRows(third, Plain)).length, 1500)
})

t.test('a build that was killed begins again at the next opening, wherever it was killed', async (t) => {
  const Before = items(index('group'))
  const first = await openStore(t, [Before])
  await insertRows(first, Before, rows(1100))
  let commits = 0
  for (; ; commits++) {
    const engine = copyOf(first)
    failAfter(engine, commits)
    const opening = RecordStore.open(engine, [schemaOf(Indexed)])
    const outcome = await opening.then(
      () => 'opened',
      () => 'killed',
    )
    const killed = engine.dump()
    await engine.close()
    if (outcome === 'opened') break
    const again = memory()
    again.load(killed)
    const second = await openStore(t, [Indexed], again)
    if (!(await isSound(second))) t.fail(`killed after ${commits} commits it is not sound`)
    const { droppedIndexes } = await storedCatalogue(again)
    if (droppedIndexes.length > 0) t.fail(`killed after ${commits} commits it left dropped indexes`)
  }
  t.ok(commits > 10, `killed at ${commits} places`)
})

t.test('entries of a killed build are erased first: rows may have changed since', async (t) => {
  const first = await openStore(t, [Indexed])
  await insertRows(first, Indexed, rows(30))
  const engine = copyOf(first)
  await engine.open()
  const entries = [...(await rawEntries(engine))]
  const { tables, ...rest } = await storedCatalogue(engine)
  const indexes = Object.fromEntries(
    Object.entries(tables.items.indexes).map(([name, known]) => [name, { ...known, state: 'building' as const }]),
  )
  const catalogue = { ...rest, tables: { items: { ...tables.items, indexes } } }
  const stray = entries[0][0].slice(0, 3)
  await writeRaw(engine, [
    { key: catalogueKey, value: encodeCatalogue(catalogue) },
    { key: `${stray}\x15\x09\x15\x09`, value: Buffer.from('stray') },
  ])
  await writeRaw(
    engine,
    entries.slice(10, 60).map(([key]) => ({ key, value: undefined })),
  )
  const second = await openStore(t, [Indexed], engine)
  t.ok(await isSound(second))
  t.same(await rawEntries(engine), new Map(entries))
})

t.test('a new unique index over duplicates is refused, within a chunk and across chunks', async (t) => {
  for (const [a, b] of [
    [3, 5],
    [3, 2101],
  ]) {
    const first = await openStore(t, [Plain])
    const all = rows(2200).map((row) =>
      row.id === a || row.id === b ? { ...row, name: 'twice', deletedAt: null } : row,
    )
    await insertRows(first, Plain, all)
    const engine = copyOf(first)
    const refused = RecordStore.open(engine, [schemaOf(Indexed)])
    await t.rejects(refused, {
      code: 'ROME_UNIQUE',
      context: { model: 'items', index: 'name_unique', columns: ['name'], values: ['twice'] },
    })
    await t.rejects(refused, ConstraintError)
    const afterwards = memory()
    afterwards.load(engine.dump())
    const second = await openStore(t, [Plain], afterwards)
    t.equal((await readRows(second, Plain)).length, 2200, 'the store is usable without the index')
    t.equal((await rawEntries(afterwards)).size, 0, 'nothing of the index is left')
    await insertRows(second, Plain, [{ id: 5000, name: 'twice' }])
    t.ok(await isSound(second))
  }
})

t.test('nulls and soft-deleted rows are no duplicates for a new unique index', async (t) => {
  const first = await openStore(t, [Plain])
  await insertRows(first, Plain, [
    { id: 1, name: 'a', group: null },
    { id: 2, name: 'a', group: null },
    { id: 3, name: 'b', group: 1, deletedAt: new Date(0) },
    { id: 4, name: 'b', group: 1, deletedAt: new Date(0) },
    { id: 5, name: 'b', group: 1 },
  ])
  const second = await openStore(t, [items(unique('name', 'group'))], copyOf(first))
  t.equal((await rawEntries(second.engine)).size, 5)
  t.ok(await isSound(second))
})

t.test('entries with large included values are committed in parts', async (t) => {
  const first = await openStore(t, [Plain])
  const note = 'x'.repeat(1024 * 1024)
  await insertRows(
    first,
    Plain,
    rows(20).map((row) => ({ ...row, note })),
  )
  const engine = copyOf(first)
  let bytesMost = 0
  const commit = engine.commit.bind(engine)
  engine.commit = (request) => {
    const bytes = request.writes.reduce((sum, { key, value }) => sum + key.length + (value?.length ?? 0), 0)
    bytesMost = Math.max(bytesMost, bytes)
    return commit(request)
  }
  const second = await openStore(t, [items(index('name', { include: ['note'] }))], engine)
  t.ok(bytesMost < 10 * 1024 * 1024, `${bytesMost} bytes in one commit`)
  t.ok(await isSound(second))
})

t.test('on disk an index is built over what was there, survives the reopening, and is erased', async (t) => {
  const directory = temporaryDirectory(t)
  const open = (model: ModelClass) => RecordStore.open(level(directory, { partitions: 3 }), [schemaOf(model)])
  const first = await open(Plain)
  await insertRows(first, Plain, rows(2100))
  await first.close()
  const second = await open(Indexed)
  t.ok(await isSound(second))
  t.equal((await rawEntries(second.engine)).size, 2100 + 1050 + 2100)
  await second.close()
  const third = await open(items(unique('name')))
  t.ok(await isSound(third))
  t.equal((await rawEntries(third.engine)).size, 2100)
  await third.close()
  const duplicates = await open(Plain)
  await insertRows(duplicates, Plain, [
    { id: 9001, name: 'twice' },
    { id: 9002, name: 'twice' },
  ])
  await duplicates.close()
  await t.rejects(open(Indexed), { code: 'ROME_UNIQUE' })
  const last = await open(Plain)
  t.equal((await readRows(last, Plain)).length, 2102)
  t.equal((await rawEntries(last.engine)).size, 0)
  await last.close()
})
