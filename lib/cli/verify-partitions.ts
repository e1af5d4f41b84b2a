import { unseal } from '../codec/checksum.js'
import { type Key, keyFromBytes, keyToBytes } from '../codec/key.js'
import { entryPrefix, prefixBytes, rowPrefix } from '../codec/space.js'
import { damagedTables } from '../engines/level/index.js'
import { bytesOnly } from '../engines/level/level-database.js'
import { engineError } from '../engines/level/level-errors.js'
import { defaultInternals } from '../engines/level/level-options.js'
import { closeStore, openStore } from '../engines/level/open-store.js'
import type { Partition } from '../engines/level/partition.js'
import type { OpenStore } from '../engines/level/store.js'
import { firstKey, partitionOfKey } from '../engines/placement.js'
import { RomeError } from '../errors/rome-error.js'
import { type Catalogue, catalogueKey, decodeCatalogue } from '../records/catalogue.js'
import type { ProgressLine } from './progress-line.js'

/** A partition that was read. */
export interface CheckedPartition {
  readonly path: string
  readonly keys: number
  /** Of keys and values. */
  readonly bytes: number
  /** It could be read to its end. */
  readonly isWhole: boolean
}

/** One thing that is wrong in a partition. */
export interface PartitionProblem {
  /**
   * `damaged table`: a block of one of LevelDB's files has another checksum; `unreadable partition`: the database fails
   * while it is read; `misplaced key`: the key belongs into another partition, where alone it is looked for;
   * `damaged value`: of the catalogue, or of an index that is not in use.
   */
  readonly what: 'damaged table' | 'unreadable partition' | 'misplaced key' | 'damaged value'
  /** The partition, or the file in it. */
  readonly place: string
  /** The bytes of the key, hexadecimal. */
  readonly key?: string
  readonly cause?: RomeError
  /** What else there is to say. */
  readonly detail?: string
}

/** What was read of the partitions one by one. */
export interface CheckedPartitions {
  readonly partitions: readonly CheckedPartition[]
  readonly problemCount: number
  /** The first hundred of them. */
  readonly problems: readonly PartitionProblem[]
  /** `undefined` when it is damaged; without tables when there is none yet. */
  readonly catalogue: Catalogue | undefined
}

const problemsMax = 100
const keysAtATime = 1000
const bytesAtATime = 1024 * 1024

/**
 * Reads each partition from end to end. Values of rows and of indexes in use are only counted, because they are read
 * and checked once more as what they mean.
 * @throws EngineError, CorruptionError when the store cannot be opened, which checks its log.
 */
export async function verifyPartitions(root: string, progress: ProgressLine): Promise<CheckedPartitions> {
  const store = await openStore(root, {}, defaultInternals)
  try {
    return await readPartitions(store, progress)
  } finally {
    await closeStore(store)
  }
}

async function readPartitions(store: OpenStore, progress: ProgressLine): Promise<CheckedPartitions> {
  const problems: PartitionProblem[] = []
  let problemCount = 0
  const report = (problem: PartitionProblem): void => {
    problemCount++
    if (problems.length < problemsMax) problems.push(problem)
  }
  for (const { file, problem } of await damagedTables(store.directory)) {
    report({ what: 'damaged table', place: file, detail: problem })
  }
  const catalogue = await readCatalogue(store)
  const meaningful = catalogue === undefined ? new Set<Key>() : prefixesInUse(catalogue)
  const partitions: CheckedPartition[] = []
  for (const [index, partition] of store.partitions.entries()) {
    const path = store.identity.partitions[index] as string
    const visit = (key: Key, value: Buffer): void => {
      const found = { place: path, key: keyToBytes(key).toString('hex') }
      if (partitionOfKey(key, store.partitions.length) !== index) report({ what: 'misplaced key', ...found })
      if (meaningful.has(key.slice(0, prefixBytes))) return
      const cause = romeErrorOf(() => unseal(key, value))
      if (cause !== undefined) report({ what: 'damaged value', ...found, cause })
    }
    partitions.push({ path, ...(await readPartition(partition, path, visit, report, progress)) })
  }
  return { partitions, problemCount, problems, catalogue }
}

async function readPartition(
  { database }: Partition,
  path: string,
  visit: (key: Key, value: Buffer) => void,
  report: (problem: PartitionProblem) => void,
  progress: ProgressLine,
): Promise<Omit<CheckedPartition, 'path'>> {
  let keys = 0
  let bytes = 0
  const range = { gte: keyToBytes(firstKey), highWaterMarkBytes: bytesAtATime, fillCache: false }
  const iterator = database.iterator({ ...bytesOnly, ...range })
  try {
    for (;;) {
      const entries = await iterator.nextv(keysAtATime)
      if (entries.length === 0) return { keys, bytes, isWhole: true }
      for (const [key, value] of entries) {
        visit(keyFromBytes(key), value)
        bytes += key.length + value.length
      }
      keys += entries.length
      progress.show({ task: 'read', name: path, done: keys })
    }
  } catch (error) {
    report({ what: 'unreadable partition', place: path, cause: engineError(error, 'reading a partition') })
    return { keys, bytes, isWhole: false }
  } finally {
    await iterator.close()
  }
}

/** A damaged one is reported when its key is met. */
async function readCatalogue({ partitions: [first] }: OpenStore): Promise<Catalogue | undefined> {
  const bytes = await first?.database.get(keyToBytes(catalogueKey), bytesOnly)
  if (bytes === undefined) return { format: 1, secret: '', nextId: 1, tables: {}, droppedIndexes: [] }
  let catalogue: Catalogue | undefined
  romeErrorOf(() => {
    catalogue = decodeCatalogue(bytes)
  })
  return catalogue
}

function prefixesInUse({ tables }: Catalogue): Set<Key> {
  return new Set(
    Object.values(tables).flatMap(({ id, indexes }) => {
      const inUse = Object.values(indexes).filter(({ state }) => state === 'ready')
      return [rowPrefix(id), ...inUse.flatMap((index) => [entryPrefix(index.id, false), entryPrefix(index.id, true)])]
    }),
  )
}

function romeErrorOf(work: () => unknown): RomeError | undefined {
  try {
    work()
    return undefined
  } catch (error) {
    if (error instanceof RomeError) return error
    throw error
  }
}
