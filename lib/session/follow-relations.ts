import type { Row } from '../records/row.js'
import type { Table } from '../records/table.js'
import type { RelationDefinition } from '../schema/entity-schema.js'
import { companionOf, sideOf } from '../schema/related/companion.js'
import { refersTo } from '../schema/related/foreign-key.js'
import { change, leave } from '../schema/related/link.js'
import { CollectionSide, RefSide, type RelationSide } from '../schema/related/relation-side.js'
import type { EntityRecord } from './entity-record.js'

/** The entity of the session that a row refers to; `null` when it refers to none. */
export type FindReferred = (relation: RelationDefinition, row: Row) => object | null | undefined

/** Whether a soft deletion was taken back: who lost the entity by it has it again. */
export function isBack({ schema: { deletedAt } }: Table, previous: Row | undefined, next: Row): boolean {
  return (
    deletedAt !== undefined && next[deletedAt.position] === null && (previous?.[deletedAt.position] ?? null) !== null
  )
}

/**
 * Relations follow foreign keys that were written or read: a reference leads where its columns say, and collections
 * that are loaded lose and gain the entity. `changed` was set since the row was, so that it may say something else.
 */
export function followForeignKeys(
  record: EntityRecord,
  previous: Row | undefined,
  next: Row,
  find: FindReferred,
  changed?: RefSide,
): void {
  const { entity, isNew, table } = record
  const isKnown = previous !== undefined && !isBack(table, previous, next)
  for (const relation of table.schema.relations) {
    if (!relation.isOwner || relation.kind === 'manyToMany') continue
    const isSame = isKnown && relation.columns.every(({ own }) => previous[own.position] === next[own.position])
    const looked = record.sideOf(relation) as RefSide | undefined
    const before = looked?.target
    // A reference that was not set is null beside a foreign key when what that leads to is hidden.
    const isEmpty = before === undefined || (before === null && looked !== changed)
    if (isSame && (before ? refersTo(relation, entity, before) : isEmpty)) continue
    const found = find(relation, next)
    const now = found === undefined && before && refersTo(relation, entity, before) ? before : found
    // What was made here knows what it refers to, also when nobody looked at that before.
    const ref = looked ?? (isNew && now ? (sideOf(entity, relation) as RefSide) : undefined)
    if (ref !== undefined && ref.target !== now) change(ref, () => (ref.target = now))
    const { inverse } = relation
    if (inverse === undefined) continue
    const earlier = previous === undefined ? undefined : find(relation, previous)
    for (const parent of [before, earlier]) {
      const side = parent && parent !== now ? loadedSide(parent, inverse) : undefined
      if (side !== undefined) leave(side, entity)
    }
    // A soft-deleted entity stays hidden, wherever its foreign key leads.
    const side = now && !table.isDeleted(next) ? loadedSide(now, inverse) : undefined
    if (side !== undefined && !side.has(entity)) join(side, entity)
  }
}

/** Takes entities that are no longer there out of what others are related to. Who refers to them goes on to do so. */
export function forget(gone: ReadonlySet<object>, records: Iterable<EntityRecord>): void {
  for (const { sides } of records) {
    if (sides === undefined) continue
    for (const side of sides) {
      if (side instanceof RefSide && side.definition.isOwner) continue
      for (const entity of gone) leave(side, entity)
    }
  }
}

/** The side of an entity, if what it is related to is known. */
function loadedSide(entity: object, definition: RelationDefinition): RelationSide | undefined {
  const companion = companionOf(entity)
  const side = companion?.isNew ? sideOf(entity, definition) : companion?.sideOf(definition)
  return side?.isLoaded ? side : undefined
}

function join(side: RelationSide, entity: object): void {
  change(side, () => {
    if (side instanceof RefSide) side.target = entity
    else if (side instanceof CollectionSide) side.members?.add(entity)
  })
}
