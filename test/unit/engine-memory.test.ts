import t from 'tap'
import { memory } from '../../lib/engines/memory/index.js'

const put = (id: string, key: string, text: string) => ({
  id,
  readVersion: 0,
  readKeys: [],
  readRanges: [],
  writes: [{ key, value: Buffer.from(text) }],
})

t.test('the content can be dumped and loaded, here and elsewhere, without either changing the other', async (t) => {
  const first = memory()
  await first.open()
  await first.commit(put('a', '\x02k', 'old'))
  const dump = first.dump()
  t.equal(dump.size, 1)
  await first.commit(put('b', '\x02k', 'new'))
  const second = memory()
  second.load(dump)
  await second.open()
  t.equal(String(second.snapshot().get('\x02k')), 'old')
  await second.commit(put('c', '\x02k', 'other'))
  const before = first.snapshot()
  first.load(dump)
  t.equal(String(before.get('\x02k')), 'new', 'an open snapshot keeps what it shows')
  t.equal(String(first.snapshot().get('\x02k')), 'old')
  t.equal(String(second.snapshot().get('\x02k')), 'other')
  await first.close()
  await second.close()
})

t.test('loading conflicts with every transaction under way', async (t) => {
  const engine = memory()
  await engine.open()
  const snapshot = engine.snapshot()
  engine.load(engine.dump())
  const stale = { ...put('a', '\x02k', 'x'), readVersion: snapshot.version, readKeys: ['\x02other'] }
  await t.rejects(engine.commit(stale), { code: 'ROME_SNAPSHOT_TOO_OLD', retryable: true })
  snapshot.release()
  await engine.close()
})

t.test('all reads are there at once', async (t) => {
  const engine = memory({ partitions: 3 })
  await engine.open()
  await engine.commit(put('a', '\x02k', 'x'))
  const snapshot = engine.snapshot()
  t.same(snapshot.scan({ start: '\x01', end: '\xff' }).next(), { keys: ['\x02k'], values: [Buffer.from('x')] })
  t.equal(engine.manifest.partitions, 3)
  t.throws(() => memory({ partitions: 0 }), { code: 'ROME_ARGUMENT' })
  await engine.close()
})
