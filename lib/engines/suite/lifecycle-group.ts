import assert from 'node:assert/strict'
import type { Engine } from '../contract.js'
import {
  everything,
  expectCode,
  put,
  read,
  readAll,
  request,
  rowKey,
  type SuiteGroup,
  withSnapshot,
  write,
} from './suite-context.js'

/** Every public operation of an engine that needs it to be open. */
const operations: readonly (readonly [string, (engine: Engine) => unknown])[] = [
  ['snapshot', async (engine) => (await engine.snapshot()).release()],
  ['commit', (engine) => engine.commit(request({ writes: [put(rowKey(1), 'x')] }))],
  ['outcome', (engine) => engine.outcome('an id')],
  ['changes', (engine) => engine.changes()],
  ['partitionsOf', (engine) => engine.partitionsOf(everything)],
]

/** Not open, open, closing, closed, and open again. */
export const lifecycleGroup: SuiteGroup = ({ test, options }) => {
  const plain = (title: string, run: () => Promise<void>) => options.test(`${options.name}: ${title}`, run)

  plain('nothing works before it is open', async () => {
    const engine = await options.factory()
    for (const [, operation] of operations) await expectCode('ROME_NOT_OPEN', () => operation(engine))
    await engine.close()
  })

  plain('nothing works after it was closed, nor does opening', async () => {
    const engine = await options.factory()
    await engine.open()
    await engine.close()
    for (const [, operation] of operations) await expectCode('ROME_CLOSED', () => operation(engine))
    await expectCode('ROME_CLOSED', () => engine.open())
  })

  plain('closing is final from its first moment, and may be asked for again', async () => {
    const engine = await options.factory()
    await engine.open()
    const closing = engine.close()
    for (const [, operation] of operations) await expectCode('ROME_CLOSED', () => operation(engine))
    await Promise.all([closing, engine.close()])
    await engine.close()
  })

  plain('an engine that was never opened can be closed', async () => {
    const engine = await options.factory()
    await engine.close()
    await expectCode('ROME_CLOSED', () => engine.open())
  })

  plain('closing while opening waits, and leaves it closed', async () => {
    const engine = await options.factory()
    const opening = engine.open()
    await engine.close()
    await opening
    await expectCode('ROME_CLOSED', () => engine.partitionsOf(everything))
  })

  plain('opening twice is opening once', async () => {
    const engine = await options.factory()
    await Promise.all([engine.open(), engine.open()])
    await engine.open()
    await write(engine, put(rowKey(1), 'x'))
    assert.equal(await read(engine, rowKey(1)), 'x')
    await engine.close()
  })

  plain('closing waits for the commits under way', async () => {
    const engine = await options.factory()
    await engine.open()
    const commits = Array.from({ length: 30 }, (_, id) => write(engine, put(rowKey(id), 'x')))
    await engine.close()
    const versions = await Promise.all(commits)
    assert.equal(new Set(versions).size, 30)
  })

  plain('closing releases live snapshots and scans, which then refuse to be read', async () => {
    const engine = await options.factory()
    await engine.open()
    await write(engine, ...Array.from({ length: 3000 }, (_, id) => put(rowKey(id), 'x')))
    const snapshot = await engine.snapshot()
    const scan = snapshot.scan(everything, { expected: 1 })
    await scan.next()
    await engine.close()
    await expectCode('ROME_CLOSED', () => snapshot.get(rowKey(1)))
    await expectCode('ROME_CLOSED', () => scan.next())
    assert.deepEqual([engine.stats().liveSnapshots, engine.stats().liveScans], [0, 0])
    await scan.close()
    snapshot.release()
  })

  test('the manifest says what the engine promises', async ({ manifest }) => {
    assert.ok(manifest.name.length > 0)
    assert.ok(manifest.partitions >= 1)
    assert.ok(['store', 'partition'].includes(manifest.atomicScope))
    assert.ok(manifest.commitBytesMax > 0 && manifest.commitWritesMax > 0)
  })

  const { reopen } = options
  if (reopen === undefined) return

  plain('all that was committed is there after closing and opening again', async () => {
    let engine = await options.factory()
    await engine.open()
    const given = request({ writes: [put(rowKey(5000), 'last')] })
    let version = 0
    for (let round = 0; round < 3; round++) {
      for (let id = 0; id < 100; id++) await write(engine, put(rowKey(round * 100 + id), `${round}`))
      await write(engine, { key: rowKey(round * 100), value: undefined })
      if (round === 2) version = await engine.commit(given)
      await engine.close()
      engine = await reopen(engine)
      await engine.open()
      await withSnapshot(engine, async (snapshot) => {
        const expected = (round + 1) * 99 + (round === 2 ? 1 : 0)
        assert.equal((await readAll(snapshot, everything)).length, expected)
        assert.equal((await readAll(snapshot, everything, { reverse: true })).length, expected)
      })
    }
    assert.deepEqual(await engine.outcome(given.id), { state: 'committed', version })
    const later = await write(engine, put(rowKey(1), 'x'))
    assert.ok(later > version)
    await engine.close()
  })
}
