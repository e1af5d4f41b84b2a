import t from 'tap'
import { type KeyRange, prefixRange } from '../../lib/codec/key.js'
import { index, unique } from '../../lib/decorators/indexes.js'
import { primaryKey } from '../../lib/decorators/primary-key.js'
import type { CommitRequest, Engine, ScanOptions } from '../../lib/engines/contract.js'
import { memory } from '../../lib/engines/memory/index.js'
import { EngineError, UsageError } from '../../lib/errors/rome-error.js'
import { ReadSet } from '../../lib/records/read-set.js'
import type { RecordTransaction } from '../../lib/records/record-transaction.js'
import { defineEntity } from '../../lib/schema/define-entity.js'
import { schemaOf } from '../../lib/schema/schema-of.js'
import { t as types } from '../../lib/values/t.js'
import { insertRows, newRow, openStore, transact } from '../support/records-fixture.js'

const Item = defineEntity(
  'items',
  { id: primaryKey(types.integer()), name: types.string().nullable() },
  { indexes: [unique('name'), index('name', 'id')] },
)
const schema = schemaOf(Item)

const range = (from: number, to: number) => Array.from({ length: to - from }, (_, position) => from + position)

async function itemStore(t: Parameters<typeof openStore>[0], ids: readonly number[], engine: Engine = memory()) {
  const store = await openStore(t, [Item], engine)
  const table = store.table(schema)
  await insertRows(
    store,
    Item,
    ids.map((id) => ({ id, name: `name ${id}` })),
  )
  const key = (id: number) => table.keyOfPrimaryKey([id])
  const row = (id: number, name: string | null = `name ${id}`) => newRow(Item, { id, name })
  const idsIn = async (transaction: RecordTransaction, keys: KeyRange, options?: ScanOptions) => {
    const found: unknown[] = []
    const scan = transaction.scan(keys, options)
    for (let batch = await scan.next(); batch !== undefined; batch = await scan.next()) {
      batch.keys.forEach((each, position) => {
        found.push(table.decode(each, batch.values[position])[0])
      })
    }
    await scan.close()
    return found
  }
  return { store, table, key, row, idsIn, all: prefixRange(table.prefix) }
}

/** Memory that keeps the last commit it was asked for. */
function observedMemory(): { readonly engine: Engine; last: CommitRequest | undefined } {
  const engine = memory()
  const observed = { engine, last: undefined as CommitRequest | undefined }
  const commit = engine.commit.bind(engine)
  engine.commit = (request) => {
    observed.last = request
    return commit(request)
  }
  return observed
}

t.test('a transaction reads its own writes by key', async (t) => {
  const { store, table, key, row } = await itemStore(t, [1, 2, 3])
  const transaction = await store.begin()
  await transaction.insert(table, row(4))
  await transaction.update(table, row(2), row(2, 'changed'))
  transaction.erase(table, row(3))
  t.strictSame(await transaction.get(table, key(4)), [4, 'name 4'])
  t.strictSame(await transaction.get(table, key(2)), [2, 'changed'])
  t.equal(await transaction.get(table, key(3)), undefined)
  t.equal(await transaction.get(table, key(9)), undefined)
  t.strictSame(await transaction.getMany(table, [9, 4, 3, 2, 1].map(key)), [
    undefined,
    [4, 'name 4'],
    undefined,
    [2, 'changed'],
    [1, 'name 1'],
  ])
  await transaction.insert(table, row(3, 'again'))
  t.strictSame(await transaction.get(table, key(3)), [3, 'again'])
  transaction.release()
  const other = await store.begin()
  t.equal(await other.get(table, key(4)), undefined, 'which nobody else sees')
  other.release()
})

t.test('a scan lays the writes over the snapshot, in both directions and within its bounds', async (t) => {
  const { store, table, key, row, idsIn, all } = await itemStore(t, [2, 4, 6, 8])
  const transaction = await store.begin()
  for (const id of [1, 5, 9]) await transaction.insert(table, row(id))
  await transaction.update(table, row(6), row(6, 'changed'))
  for (const id of [4, 8]) transaction.erase(table, row(id))
  t.strictSame(await idsIn(transaction, all), [1, 2, 5, 6, 9])
  t.strictSame(await idsIn(transaction, all, { reverse: true }), [9, 6, 5, 2, 1])
  const middle = { start: key(2), end: key(6) }
  t.strictSame(await idsIn(transaction, middle), [2, 5])
  t.strictSame(await idsIn(transaction, middle, { reverse: true }), [5, 2])
  const empty = { start: key(7), end: key(9) }
  t.strictSame(await idsIn(transaction, empty), [], 'only a deletion lies there')
  t.strictSame(await idsIn(transaction, { start: key(9), end: key(20) }), [9], 'only a write lies there')
  transaction.release()
})

t.test('writes made during a scan do not show in it', async (t) => {
  const { store, table, row, all } = await itemStore(t, range(0, 100))
  const transaction = await store.begin()
  await transaction.insert(table, row(1000))
  const scan = transaction.scan(all, { expected: 1 })
  let count = 0
  for (let batch = await scan.next(); batch !== undefined; batch = await scan.next()) {
    count += batch.keys.length
    await transaction.insert(table, row(2000 + count))
    if (count <= 50) transaction.erase(table, row(50 + count))
  }
  t.equal(count, 101)
  transaction.release()
})

t.test('a scan that meets nothing but deletions comes to its end, however many there are', async (t) => {
  const count = 60_000
  const { store, table, key, row, idsIn, all } = await itemStore(t, [])
  const engine = store.engine
  const writes = range(0, count).map((id) => ({ key: key(id), value: table.encode(key(id), row(id, null)) }))
  await engine.commit({ id: 'load', readVersion: 0, readKeys: [], readRanges: [], writes })
  // Batches of one key each, all of which vanish: a step that recursed would need 60 000 frames.
  const snapshot = engine.snapshot.bind(engine)
  engine.snapshot = async () => {
    const taken = await snapshot()
    const scan = taken.scan.bind(taken)
    taken.scan = (keys, options) => {
      const inner = scan(keys, options)
      const waiting: [string, Uint8Array][] = []
      return {
        close: () => inner.close(),
        next() {
          if (waiting.length === 0) {
            const batch = inner.next()
            if (batch instanceof Promise) throw new Error('memory answers at once')
            batch?.keys.forEach((key, position) => {
              waiting.push([key, batch.values[position]])
            })
            waiting.reverse()
          }
          const next = waiting.pop()
          return next && { keys: [next[0]], values: [next[1]] }
        },
      }
    }
    return taken
  }
  const transaction = await store.begin()
  for (const id of range(0, count)) transaction.erase(table, row(id, null))
  t.strictSame(await idsIn(transaction, all), [])
  t.strictSame(await idsIn(transaction, all, { reverse: true }), [])
  await transaction.insert(table, row(count + 1))
  t.strictSame(await idsIn(transaction, all), [count + 1])
  transaction.release()
})

t.test('a savepoint takes back the writes since, any number of times', async (t) => {
  const { store, table, row, idsIn, all } = await itemStore(t, [1])
  const transaction = await store.begin()
  await transaction.insert(table, row(2))
  const savepoint = transaction.savepoint()
  for (const id of [3, 4]) {
    await transaction.insert(table, row(id))
    transaction.erase(table, row(1))
    transaction.rollbackTo(savepoint)
    t.strictSame(await idsIn(transaction, all), [1, 2])
  }
  await t.resolves(async () => transaction.insert(table, row(3)), 'its key and unique values are free again')
  await transaction.commit({ isolation: 'serializable' })
  transaction.release()
  const after = await store.begin()
  t.strictSame(await idsIn(after, all), [1, 2, 3])
  after.release()
})

t.test('an ended transaction refuses everything, and can be ended again', async (t) => {
  const { store, table, key, row, all } = await itemStore(t, [1])
  const transaction = await store.begin()
  transaction.release()
  transaction.release()
  const ended = { code: 'ROME_TRANSACTION_STATE' }
  t.throws(() => transaction.get(table, key(1)), ended)
  t.throws(() => transaction.getMany(table, [key(1)]), ended)
  t.throws(() => transaction.scan(all), ended)
  t.throws(() => transaction.insert(table, row(2)), ended)
  t.throws(() => transaction.update(table, row(1), row(1, 'x')), ended)
  t.throws(() => transaction.erase(table, row(1)), UsageError)
  await t.rejects(transaction.commit({ isolation: 'serializable' }), ended)
})

t.test('a commit says what was read: keys, and ranges as far as they were read', async (t) => {
  const observed = observedMemory()
  const { store, table, key, row, all } = await itemStore(t, range(0, 2000), observed.engine)
  await transact(store, async (transaction) => {
    await transaction.get(table, key(7))
    await transaction.getMany(table, [key(8), key(9000)])
    const scan = transaction.scan(all, { expected: 10 })
    await scan.next()
    await scan.close()
    await scan.next()
    const backwards = transaction.scan(all, { expected: 10, reverse: true })
    await backwards.next()
    await backwards.close()
    transaction.scan(all)
    transaction.erase(table, row(1000))
  })
  const { readKeys, readRanges } = observed.last as CommitRequest
  t.strictSame([...readKeys].sort(), [key(7), key(8), key(9000)].sort())
  t.strictSame(readRanges, [
    { start: all.start, end: `${key(9)}\0` },
    { start: key(1990), end: all.end },
  ])
  await transact(store, async (transaction) => {
    const scan = transaction.scan({ start: key(3000), end: key(4000) })
    t.equal(await scan.next(), undefined)
    transaction.erase(table, row(1001))
  })
  t.match(observed.last?.readRanges, [{ start: key(3000), end: key(4000) }], 'where nothing was, all of it')
})

t.test('a scan notes what it gave out, not what a deletion hid behind it', async (t) => {
  const observed = observedMemory()
  const { store, table, key, row, all } = await itemStore(t, range(0, 100), observed.engine)
  await transact(store, async (transaction) => {
    for (const id of [7, 8, 9]) transaction.erase(table, row(id))
    const scan = transaction.scan(all, { expected: 10 })
    await scan.next()
    await scan.close()
  })
  t.match(observed.last?.readRanges, [{ start: all.start, end: `${key(6)}\0` }])
})

t.test('snapshot isolation validates the keys it writes and nothing else', async (t) => {
  const observed = observedMemory()
  const { store, table, key, row, idsIn, all } = await itemStore(t, [1, 2], observed.engine)
  const transaction = await store.begin()
  await idsIn(transaction, all)
  await transaction.get(table, key(1))
  await transaction.update(table, row(2), row(2, 'changed'))
  await transaction.commit({ isolation: 'snapshot' })
  transaction.release()
  const { readKeys, readRanges, writes } = observed.last as CommitRequest
  t.strictSame(
    readKeys,
    writes.map((write) => write.key),
  )
  t.ok(readKeys.includes(key(2)) && !readKeys.includes(key(1)))
  t.strictSame(readRanges, [])
})

t.test('a commit without writes asks the engine for nothing', async (t) => {
  const observed = observedMemory()
  const { store, idsIn, all } = await itemStore(t, [1], observed.engine)
  const { last } = observed
  const transaction = await store.begin()
  await idsIn(transaction, all)
  t.equal(await transaction.commit({ isolation: 'serializable' }), transaction.readVersion)
  t.equal(observed.last, last)
  transaction.release()
})

t.test('a commit that is too large is refused with the numbers, by writes and by bytes', async (t) => {
  for (const limits of [{ commitWritesMax: 5 }, { commitBytesMax: 500 }]) {
    const engine = memory()
    const { store, table, row, idsIn, all } = await itemStore(t, [1], engine)
    Object.defineProperty(engine, 'manifest', { value: { ...engine.manifest, ...limits } })
    const transaction = await store.begin()
    for (const id of range(10, 30)) await transaction.insert(table, row(id))
    const refused = transaction.commit({ isolation: 'serializable' })
    await t.rejects(refused, { code: 'ROME_COMMIT_TOO_LARGE' })
    await t.rejects(refused, EngineError)
    const { context } = (await refused.catch((error: unknown) => error)) as EngineError
    const [max] = Object.values(limits)
    t.ok(Object.values(context).includes(max), 'the limit is named')
    t.ok(
      Object.values(context).some((value) => (value as number) > max),
      'and what it was compared with',
    )
    transaction.release()
    const after = await store.begin()
    t.strictSame(await idsIn(after, all), [1])
    after.release()
  }
})

t.test('a row that is written again and again counts once for the size of the commit', async (t) => {
  const Plain = defineEntity('plain', { id: primaryKey(types.integer()), count: types.integer() })
  const engine = memory()
  const store = await openStore(t, [Plain], engine)
  const table = store.table(schemaOf(Plain))
  Object.defineProperty(engine, 'manifest', { value: { ...engine.manifest, commitBytesMax: 100 } })
  const counting = transact(store, async (transaction) => {
    await transaction.insert(table, [1, 0])
    for (const count of range(0, 200)) {
      await transaction.update(table, [1, count], [1, count + 1])
      transaction.rollbackTo(transaction.savepoint())
    }
  })
  await t.resolves(counting)
})

t.test('the read set stays bounded: beyond its limit it notes whole tables and indexes', (t) => {
  const key = (table: number, id: number) => `\x02\0${String.fromCharCode(table)}${String(id).padStart(6, '0')}`
  const isNoted = (reads: ReadSet, each: string) =>
    reads.keys.includes(each) || reads.ranges.some(({ start, end }) => start <= each && each < end)
  const reads = new ReadSet()
  const before = reads.noteScan({ start: key(1, 5), end: key(1, 9) }, false)
  const across = reads.noteScan({ start: key(1, 5), end: key(3, 9) }, false)
  for (const id of range(0, 50_000)) reads.noteKey(key(1 + (id % 2), id))
  t.ok(reads.keys.length + reads.ranges.length < 25_000, 'it is bounded')
  for (const id of [0, 1, 19_999, 20_000, 20_001, 49_999]) t.ok(isNoted(reads, key(1 + (id % 2), id)), `${id} is noted`)
  t.notOk(isNoted(reads, key(3, 1)), 'a table that was not read is not noted')
  before.reachedEnd()
  t.ok(isNoted(reads, key(1, 7)), 'a scan that was under way')
  across.reachedEnd()
  t.ok(isNoted(reads, key(3, 1)), 'a scan over several tables keeps its own note')
  reads.noteKey(key(4, 1))
  t.ok(isNoted(reads, key(4, 1)), 'what comes after')
  reads.noteScan({ start: key(5, 1), end: key(5, 3) }, true).reached(key(5, 2))
  t.ok(isNoted(reads, key(5, 2)))
  t.notOk(isNoted(reads, key(5, 1)))
  t.end()
})

t.test('many small scans widen the read set too', (t) => {
  const key = (id: number) => `\x03\0\x01${String(id).padStart(6, '0')}`
  const reads = new ReadSet()
  for (const id of range(0, 50_000)) reads.noteScan({ start: key(id), end: key(id + 1) }, false).reachedEnd()
  t.ok(reads.ranges.length <= 20_000, `${reads.ranges.length} ranges`)
  for (const id of [0, 19_999, 20_000, 20_001, 49_999]) {
    t.ok(reads.ranges.some(({ start, end }) => start <= key(id) && key(id) < end))
  }
  t.end()
})
