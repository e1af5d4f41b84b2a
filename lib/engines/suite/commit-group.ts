import assert from 'node:assert/strict'
import type { Durability, Version } from '../contract.js'
import {
  entryKey,
  erase,
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

/** Committing, its limits and its outcomes. */
export const commitGroup: SuiteGroup = ({ test }) => {
  test('a commit over many partitions shows as a whole or not at all', async (engine) => {
    const keys = Array.from({ length: 30 }, (_, id) => (id % 2 === 0 ? rowKey(id) : entryKey(`t${id}`, id)))
    let isDone = false
    const writer = (async () => {
      for (let round = 1; round <= 40; round++) await write(engine, ...keys.map((key) => put(key, String(round))))
      isDone = true
    })()
    while (!isDone) {
      await withSnapshot(engine, async (snapshot) => {
        const values = new Set((await readAll(snapshot, everything)).map(([, value]) => value))
        assert.ok(values.size <= 1, `a snapshot shows one round: ${[...values].join()}`)
      })
      await new Promise((resolve) => setImmediate(resolve))
    }
    await writer
    await withSnapshot(engine, async (snapshot) => {
      assert.deepEqual(new Set((await readAll(snapshot, everything)).map(([, value]) => value)), new Set(['40']))
    })
  })

  test('versions grow from commit to commit', async (engine) => {
    let previous = 0
    for (let id = 0; id < 20; id++) {
      const version = await write(engine, put(rowKey(id), 'x'))
      assert.ok(version > previous)
      previous = version
    }
  })

  test('a commit without writes is validated and changes nothing', async (engine) => {
    await write(engine, put(rowKey(1), 'one'))
    await withSnapshot(engine, async (snapshot) => {
      const reads = { readVersion: snapshot.version, readKeys: [rowKey(1)] }
      await engine.commit(request(reads))
      await write(engine, put(rowKey(1), 'two'))
      await expectCode('ROME_CONFLICT', () => engine.commit(request(reads)))
    })
  })

  test('each durability of the manifest is accepted, and no other', async (engine) => {
    const { durabilities } = engine.manifest
    assert.ok(durabilities.length > 0)
    for (const durability of durabilities) {
      await engine.commit(request({ durability, writes: [put(rowKey(1), durability)] }))
      assert.equal(await read(engine, rowKey(1)), durability)
    }
    const all: Durability[] = ['commit', 'os', 'none']
    for (const durability of all.filter((each) => !durabilities.includes(each))) {
      await expectCode('ROME_OPTION_NOT_SUPPORTED', () => engine.commit(request({ durability })))
    }
  })

  test('more writes or bytes than the manifest allows are refused', async (engine) => {
    const { commitWritesMax, commitBytesMax } = engine.manifest
    if (commitWritesMax <= 1_000_000) {
      const writes = Array.from({ length: commitWritesMax + 1 }, () => erase(rowKey(1)))
      await expectCode('ROME_COMMIT_TOO_LARGE', () => engine.commit(request({ writes })))
    }
    if (commitBytesMax <= 1024 * 1024 * 1024) {
      const value = new Uint8Array(1024 * 1024)
      const count = Math.floor(commitBytesMax / value.length) + 1
      const writes = Array.from({ length: count }, (_, id) => ({ key: rowKey(id), value }))
      await expectCode('ROME_COMMIT_TOO_LARGE', () => engine.commit(request({ writes })))
    }
    assert.equal(await read(engine, rowKey(1)), undefined)
  })

  test('writes out of order, twice to a key, or to keys of the engine are refused', async (engine) => {
    for (const writes of [
      [put(rowKey(2), 'x'), put(rowKey(1), 'x')],
      [put(rowKey(1), 'x'), erase(rowKey(1))],
      [put('\0any', 'x')],
      [put('', 'x')],
    ]) {
      await expectCode('ROME_ARGUMENT', () => engine.commit(request({ writes })))
    }
    assert.equal(await read(engine, rowKey(1)), undefined)
  })

  test('keys that are no keys of Rome are kept and found all the same', async (engine) => {
    const keys = ['\x01', '\x02', '\x03', '\x03\0\x01', '\x03\0\x01\x02open', '\x04\xff\xff\xff', '\x80\0', '\xfe']
    await write(engine, ...keys.map((key) => put(key, key)))
    await withSnapshot(engine, async (snapshot) => {
      assert.deepEqual(
        await readAll(snapshot, everything),
        keys.map((key) => [key, Buffer.from(key).toString()]),
      )
    })
    for (const key of keys) assert.equal(await read(engine, key), Buffer.from(key).toString())
  })

  test('an aborted signal refuses a commit that is not under way yet', async (engine) => {
    const controller = new AbortController()
    controller.abort()
    const given = request({ writes: [put(rowKey(1), 'x')], signal: controller.signal })
    await expectCode('ROME_ABORTED', () => engine.commit(given))
    assert.equal(await read(engine, rowKey(1)), undefined)
    const live = new AbortController()
    await engine.commit(request({ writes: [put(rowKey(1), 'y')], signal: live.signal }))
    live.abort()
    assert.equal(await read(engine, rowKey(1)), 'y')
  })

  test('who follows an engine of one writer hears of each commit when it becomes the newest', async (engine) => {
    if (!engine.manifest.exclusive || engine.follow === undefined) return
    const heard: [Version, string[]][] = []
    engine.follow((version, writes) => heard.push([version, (writes ?? []).map(({ key }) => key)]))
    const commits = Array.from({ length: 8 }, (_, id) => engine.commit(request({ writes: [put(rowKey(id), 'x')] })))
    const versions = await Promise.all(commits)
    assert.deepEqual(
      heard,
      versions.map((version, id): [Version, string[]] => [version, [rowKey(id)]]).sort(([a], [b]) => a - b),
    )
    const committing = engine.commit(request({ writes: [erase(rowKey(1))] })).then((version) => {
      assert.equal(heard.at(-1)?.[0], version, 'before it is acknowledged')
    })
    await withSnapshot(engine, async (snapshot) => {
      assert.equal(heard.at(-1)?.[0], snapshot.version, 'no snapshot is ahead or behind')
    })
    await committing
  })

  test('the outcome of a commit is its version', async (engine) => {
    const given = request({ writes: [put(rowKey(1), 'x')] })
    const version = await engine.commit(given)
    assert.deepEqual(await engine.outcome(given.id), { state: 'committed', version })
    assert.deepEqual(await engine.outcome(given.id), { state: 'committed', version })
  })

  test('the outcome of a commit under way waits for it', async (engine) => {
    const given = request({ writes: [put(rowKey(1), 'x')] })
    const [version, outcome] = await Promise.all([engine.commit(given), engine.outcome(given.id)])
    assert.deepEqual(outcome, { state: 'committed', version })
  })

  test('a commit that was answered aborted can no longer happen', async (engine) => {
    const given = request({ writes: [put(rowKey(1), 'x')] })
    assert.deepEqual(await engine.outcome(given.id), { state: 'aborted' })
    await expectCode('ROME_ABORTED', () => engine.commit(given))
    assert.deepEqual(await engine.outcome(given.id), { state: 'aborted' })
    assert.equal(await read(engine, rowKey(1)), undefined)
  })

  test('a commit refused for a conflict has the outcome aborted', async (engine) => {
    await withSnapshot(engine, async (snapshot) => {
      await write(engine, put(rowKey(1), 'theirs'))
      const given = request({ readVersion: snapshot.version, readKeys: [rowKey(1)], writes: [put(rowKey(1), 'mine')] })
      await expectCode('ROME_CONFLICT', () => engine.commit(given))
      assert.deepEqual(await engine.outcome(given.id), { state: 'aborted' })
    })
  })

  test('an id commits once', async (engine) => {
    const given = request({ writes: [put(rowKey(1), 'x')] })
    const results = await Promise.allSettled([engine.commit(given), engine.commit(given)])
    assert.equal(results.filter(({ status }) => status === 'fulfilled').length, 1)
    await expectCode('ROME_ARGUMENT', () => engine.commit(given))
  })

  test('an id must be there and not too long', async (engine) => {
    for (const id of ['', 'x'.repeat(256)]) await expectCode('ROME_ARGUMENT', () => engine.commit(request({ id })))
  })
}
