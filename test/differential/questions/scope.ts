import { columnWithRole, type ModelShape } from '../model-shape.js'
import type { AnyQuery } from '../vocabulary.js'

export const scopes = ['live', 'all', 'deleted'] as const

/** Which rows of soft-deletable models a query sees. */
export type Scope = (typeof scopes)[number]

export function scopeSql(model: ModelShape, alias: string, scope: Scope): string {
  if (scope === 'all') return '1'
  const isSoftDeletable = columnWithRole(model, 'deletedAt') !== undefined
  if (!isSoftDeletable) return scope === 'live' ? '1' : '0'
  return `${alias}.deletedAt IS ${scope === 'live' ? '' : 'NOT '}NULL`
}

/** The rows of a model that a query sees, under an alias. */
export function scopedSource(model: ModelShape, alias: string, scope: Scope): string {
  return `(SELECT * FROM ${model.name} AS ${alias} WHERE ${scopeSql(model, alias, scope)}) AS ${alias}`
}

export function scoped(query: AnyQuery, scope: Scope): AnyQuery {
  if (scope === 'live') return query
  return scope === 'all' ? query.withDeleted() : query.onlyDeleted()
}
