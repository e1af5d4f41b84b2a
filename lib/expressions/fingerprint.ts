import type { ColumnType } from '../values/column-type.js'
import type { ColumnReference, ExpressionNode, Source } from './nodes.js'

/** A text that two expressions share exactly when they say the same of columns of the same names; never shortened. */
export function fingerprintOf(
  node: ExpressionNode,
  nameOf: (column: ColumnReference) => string = (column) => column.name,
): string {
  return JSON.stringify(node, function (this: unknown, key, value: unknown) {
    switch (key) {
      case 'type':
        return (value as ColumnType).kind
      case 'source':
        // Only inside a subquery are there sources that are no column's; these tell their models too.
        return (this as { readonly kind?: unknown }).kind === 'column' ? (value as Source).name : value
      case 'schema':
      case 'relation':
        return (value as { readonly name: string }).name
      case 'column':
        return nameOf(value as ColumnReference)
      case 'value':
      case 'values':
        // As a text: a JSON value may have any keys, those above among them.
        return JSON.stringify(value, replaceScalar)
      default:
        return value
    }
  })
}

function replaceScalar(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return { bigint: String(value) }
  return value instanceof Uint8Array ? { bytes: Buffer.from(value).toString('hex') } : value
}
