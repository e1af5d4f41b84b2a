import type { MaybePromise } from '../async/maybe-promise.js'
import type { Logger } from '../records/logger.js'
import type { EntityRecord } from './entity-record.js'
import { type EntityEvent, flushEvents, type SessionEvent } from './hook-events.js'
import { Hooks } from './hooks.js'
import type { Deletion } from './memory-checkpoint.js'
import type { SessionGuard } from './session-guard.js'

/** What the hooks of one session need of it. */
export interface HookOwner {
  readonly session: object
  readonly guard: SessionGuard
  readonly logger: Logger
}

/** The hooks that a session calls: those of its Rome, then its own. */
export class SessionHooks {
  readonly #shared: Hooks
  readonly #own = new Hooks()
  readonly #owner: HookOwner

  constructor(shared: Hooks, owner: HookOwner) {
    this.#shared = shared
    this.#owner = owner
  }

  /** Those of this session alone. */
  get own(): Hooks {
    return this.#own
  }

  /** Whether one of them runs: what it asks for does not flush. */
  get isCalling(): boolean {
    return this.#owner.guard.isInHook
  }

  has(event: EntityEvent | SessionEvent): boolean {
    return this.#shared.has(event) || this.#own.has(event)
  }

  /** Whether a flush has any to call. */
  get hasFlushHooks(): boolean {
    if (this.#shared.isEmpty && this.#own.isEmpty) return false
    return flushEvents.some((event) => this.has(event))
  }

  /** Calls the hooks of an entity, one after the other. The first error ends it. */
  async callFor(event: EntityEvent, record: EntityRecord, deletion: Deletion | undefined): Promise<void> {
    const { schema } = record.table
    const context = { event, session: this.#owner.session, ...(deletion && { deletion }) }
    for (const hook of [...this.#shared.of(event, schema), ...this.#own.of(event, schema)]) {
      await this.#owner.guard.lend(event, () => hook(record.entity, context))
    }
  }

  /** Calls the hooks of the session, one after the other. The first error ends it. */
  async call(event: SessionEvent): Promise<void> {
    for (const hook of this.#of(event)) {
      await this.#owner.guard.lend(event, () => hook({ event, session: this.#owner.session }))
    }
  }

  /** Calls the hooks of what cannot fail any more. Their errors go to the logger. */
  tell(event: SessionEvent, more: object = {}): MaybePromise<void> {
    return this.has(event) ? this.#tellAll(event, more) : undefined
  }

  async #tellAll(event: SessionEvent, more: object): Promise<void> {
    const { guard, logger, session } = this.#owner
    for (const hook of this.#of(event)) {
      try {
        await guard.lend(event, () => hook({ event, session, ...more }))
      } catch (error) {
        logger.warn('a hook failed where nothing can be undone by it: the rest went on', { event, error })
      }
    }
  }

  #of(event: SessionEvent) {
    return [...this.#shared.of(event), ...this.#own.of(event)]
  }
}
