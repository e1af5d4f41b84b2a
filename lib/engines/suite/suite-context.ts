import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import type { ErrorCode } from '../../errors/codes.js'
import { RomeError } from '../../errors/rome-error.js'
import type { CommitRequest, Engine, EngineSnapshot, Key, KeyRange, ScanOptions, Version, Write } from '../contract.js'

/** What {@link engineSuite} is given. */
export interface EngineSuiteOptions {
  /** Runs one named test: the `test` of tap, of `node:test`, or `it` of others. */
  readonly test: (title: string, run: () => Promise<void>) => unknown
  /** Put before each title. */
  readonly name: string
  /** Makes an engine over an empty store, not opened yet. */
  readonly factory: () => Engine | Promise<Engine>
  /** Makes another engine over the store of one that was closed; only for engines that keep their data. */
  readonly reopen?: (closed: Engine) => Engine | Promise<Engine>
  /** Of the random run. A random one when absent; it is in the message of a failure. */
  readonly seed?: number
}

/** A group of tests. */
export type SuiteGroup = (context: SuiteContext) => void

/** What the groups of tests work with. */
export interface SuiteContext {
  readonly options: EngineSuiteOptions
  /** Defines a test of an open, empty engine, which is checked for leaks and closed afterwards. */
  test(title: string, run: (engine: Engine) => Promise<void>): void
}

export function createContext(options: EngineSuiteOptions): SuiteContext {
  return {
    options,
    test(title, run) {
      options.test(`${options.name}: ${title}`, async () => {
        const engine = await options.factory()
        await engine.open()
        try {
          await run(engine)
          const { liveSnapshots, liveScans, liveFeeds = 0 } = engine.stats()
          const live = { liveSnapshots, liveScans, liveFeeds }
          assert.deepEqual(live, { liveSnapshots: 0, liveScans: 0, liveFeeds: 0 }, 'nothing stays open')
        } finally {
          await engine.close()
        }
      })
    },
  }
}

/** Bytes of a text. */
export function bytes(text: string): Uint8Array {
  return Buffer.from(text)
}

/** The key of a row: each row may lie in another partition. */
export function rowKey(id: number, table = 1): Key {
  return `\x02\0${String.fromCharCode(table)}${integer(id)}`
}

/** The key of an index entry: entries with the same text lie together, in order of id. */
export function entryKey(text: string, id: number, index = 1): Key {
  return `${entriesOf(text, index)}${integer(id)}`
}

/** What all entries with this text begin with. */
export function entriesOf(text: string, index = 1): Key {
  return `\x03\0${String.fromCharCode(index)}\x02${text}\0`
}

/** All keys. */
export const everything: KeyRange = Object.freeze({ start: '\x01', end: '\xff' })

function integer(value: number): Key {
  return `\x16${String.fromCharCode(value >> 8, value & 0xff)}`
}

export function put(key: Key, text: string): Write {
  return { key, value: bytes(text) }
}

export function erase(key: Key): Write {
  return { key, value: undefined }
}

/** A request that reads and writes nothing but what is given, at version 0. */
export function request(parts: Partial<CommitRequest>): CommitRequest {
  return { id: randomUUID(), readVersion: 0, readKeys: [], readRanges: [], writes: [], ...parts }
}

/** Commits writes that depend on nothing. */
export function write(engine: Engine, ...writes: readonly Write[]): Promise<Version> {
  return engine.commit(request({ writes: [...writes].sort((left, right) => (left.key < right.key ? -1 : 1)) }))
}

/** Runs with a snapshot that is released at the end. */
export async function withSnapshot<R>(engine: Engine, run: (snapshot: EngineSnapshot) => R | Promise<R>): Promise<R> {
  const snapshot = await engine.snapshot()
  try {
    return await run(snapshot)
  } finally {
    snapshot.release()
  }
}

/** The text under a key now. */
export function read(engine: Engine, key: Key): Promise<string | undefined> {
  return withSnapshot(engine, async (snapshot) => text(await snapshot.get(key)))
}

export function text(value: Uint8Array | undefined): string | undefined {
  return value === undefined ? undefined : Buffer.from(value).toString()
}

/** All entries of a range as keys and texts, checking that no batch is empty. */
export async function readAll(
  snapshot: EngineSnapshot,
  range: KeyRange,
  options?: ScanOptions,
): Promise<(readonly [Key, string])[]> {
  const scan = snapshot.scan(range, options)
  const entries: (readonly [Key, string])[] = []
  try {
    for (;;) {
      const batch = await scan.next()
      if (batch === undefined) return entries
      assert.ok(batch.keys.length > 0, 'a batch is not empty')
      assert.equal(batch.keys.length, batch.values.length, 'as many keys as values')
      for (const [index, key] of batch.keys.entries()) entries.push([key, text(batch.values[index]) as string])
    }
  } finally {
    await scan.close()
  }
}

/** Fails unless `run` fails, at once or later, with an error of Rome that has this code. */
export async function expectCode(code: ErrorCode, run: () => unknown): Promise<void> {
  try {
    await run()
  } catch (error) {
    if (!(error instanceof RomeError)) throw error
    assert.equal(error.code, code)
    return
  }
  assert.fail(`expected ${code}`)
}
