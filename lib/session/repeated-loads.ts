import type { Logger } from '../records/logger.js'
import type { RelationDefinition } from '../schema/entity-schema.js'
import type { RelationSide } from '../schema/related/relation-side.js'

/** So many entities may load a relation one by one in a transaction before it is said that they should at once. */
const loadsMax = 10

/** Tells of a relation that is loaded row by row: a query for each row, where one does for all. */
export class RepeatedLoads {
  readonly #logger: Logger
  readonly #counts = new Map<RelationDefinition, Set<object>>()
  readonly #told = new Set<RelationDefinition>()
  #transaction = 0

  constructor(logger: Logger) {
    this.#logger = logger
  }

  /** To be called by what `caller` calls, before anything is awaited: the stack names who called that. */
  count({ entity, definition }: RelationSide, caller: CallableFunction, transaction: number): void {
    if (this.#told.has(definition)) return
    if (this.#transaction !== transaction) this.#counts.clear()
    this.#transaction = transaction
    const entities = this.#counts.get(definition) ?? new Set()
    this.#counts.set(definition, entities.add(entity))
    if (entities.size <= loadsMax) return
    this.#told.add(definition)
    this.#counts.delete(definition)
    const { name, schema } = definition
    this.#logger.warn('a relation is loaded row by row: load it with the query of its entities, by include', {
      model: schema.name,
      relation: name,
      include: `.include('${name}')`,
      caller: callerOf(caller),
    })
  }
}

/** The line that called a function: the first of the stack behind it. */
function callerOf(called: CallableFunction): string | undefined {
  const trace: { stack?: string } = {}
  Error.captureStackTrace(trace, called)
  return trace.stack
    ?.split('\n')
    .find((line) => /^\s*at /.test(line))
    ?.trim()
    .replace(/^at /, '')
}
