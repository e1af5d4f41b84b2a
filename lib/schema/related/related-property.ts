import { QueryError, UsageError } from '../../errors/rome-error.js'
import type { RelationDefinition } from '../entity-schema.js'
import type { RelationSide } from './relation-side.js'

/** Why what is related cannot be read now. */
export function notLoaded({ definition: { name, schema } }: RelationSide): UsageError {
  return new UsageError(
    'ROME_NOT_LOADED',
    "this relation is not loaded: load it with its entity by .include('name'), or by await entity.name.load()",
    { context: { model: schema.name, relation: name, include: `.include('${name}')` } },
  )
}

/** Why a reference gives no entity, where there must be one. */
export function hiddenTarget({ definition: { name, schema } }: RelationSide): QueryError {
  return new QueryError(
    'ROME_NO_RESULT',
    'the related row is soft-deleted, out of scope or gone: load({ withDeleted: true }) gives what is soft-deleted',
    { context: { model: schema.name, relation: name } },
  )
}

/** @throws UsageError `ROME_UNDEFINED`, `ROME_ARGUMENT` for what the relation does not lead to. */
export function requireTarget({ name, schema, target }: RelationDefinition, given: unknown): object {
  if (given === undefined) {
    throw new UsageError('ROME_UNDEFINED', 'undefined is no entity: check where it comes from', {
      context: { model: schema.name, relation: name },
    })
  }
  if (typeof given === 'object' && given !== null && given.constructor === target.model) return given
  throw new UsageError('ROME_ARGUMENT', 'a relation leads to entities of its model: give such', {
    context: { model: schema.name, relation: name, target: target.name },
  })
}
