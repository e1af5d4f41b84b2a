import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Level } from 'level'
import t, { type Test } from 'tap'
import { seal, unseal } from '../../lib/codec/checksum.js'
import { keyFromBytes } from '../../lib/codec/key.js'
import { Space } from '../../lib/codec/space.js'
import { level } from '../../lib/engines/level/index.js'
import { Rome } from '../../lib/session/rome.js'
import { bookCount, bookCountWithPages, type CommandRun, makeStore, runRome } from '../support/command-line.js'
import { temporaryDirectory } from '../support/temporary-directory.js'

type Database = Level<Buffer, Buffer>

/** The catalogue gives out ids in order: the table, then its indexes as they are declared. */
const titles = 3
const partial = 4

/** Does something to a partition behind Rome's back. */
async function tamper(
  directory: string,
  partition: number,
  work: (database: Database) => Promise<void>,
): Promise<void> {
  const location = join(directory, `partition-${partition}`)
  const database: Database = new Level(location, { keyEncoding: 'buffer', valueEncoding: 'buffer' })
  await database.open()
  try {
    await work(database)
  } finally {
    await database.close()
  }
}

/** What a partition holds of a table or an index. */
async function allOf(database: Database, space: string, id: number): Promise<[Buffer, Buffer][]> {
  const prefix = Buffer.from(`${space}\0${String.fromCharCode(id)}`, 'latin1')
  const entries = await database.iterator({ gte: prefix }).all()
  return entries.filter(([key]) => key.subarray(0, prefix.length).equals(prefix))
}

async function firstOf(database: Database, space: string, id: number): Promise<[Buffer, Buffer]> {
  const [first] = await allOf(database, space, id)
  if (first === undefined) throw new Error('the partition has no such key')
  return first
}

/** What `verify` says after this was done to partition 0 of a store. */
async function verifyAfter(
  t: Test,
  work: (database: Database, directory: string) => Promise<void>,
): Promise<{ run: CommandRun; problems: { what: string; model?: string; index?: string }[] }> {
  const directory = join(temporaryDirectory(t), 'store')
  await makeStore(directory)
  await tamper(directory, 0, (database) => work(database, directory))
  const run = await runRome(['verify', directory, '--json'])
  const result = JSON.parse(run.stdout)
  t.equal(result.problems?.length, result.problemCount)
  return { run, problems: result.problems }
}

t.test('verify of a sound store counts what it read and ends with 0', async (t) => {
  const directory = join(temporaryDirectory(t), 'store')
  await makeStore(directory)
  const { exitCode, stdout, stderr } = await runRome(['verify', directory, '--json'])
  t.equal(stderr, '')
  t.equal(exitCode, 0)
  const result = JSON.parse(stdout)
  const entries = 2 * bookCount + bookCountWithPages
  t.match(result, { directory, tables: 1, rows: bookCount, entries, problemCount: 0, problems: [] })
  const keys = result.partitions.reduce((sum: number, partition: { keys: number }) => sum + partition.keys, 0)
  t.ok(keys > bookCount + entries, 'the rows, the entries, and the catalogue')
  t.match(await runRome(['verify', directory]), { exitCode: 0, stdout: /No problem was found\.\n$/ })
})

t.test('verify reads a store that holds nothing yet', async (t) => {
  const directory = join(temporaryDirectory(t), 'store')
  await using rome = await Rome.open({ engine: level(directory), models: [] })
  await rome.close()
  const { exitCode, stdout } = await runRome(['verify', directory, '--json'])
  t.equal(exitCode, 0)
  t.match(JSON.parse(stdout), { tables: 0, rows: 0, entries: 0, problemCount: 0 })
})

t.test('verify finds a row whose bytes were changed', async (t) => {
  const { run, problems } = await verifyAfter(t, async (database) => {
    const [key, value] = await firstOf(database, Space.row, 1)
    value.writeUInt8(value.readUInt8(value.length - 1) ^ 1, value.length - 1)
    await database.put(key, value)
  })
  t.equal(run.exitCode, 1)
  t.match(problems, [{ what: 'unreadable row', model: 'books', cause: { code: 'ROME_CORRUPT' } }])
})

t.test('verify finds an entry that is missing, and says so in words', async (t) => {
  const directory = join(temporaryDirectory(t), 'store')
  await makeStore(directory)
  await tamper(directory, 0, async (database) => {
    const [key] = await firstOf(database, Space.entry, titles)
    await database.del(key)
  })
  const { exitCode, stdout } = await runRome(['verify', directory])
  t.equal(exitCode, 1)
  t.match(stdout, /1 problem:\n {2}missing entry of books, index title_unique \("book \d+"\) key 03/)
})

t.test('verify finds the entries of a row that is gone, those of partial indexes too', async (t) => {
  const { run, problems } = await verifyAfter(t, async (database, directory) => {
    // An entry of a row with pages, which has entries in all three indexes. A key of a uuid takes 17 bytes.
    const [entry] = await firstOf(database, Space.entry, partial)
    const rowKey = Buffer.concat([Buffer.from(`${Space.row}\0\x01`, 'latin1'), entry.subarray(-17)])
    await database.del(rowKey)
    for (const partition of [1, 2, 3]) await tamper(directory, partition, (other) => other.del(rowKey))
  })
  t.equal(run.exitCode, 1)
  t.strictSame(problems.map(({ what, index }) => `${what} ${index}`).sort(), [
    'stray entry pages_partial',
    'stray entry shelf_pages_desc',
    'stray entry title_unique',
  ])
})

t.test('verify finds an entry that leads to another row, though its checksum is right', async (t) => {
  const { run, problems } = await verifyAfter(t, async (database) => {
    const entries = await allOf(database, Space.entry, titles)
    const [[key], [otherKey, otherValue]] = entries as [[Buffer, Buffer], [Buffer, Buffer]]
    await database.put(key, Buffer.from(seal(keyFromBytes(key), unseal(keyFromBytes(otherKey), otherValue))))
  })
  t.equal(run.exitCode, 1)
  t.strictSame(problems.map(({ what }) => what).sort(), ['stray entry', 'wrong entry'])
})

t.test('verify finds a key that lies in a partition where nobody looks for it', async (t) => {
  const { run, problems } = await verifyAfter(t, async (database, directory) => {
    const [key, value] = await firstOf(database, Space.row, 1)
    await tamper(directory, 1, (other) => other.put(key, value))
  })
  t.equal(run.exitCode, 1)
  t.match(problems[0], { what: 'misplaced key', place: 'partition-1' })
})

t.test('verify finds keys of tables that the catalogue does not know', async (t) => {
  const { run, problems } = await verifyAfter(t, async (database) => {
    const [key, value] = await firstOf(database, Space.row, 1)
    const foreign = Buffer.from(key)
    foreign.writeUInt8(99, 2)
    await database.put(foreign, value)
  })
  t.equal(run.exitCode, 1)
  t.ok(problems.some(({ what }) => what === 'unknown keys'))
  t.ok(
    problems.some(({ what }) => what === 'damaged value'),
    'its checksum is that of another key',
  )
})

t.test('verify finds a damaged catalogue, without which it cannot look at rows', async (t) => {
  const { run, problems } = await verifyAfter(t, async (database) => {
    const [key, value] = await firstOf(database, Space.system, 0)
    value.writeUInt8(value.readUInt8(20) ^ 1, 20)
    await database.put(key, value)
  })
  t.equal(run.exitCode, 1)
  t.match(problems[0], { what: 'damaged value', place: 'partition-0' })
  t.notOk('rows' in JSON.parse(run.stdout))
})

t.test('verify finds a flipped byte in a table file of LevelDB', async (t) => {
  const directory = join(temporaryDirectory(t), 'store')
  await makeStore(directory)
  const partition = join(directory, 'partition-2')
  const name = readdirSync(partition).find((file) => file.endsWith('.ldb')) as string
  const file = join(partition, name)
  const bytes = readFileSync(file)
  bytes.writeUInt8(bytes.readUInt8(100) ^ 0x10, 100)
  writeFileSync(file, bytes)
  const { exitCode, stdout } = await runRome(['verify', directory, '--json'])
  t.equal(exitCode, 1)
  t.ok(JSON.parse(stdout).problems.some((problem: { what: string; place: string }) => problem.place === file))
})

t.test('verify reports a damaged commit log as the error that opening raises', async (t) => {
  const directory = join(temporaryDirectory(t), 'store')
  await makeStore(directory)
  const [name] = readdirSync(join(directory, 'log'))
  const file = join(directory, 'log', name as string)
  const bytes = readFileSync(file)
  bytes.writeUInt8(bytes.readUInt8(30) ^ 1, 30)
  writeFileSync(file, bytes)
  const { exitCode, stdout, stderr } = await runRome(['verify', directory])
  t.equal(exitCode, 1)
  t.equal(stdout, '')
  t.match(stderr, /^ROME_CORRUPT: The commit log is damaged/)
})
