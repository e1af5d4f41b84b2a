import { createSecretKey, type KeyObject } from 'node:crypto'
import { andThen, type MaybePromise } from '../async/maybe-promise.js'
import type { Key } from '../codec/key.js'
import type { Engine, Version } from '../engines/contract.js'
import { ConflictError, RomeError, SchemaError, UsageError } from '../errors/rome-error.js'
import type { EntitySchema } from '../schema/entity-schema.js'
import type { Catalogue } from './catalogue.js'
import { describeConflict, describeKey } from './describe-conflict.js'
import type { Observer } from './observer.js'
import type { OpenResources } from './open-resources.js'
import { prepareCatalogue } from './prepare-catalogue.js'
import type { OnProgress } from './progress.js'
import { RecordTransaction } from './record-transaction.js'
import { References } from './references.js'
import { ResidentLoader } from './resident/resident-loader.js'
import { ResidentSet } from './resident/resident-set.js'
import { ResidentView } from './resident/resident-view.js'
import { RowClaims } from './row-claims.js'
import type { Statistics } from './statistics.js'
import { readStatistics, writeStatistics } from './stored-statistics.js'
import { Table } from './table.js'
import { tracedEngine } from './traced-engine.js'
import { watchedEngine } from './watched-engine.js'

/** How a store is opened. */
export interface RecordStoreOptions {
  /** Called while entries of dropped indexes are erased and new indexes are built. */
  readonly onProgress?: OnProgress | undefined
  /** The longest that a transaction waits for a row that another has claimed. */
  readonly lockTimeoutMs?: number | undefined
  /** The budget of the resident set; nothing is kept in memory with 0. */
  readonly cacheBytes?: number | undefined
  /** Told of what the engine does. */
  readonly observer?: Observer | undefined
  /** Told of the engine's snapshots and scans. */
  readonly resources?: OpenResources | undefined
}

const lockTimeoutMsDefault = 5000

/** A second store over an engine would give out the same ids and not keep the first one's indexes. */
const takenEngines = new WeakSet<Engine>()

/** Models' rows and indexes over one open engine. */
export class RecordStore {
  readonly engine: Engine
  /** What the store knows of its models, those it was not opened with included. */
  readonly catalogue: Catalogue
  /** Signs continuation tokens. */
  readonly secret: KeyObject
  /** How much data there is, by estimates. */
  readonly statistics: Statistics
  /** The foreign keys between the tables. */
  readonly references: References
  /** Which rows transactions have claimed, where this process alone writes. */
  readonly claims: RowClaims | undefined
  /** What is kept in memory; nothing if there is no budget, or others may write to the engine. */
  readonly resident: ResidentSet | undefined
  readonly #loader: ResidentLoader | undefined
  readonly #tables: ReadonlyMap<object, Table>

  private constructor(
    engine: Engine,
    catalogue: Catalogue,
    schemas: readonly EntitySchema[],
    statistics: Statistics,
    resident: ResidentSet | undefined,
    lockTimeoutMs = lockTimeoutMsDefault,
  ) {
    this.engine = engine
    this.resident = resident
    this.#loader = resident && new ResidentLoader(engine, resident)
    this.catalogue = catalogue
    this.secret = createSecretKey(catalogue.secret, 'hex')
    this.statistics = statistics
    this.#tables = new Map(schemas.map((schema) => [schema, new Table(schema, catalogue.tables[schema.name])]))
    this.references = new References(this.tables, (schema) => this.table(schema))
    const describe = (key: Key) => describeKey(this.tables, key)
    this.claims = engine.manifest.exclusive ? new RowClaims(lockTimeoutMs, describe) : undefined
  }

  /**
   * Opens the engine and brings the catalogue to what the models need; builds new indexes of stored rows before it
   * returns. When something fails the engine is closed again.
   * @throws UsageError `ROME_ARGUMENT` for an engine that another store has; SchemaError `ROME_SCHEMA_CHANGED`;
   * ConstraintError `ROME_UNIQUE` when stored rows are against a new unique index; EngineError, CorruptionError.
   */
  static async open(
    engine: Engine,
    schemas: readonly EntitySchema[],
    { onProgress, lockTimeoutMs, cacheBytes = 0, observer, resources }: RecordStoreOptions = {},
  ): Promise<RecordStore> {
    if (takenEngines.has(engine)) {
      throw new UsageError('ROME_ARGUMENT', 'this engine serves another Rome already: make one engine for each', {
        context: { engine: engine.manifest.name },
      })
    }
    takenEngines.add(engine)
    try {
      await engine.open()
    } catch (error) {
      // It may be tried again, say when whoever has locked it lets go.
      takenEngines.delete(engine)
      throw error
    }
    try {
      const catalogue = await prepareCatalogue(engine, schemas, onProgress)
      const statistics = await readStatistics(engine)
      const resident = await followEngine(engine, cacheBytes)
      const watched = resources === undefined ? engine : watchedEngine(engine, resources)
      const traced = observer === undefined ? watched : tracedEngine(watched, observer)
      return new RecordStore(traced, catalogue, schemas, statistics, resident, lockTimeoutMs)
    } catch (error) {
      await engine.close()
      throw error
    }
  }

  get tables(): Iterable<Table> {
    return this.#tables.values()
  }

  /** @throws SchemaError `ROME_SCHEMA_UNKNOWN_MODEL` when the store was opened without this model. */
  table<T extends object>(schema: EntitySchema<T>): Table<T> {
    const table = this.#tables.get(schema)
    if (table === undefined) {
      throw new SchemaError('ROME_SCHEMA_UNKNOWN_MODEL', 'name this model in the models of Rome.open()', {
        context: { model: schema.name, models: Array.from(this.#tables.values(), (known) => known.schema.name) },
      })
    }
    // It was made of this very schema.
    return table as unknown as Table<T>
  }

  /** A transaction on the newest snapshot. Cost: no read. */
  begin(isReadOnly = false): MaybePromise<RecordTransaction> {
    return andThen(this.engine.snapshot(), (snapshot) => new RecordTransaction(this, snapshot, isReadOnly))
  }

  residentAt(version: Version): ResidentView | undefined {
    return this.resident?.version === version ? new ResidentView(this.resident) : undefined
  }

  /** Says in the words of the models what a conflict of the engine was about. */
  explainConflict(error: ConflictError): ConflictError {
    return new ConflictError(
      error.code,
      'another commit changed what this transaction read: run it again from its start',
      { context: describeConflict(this.tables, error.context), cause: error },
    )
  }

  /** Keeps the statistics in the store, if they have changed. */
  async saveStatistics(): Promise<void> {
    if (!this.statistics.hasChanged) return
    await writeStatistics(this.engine, this.statistics)
  }

  async close(): Promise<void> {
    await this.#loader?.close()
    try {
      await this.saveStatistics()
    } catch (error) {
      // A store that cannot be written any more can still be closed; estimates are all that is lost.
      if (!(error instanceof RomeError)) throw error
    } finally {
      await this.engine.close()
    }
  }
}

/** A resident set that hears of every commit. Nobody commits while a store is opened. */
async function followEngine(engine: Engine, bytesMax: number): Promise<ResidentSet | undefined> {
  if (bytesMax === 0 || !engine.manifest.exclusive || engine.follow === undefined) return undefined
  const snapshot = await engine.snapshot()
  const resident = new ResidentSet(bytesMax, snapshot.version)
  snapshot.release()
  engine.follow((version, writes) => {
    if (writes === undefined) resident.reset(version)
    else resident.publish(version, writes)
  })
  return resident
}
