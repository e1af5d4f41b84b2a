import { deepStrictEqual } from 'node:assert/strict'
import { mkdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { CorruptionError, EngineError } from '../../lib/index.js'
import { collect } from '../../lib/query/operators/operator.js'
import { RunReader, RunWriter, type SortedRun } from '../../lib/query/operators/sorted-run.js'
import { SpillFile, type SpillHandle } from '../../lib/query/operators/spill-file.js'
import type { Row } from '../../lib/records/row.js'
import { temporaryDirectory } from '../support/temporary-directory.js'

const rows: Row[] = Array.from({ length: 30 }, (_, index) => [index, `row ${index}`, null, BigInt(index)])
const frameBytesMax = 1500

/** Two runs in a file with a name, so that it can be damaged. */
async function twoRuns(test: { teardown(cleanUp: () => unknown): void }) {
  const directory = join(temporaryDirectory(t), 'own')
  mkdirSync(directory)
  const path = join(directory, 'runs')
  const file = new SpillFile(await open(path, 'wx+'), directory)
  test.teardown(() => file.close())
  return { path, file, runs: [await write(file, rows), await write(file, rows.slice(3))] as const }
}

async function write(file: SpillFile, all: readonly Row[]): Promise<SortedRun> {
  const writer = new RunWriter(file, frameBytesMax)
  await writer.add(all.slice(0, 7))
  await writer.add(all.slice(7))
  return writer.end()
}

async function errorOf(run: SortedRun): Promise<unknown> {
  try {
    await collect(new RunReader(run))
    return undefined
  } catch (error) {
    return error
  }
}

t.test('runs of one file are read side by side as they were written', async (t) => {
  const { file, runs } = await twoRuns(t)
  const [first, second] = runs.map((run) => new RunReader(run))
  const read: [Row[], Row[]] = [[], []]
  for (let frame = 0; frame < 20; frame++) {
    read[0].push(...((await first.next()) ?? []))
    read[1].push(...((await second.next()) ?? []))
  }
  deepStrictEqual(read, [rows, rows.slice(3)])
  t.equal(runs[1].start, runs[0].end)
  t.equal(runs[1].end, file.size)
})

t.test('a changed byte, wherever it is, is found and no row of its frame is given out', async (t) => {
  const { path, runs } = await twoRuns(t)
  const whole = readFileSync(path)
  const [{ start, end }] = runs
  for (let position = start; position < end; position++) {
    const damaged = Buffer.from(whole)
    damaged[position] ^= 1 << (position % 8)
    writeFileSync(path, damaged)
    const error = await errorOf(runs[0])
    if (!(error instanceof CorruptionError)) return t.fail(`byte ${position}: ${error}`)
    if ((await errorOf(runs[1])) !== undefined) return t.fail('the other run is whole')
  }
  t.match(await errorOf(runs[0]), { code: 'ROME_CORRUPT', message: /run the query again/ })
})

t.test('a file that was cut off, or became zeros, is found', async (t) => {
  const { path, runs } = await twoRuns(t)
  const whole = readFileSync(path)
  for (let size = whole.length - 1; size >= runs[1].start; size--) {
    truncateSync(path, size)
    const error = await errorOf(runs[1])
    if (!(error instanceof CorruptionError)) return t.fail(`${size} bytes: ${error}`)
  }
  writeFileSync(path, Buffer.alloc(whole.length))
  t.ok((await errorOf(runs[0])) instanceof CorruptionError)
})

/** A file that takes a few bytes at a time, and no more than so many. */
async function smallDisk(test: { teardown(cleanUp: () => unknown): void }, bytesMax: number) {
  const directory = join(temporaryDirectory(t), 'own')
  mkdirSync(directory)
  const handle = await open(join(directory, 'runs'), 'wx+')
  test.teardown(() => handle.close())
  const write = async (bytes: Uint8Array, offset: number, length: number, position: number) => {
    if (position >= bytesMax) throw Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' })
    return handle.write(bytes, offset, Math.min(length, 7, bytesMax - position), position)
  }
  const read = (bytes: Uint8Array, offset: number, length: number, position: number) =>
    handle.read(bytes, offset, Math.min(length, 5), position)
  return new SpillFile({ write, read, close: () => handle.close() } as SpillHandle, directory)
}

t.test('short writes and reads are gone on with', async (t) => {
  deepStrictEqual(await collect(new RunReader(await write(await smallDisk(t, 1e6), rows))), rows)
})

t.test('a full disk is an error that says what to do', async (t) => {
  const error = await write(await smallDisk(t, 400), rows).catch((thrown: unknown) => thrown)
  t.ok(error instanceof EngineError)
  t.match(error, { code: 'ROME_DISK_FULL', message: /temporaryDirectory/, cause: { code: 'ENOSPC' } })
})

t.test('a disk that fails to read is an error, and not damage', async (t) => {
  const { file, runs } = await twoRuns(t)
  await file.close()
  await file.close()
  t.match(await errorOf(runs[0]), { name: 'EngineError', code: 'ROME_ENGINE' })
})
