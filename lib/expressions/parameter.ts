import { UsageError } from '../errors/rome-error.js'
import type { ColumnSpec } from '../values/column-spec.js'
import { columnType } from './cast.js'
import { Expression } from './expression.js'
import { parameterNode } from './make-nodes.js'

/**
 * A value that a prepared query is given each time it is bound. It stands wherever a value of the type can.
 * @throws UsageError `ROME_ARGUMENT` without a name or a type.
 *
 * @example
 * ```ts
 * import { defineEntity, fields, param, primaryKey, Rome, t } from 'rome-orm'
 * import { memory } from 'rome-orm/engines/memory'
 * const Book = defineEntity('books', { id: primaryKey(t.uuid()), author: t.string() })
 * const rome = await Rome.open({ engine: memory(), models: [Book] })
 * const session = rome.session()
 * const byAuthor = session.query(Book).filter(fields(Book).author.eq(param('author', t.string()))).prepare()
 * const books = await byAuthor.bind({ author: 'Austen' }).all()
 * await rome.close()
 * ```
 */
export function param<T>(name: string, type: ColumnSpec<T>): Expression<NonNullable<T>> {
  if (typeof name !== 'string' || name === '') {
    throw new UsageError('ROME_ARGUMENT', 'Give the parameter a name, by which bind() gives it a value.')
  }
  return new Expression(parameterNode(name, columnType(type, 'param')))
}
