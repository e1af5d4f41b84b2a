import type { ColumnType } from '../values/column-type.js'
import type { ColumnReference, ExpressionNode, Source } from './nodes.js'

type NameOf = (column: ColumnReference) => string

/** A text that two expressions share exactly when they say the same of columns of the same names; never shortened. */
export function fingerprintOf(node: ExpressionNode, nameOf: NameOf = (column) => column.name): string {
  // What most queries say, as JSON writes it in ten times the time.
  switch (node.kind) {
    case 'column': {
      const { source, column, type } = node
      const names = `"source":${JSON.stringify(source.name)},"column":${JSON.stringify(nameOf(column))}`
      return `{"kind":"column",${names},"type":"${type.kind}"}`
    }
    case 'literal':
      return `{"kind":"literal","value":${JSON.stringify(scalarText(node.value))},"type":"${node.type.kind}"}`
    case 'compare': {
      const terms = `"left":${fingerprintOf(node.left, nameOf)},"right":${fingerprintOf(node.right, nameOf)}`
      return `{"kind":"compare","operator":"${node.operator}",${terms}}`
    }
    default:
      return jsonOf(node, nameOf)
  }
}

function jsonOf(node: ExpressionNode, nameOf: NameOf): string {
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
        return scalarText(value)
      default:
        return value
    }
  })
}

function scalarText(value: unknown): string {
  return JSON.stringify(value, replaceScalar)
}

function replaceScalar(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return { bigint: String(value) }
  return value instanceof Uint8Array ? { bytes: Buffer.from(value).toString('hex') } : value
}
