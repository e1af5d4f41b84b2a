import { UsageError } from '../errors/rome-error.js'
import type { EntitySchema } from '../schema/entity-schema.js'
import { type EntityEvent, hookEvents, type SessionEvent, sessionEvents } from './hook-events.js'

/** A hook as it is kept: whoever registers it has checked what it takes. */
export type Hook = (...args: unknown[]) => unknown

interface Registration {
  /** Of the one model whose entities it is called for; every model's when absent. */
  readonly schema: EntitySchema | undefined
  readonly hook: Hook
}

/** The hooks of a Rome, or of one session, in the order in which they were registered. */
export class Hooks {
  readonly #byEvent = new Map<EntityEvent | SessionEvent, readonly Registration[]>()

  get isEmpty(): boolean {
    return this.#byEvent.size === 0
  }

  /** Whether there are hooks of an event. */
  has(event: EntityEvent | SessionEvent): boolean {
    return this.#byEvent.has(event)
  }

  /** Those of an event, for entities of one model or for a session. */
  of(event: EntityEvent | SessionEvent, schema?: EntitySchema): Hook[] {
    const registrations = this.#byEvent.get(event) ?? []
    return registrations.filter((each) => each.schema === undefined || each.schema === schema).map(({ hook }) => hook)
  }

  /**
   * Adds a hook; what is returned takes it away again.
   * @throws UsageError `ROME_ARGUMENT`.
   */
  add(event: EntityEvent | SessionEvent, schema: EntitySchema | undefined, hook: unknown): () => void {
    if (!hookEvents.includes(event)) {
      throw new UsageError('ROME_ARGUMENT', 'there is no such event: see the known ones', {
        context: { event, known: hookEvents },
      })
    }
    if (typeof hook !== 'function') {
      throw new UsageError('ROME_ARGUMENT', 'give a function to be called at the event', { context: { event } })
    }
    if (schema !== undefined && (sessionEvents as readonly string[]).includes(event)) {
      throw new UsageError('ROME_ARGUMENT', 'this event is of a session and not of a model: leave the model out', {
        context: { event, model: schema.name },
      })
    }
    const registration: Registration = { schema, hook: hook as Hook }
    this.#byEvent.set(event, [...(this.#byEvent.get(event) ?? []), registration])
    return () => this.#remove(event, registration)
  }

  #remove(event: EntityEvent | SessionEvent, registration: Registration): void {
    const rest = (this.#byEvent.get(event) ?? []).filter((each) => each !== registration)
    if (rest.length > 0) this.#byEvent.set(event, rest)
    else this.#byEvent.delete(event)
  }
}
