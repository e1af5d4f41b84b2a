import type { Choices } from '../choices.js'
import { type OrderPair, orderTerm, type ValuePair } from '../pairs.js'
import type { AnyQuery, Vocabulary } from '../vocabulary.js'

/** The order and the limit of a question. */
export interface Bounds {
  readonly orders: readonly OrderPair[]
  readonly limit: number | undefined
  readonly offset: number
}

/** What a question is for decides what its order and limit may be. */
export interface Use {
  /** Inside of another question: the rows must be the same in any case, so a limit has a total order. */
  readonly isOperand?: boolean
  /** In the place of a value: one row. */
  readonly isScalar?: boolean
  /** Read in pages: no limit, and a total order as far as the key of its rows does not complete it. */
  readonly isPaged?: boolean
}

/** What makes an order total. Either is undefined when it cannot be had. */
export interface Completion {
  /** What the user has to order by. */
  readonly explicit: readonly OrderPair[] | undefined
  /** What completes the order by itself, in the direction of the order so far. */
  implied(orders: readonly OrderPair[]): readonly OrderPair[] | undefined
}

export function drawBounds(
  choices: Choices,
  orderable: readonly ValuePair[],
  completion: Completion,
  use: Use,
): Bounds {
  const { isOperand = false, isScalar = false, isPaged = false } = use
  const orders = choices.list(0, 3, () => drawOrder(choices, orderable)).filter((order) => order !== undefined)
  if (isPaged) return { orders: [...orders, ...(completion.explicit ?? [])], limit: undefined, offset: 0 }
  const percent = isOperand ? 25 : 45
  const limit = choices.chance(percent) ? choices.pick([1, 2, 3, 5, 0, 8, 13, 40, 1000]) : undefined
  const offset = choices.chance(percent / 2) ? choices.pick([1, 2, 3, 0, 7, 20, 500]) : 0
  if (!isOperand) return { orders, limit, offset }
  const all = completion.explicit && [...orders, ...completion.explicit]
  const implied = all && completion.implied(all)
  if (implied === undefined) return { orders, limit: undefined, offset: 0 }
  const isLimited = isScalar || limit !== undefined || offset > 0
  return { orders: isLimited ? [...(all ?? []), ...implied] : orders, limit: isScalar ? 1 : limit, offset }
}

/** A term of an order; undefined when no value has one. */
export function drawOrder(choices: Choices, values: readonly ValuePair[]): OrderPair | undefined {
  const ordered = values.filter((value) => value.kind.isOrdered)
  if (ordered.length === 0) return undefined
  return {
    value: choices.pick(ordered),
    isDescending: choices.chance(45),
    nulls: choices.weighted([
      [6, () => 'usual' as const],
      [1, () => 'first' as const],
      [1, () => 'last' as const],
    ]),
  }
}

/** An order by all of the values; undefined when one has no order. */
export function everyValue(values: readonly ValuePair[]): readonly OrderPair[] | undefined {
  if (!values.every((value) => value.kind.isOrdered)) return undefined
  return values.map((value) => ({ value, isDescending: false, nulls: 'usual' }))
}

/** A primary key completes an order in the direction of its last term. */
export function inDirectionOf(orders: readonly OrderPair[], keys: readonly ValuePair[]): OrderPair[] {
  const isDescending = orders.at(-1)?.isDescending ?? false
  return keys.map((value) => ({ value, isDescending, nulls: 'usual' }))
}

/** The whole order in which a question is read in pages; undefined when there is none. */
export function pagedOrder({ orders }: Bounds, { explicit, implied }: Completion): readonly OrderPair[] | undefined {
  const rest = explicit && implied(orders)
  return rest && [...orders, ...rest]
}

/** Adds order and limit to a query. */
export function bounded(query: AnyQuery, { orders, limit, offset }: Bounds, on: Vocabulary): AnyQuery {
  const ordered = orders.length === 0 ? query : query.orderBy(...orders.map((order) => orderTerm(order)(on)))
  const limited = limit === undefined ? ordered : ordered.limit(limit)
  return offset === 0 ? limited : limited.offset(offset)
}
