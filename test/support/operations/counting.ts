import { prefixRange } from '../../../lib/codec/key.js'
import type { CommitRequest, Version } from '../../../lib/engines/contract.js'
import { type MemoryDump, MemoryEngine } from '../../../lib/engines/memory/index.js'
import { Rome } from '../../../lib/index.js'
import { RowFormat } from '../../../lib/records/row-format.js'
import { plansIn } from '../plans-in.js'
import { made, models } from './catalogue.js'
import type { Operation } from './operations.js'

/** What a piece of work takes: machines differ in how long it takes, but not in this. */
export interface Counts {
  /** How often a way to rows was looked for. */
  readonly plans: number
  /** Keys that the engine was asked for. */
  readonly gets: number
  /** Ranges that it was asked for, and what it gave of them. */
  readonly scans: number
  readonly scanned: number
  /** Rows whose bytes were decoded. */
  readonly decoded: number
  readonly entities: number
  readonly commits: number
  /** Rows and entries that they wrote. */
  readonly written: number
}

/**
 * Where the cache stands: there is none; it is empty, and nothing was done before; or it holds everything, and the same
 * was done with other rows before.
 */
export type CacheState = 'off' | 'cold' | 'warm'

const turnsBefore = 3
/** Room for everything. */
const cacheBytes = 256 * 1024 * 1024

class CountingEngine extends MemoryEngine {
  keysWritten = 0

  override commit(request: CommitRequest): Promise<Version> {
    this.keysWritten += request.writes.length
    return super.commit(request)
  }
}

/** Counts what each of the operations takes, one after the other in a store of their own. */
export async function countOperations(
  operations: readonly Operation[],
  dump: MemoryDump,
  cache: CacheState,
): Promise<readonly Counts[]> {
  const prepared = await prepare(operations, dump)
  const engine = new CountingEngine()
  await using rome = await openStore(engine, dump, cache === 'off' ? 0 : cacheBytes)
  if (cache === 'warm') await readAll(rome)
  const counts: Counts[] = []
  for (const [at, operation] of operations.entries()) {
    const run = async (turn: number) => {
      await using session = rome.session(operation.session)
      await operation.run(session, turn, prepared[at])
    }
    if (cache !== 'cold') for (let turn = 0; turn < turnsBefore; turn++) await run(turn)
    counts.push(await countIn(engine, () => run(turnsBefore)))
  }
  return counts
}

function openStore(engine: MemoryEngine, dump: MemoryDump, bytes: number): Promise<Rome> {
  engine.load(dump)
  return Rome.open({ engine, models, cache: { bytes }, fullScans: 'allow' })
}

/** In another store, so that nothing is read in the one that counts. */
async function prepare(operations: readonly Operation[], dump: MemoryDump): Promise<readonly unknown[]> {
  await using rome = await openStore(new MemoryEngine(), dump, 0)
  await using session = rome.session()
  const prepared: unknown[] = []
  for (const operation of operations) prepared.push(await operation.prepare?.(session))
  return prepared
}

/** Fills the cache with all index entries, and with all rows, which are decoded. */
async function readAll(rome: Rome): Promise<void> {
  await using session = rome.session()
  for (const model of models) await session.query(model).all()
  const transaction = await rome.store.begin(true)
  for (const { indexes } of rome.store.tables) {
    for (const { prefix } of indexes) {
      const scan = transaction.scan(prefixRange(prefix))
      while ((await scan.next()) !== undefined);
    }
  }
  transaction.release()
}

async function countIn(engine: CountingEngine, work: () => Promise<void>): Promise<Counts> {
  const before = engine.stats()
  const writtenBefore = engine.keysWritten
  const madeBefore = made.entities
  const { fromDisk } = RowFormat.prototype
  let decoded = 0
  RowFormat.prototype.fromDisk = function (this: RowFormat, column, value) {
    if (column.position === 0) decoded++
    return fromDisk.call(this, column, value)
  }
  try {
    const plans = await plansIn(work)
    const { gets, scans, keysScanned, commits } = engine.stats()
    return {
      plans,
      gets: gets - before.gets,
      scans: scans - before.scans,
      scanned: keysScanned - before.keysScanned,
      decoded,
      entities: made.entities - madeBefore,
      commits: commits - before.commits,
      written: engine.keysWritten - writtenBefore,
    }
  } finally {
    RowFormat.prototype.fromDisk = fromDisk
  }
}
