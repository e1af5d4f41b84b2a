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

export function scoped(query: AnyQuery, scope: Scope): AnyQuery {
  if (scope === 'live') return query
  return scope === 'all' ? query.withDeleted() : query.onlyDeleted()
}
