import { type OrderPair, orderTerm } from './pairs.js'
import type { AnyQuery, Vocabulary } from './vocabulary.js'

export interface Bounds {
  readonly orders: readonly OrderPair[]
  readonly limit: number | undefined
  readonly offset: number
}

export function addOrder(query: AnyQuery, { orders }: Bounds, on: Vocabulary): AnyQuery {
  return orders.length === 0 ? query : query.orderBy(...orders.map((order) => orderTerm(order)(on)))
}

export function limits(query: AnyQuery, { limit, offset }: Bounds): AnyQuery {
  const limited = limit === undefined ? query : query.limit(limit)
  return offset === 0 ? limited : limited.offset(offset)
}
