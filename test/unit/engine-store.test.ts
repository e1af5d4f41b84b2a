import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ClassicLevel } from 'classic-level'
import t, { type Test } from 'tap'
import type { CommitRequest, Engine } from '../../lib/engines/contract.js'
import { level } from '../../lib/engines/level/index.js'
import type { LevelDatabase } from '../../lib/engines/level/level-database.js'
import { LevelEngine } from '../../lib/engines/level/level-engine.js'
import type { ErrorCode } from '../../lib/errors/codes.js'
import { RomeError } from '../../lib/errors/rome-error.js'
import { temporaryDirectory } from '../support/temporary-directory.js'

const rowKey = (id: number) => `\x02\0\x01\x15${String.fromCharCode(id)}`
let ids = 0

function put(id: number, text: string): CommitRequest {
  const writes = [{ key: rowKey(id), value: Buffer.from(text) }]
  return { id: `commit ${++ids}`, readVersion: 0, readKeys: [], readRanges: [], writes }
}

function read(engine: LevelEngine, id: number): string | undefined {
  const snapshot = engine.snapshot()
  try {
    return (snapshot.get(rowKey(id)) as Uint8Array | undefined)?.toString()
  } finally {
    snapshot.release()
  }
}

async function openError(engine: Engine): Promise<RomeError> {
  try {
    await engine.open()
  } catch (error) {
    if (error instanceof RomeError) return error
    throw error
  }
  await engine.close()
  throw new Error('the store could be opened')
}

async function expectRefusal(t: Test, engine: Engine, code: ErrorCode, message?: RegExp): Promise<void> {
  const error = await openError(engine)
  t.equal(error.code, code, error.message)
  if (message !== undefined) t.match(error.message, message)
}

/** A closed store with rows 0 to 9. */
async function makeStore(directory: string, partitions = 3): Promise<void> {
  const engine = level(directory, { partitions, durability: 'os' })
  await engine.open()
  for (let id = 0; id < 10; id++) await engine.commit(put(id, `row ${id}`))
  await engine.close()
}

/** A store as a kill leaves it: a copy of one that is open. */
async function makeKilledStore(directory: string, internals = {}): Promise<void> {
  const original = `${directory}-original`
  const engine = new LevelEngine(original, { partitions: 3, durability: 'os' }, { applyDelayMs: 1, ...internals })
  await engine.open()
  for (let id = 0; id < 10; id++) await engine.commit(put(id, `row ${id}`))
  while ((engine.stats().backlog ?? 0) > 0) await new Promise((resolve) => setTimeout(resolve, 5))
  cpSync(original, directory, { recursive: true })
  await engine.close()
}

const identityOf = (directory: string) => JSON.parse(readFileSync(join(directory, 'rome-store.json'), 'utf8'))

t.test('options that make no sense are refused at once', async (t) => {
  const refused: [string, () => unknown][] = [
    ['no directory', () => level('')],
    ['no partitions', () => level('x', { partitions: 0 })],
    ['half a partition', () => level('x', { partitions: 1.5 })],
    ['too many partitions', () => level('x', { partitions: 5000 })],
    ['an unknown durability', () => level('x', { durability: 'none' as 'os' })],
    ['paths of another number', () => level('x', { partitions: 2, paths: ['a'] })],
    ['a path twice', () => level('x', { paths: ['a', 'a'] })],
    ['an empty path', () => level('x', { paths: [''] })],
    ['no paths', () => level('x', { paths: [] })],
    ['a factory that is no function', () => level('x', { factory: {} as never })],
  ]
  for (const [title, make] of refused) t.throws(make, { code: 'ROME_ARGUMENT' }, title)
})

t.test(
  'the number of partitions is taken from the store, and another number is refused with the command',
  async (t) => {
    const directory = join(temporaryDirectory(t), 'store')
    await makeStore(directory)
    const engine = level(directory)
    await engine.open()
    t.equal(engine.manifest.partitions, 3)
    t.equal(read(engine, 4), 'row 4')
    await engine.close()
    await expectRefusal(
      t,
      level(directory, { partitions: 5 }),
      'ROME_PARTITIONS_CHANGED',
      /rome repartition .*store --partitions 5/,
    )
  },
)

t.test('the default durability is the first of the manifest', async (t) => {
  t.same(level('x').manifest.durabilities, ['commit', 'os'])
  t.same(level('x', { durability: 'os' }).manifest.durabilities, ['os', 'commit'])
})

t.test('a second opener, in this process or another, is refused and told who has the store', async (t) => {
  const directory = join(temporaryDirectory(t), 'store')
  const first = level(directory)
  await first.open()
  const error = await openError(level(directory))
  t.equal(error.code, 'ROME_LOCKED')
  t.equal(error.context.pid, process.pid)
  t.ok(error.context.host)
  t.ok(error.context.since)
  await first.commit(put(1, 'still works'))
  await first.close()
  t.notOk(existsSync(join(directory, 'owner.json')), 'nobody has it any more')
  const second = level(directory)
  await second.open()
  t.equal(read(second, 1), 'still works')
  await second.close()
})

t.test('of several creators one wins, and the others are told that it is locked', async (t) => {
  const directory = join(temporaryDirectory(t), 'store')
  const engines = Array.from({ length: 5 }, () => level(directory, { partitions: 2 }))
  const results = await Promise.allSettled(engines.map((engine) => engine.open()))
  t.equal(results.filter(({ status }) => status === 'fulfilled').length, 1)
  for (const result of results) if (result.status === 'rejected') t.equal(result.reason.code, 'ROME_LOCKED')
  await Promise.all(engines.map((engine) => engine.close()))
  const again = level(directory)
  await again.open()
  await again.close()
})

t.test('a directory with other files is not made a store, and nothing in it is touched', async (t) => {
  const directory = temporaryDirectory(t)
  writeFileSync(join(directory, 'notes.txt'), 'mine')
  await expectRefusal(t, level(directory), 'ROME_STORE_LAYOUT', /notes\.txt/)
  t.same(readdirSync(directory), ['notes.txt'])
})

t.test('a foreign database is not taken for a new partition', async (t) => {
  const root = temporaryDirectory(t)
  const foreign = new ClassicLevel(join(root, 'foreign'))
  await foreign.put('key', 'value')
  await foreign.close()
  await expectRefusal(t, level(join(root, 'store'), { paths: [join(root, 'foreign')] }), 'ROME_STORE_LAYOUT')
  await foreign.open()
  t.equal(await foreign.get('key'), 'value')
  await foreign.close()
})

t.test('a creation that was killed is begun again', async (t) => {
  const directory = join(temporaryDirectory(t), 'store')
  await makeStore(directory)
  const identity = { ...identityOf(directory), state: 'creating' }
  for (const leave of [[], ['partition-0'], ['partition-0', 'log']]) {
    rmSync(directory, { recursive: true })
    const fresh = level(directory, { partitions: 3 })
    await fresh.open()
    await fresh.close()
    writeFileSync(
      join(directory, 'rome-store.json'),
      JSON.stringify({ ...identity, store: identityOf(directory).store }),
    )
    for (const name of ['partition-0', 'partition-1', 'partition-2', 'log']) {
      if (!leave.includes(name)) rmSync(join(directory, name), { recursive: true })
    }
    const engine = level(directory)
    await engine.open()
    await engine.commit(put(1, 'works'))
    await engine.close()
    t.equal(identityOf(directory).state, 'ready')
  }
})

t.test('partitions may lie in directories of their own, and may be moved', async (t) => {
  const root = temporaryDirectory(t)
  const directory = join(root, 'store')
  const paths = [join(root, 'disk-a'), join(root, 'disk-b')]
  const engine = level(directory, { paths })
  await engine.open()
  t.equal(engine.manifest.partitions, 2)
  for (let id = 0; id < 10; id++) await engine.commit(put(id, `row ${id}`))
  await engine.close()
  t.same(readdirSync(directory).sort(), ['log', 'rome-store.json'])
  renameSync(paths[1] as string, join(root, 'disk-c'))
  await expectRefusal(t, level(directory), 'ROME_CORRUPT')
  const moved = level(directory, { paths: [paths[0] as string, join(root, 'disk-c')] })
  await moved.open()
  for (let id = 0; id < 10; id++) t.equal(read(moved, id), `row ${id}`)
  await moved.close()
  const again = level(directory)
  await again.open()
  t.equal(read(again, 3), 'row 3', 'the new paths are remembered')
  await again.close()
  await expectRefusal(
    t,
    level(directory, { paths: [join(root, 'disk-c'), paths[0] as string] }),
    'ROME_CORRUPT',
    /another partition/,
  )
})

t.test('a store of a newer format is refused', async (t) => {
  const directory = join(temporaryDirectory(t), 'store')
  await makeStore(directory)
  writeFileSync(join(directory, 'rome-store.json'), JSON.stringify({ ...identityOf(directory), format: 2 }))
  await expectRefusal(t, level(directory), 'ROME_STORE_NEWER')
})

t.test('an identity that is not one is corruption', async (t) => {
  const directory = join(temporaryDirectory(t), 'store')
  await makeStore(directory)
  const identity = identityOf(directory)
  const texts = [
    '',
    'null',
    '{',
    '[]',
    ...Object.keys(identity).map((name) => JSON.stringify({ ...identity, [name]: 0 })),
  ]
  for (const text of texts) {
    writeFileSync(join(directory, 'rome-store.json'), text)
    await expectRefusal(t, level(directory), 'ROME_CORRUPT', /rome-store\.json/)
  }
})

t.test('what is missing of a store is noticed and named', async (t) => {
  const cases: [string, RegExp, (directory: string) => void][] = [
    ['a partition', /partition-1/, (directory) => rmSync(join(directory, 'partition-1'), { recursive: true })],
    ['the first partition', /partition-0/, (directory) => rmSync(join(directory, 'partition-0'), { recursive: true })],
    ['CURRENT of a partition', /partition-2/, (directory) => rmSync(join(directory, 'partition-2', 'CURRENT'))],
    [
      'the content of a partition',
      /lost its content/,
      (directory) => {
        rmSync(join(directory, 'partition-1'), { recursive: true })
        cpSync(join(directory, '..', 'empty'), join(directory, 'partition-1'), { recursive: true })
      },
    ],
    [
      'a partition for another',
      /another partition/,
      (directory) => {
        rmSync(join(directory, 'partition-1'), { recursive: true })
        cpSync(join(directory, 'partition-0'), join(directory, 'partition-1'), { recursive: true })
      },
    ],
    ['the log', /log/, (directory) => rmSync(join(directory, 'log'), { recursive: true })],
    [
      'all segments',
      /no segments/,
      (directory) => {
        rmSync(join(directory, 'log'), { recursive: true })
        mkdirSync(join(directory, 'log'))
      },
    ],
  ]
  const root = temporaryDirectory(t)
  const empty = new ClassicLevel(join(root, 'empty'))
  await empty.open()
  await empty.close()
  for (const [title, message, damage] of cases) {
    const directory = join(root, 'store')
    await makeStore(directory)
    damage(directory)
    const error = await openError(level(directory))
    t.match(error.code, /ROME_(CORRUPT|ENGINE)/, `${title}: ${error.message}`)
    t.match(error.message, message)
    rmSync(directory, { recursive: true })
  }
})

for (const bytes of [0, 100_000]) {
  const outcome = bytes === 0 ? 'noticed' : 'brought up to date by the log that was kept'
  t.test(`a partition from an older copy of the store is ${outcome}`, async (t) => {
    const root = temporaryDirectory(t)
    const directory = join(root, 'store')
    await makeStore(directory)
    cpSync(join(directory, 'partition-1'), join(root, 'old'), { recursive: true })
    const engine = level(directory, { keepLog: { bytes } })
    await engine.open()
    for (let id = 0; id < 10; id++) await engine.commit(put(id, 'changed'))
    await engine.close()
    rmSync(join(directory, 'partition-1'), { recursive: true })
    cpSync(join(root, 'old'), join(directory, 'partition-1'), { recursive: true })
    if (bytes === 0) return expectRefusal(t, level(directory), 'ROME_CORRUPT', /beginning is missing/)
    const again = level(directory)
    await again.open()
    for (let id = 0; id < 10; id++) t.equal(read(again, id), 'changed')
    return again.close()
  })
}

t.test('a log with a gap, a foreign segment or a lost end is noticed', async (t) => {
  const root = temporaryDirectory(t)
  const internals = { segmentBytes: 200, checkpointBytes: 1024 ** 3 }
  await makeKilledStore(join(root, 'store'), internals)
  await makeKilledStore(join(root, 'other'), internals)
  const cases: [string, RegExp, (log: string, segments: string[]) => void][] = [
    ['a segment in the middle', /segment is missing/, (log, segments) => rmSync(join(log, segments[1] as string))],
    ['the first segment', /beginning is missing/, (log, segments) => rmSync(join(log, segments[0] as string))],
    ['the last segment', /end is missing/, (log, segments) => rmSync(join(log, segments.at(-1) as string))],
    [
      'a segment of another store',
      /elsewhere/,
      (log, segments) => cpSync(join(root, 'other', 'log', segments[1] as string), join(log, segments[1] as string)),
    ],
    [
      'a segment under the number of another',
      /elsewhere/,
      (log, segments) => cpSync(join(log, segments[0] as string), join(log, segments[1] as string)),
    ],
    [
      'a byte in the middle',
      /record is damaged|does not continue/,
      (log, segments) => {
        const bytes = readFileSync(join(log, segments[0] as string))
        bytes[bytes.length - 30] = (bytes[bytes.length - 30] as number) ^ 1
        writeFileSync(join(log, segments[0] as string), bytes)
      },
    ],
  ]
  for (const [title, message, damage] of cases) {
    const copy = join(root, 'copy')
    cpSync(join(root, 'store'), copy, { recursive: true })
    const log = join(copy, 'log')
    const segments = readdirSync(log).sort()
    t.ok(segments.length >= 3, 'there are several segments')
    damage(log, segments)
    await expectRefusal(t, level(copy), 'ROME_CORRUPT', message)
    t.pass(title)
    rmSync(copy, { recursive: true })
  }
})

t.test('a record that is incomplete at the very end was never acknowledged, and is cut off', async (t) => {
  const directory = join(temporaryDirectory(t), 'store')
  await makeKilledStore(directory)
  const segment = join(directory, 'log', readdirSync(join(directory, 'log')).sort().at(-1) as string)
  const bytes = readFileSync(segment)
  for (const tail of [bytes.subarray(-40, -3), Buffer.alloc(100), Buffer.from([0])]) {
    writeFileSync(segment, Buffer.concat([bytes, tail]))
    const copy = `${directory}-copy`
    cpSync(directory, copy, { recursive: true })
    const engine = level(copy)
    await engine.open()
    for (let id = 0; id < 10; id++) t.equal(read(engine, id), `row ${id}`)
    await engine.commit(put(11, 'more'))
    await engine.close()
    await engine.close()
    rmSync(copy, { recursive: true })
  }
})

t.test('outcomes are remembered over a kill and over closing', async (t) => {
  const directory = join(temporaryDirectory(t), 'store')
  const engine = new LevelEngine(
    directory,
    { durability: 'os' },
    { segmentBytes: 300, checkpointBytes: 1000, applyDelayMs: 1 },
  )
  await engine.open()
  const commits = Array.from({ length: 30 }, (_, id) => put(id, 'x'))
  for (const commit of commits) {
    await engine.commit(commit)
    await new Promise((resolve) => setImmediate(resolve))
  }
  cpSync(directory, `${directory}-killed`, { recursive: true })
  await engine.close()
  for (const path of [directory, `${directory}-killed`, directory]) {
    const again = level(path)
    await again.open()
    for (const [index, { id }] of commits.entries())
      t.same(await again.outcome(id), { state: 'committed', version: index + 1 })
    await again.close()
  }
})

t.test('a factory whose databases lack what is needed is refused, and one without getSync works', async (t) => {
  const root = temporaryDirectory(t)
  const without = (feature: object) => (location: string) => {
    const database = new ClassicLevel<Buffer, Buffer>(location) as unknown as LevelDatabase
    Object.assign(database.supports, feature)
    return database
  }
  const noSnapshots = level(join(root, 'a'), { factory: without({ explicitSnapshots: false }) })
  await expectRefusal(t, noSnapshots, 'ROME_OPTION_NOT_SUPPORTED', /explicit snapshots/)
  const noFlush = level(join(root, 'b'), { factory: without({ additionalMethods: {} }) })
  await expectRefusal(t, noFlush, 'ROME_OPTION_NOT_SUPPORTED', /compactRange/)
  await makeStore(join(root, 'c'))
  const engine = level(join(root, 'c'), { factory: without({ getSync: false }) })
  await engine.open()
  const snapshot = engine.snapshot()
  const value = snapshot.get(rowKey(1))
  t.ok(value instanceof Promise)
  t.equal((await value)?.toString(), 'row 1')
  t.same((await snapshot.getMany([rowKey(2), rowKey(99)])).map(String), ['row 2', 'undefined'])
  snapshot.release()
  await engine.close()
})

t.test('point reads need no promise', async (t) => {
  const directory = join(temporaryDirectory(t), 'store')
  await makeStore(directory)
  const engine = level(directory)
  await engine.open()
  const snapshot = engine.snapshot()
  t.equal(String(snapshot.get(rowKey(1))), 'row 1')
  t.same((snapshot.getMany([rowKey(1), rowKey(2)]) as Uint8Array[]).map(String), ['row 1', 'row 2'])
  snapshot.release()
  await engine.close()
})

t.test('a commit that waits is taken back by its signal, one that is under way is not', async (t) => {
  const directory = join(temporaryDirectory(t), 'store')
  const engine = level(directory)
  await engine.open()
  const controller = new AbortController()
  const first = engine.commit(put(1, 'first'))
  await new Promise((resolve) => setImmediate(resolve))
  const waiting = engine.commit({ ...put(2, 'waiting'), signal: controller.signal })
  controller.abort(new Error('enough'))
  await t.rejects(waiting, { code: 'ROME_ABORTED' })
  await first
  t.equal(read(engine, 1), 'first')
  t.equal(read(engine, 2), undefined)
  await engine.close()
})

t.test('commits of one turn are one group with one sync', async (t) => {
  const directory = join(temporaryDirectory(t), 'store')
  const engine = level(directory)
  await engine.open()
  const before = engine.stats()
  await Promise.all(Array.from({ length: 50 }, (_, id) => engine.commit(put(id, 'x'))))
  const after = engine.stats()
  t.equal((after.groups ?? 0) - (before.groups ?? 0), 1)
  t.equal((after.syncs ?? 0) - (before.syncs ?? 0), 1)
  await engine.close()
})
