import { isPromise, type MaybePromise } from '../async/maybe-promise.js'
import { RomeError } from '../errors/rome-error.js'
import type { Logger } from './logger.js'
import { endSpan, type Span, type SpanAttributes, SpanKind, type Tracer } from './tracer.js'

/** What is observed. */
export interface Observed {
  /** What is done: `select`, `commit`. */
  readonly operation: string
  /** The model it is done to. */
  readonly model?: string | undefined
  /** It asks the store, and is not only around what does. */
  readonly isRequest?: boolean
  readonly attributes?: SpanAttributes
}

/** Adds to what is known of the work under way. */
export type Note = (attributes: SpanAttributes) => void

/**
 * Makes a span and a line of the debug log of each piece of work. There is none where neither is wanted: then all that
 * observing costs is to see that.
 */
export class Observer {
  readonly #tracer: Tracer | undefined
  readonly #log: Logger['debug']
  readonly #common: SpanAttributes

  constructor(tracer: Tracer | undefined, log: Logger['debug'], engine: string) {
    this.#tracer = tracer
    this.#log = log
    this.#common = { 'db.system.name': 'rome', 'rome.engine': engine }
  }

  /** Runs work, within a span that others nest in. Without a promise when the work needs none. */
  observe<T>(observed: Observed, work: (note: Note) => MaybePromise<T>): MaybePromise<T> {
    if (this.#tracer === undefined) return this.#run(observed, work)
    const options = { kind: kindOf(observed), attributes: this.#attributesOf(observed) }
    return this.#tracer.startActiveSpan(nameOf(observed), options, (span) => this.#run(observed, work, span))
  }

  /** Begins what ends some other time. @returns what ends it. */
  begin(observed: Observed): (noted?: SpanAttributes, error?: unknown) => void {
    const span = this.#tracer?.startSpan(nameOf(observed), {
      kind: kindOf(observed),
      attributes: this.#attributesOf(observed),
    })
    return this.#ending(observed, span)
  }

  #run<T>(observed: Observed, work: (note: Note) => MaybePromise<T>, span?: Span): MaybePromise<T> {
    const noted: Record<string, SpanAttributes[string]> = {}
    const end = this.#ending(observed, span)
    const fail = (error: unknown): never => {
      end(noted, error)
      throw error
    }
    let result: MaybePromise<T>
    try {
      result = work((attributes) => Object.assign(noted, attributes))
    } catch (error) {
      return fail(error)
    }
    if (isPromise(result)) {
      return result.then((value) => {
        end(noted)
        return value
      }, fail)
    }
    end(noted)
    return result
  }

  #ending(observed: Observed, span: Span | undefined): (noted?: SpanAttributes, error?: unknown) => void {
    const startedAt = performance.now()
    return (noted = {}, error) => {
      const attributes = error === undefined ? noted : { ...noted, 'error.type': typeOf(error) }
      if (span !== undefined) endSpan(span, attributes, error === undefined ? undefined : asError(error))
      this.#log?.('an operation ended', {
        operation: nameOf(observed),
        timeMs: performance.now() - startedAt,
        ...observed.attributes,
        ...attributes,
      })
    }
  }

  #attributesOf(observed: Observed): SpanAttributes {
    const { operation, model, attributes } = observed
    return {
      ...this.#common,
      'db.operation.name': operation,
      ...(model === undefined ? {} : { 'db.collection.name': model, 'db.query.summary': nameOf(observed) }),
      ...attributes,
    }
  }
}

function nameOf({ operation, model }: Observed): string {
  return model === undefined ? operation : `${operation} ${model}`
}

function kindOf({ isRequest = false }: Observed): number {
  return isRequest ? SpanKind.client : SpanKind.internal
}

function typeOf(error: unknown): string {
  return error instanceof RomeError ? error.code : error instanceof Error ? error.name : typeof error
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error))
}
