import { andThen, type MaybePromise } from '../../async/maybe-promise.js'
import type { Row } from '../../records/row.js'
import { again, forEachBatch, type Operator, pull, type Rows } from './operator.js'
import { checkRowsInMemory } from './row-budget.js'

type Identity = (row: Row) => string

/** Keeps the first of equal rows. */
export function keepDistinct(identityOf: Identity): (rows: readonly Row[]) => readonly Row[] {
  const seen = new Set<string>()
  return (rows) =>
    rows.filter((row) => {
      const identity = identityOf(row)
      if (seen.has(identity)) return false
      seen.add(identity)
      checkRowsInMemory(seen.size, 'distinct')
      return true
    })
}

/** Rows of the left that are, or are not, among those of the right, each once; in the order of the left. */
export class MembershipOperator implements Operator {
  readonly #left: Operator
  readonly #right: Operator
  readonly #identityOf: Identity
  readonly #keepsMembers: boolean
  #members: Set<string> | undefined

  constructor(left: Operator, right: Operator, identityOf: Identity, keepsMembers: boolean) {
    this.#left = left
    this.#right = right
    this.#identityOf = identityOf
    this.#keepsMembers = keepsMembers
  }

  next(): MaybePromise<Rows> {
    return andThen(this.#members ?? this.#readMembers(), (members) => {
      this.#members = members
      return pull(() =>
        andThen(this.#left.next(), (rows) => {
          if (rows === undefined) return undefined
          const kept = rows.filter((row) => members.has(this.#identityOf(row)) === this.#keepsMembers)
          return kept.length === 0 ? again : kept
        }),
      )
    })
  }

  async close(): Promise<void> {
    await Promise.all([this.#left.close(), this.#right.close()])
  }

  #readMembers(): MaybePromise<Set<string>> {
    const members = new Set<string>()
    return andThen(
      forEachBatch(this.#right, (rows) => {
        for (const row of rows) members.add(this.#identityOf(row))
        checkRowsInMemory(members.size, 'set operation')
      }),
      () => members,
    )
  }
}
