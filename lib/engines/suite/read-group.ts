import assert from 'node:assert/strict'
import {
  bytes,
  entriesOf,
  entryKey,
  erase,
  everything,
  put,
  read,
  readAll,
  rowKey,
  type SuiteGroup,
  text,
  withSnapshot,
  write,
} from './suite-context.js'

/** Reading keys and ranges. */
export const readGroup: SuiteGroup = ({ test }) => {
  test('an empty store has no key and no range', async (engine) => {
    await withSnapshot(engine, async (snapshot) => {
      assert.equal(await snapshot.get(rowKey(1)), undefined)
      assert.deepEqual(await snapshot.getMany([rowKey(1), rowKey(2)]), [undefined, undefined])
      assert.deepEqual(await readAll(snapshot, everything), [])
      assert.deepEqual(await readAll(snapshot, everything, { reverse: true }), [])
    })
  })

  test('get gives what was put, the newest value, and nothing after a delete', async (engine) => {
    await write(engine, put(rowKey(1), 'one'))
    assert.equal(await read(engine, rowKey(1)), 'one')
    await write(engine, put(rowKey(1), 'two'))
    assert.equal(await read(engine, rowKey(1)), 'two')
    await write(engine, erase(rowKey(1)))
    assert.equal(await read(engine, rowKey(1)), undefined)
    await write(engine, put(rowKey(1), 'three'))
    assert.equal(await read(engine, rowKey(1)), 'three')
  })

  test('an empty value is not a missing one', async (engine) => {
    await write(engine, put(rowKey(1), ''))
    assert.equal(await read(engine, rowKey(1)), '')
    await withSnapshot(engine, async (snapshot) => {
      assert.deepEqual(await readAll(snapshot, everything), [[rowKey(1), '']])
    })
  })

  test('values keep all their bytes', async (engine) => {
    const value = Buffer.from(Array.from({ length: 100_000 }, (_, index) => (index * 7) % 256))
    await write(engine, { key: rowKey(1), value })
    await withSnapshot(engine, async (snapshot) => {
      assert.ok(value.equals((await snapshot.get(rowKey(1))) ?? bytes('')))
    })
  })

  test('getMany answers in the order asked, with repetitions and gaps', async (engine) => {
    await write(engine, put(rowKey(1), 'one'), put(rowKey(2), 'two'), put(rowKey(3), 'three'))
    await withSnapshot(engine, async (snapshot) => {
      const values = await snapshot.getMany([rowKey(3), rowKey(9), rowKey(1), rowKey(3)])
      assert.deepEqual(values.map(text), ['three', undefined, 'one', 'three'])
      assert.deepEqual(await snapshot.getMany([]), [])
    })
  })

  test('a scan goes in the order of key bytes, whatever was written first and wherever it lies', async (engine) => {
    const keys = ['\x01', '\x02\0\x01\x80', '\x02\0\x01\x7f', '\x02', '\x02\0', '\xfe\xff', '\x7f\xff', '\x80']
    for (let id = 0; id < 40; id++) keys.push(rowKey((id * 37) % 40), entryKey(`t${id % 7}`, id))
    for (const key of keys) await write(engine, put(key, key))
    const expected = [...keys].sort((left, right) => Buffer.compare(latin1(left), latin1(right)))
    await withSnapshot(engine, async (snapshot) => {
      const found = await readAll(snapshot, everything)
      assert.deepEqual(
        found.map(([key]) => key),
        expected,
      )
      for (const [key, value] of found) assert.equal(value, key)
      const backwards = await readAll(snapshot, everything, { reverse: true })
      assert.deepEqual(backwards, found.reverse())
    })
  })

  test('a range includes its start and excludes its end, in both directions', async (engine) => {
    await write(engine, ...[1, 2, 3, 4, 5].map((id) => put(rowKey(id), String(id))))
    await withSnapshot(engine, async (snapshot) => {
      const range = { start: rowKey(2), end: rowKey(4) }
      assert.deepEqual(await readAll(snapshot, range), [
        [rowKey(2), '2'],
        [rowKey(3), '3'],
      ])
      assert.deepEqual(await readAll(snapshot, range, { reverse: true }), [
        [rowKey(3), '3'],
        [rowKey(2), '2'],
      ])
      assert.deepEqual(await readAll(snapshot, { start: `${rowKey(2)}\0`, end: `${rowKey(3)}\0` }), [[rowKey(3), '3']])
      assert.deepEqual(await readAll(snapshot, { start: rowKey(3), end: rowKey(3) }), [])
      assert.deepEqual(await readAll(snapshot, { start: rowKey(4), end: rowKey(2) }), [])
      assert.deepEqual(await readAll(snapshot, { start: rowKey(4), end: rowKey(2) }, { reverse: true }), [])
      assert.deepEqual(await readAll(snapshot, { start: rowKey(6), end: rowKey(9) }), [])
    })
  })

  test('a scan gives every entry once, whatever number is expected', async (engine) => {
    const count = 2500
    await write(engine, ...Array.from({ length: count }, (_, id) => put(rowKey(id), String(id))))
    await withSnapshot(engine, async (snapshot) => {
      for (const expected of [undefined, 0, 1, 7, 1000, 1_000_000]) {
        for (const reverse of [false, true]) {
          const found = await readAll(
            snapshot,
            everything,
            expected === undefined ? { reverse } : { reverse, expected },
          )
          if (reverse) found.reverse()
          assert.deepEqual(
            found,
            Array.from({ length: count }, (_, id) => [rowKey(id), String(id)]),
          )
        }
      }
    })
  })

  test('deleted keys do not show in scans, also when they are many', async (engine) => {
    await write(engine, ...Array.from({ length: 600 }, (_, id) => put(rowKey(id), 'old')))
    await write(
      engine,
      ...Array.from({ length: 600 }, (_, id) => rowKey(id))
        .filter((_, id) => id % 200 !== 7)
        .map(erase),
    )
    await withSnapshot(engine, async (snapshot) => {
      const expected = [7, 207, 407].map((id) => [rowKey(id), 'old'])
      assert.deepEqual(await readAll(snapshot, everything), expected)
      assert.deepEqual(await readAll(snapshot, everything, { reverse: true, expected: 1 }), expected.reverse())
    })
  })

  test('the entries of one value are together, and a text that continues it is apart', async (engine) => {
    await write(engine, put(entryKey('a', 1), 'a1'), put(entryKey('a', 2), 'a2'), put(entryKey('b', 1), 'b1'))
    // The text "a\0b": its zero byte is escaped, so its key begins with all bytes of the text "a".
    const longer = `${entriesOf('a')}\xffb\0\x14`
    await write(engine, put(longer, 'longer'))
    await withSnapshot(engine, async (snapshot) => {
      const end = `${entriesOf('a')}\xff`
      assert.deepEqual(await readAll(snapshot, { start: entriesOf('a'), end }), [
        [entryKey('a', 1), 'a1'],
        [entryKey('a', 2), 'a2'],
      ])
      const wide = await readAll(snapshot, { start: entriesOf('a'), end: entriesOf('b') })
      assert.deepEqual(
        wide.map(([, value]) => value),
        ['a1', 'a2', 'longer'],
      )
      const wideFromInside = await readAll(
        snapshot,
        { start: entryKey('a', 2), end: entriesOf('b') },
        { reverse: true },
      )
      assert.deepEqual(
        wideFromInside.map(([, value]) => value),
        ['longer', 'a2'],
      )
    })
  })

  test('the partitions of a range are those whose keys it can hold', async (engine) => {
    const { partitions } = engine.manifest
    const all = Array.from({ length: partitions }, (_, partition) => partition)
    assert.deepEqual(engine.partitionsOf(everything), all)
    const one = engine.partitionsOf({ start: rowKey(1), end: `${rowKey(1)}\0` })
    assert.equal(one.length, 1)
    assert.ok(all.includes(one[0] as number))
    assert.equal(engine.partitionsOf({ start: entriesOf('a'), end: `${entriesOf('a')}\xff` }).length, 1)
    assert.deepEqual(engine.partitionsOf({ start: entriesOf('a'), end: entriesOf('b') }), all)
  })

  test('scans that are closed early, twice, or before they began hold nothing', async (engine) => {
    await write(engine, ...Array.from({ length: 3000 }, (_, id) => put(rowKey(id), 'value')))
    await withSnapshot(engine, async (snapshot) => {
      const early = snapshot.scan(everything, { expected: 1 })
      assert.ok(((await early.next())?.keys.length ?? 0) > 0)
      await early.close()
      await early.close()
      assert.equal(await early.next(), undefined)
      const unused = snapshot.scan(everything)
      await unused.close()
      const pending = snapshot.scan(everything)
      const next = pending.next()
      await pending.close()
      await next
      assert.equal(engine.stats().liveScans, 0)
    })
  })
}

const latin1 = (key: string) => Buffer.from(key, 'latin1')
