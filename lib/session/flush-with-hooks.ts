import { UsageError } from '../errors/rome-error.js'
import type { QuerySession } from '../query/query-session.js'
import type { RecordTransaction } from '../records/record-transaction.js'
import type { EntityRecord } from './entity-record.js'
import { flush } from './flush.js'
import type { Deletion } from './memory-checkpoint.js'
import type { SessionHooks } from './session-hooks.js'
import type { UnitOfWork } from './unit-of-work.js'

/** What a flush is about to do with an entity. */
type Intent = 'Insert' | 'Update' | Deletion

/** What of a flush the hooks were told. An entity's hooks are called once for each intent. */
type Told = Map<EntityRecord, Intent>

/** How often hooks may find that hooks gave them more to do. */
const roundsMax = 100

/**
 * A flush between its hooks. What they add and change is written by the same flush: before the writes they are asked
 * until nothing new has turned up, and what those after the writes leave to do is written in another round.
 *
 * The caller undoes it all when it fails.
 *
 * @throws UsageError `ROME_HOOK_LOOP`, as `flush`, and what the hooks throw.
 */
export async function flushWithHooks(
  unit: UnitOfWork,
  transaction: RecordTransaction,
  session: QuerySession,
  hooks: SessionHooks,
): Promise<void> {
  let rounds = 0
  const countRound = () => {
    if (++rounds <= roundsMax) return
    throw new UsageError('ROME_HOOK_LOOP', 'hooks give each other more and more to write: let one of them stop', {
      context: { rounds: roundsMax, pending: unit.pending.size },
    })
  }
  await hooks.call('beforeFlush')
  while (unit.hasChanges()) {
    const told: Told = new Map()
    while (await callBefore(unit, hooks, told)) countRound()
    for (const { record, previous, next } of await flush(unit, transaction, session)) {
      const intent = record && previous !== next ? told.get(record) : undefined
      if (record !== undefined && intent !== undefined) await callHooks(hooks, 'after', intent, record)
    }
    countRound()
  }
  await hooks.call('afterFlush')
}

/** Calls the hooks for what the flush is to write and they were not told yet. Whether there was any. */
async function callBefore(unit: UnitOfWork, hooks: SessionHooks, told: Told): Promise<boolean> {
  unit.relations.cascade()
  const due = [...intents(unit)].filter(([record, intent]) => told.get(record) !== intent)
  for (const [record, intent] of due) {
    // A hook before may have decided otherwise.
    if (!isStill(unit, record, intent)) continue
    told.set(record, intent)
    await callHooks(hooks, 'before', intent, record)
  }
  return due.length > 0
}

/** In the order in which rows are written. */
function* intents(unit: UnitOfWork): Iterable<[EntityRecord, Intent]> {
  for (const wanted of ['hard', 'soft'] as const) {
    for (const [record, deletion] of unit.deletions) if (deletion === wanted) yield [record, deletion]
  }
  for (const record of unit.modified()) yield [record, 'Update']
  for (const record of unit.pending) yield [record, 'Insert']
}

function isStill(unit: UnitOfWork, record: EntityRecord, intent: Intent): boolean {
  const deletion = unit.deletions.get(record)
  if (intent === 'Insert') return unit.pending.has(record)
  if (intent === 'Update') return deletion === undefined && unit.has(record.entity) && unit.isModified(record)
  return deletion === intent
}

function callHooks(hooks: SessionHooks, when: 'before' | 'after', intent: Intent, record: EntityRecord): Promise<void> {
  if (intent === 'soft' || intent === 'hard') return hooks.callFor(`${when}Delete`, record, intent)
  return hooks.callFor(`${when}${intent}`, record, undefined)
}
