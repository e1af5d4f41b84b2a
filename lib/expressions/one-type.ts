import { QueryError } from '../errors/rome-error.js'
import type { ColumnType } from '../values/column-type.js'
import { literalNode } from './make-nodes.js'
import type { ExpressionNode } from './nodes.js'
import { typeOf } from './type-of.js'
import { floatType, unboundedType } from './unbounded-type.js'

/**
 * Brings operands to one type: that of the expressions among them, which literals follow. Integers beside floats become
 * floats, and texts of any kind are text.
 * @throws QueryError `ROME_QUERY_INVALID` when the types differ. @throws ValidationError when a literal cannot follow.
 */
export function toOneType(
  nodes: readonly ExpressionNode[],
  where: string,
): { readonly nodes: readonly ExpressionNode[]; readonly type: ColumnType } {
  const expressions = nodes.filter((node) => node.kind !== 'literal')
  const leading = expressions.length > 0 ? expressions : nodes
  const common = leading.map((node) => unboundedType(typeOf(node))).reduce((a, b) => commonType(a, b, where))
  const hasFraction = nodes.some((node) => node.kind === 'literal' && node.type.kind === 'float')
  const type = common.kind === 'integer' && hasFraction ? floatType : common
  return { nodes: nodes.map((node) => followType(node, type)), type }
}

/** Whether the types are integer and float, either way: numbers that can stand beside each other. */
export function areMixedNumbers(a: ColumnType, b: ColumnType): boolean {
  return (a.kind === 'integer' && b.kind === 'float') || (a.kind === 'float' && b.kind === 'integer')
}

function commonType(a: ColumnType, b: ColumnType, where: string): ColumnType {
  if (a.kind === b.kind) return a
  if (areMixedNumbers(a, b)) return floatType
  throw new QueryError('ROME_QUERY_INVALID', 'The operands are of different types: cast() brings them to one.', {
    context: { where, types: [a.kind, b.kind] },
  })
}

function followType(node: ExpressionNode, type: ColumnType): ExpressionNode {
  if (node.kind !== 'literal' || node.type.kind === type.kind) return node
  return literalNode(type, type.toRow(node.type.fromRow(node.value)))
}
