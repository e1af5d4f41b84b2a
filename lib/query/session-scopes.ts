import { isObject } from '../errors/checked-options.js'
import { ConstraintError, UsageError } from '../errors/rome-error.js'
import { compilePredicate } from '../expressions/evaluate.js'
import type { ExpressionNode } from '../expressions/nodes.js'
import { readsOtherRows } from '../expressions/walk.js'
import type { RowWrite } from '../records/prepared-write.js'
import type { Row } from '../records/row.js'
import type { EntitySchema, ModelSource, ScopeDefinition } from '../schema/entity-schema.js'
import type { QueryDescription } from './description.js'
import { accessIn } from './plan/layout.js'

/** The arguments of default scopes by their names; `false` switches one off for the whole session. */
export type ScopeValues = Readonly<Record<string, object | false>>

/** A scope that applies to a model of a query. */
export interface ActiveScope {
  readonly definition: ScopeDefinition
  readonly predicate: ExpressionNode
}

/** Tells whether a row is within the scopes of its model; `undefined` where only a query can tell. */
export type RowTest = ((row: Row) => boolean) | undefined

/** What one session says of the default scopes of its models. */
export class SessionScopes {
  /** Of all default scopes of all models. */
  readonly names: ReadonlySet<string>
  readonly #values: ReadonlyMap<string, object | false>
  /** Every predicate is made once for each source. */
  readonly #predicates = new WeakMap<ModelSource, Map<ScopeDefinition, ExpressionNode>>()
  readonly #tests = new Map<ScopeDefinition, (row: Row) => boolean>()
  /** Of models with all their default scopes. */
  readonly #rowTests = new Map<EntitySchema, RowTest>()

  /** @throws UsageError `ROME_SCOPE_UNKNOWN`. */
  constructor(names: ReadonlySet<string>, values: ScopeValues) {
    this.names = names
    requireKnownScopes(Object.keys(values), this)
    for (const [scope, given] of Object.entries(values)) {
      if (given === false || isObject(given)) continue
      throw new UsageError(
        given === undefined ? 'ROME_UNDEFINED' : 'ROME_ARGUMENT',
        'give a scope an object of its arguments, or false to switch it off',
        { context: { scope } },
      )
    }
    // What the caller does to the object later is nothing to the session.
    this.#values = new Map(Object.entries(values).map(([scope, given]) => [scope, given && copyOf(given)]))
  }

  /** Whether anything is hidden of a model. */
  hides(schema: EntitySchema, without: QueryDescription['withoutScopes'] = []): boolean {
    return schema.scopes.some((definition) => this.#applies(definition, without))
  }

  /** The scopes that apply to a source. @throws UsageError `ROME_SCOPE_ARGUMENTS` for one without its arguments. */
  activeOn(source: ModelSource, without: QueryDescription['withoutScopes']): readonly ActiveScope[] {
    return source.schema.scopes
      .filter((definition) => this.#applies(definition, without))
      .map((definition) => ({ definition, predicate: this.#predicateOver(source, definition) }))
  }

  /** Tells rows of a model that are in scope from others, by the row alone as far as that can be. */
  rowTest(schema: EntitySchema, without: readonly string[]): RowTest {
    if (without.length > 0) return this.#makeRowTest(schema, without)
    if (!this.#rowTests.has(schema)) this.#rowTests.set(schema, this.#makeRowTest(schema, without))
    return this.#rowTests.get(schema)
  }

  /**
   * Refuses a row that is to be written and would lie outside of a scope that checks this. A deleted row is no concern.
   * @throws ConstraintError `ROME_SCOPE_CHECK`; UsageError `ROME_SCOPE_ARGUMENTS`.
   */
  check(schema: EntitySchema, row: Row): void {
    const { deletedAt, primaryKey, scopes, source } = schema
    if (deletedAt !== undefined && row[deletedAt.position] !== null) return
    for (const definition of scopes) {
      if (!definition.isChecked || !this.#applies(definition, [])) continue
      const test = this.#tests.get(definition) ?? compileTest(source, this.#predicateOver(source, definition))
      this.#tests.set(definition, test)
      if (test(row)) continue
      throw new ConstraintError(
        'ROME_SCOPE_CHECK',
        'the row would lie outside of a scope of the session: change its values, or switch the scope off',
        {
          context: { model: schema.name, scope: definition.name, key: primaryKey.map(({ position }) => row[position]) },
        },
      )
    }
  }

  /** {@link SessionScopes.check | Checks} what is inserted and changed. */
  checkAll(writes: Iterable<RowWrite>): void {
    for (const { table, previous, next } of writes) {
      if (next !== undefined && next !== previous) this.check(table.schema, next)
    }
  }

  #makeRowTest({ source }: EntitySchema, without: readonly string[]): RowTest {
    const active = this.activeOn(source, without)
    if (active.some(({ predicate }) => readsOtherRows(predicate))) return undefined
    const tests = active.map(({ predicate }) => compileTest(source, predicate))
    return (row) => tests.every((test) => test(row))
  }

  #applies({ isDefault, name }: ScopeDefinition, without: QueryDescription['withoutScopes']): boolean {
    return isDefault && this.#values.get(name) !== false && without !== 'all' && !without.includes(name)
  }

  #predicateOver(source: ModelSource, definition: ScopeDefinition): ExpressionNode {
    const { name, takesArguments } = definition
    const known = this.#predicates.get(source) ?? new Map<ScopeDefinition, ExpressionNode>()
    this.#predicates.set(source, known)
    const before = known.get(definition)
    if (before !== undefined) return before
    const values = this.#values.get(name)
    if (takesArguments && !values) throw missingArguments(source.schema, name)
    const predicate = definition.predicateOver(source, values || {})
    known.set(definition, predicate)
    return predicate
  }
}

/** What a session says of scopes; `undefined` where no model has a default one. @throws as the class does. */
export function sessionScopes(names: ReadonlySet<string>, values: ScopeValues = {}): SessionScopes | undefined {
  if (names.size > 0) return new SessionScopes(names, values)
  requireKnownScopes(Object.keys(values), undefined)
  return undefined
}

/** @throws UsageError `ROME_SCOPE_UNKNOWN` for a name that no model gives to a default scope. */
export function requireKnownScopes(names: readonly string[], scopes: SessionScopes | undefined): void {
  const unknown = names.find((name) => scopes?.names.has(name) !== true)
  if (unknown === undefined) return
  throw new UsageError('ROME_SCOPE_UNKNOWN', 'no model has a default scope of this name: see the known ones', {
    context: { scope: unknown, known: [...(scopes?.names ?? [])] },
  })
}

/** The predicate of a scope that was asked for by name. @throws UsageError as the class does. */
export function namedScope(source: ModelSource, name: string, values: object | undefined): ExpressionNode {
  const { schema } = source
  const definition = schema.scopes.find((scope) => scope.name === name)
  if (definition === undefined) {
    throw new UsageError('ROME_SCOPE_UNKNOWN', 'the model has no scope of this name: see the known ones', {
      context: { model: schema.name, scope: name, known: schema.scopes.map((scope) => scope.name) },
    })
  }
  if (definition.takesArguments && !isObject(values)) throw missingArguments(schema, name)
  return definition.predicateOver(source, values ?? {})
}

function copyOf(given: object): object {
  const prototype: unknown = Object.getPrototypeOf(given)
  return prototype === Object.prototype || prototype === null ? Object.freeze({ ...given }) : given
}

function missingArguments(schema: EntitySchema, scope: string): UsageError {
  return new UsageError(
    'ROME_SCOPE_ARGUMENTS',
    'give the scope its arguments, rome.session({ scopes: { name: { … } } }), or switch it off by withoutScope(name)',
    { context: { model: schema.name, scope } },
  )
}

function compileTest(source: ModelSource, predicate: ExpressionNode): (row: Row) => boolean {
  const test = compilePredicate<Row>(predicate, accessIn(new Map([[source, 0]])))
  return (row) => test(row) === true
}
