import { v7 as uuidv7 } from 'uuid'
import { type Key, type KeyRange, keyAfter, prefixRange } from '../codec/key.js'
import { entryPrefix } from '../codec/space.js'
import type { Engine, EngineSnapshot, Write } from '../engines/contract.js'
import { ConstraintError } from '../errors/rome-error.js'
import type { DroppedIndex } from './catalogue.js'
import type { OnProgress } from './progress.js'
import type { Row } from './row.js'
import type { Table } from './table.js'
import type { IndexEntry, TableIndex } from './table-index.js'

const keysPerChunk = 1000
const commitBytesMax = 8 * 1024 * 1024

/** Some keys of a range with their values, and the snapshot they were read from. */
interface Chunk {
  readonly snapshot: EngineSnapshot
  readonly keys: readonly Key[]
  readonly values: readonly Uint8Array[]
}

/**
 * Writes an entry for every stored row, in chunks, into an index that has none. Nobody else writes meanwhile: it runs
 * while the store is being opened.
 * @throws ConstraintError `ROME_UNIQUE` when two rows have equal values in a unique index.
 */
export async function buildIndex(
  engine: Engine,
  table: Table,
  index: TableIndex,
  onProgress?: OnProgress,
): Promise<void> {
  const name = `${table.schema.name}.${index.definition.name}`
  let done = 0
  onProgress?.({ task: 'build index', name, done })
  await forEachChunk(engine, prefixRange(table.prefix), async ({ snapshot, keys, values }) => {
    const exclusive = new Map<Key, Row>()
    const entries: IndexEntry[] = []
    keys.forEach((key, position) => {
      const row = table.decode(key, values[position])
      const entry = index.entryOf(key, row)
      if (entry === undefined) return
      entries.push(entry)
      if (!entry.isExclusive) return
      if (exclusive.has(entry.key)) throw duplicateError(table, index, row)
      exclusive.set(entry.key, row)
    })
    // The snapshot holds the entries of the chunks before.
    const holders = await snapshot.getMany([...exclusive.keys()])
    const taken = holders.findIndex((holder) => holder !== undefined)
    if (taken !== -1) throw duplicateError(table, index, [...exclusive.values()][taken])
    await commitInParts(engine, entries)
    done += keys.length
    onProgress?.({ task: 'build index', name, done })
  })
}

/** Removes all entries of an index, in chunks. */
export async function eraseIndex(engine: Engine, { id, name }: DroppedIndex, onProgress?: OnProgress): Promise<void> {
  let done = 0
  for (const isDeleted of [false, true]) {
    await forEachChunk(engine, prefixRange(entryPrefix(id, isDeleted)), async ({ keys }) => {
      await commitInParts(
        engine,
        keys.map((key) => ({ key, value: undefined })),
      )
      done += keys.length
      onProgress?.({ task: 'erase index', name, done })
    })
  }
}

/** Each chunk has a snapshot of its own: one for the whole range would make the engine keep all that is written. */
async function forEachChunk(engine: Engine, range: KeyRange, visit: (chunk: Chunk) => Promise<void>): Promise<void> {
  for (let start: Key | undefined = range.start; start !== undefined; ) {
    const snapshot = await engine.snapshot()
    try {
      const { keys, values } = await readChunk(snapshot, { start, end: range.end })
      const last = keys.at(-1)
      start = last === undefined ? undefined : keyAfter(last)
      if (last !== undefined) await visit({ snapshot, keys, values })
    } finally {
      snapshot.release()
    }
  }
}

async function readChunk(snapshot: EngineSnapshot, range: KeyRange): Promise<Omit<Chunk, 'snapshot'>> {
  const keys: Key[] = []
  const values: Uint8Array[] = []
  const scan = snapshot.scan(range, { expected: keysPerChunk })
  try {
    for (let batch = await scan.next(); batch !== undefined; batch = await scan.next()) {
      keys.push(...batch.keys)
      values.push(...batch.values)
      if (keys.length >= keysPerChunk) break
    }
  } finally {
    await scan.close()
  }
  return { keys, values }
}

async function commitInParts(engine: Engine, writes: Write[]): Promise<void> {
  writes.sort((a, b) => (a.key < b.key ? -1 : 1))
  let part: Write[] = []
  let bytes = 0
  for (const write of writes) {
    part.push(write)
    bytes += write.key.length + (write.value?.length ?? 0)
    if (part.length < keysPerChunk && bytes < commitBytesMax) continue
    await commit(engine, part)
    part = []
    bytes = 0
  }
  if (part.length > 0) await commit(engine, part)
}

/** Nothing was read that another could change, and the catalogue's commit that follows is the one that must last. */
async function commit(engine: Engine, writes: readonly Write[]): Promise<void> {
  await engine.commit({ id: uuidv7(), readVersion: 0, readKeys: [], readRanges: [], writes })
}

function duplicateError(table: Table, index: TableIndex, row: Row): ConstraintError {
  return new ConstraintError(
    'ROME_UNIQUE',
    'stored rows have equal values in this new unique index: change them first',
    {
      context: {
        model: table.schema.name,
        index: index.definition.name,
        columns: index.definition.columns.map(({ column }) => column.name),
        values: index.definition.columns.map(({ column }) => row[column.position]),
      },
    },
  )
}
