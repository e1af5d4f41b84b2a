import type { Key } from '../codec/key.js'
import { ConflictError } from '../errors/rome-error.js'
import type { QuerySession } from '../query/query-session.js'
import { primaryKeyByColumn } from '../records/describe-conflict.js'
import type { RecordTransaction } from '../records/record-transaction.js'
import type { Row } from '../records/row.js'
import type { Table } from '../records/table.js'
import { writeRows } from '../records/write-rows.js'
import type { EntityRecord } from './entity-record.js'
import { planLinks } from './link-writes.js'
import { NewKeys } from './new-keys.js'
import type { PlannedWrite } from './planned-write.js'
import type { UnitOfWork } from './unit-of-work.js'
import { planErase, planInsert, planSoftDelete, planUpdate } from './written-row.js'

/**
 * Writes what changed in a session into the transaction's buffer.
 *
 * Everything is checked and planned before the first write, and the session's memory follows after the last one. So
 * when it fails, whatever the reason, neither the buffer nor the session has changed.
 *
 * @param modified the entities to update, when they are known: then nothing else is to be written.
 * @returns what was planned to be written, in its order.
 * @throws ValidationError, ConstraintError, ConflictError `ROME_STALE_VERSION`, UsageError `ROME_ENTITY_STATE`.
 */
export async function flush(
  unit: UnitOfWork,
  transaction: RecordTransaction,
  session: QuerySession,
  modified?: readonly EntityRecord[],
): Promise<readonly PlannedWrite[]> {
  const added = unit.relations.cascade()
  try {
    const now = session.clock()
    const writes = await plan(unit, transaction, session, now, modified)
    session.scopes?.checkAll(writes)
    const cascaded = writes.length > 0 ? await writeRows(transaction, writes, now) : []
    unit.written(writes)
    for (const { record, table, previous, next } of writes) {
      if (record === undefined) unit.follow(table, [{ previous, next }])
    }
    for (const [table, changes] of cascaded) unit.follow(table, changes)
    return writes
  } catch (error) {
    unit.takeOut(added)
    throw error
  }
}

/** What frees keys and unique values comes before what takes them. */
async function plan(
  unit: UnitOfWork,
  transaction: RecordTransaction,
  session: QuerySession,
  now: Date,
  modified: readonly EntityRecord[] = unit.modified(),
): Promise<PlannedWrite[]> {
  const current = await readCurrent(unit, transaction, [...unit.deletions.keys(), ...modified])
  const rowOf = (record: EntityRecord) => current.get(record) ?? (record.row as Row)
  const erases: PlannedWrite[] = []
  const softDeletes: PlannedWrite[] = []
  for (const [record, deletion] of unit.deletions) {
    if (deletion === 'hard') erases.push(planErase(record, rowOf(record)))
    else softDeletes.push(planSoftDelete(record, rowOf(record), now))
  }
  const keys = new NewKeys(unit.pending)
  const updates = modified.map((record) => planUpdate(record, rowOf(record), now, keys.valuesFor(record)))
  const inserts = Array.from(unit.pending, (record) => {
    const insert = planInsert(record, now, keys.valuesFor(record))
    unit.checkKey(record, record.table.keyOfNew(insert.next as Row), true)
    return insert
  })
  const isErased = (entity: object): boolean => unit.isErased(entity)
  const links = await planLinks({ session, transaction, keys, now, isErased }, unit.relations.stored)
  return [...links.filter(isErase), ...erases, ...softDeletes, ...updates, ...inserts, ...links.filter(isKept)]
}

/**
 * The rows as they are now of entities that were last met in an earlier transaction. Reading them notes them in the
 * read set: what was decided by their values is validated at the commit.
 */
async function readCurrent(
  unit: UnitOfWork,
  transaction: RecordTransaction,
  records: readonly EntityRecord[],
): Promise<Map<EntityRecord, Row>> {
  const byTable = new Map<Table, EntityRecord[]>()
  for (const record of records) {
    if (unit.isMet(record)) continue
    const group = byTable.get(record.table)
    if (group === undefined) byTable.set(record.table, [record])
    else group.push(record)
  }
  const current = new Map<EntityRecord, Row>()
  for (const [table, group] of byTable) {
    const rows = await transaction.getMany(
      table,
      group.map((record) => record.key as string),
    )
    group.forEach((record, index) => {
      current.set(record, checkedCurrent(record, rows[index]))
    })
  }
  return current
}

/** @throws ConflictError `ROME_STALE_VERSION` when another session erased the row, or wrote it and it has a version. */
function checkedCurrent(record: EntityRecord, current: Row | undefined): Row {
  const { table } = record
  const { schema } = table
  const position = schema.version?.position
  const known = position === undefined ? undefined : record.row?.[position]
  const versionStored = position === undefined ? undefined : current?.[position]
  if (current !== undefined && versionStored === known) return current
  throw new ConflictError(
    'ROME_STALE_VERSION',
    current === undefined
      ? 'another session deleted the row of a changed entity: expunge the entity, then decide again from what is stored'
      : 'another session wrote the row of a changed entity: refresh the entity, then make the change again',
    {
      context: {
        model: schema.name,
        key: primaryKeyByColumn(table, record.key as Key),
        ...(position === undefined ? {} : { version: known, versionStored }),
      },
    },
  )
}

/** Gives what else was changed, because it refers to rows that were erased or soft-deleted. */
function isErase({ next }: PlannedWrite): boolean {
  return next === undefined
}

function isKept({ next }: PlannedWrite): boolean {
  return next !== undefined
}
