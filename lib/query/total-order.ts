import { columnNode } from '../expressions/make-nodes.js'
import type { ModelSource } from '../schema/entity-schema.js'
import type { OrderPart } from './description.js'

/** The order with the primary keys' columns behind it that it lacks, in the direction of its last part. */
export function completeOrder(order: readonly OrderPart[], sources: readonly ModelSource[]): readonly OrderPart[] {
  const isDescending = order.at(-1)?.isDescending ?? false
  const complete = [...order]
  for (const source of sources) {
    for (const column of source.schema.primaryKey) {
      if (order.some(({ node }) => node.kind === 'column' && node.source === source && node.column === column)) continue
      complete.push({ node: columnNode(source, column), isDescending, nulls: isDescending ? 'first' : 'last' })
    }
  }
  return complete
}

/** The same rows from the other end. */
export function reverseOrder(order: readonly OrderPart[]): readonly OrderPart[] {
  return order.map(({ node, isDescending, nulls }) => ({
    node,
    isDescending: !isDescending,
    nulls: nulls === 'first' ? 'last' : 'first',
  }))
}
