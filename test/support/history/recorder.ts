import { decodeTuple } from '../../../lib/codec/tuple.js'
import type { CommitRequest, Engine, Version } from '../../../lib/engines/contract.js'
import type { Isolation } from '../../../lib/records/record-transaction.js'
import { newEntity } from '../../../lib/schema/row-mapping.js'
import { schemaOf } from '../../../lib/schema/schema-of.js'
import { type CacheOptions, Rome } from '../../../lib/session/rome.js'
import { Item, type ItemRow, type Transaction } from './history.js'
import { RecordedSession } from './recorded-session.js'
import { RecordingEngine, type Unchecked } from './recording-engine.js'

/** Where and how a history is made. */
export interface RecorderOptions {
  readonly engine: Engine
  readonly isolation?: Isolation | undefined
  readonly unchecked?: Unchecked | undefined
  readonly cache?: CacheOptions | undefined
}

/** Records what transactions over a store of items are told and what their commits make of it. */
export class Recorder implements AsyncDisposable {
  readonly history: Transaction[] = []
  readonly rome: Rome
  #now = 0

  private constructor(rome: Rome) {
    this.rome = rome
  }

  static async open({ engine, isolation, unchecked = 'nothing', cache }: RecorderOptions): Promise<Recorder> {
    const onCommit = (transaction: Transaction, version: Version, request: CommitRequest) => {
      transaction.installed = { version, items: itemsOf(rome, request) }
    }
    const recording = new RecordingEngine(engine, unchecked, onCommit)
    const rome: Rome = await Rome.open({ engine: recording, models: [Item], isolation, cache, fullScans: 'allow' })
    return new Recorder(rome)
  }

  session(): RecordedSession {
    return new RecordedSession(this)
  }

  /** Grows with each call. */
  tick(): number {
    return ++this.#now
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.rome.close()
  }
}

/** What a commit makes of the items; their index's entries are left out. */
function itemsOf({ store }: Rome, { writes }: CommitRequest): Map<number, ItemRow | undefined> {
  const table = store.table(schemaOf(Item))
  const items = new Map<number, ItemRow | undefined>()
  for (const { key, value } of writes) {
    if (!key.startsWith(table.prefix)) continue
    const [id] = decodeTuple(key, table.prefix.length)
    items.set(Number(id), value && { ...newEntity(table.schema, table.decode(key, value)) })
  }
  return items
}
