import assert from 'node:assert/strict'
import type { CommitRequest, Engine } from '../contract.js'
import {
  bytes,
  entriesOf,
  entryKey,
  erase,
  everything,
  expectCode,
  put,
  read,
  request,
  rowKey,
  type SuiteGroup,
  text,
  withSnapshot,
  write,
} from './suite-context.js'

/** What a commit may depend on, and when it is refused. */
export const conflictGroup: SuiteGroup = ({ test }) => {
  /** Takes a snapshot, lets another commit happen, then commits something that read at the snapshot. */
  async function between(engine: Engine, other: () => Promise<unknown>, reads: Partial<CommitRequest>): Promise<void> {
    await withSnapshot(engine, async (snapshot) => {
      await other()
      await engine.commit(request({ readVersion: snapshot.version, writes: [put(rowKey(999), 'mine')], ...reads }))
    })
  }

  const readKeys = [rowKey(1)]
  const readRanges = [{ start: rowKey(1), end: rowKey(5) }]

  test('a key that was read and then put by another commit is a conflict', async (engine) => {
    await write(engine, put(rowKey(1), 'one'))
    await expectCode('ROME_CONFLICT', () => between(engine, () => write(engine, put(rowKey(1), 'two')), { readKeys }))
    assert.equal(await read(engine, rowKey(999)), undefined)
  })

  test('a key that was read and then deleted by another commit is a conflict', async (engine) => {
    await write(engine, put(rowKey(1), 'one'))
    await expectCode('ROME_CONFLICT', () => between(engine, () => write(engine, erase(rowKey(1))), { readKeys }))
  })

  test('a key that was found missing and then put is a conflict', async (engine) => {
    await expectCode('ROME_CONFLICT', () => between(engine, () => write(engine, put(rowKey(1), 'one')), { readKeys }))
  })

  test('a missing key that was deleted again is a conflict, as it was written', async (engine) => {
    await expectCode('ROME_CONFLICT', () => between(engine, () => write(engine, erase(rowKey(1))), { readKeys }))
  })

  test('writing the same value again is a conflict', async (engine) => {
    await write(engine, put(rowKey(1), 'one'))
    await expectCode('ROME_CONFLICT', () => between(engine, () => write(engine, put(rowKey(1), 'one')), { readKeys }))
  })

  test('a key put into a range that was read is a conflict, even when the range was empty', async (engine) => {
    await expectCode('ROME_CONFLICT', () => between(engine, () => write(engine, put(rowKey(3), 'new')), { readRanges }))
  })

  test('a key changed or deleted in a range that was read is a conflict', async (engine) => {
    await write(engine, put(rowKey(3), 'three'))
    await expectCode('ROME_CONFLICT', () => between(engine, () => write(engine, put(rowKey(3), 'new')), { readRanges }))
    await expectCode('ROME_CONFLICT', () => between(engine, () => write(engine, erase(rowKey(3))), { readRanges }))
  })

  test('a range begins with its start and ends before its end, for conflicts as for reads', async (engine) => {
    await between(engine, () => write(engine, put(rowKey(5), 'at the end')), { readRanges })
    await between(engine, () => write(engine, put(rowKey(0), 'before')), { readRanges })
    await expectCode('ROME_CONFLICT', () =>
      between(engine, () => write(engine, put(rowKey(1), 'first')), { readRanges }),
    )
    await expectCode('ROME_CONFLICT', () =>
      between(engine, () => write(engine, put(`${rowKey(4)}\xff`, 'last')), { readRanges }),
    )
  })

  test('a conflict anywhere in a large read set is found', async (engine) => {
    const manyKeys = Array.from({ length: 500 }, (_, id) => rowKey(id))
    const manyRanges = Array.from({ length: 50 }, (_, id) => ({
      start: rowKey(1000 + 10 * id),
      end: rowKey(1005 + 10 * id),
    }))
    const reads = { readKeys: manyKeys, readRanges: manyRanges }
    const writes = Array.from({ length: 200 }, (_, id) => put(rowKey(3000 + id), 'x'))
    await between(engine, () => write(engine, ...writes, put(rowKey(1006), 'between the ranges')), reads)
    await expectCode('ROME_CONFLICT', () =>
      between(engine, () => write(engine, ...writes, put(rowKey(499), 'x')), reads),
    )
    await expectCode('ROME_CONFLICT', () =>
      between(engine, () => write(engine, ...writes, put(rowKey(1494), 'x')), reads),
    )
  })

  test('a conflict is found however many commits lie between', async (engine) => {
    await withSnapshot(engine, async (snapshot) => {
      await write(engine, put(rowKey(1), 'early'))
      for (let id = 0; id < 300; id++) await write(engine, put(rowKey(1000 + id), 'later'))
      const parts = { readVersion: snapshot.version, writes: [put(rowKey(2), 'mine')] }
      await expectCode('ROME_CONFLICT', () => engine.commit(request({ ...parts, readKeys })))
      await expectCode('ROME_CONFLICT', () => engine.commit(request({ ...parts, readRanges })))
      await engine.commit(
        request({ ...parts, readKeys: [rowKey(7)], readRanges: [{ start: rowKey(5), end: rowKey(900) }] }),
      )
    })
  })

  test('writes without reads never conflict', async (engine) => {
    await between(engine, () => write(engine, put(rowKey(1), 'theirs')), { writes: [put(rowKey(1), 'mine')] })
    assert.equal(await read(engine, rowKey(1)), 'mine')
  })

  test('commits before the read version do not conflict', async (engine) => {
    await write(engine, put(rowKey(1), 'one'))
    await between(engine, () => Promise.resolve(), { readKeys, readRanges })
    assert.equal(await read(engine, rowKey(999)), 'mine')
  })

  test('a refused commit leaves nothing, and says which key it was', async (engine) => {
    await withSnapshot(engine, async (snapshot) => {
      await write(engine, put(rowKey(1), 'theirs'))
      const refused = engine.commit(
        request({ readVersion: snapshot.version, readKeys, writes: [put(rowKey(1), 'mine'), put(rowKey(2), 'mine')] }),
      )
      const error = await refused.then(
        () => undefined,
        (reason: unknown) => reason,
      )
      assert.ok(error instanceof Error && 'context' in error && 'retryable' in error)
      assert.equal((error.context as { key?: unknown }).key, Buffer.from(rowKey(1), 'latin1').toString('hex'))
      assert.equal(error.retryable, true)
    })
    assert.equal(await read(engine, rowKey(1)), 'theirs')
    assert.equal(await read(engine, rowKey(2)), undefined)
  })

  test('of concurrent commits that read and write one key, one wins in each round', async (engine) => {
    await write(engine, put(rowKey(1), '0'))
    const writers = 20
    let wins = 0
    for (let round = 0; round < 5; round++) {
      await withSnapshot(engine, async (snapshot) => {
        const count = Number(text(await snapshot.get(rowKey(1))))
        const results = await Promise.allSettled(
          Array.from({ length: writers }, () =>
            engine.commit(
              request({ readVersion: snapshot.version, readKeys, writes: [put(rowKey(1), String(count + 1))] }),
            ),
          ),
        )
        const won = results.filter(({ status }) => status === 'fulfilled').length
        assert.equal(won, 1)
        wins += won
      })
    }
    assert.equal(await read(engine, rowKey(1)), String(wins))
  })

  test('a counter raised by many writers who try again loses no step', async (engine) => {
    const writers = 8
    const steps = 10
    await Promise.all(
      Array.from({ length: writers }, async () => {
        for (let done = 0; done < steps; ) {
          const isDone = await withSnapshot(engine, async (snapshot) => {
            const count = Number(text(await snapshot.get(rowKey(1))) ?? 0)
            const writes = [put(rowKey(1), String(count + 1)), put(entryKey('count', count), 'x')]
            return await engine.commit(request({ readVersion: snapshot.version, readKeys, writes })).then(
              () => true,
              (error: { code?: string }) => {
                if (error.code !== 'ROME_CONFLICT') throw error
                return false
              },
            )
          })
          if (isDone) done++
        }
      }),
    )
    assert.equal(await read(engine, rowKey(1)), String(writers * steps))
  })

  test('concurrent commits over separate keys all happen, each with its own version', async (engine) => {
    await withSnapshot(engine, async (snapshot) => {
      const versions = await Promise.all(
        Array.from({ length: 100 }, (_, id) =>
          engine.commit(
            request({
              readVersion: snapshot.version,
              readKeys: [rowKey(id)],
              readRanges: [{ start: entriesOf(`t${id}`), end: `${entriesOf(`t${id}`)}\xff` }],
              writes: [{ key: rowKey(id), value: bytes(String(id)) }, put(entryKey(`t${id}`, id), 'x')],
            }),
          ),
        ),
      )
      assert.equal(new Set(versions).size, versions.length)
    })
    await withSnapshot(engine, async (snapshot) => {
      for (let id = 0; id < 100; id++) assert.equal(text(await snapshot.get(rowKey(id))), String(id))
    })
  })

  test('two that each read what the other writes do not both commit', async (engine) => {
    await write(engine, put(rowKey(1), 'on'), put(rowKey(2), 'on'))
    await withSnapshot(engine, async (snapshot) => {
      const readVersion = snapshot.version
      const results = await Promise.allSettled([
        engine.commit(request({ readVersion, readKeys: [rowKey(1), rowKey(2)], writes: [put(rowKey(1), 'off')] })),
        engine.commit(request({ readVersion, readKeys: [rowKey(1), rowKey(2)], writes: [put(rowKey(2), 'off')] })),
      ])
      assert.equal(results.filter(({ status }) => status === 'fulfilled').length, 1)
    })
  })

  test('a read version that was never reached is refused', async (engine) => {
    await expectCode('ROME_ARGUMENT', () =>
      engine.commit(request({ readVersion: 1_000_000, readRanges: [everything], writes: [put(rowKey(1), 'x')] })),
    )
  })
}
