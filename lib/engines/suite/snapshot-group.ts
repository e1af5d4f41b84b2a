import assert from 'node:assert/strict'
import {
  erase,
  everything,
  expectCode,
  put,
  read,
  readAll,
  rowKey,
  type SuiteGroup,
  text,
  withSnapshot,
  write,
} from './suite-context.js'

/** What a snapshot shows and does not show. */
export const snapshotGroup: SuiteGroup = ({ test }) => {
  test('a snapshot shows the newest acknowledged commit and carries its version', async (engine) => {
    const first = await write(engine, put(rowKey(1), 'one'))
    const second = await write(engine, put(rowKey(2), 'two'))
    assert.ok(second > first)
    await withSnapshot(engine, async (snapshot) => {
      assert.equal(snapshot.version, second)
      assert.equal(text(await snapshot.get(rowKey(2))), 'two')
    })
  })

  test('a snapshot sees nothing of later commits, by key or range', async (engine) => {
    await write(engine, put(rowKey(1), 'one'), put(rowKey(2), 'two'), put(rowKey(3), 'three'))
    await withSnapshot(engine, async (snapshot) => {
      await write(engine, put(rowKey(1), 'changed'), erase(rowKey(2)), put(rowKey(4), 'new'))
      assert.deepEqual((await snapshot.getMany([1, 2, 3, 4].map((id) => rowKey(id)))).map(text), [
        'one',
        'two',
        'three',
        undefined,
      ])
      const expected = [
        [rowKey(1), 'one'],
        [rowKey(2), 'two'],
        [rowKey(3), 'three'],
      ]
      assert.deepEqual(await readAll(snapshot, everything), expected)
      assert.deepEqual(await readAll(snapshot, everything, { reverse: true }), expected.reverse())
    })
    await withSnapshot(engine, async (snapshot) => {
      const now = await readAll(snapshot, everything)
      assert.deepEqual(now, [
        [rowKey(1), 'changed'],
        [rowKey(3), 'three'],
        [rowKey(4), 'new'],
      ])
    })
  })

  test('a scan under way goes on over its snapshot while commits come', async (engine) => {
    const count = 2000
    await write(engine, ...Array.from({ length: count }, (_, id) => put(rowKey(id), 'old')))
    await withSnapshot(engine, async (snapshot) => {
      const scan = snapshot.scan(everything, { expected: 1 })
      let seen = 0
      for (let batch = await scan.next(); batch !== undefined; batch = await scan.next()) {
        for (const value of batch.values) assert.equal(text(value), 'old')
        seen += batch.keys.length
        if (seen < count)
          await write(engine, put(rowKey(count - 1), 'new'), erase(rowKey(seen)), put(rowKey(count + seen), 'new'))
      }
      assert.equal(seen, count)
      await scan.close()
    })
  })

  test('many snapshots at many versions each keep their own', async (engine) => {
    const snapshots = []
    for (let version = 0; version < 50; version++) {
      await write(engine, put(rowKey(1), `v${version}`), put(rowKey(100 + version), 'x'))
      snapshots.push(await engine.snapshot())
    }
    for (const [version, snapshot] of snapshots.entries()) {
      assert.equal(text(await snapshot.get(rowKey(1))), `v${version}`)
      assert.equal((await readAll(snapshot, everything)).length, version + 2)
      snapshot.release()
    }
  })

  test('a released snapshot and its scans refuse further reads', async (engine) => {
    await write(engine, ...Array.from({ length: 2000 }, (_, id) => put(rowKey(id), 'x')))
    const snapshot = await engine.snapshot()
    const scan = snapshot.scan(everything, { expected: 1 })
    await scan.next()
    snapshot.release()
    snapshot.release()
    await expectCode('ROME_CLOSED', () => snapshot.get(rowKey(1)))
    await expectCode('ROME_CLOSED', () => snapshot.getMany([rowKey(1)]))
    await expectCode('ROME_CLOSED', () => snapshot.scan(everything))
    await expectCode('ROME_CLOSED', () => scan.next())
    await scan.close()
    assert.equal(await read(engine, rowKey(1)), 'x')
  })
}
