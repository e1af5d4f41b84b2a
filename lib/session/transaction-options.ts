import type { Durability } from '../engines/contract.js'
import { isBoolean, isObject, isOneOf, isSignal, type OptionRules } from '../errors/checked-options.js'
import type { ScopeValues } from '../query/session-scopes.js'
import type { Isolation } from '../records/record-transaction.js'

/**
 * How a session finds what was changed in its entities: `compared`, by comparing each with its row; `touched`, by
 * comparing those that `session.touch` named, or that were added, merged, related, or written in the transaction.
 */
export type ChangeTracking = 'compared' | 'touched'

/** What a session sees, and what its commits are like; what is not given is as `Rome.open()` and the engine say. */
export interface SessionOptions {
  /** The arguments of default scopes by their names; `false` switches one off. Of no other session's concern. */
  readonly scopes?: ScopeValues | undefined
  /**
   * Refuses every write with `ROME_READ_ONLY`. Nothing is kept of what was read, entities are never compared with their
   * rows, and a commit does nothing but end the snapshot.
   */
  readonly readOnly?: boolean | undefined
  /** How changes of entities are found; as `Rome.open()` says, `compared` by default. */
  readonly changes?: ChangeTracking | undefined
  /**
   * `serializable`: everything that was read, keys and ranges, is unchanged at the commit. `snapshot`: only the rows
   * that are written are; two transactions may then each break what the other relied on.
   */
  readonly isolation?: Isolation | undefined
  /** When a commit is acknowledged; the engine's first by default. */
  readonly durability?: Durability | undefined
}

/** How one transaction is committed; what is not given is as the session says. */
export interface TransactionOptions extends Omit<SessionOptions, 'scopes' | 'readOnly' | 'changes'> {
  /** Gives up a commit that is not under way yet. */
  readonly signal?: AbortSignal | undefined
}

/**
 * What a `begin` does within another one. `nested`: it is a savepoint. `required`: it is part of the other, and when
 * its function throws the whole other is rolled back. `new`: it runs in a fresh session, which its function gets as
 * second argument, whether it is within another or not, and commits by itself. `never`: it is refused.
 */
export type Propagation = 'nested' | 'required' | 'new' | 'never'

/** How `session.begin` runs. */
export interface BeginOptions extends TransactionOptions {
  /**
   * Refuses every write within it with `ROME_READ_ONLY`, also one by a `begin` within it that is not `new`. What was
   * unwritten before is written to the transaction first; an entity that is changed within it is refused at its end.
   */
  readonly readOnly?: boolean | undefined
  /** What it does within another `begin`; `nested` by default. */
  readonly propagation?: Propagation | undefined
}

export const isIsolation = isOneOf('serializable', 'snapshot')
export const isChangeTracking = isOneOf('compared', 'touched')

const commitRules = { isolation: isIsolation, durability: isOneOf('commit', 'os', 'none') }

export const sessionOptionRules: OptionRules<SessionOptions> = {
  ...commitRules,
  scopes: isObject,
  readOnly: isBoolean,
  changes: isChangeTracking,
}

export const transactionOptionRules: OptionRules<TransactionOptions> = { ...commitRules, signal: isSignal }

export const beginOptionRules: OptionRules<BeginOptions> = {
  ...transactionOptionRules,
  readOnly: isBoolean,
  propagation: isOneOf('nested', 'required', 'new', 'never'),
}
