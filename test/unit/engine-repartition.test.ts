import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import type { Key } from '../../lib/engines/contract.js'
import { level, repartition } from '../../lib/engines/level/index.js'
import { LevelEngine } from '../../lib/engines/level/level-engine.js'
import { temporaryDirectory } from '../support/temporary-directory.js'

const keys: Key[] = Array.from({ length: 2500 }, (_, id) => {
  const digits = String.fromCharCode(id >> 8, id & 0xff)
  return id % 2 === 0 ? `\x02\0\x01\x16${digits}` : `\x03\0\x01\x02text ${id % 50}\0\x16${digits}`
}).sort()

async function makeStore(directory: string, partitions: number): Promise<void> {
  const engine = level(directory, { partitions, durability: 'os' })
  await engine.open()
  const writes = keys.map((key) => ({ key, value: Buffer.from(key, 'latin1') }))
  await engine.commit({ id: 'first', readVersion: 0, readKeys: [], readRanges: [], writes })
  await engine.close()
}

async function checkStore(t: Test, directory: string, partitions: number): Promise<void> {
  const engine = level(directory)
  await engine.open()
  t.equal(engine.manifest.partitions, partitions)
  const snapshot = engine.snapshot()
  const found: Key[] = []
  const scan = snapshot.scan({ start: '\x01', end: '\xff' })
  for (let batch = await scan.next(); batch !== undefined; batch = await scan.next()) found.push(...batch.keys)
  t.same(found, keys)
  t.ok(keys.every((key) => Buffer.from(key, 'latin1').equals((snapshot.get(key) ?? Buffer.alloc(0)) as Buffer)))
  snapshot.release()
  t.same(await engine.outcome('first'), { state: 'committed', version: 1 })
  await engine.close()
}

t.test('a store gets more partitions, then fewer, and keeps all it has', async (t) => {
  const directory = join(temporaryDirectory(t), 'store')
  await makeStore(directory, 2)
  for (const partitions of [5, 1, 1, 3]) {
    const progress: number[] = []
    t.equal(await repartition(directory, { partitions, onProgress: (count) => progress.push(count) }), keys.length)
    t.equal(progress.at(-1), keys.length)
    await checkStore(t, directory, partitions)
    const directories = readdirSync(directory).filter((name) => name.startsWith('partition-'))
    t.equal(directories.length, partitions, 'the old partitions are gone')
  }
})

t.test('commits that only the log has are taken along', async (t) => {
  const root = temporaryDirectory(t)
  await makeStore(join(root, 'original'), 2)
  const engine = new LevelEngine(join(root, 'original'), { durability: 'os' }, { applyDelayMs: 1_000_000 })
  await engine.open()
  const key = '\x02\0\x09late'
  const writes = [{ key, value: Buffer.from('late') }]
  await engine.commit({ id: 'late', readVersion: 0, readKeys: [], readRanges: [], writes })
  cpSync(join(root, 'original'), join(root, 'killed'), { recursive: true })
  await engine.close()
  t.equal(await repartition(join(root, 'killed'), { partitions: 3 }), keys.length + 1)
  const again = level(join(root, 'killed'))
  await again.open()
  const snapshot = again.snapshot()
  t.equal(String(snapshot.get(key)), 'late')
  t.same(await again.outcome('late'), { state: 'committed', version: 2 })
  await again.close()
})

t.test('new partitions can go to directories of their own, and back', async (t) => {
  const root = temporaryDirectory(t)
  const directory = join(root, 'store')
  await makeStore(directory, 1)
  await repartition(directory, { partitions: 2, paths: [join(root, 'a'), join(root, 'b')] })
  await checkStore(t, directory, 2)
  t.ok(existsSync(join(root, 'a', 'CURRENT')))
  await repartition(directory, { partitions: 2 })
  await checkStore(t, directory, 2)
  t.notOk(existsSync(join(root, 'a')))
})

t.test('what cannot be repartitioned is refused, and stays as it is', async (t) => {
  const root = temporaryDirectory(t)
  const directory = join(root, 'store')
  await makeStore(directory, 2)
  await t.rejects(repartition(join(root, 'missing'), { partitions: 2 }), { code: 'ROME_STORE_LAYOUT' })
  t.notOk(existsSync(join(root, 'missing')))
  await t.rejects(repartition(directory, { partitions: 0 }), { code: 'ROME_ARGUMENT' })
  await t.rejects(repartition(directory, { partitions: 2, paths: ['one'] }), { code: 'ROME_ARGUMENT' })
  const taken = join(root, 'taken')
  mkdirSync(taken)
  writeFileSync(join(taken, 'notes.txt'), 'mine')
  await t.rejects(repartition(directory, { partitions: 1, paths: [taken] }), { code: 'ROME_STORE_LAYOUT' })
  t.equal(readFileSync(join(taken, 'notes.txt'), 'utf8'), 'mine')
  const engine = level(directory)
  await engine.open()
  await t.rejects(repartition(directory, { partitions: 3 }), { code: 'ROME_LOCKED' })
  await engine.close()
  await checkStore(t, directory, 2)
  t.equal(readFileSync(join(taken, 'notes.txt'), 'utf8'), 'mine')
})
