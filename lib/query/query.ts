import { QueryError, UsageError } from '../errors/rome-error.js'
import { Column } from '../expressions/column.js'
import { Expression, type Predicate } from '../expressions/expression.js'
import { subqueryNode } from '../expressions/make-nodes.js'
import type { ParameterNode } from '../expressions/nodes.js'
import { refuseUndefined } from '../expressions/operand.js'
import type { Ordering } from '../expressions/ordering.js'
import { asSubquery, type SubqueryParts, type SubquerySource } from '../expressions/subquery-source.js'
import { typeOf } from '../expressions/type-of.js'
import type { ColumnName, RelationName } from '../schema/field-types.js'
import type { RelatedTo } from '../schema/loaded.js'
import type { ModelLike } from '../schema/model-like.js'
import type { Relation } from '../schema/relation.js'
import {
  checkCombinable,
  parseCount,
  parseJoin,
  parseOrder,
  parsePredicates,
  parseSelection,
  refuseAggregates,
  rootOfSelection,
} from './build.js'
import {
  type ForUpdateOptions,
  type JoinPart,
  newDescription,
  type QueryDescription,
  rootOf,
  type Scope,
  type SetOperator,
  sourcesIn,
} from './description.js'
import { type ExplainOptions, explain } from './explain.js'
import { type IncludedPath, type Includes, type PathOf, parseIncludes, type WithLoaded } from './include.js'
import { outerColumns } from './outer-columns.js'
import { type Page, type PageOptions, readPage } from './page.js'
import { type PaginateOptions, paginate } from './paginate.js'
import type { Explanation } from './plan/explanation.js'
import { PlanTemplates } from './plan/plan-templates.js'
import { bindParameters, type ParameterValues, parametersOf } from './prepared-query.js'
import type { QuerySession } from './query-session.js'
import { withoutRelated } from './relations.js'
import { ResultStream } from './result-stream.js'
import { parseForUpdate, refuseForUpdate } from './rows-for-update.js'
import { countRows, readAll, type TerminalOptions } from './run-query.js'
import type { ResultsOf, RootOf, Selectable } from './selection.js'
import { namedScope, requireKnownScopes } from './session-scopes.js'
import { asksFirst } from './subqueries.js'
import { eraseRows, softDeleteRows, updateRows } from './write-query.js'

/** A result in which entities of one model may be missing. */
export type WithMissing<Result, T> = Result extends readonly unknown[]
  ? { [Index in keyof Result]: OrMissing<Result[Index], T> }
  : Result

type OrMissing<Value, T> = [Value] extends [T] ? ([T] extends [Value] ? Value | null : Value) : Value

/** Values to match with equality, by property. */
export type FilterByValues<Root> = { readonly [K in ColumnName<Root>]?: NonNullable<Root[K]> }

/** What `update` sets, by property: values, or expressions over the row as it was. */
export type UpdateValues<Root> = { readonly [K in ColumnName<Root>]?: Root[K] | Expression<Root[K]> }

/**
 * A question to the store. Immutable: every method returns a new query, and nothing is read before a terminal
 * (`all`, `first`, `one`, `oneOrNone`, `scalar`, `count`, `exists`, `stream`, `page`, `paginate`, `update`,
 * `softDelete`, `hardDelete`, `delete`, `explain`). Made by `session.query(...)`.
 *
 * `Result` is what the terminals give: one selected thing bare, several as a tuple. `Root` is the entity queried.
 * Rows of soft-deleted entities are hidden unless {@link Query.withDeleted} or {@link Query.onlyDeleted} is said.
 *
 * @example
 * ```ts
 * import { create, defineEntity, fields, primaryKey, Rome, t } from 'rome-orm'
 * import { memory } from 'rome-orm/engines/memory'
 * const Book = defineEntity('books', { id: primaryKey(t.uuid()), title: t.string(), pages: t.integer() })
 * const rome = await Rome.open({ engine: memory(), models: [Book] })
 * const session = rome.session()
 * session.add(create(Book, { title: 'Emma', pages: 474 }))
 * const book = fields(Book)
 * const long = await session.query(Book).filter(book.pages.gt(300)).orderBy(book.title).all()
 * await rome.close()
 * ```
 */
export class Query<Result, Root extends object = object> implements AsyncIterable<Result>, SubquerySource<Result> {
  readonly #session: QuerySession
  readonly #description: QueryDescription

  /** @internal Use `session.query(...)`. */
  constructor(session: QuerySession, description: QueryDescription) {
    this.#session = session
    this.#description = description
    Object.freeze(this)
  }

  /**
   * Keeps rows for which every predicate is true. Calls add up. @throws UsageError, QueryError `ROME_QUERY_INVALID`.
   */
  filter(...predicates: readonly Predicate[]): Query<Result, Root> {
    const nodes = parsePredicates(predicates, 'filter')
    refuseAggregates(nodes, 'filter')
    return this.#with({ filters: [...this.#description.filters, ...nodes] })
  }

  /** Keeps rows whose columns equal the values. @throws UsageError for undefined, null and unknown columns. */
  filterBy(values: FilterByValues<Root>): Query<Result, Root> {
    refuseUndefined(values, 'filterBy')
    const source = rootOf(this.#description)
    const { columnByName } = source.schema
    const predicates = Object.entries(values ?? {}).map(([name, value]) => {
      const column = columnByName.get(name)
      if (column !== undefined) return new Column<unknown>(source, column).eq(value as NonNullable<unknown>)
      throw new UsageError('ROME_UNKNOWN_COLUMN', 'the model has no such column', {
        context: { model: source.schema.name, column: name, columns: [...columnByName.keys()] },
      })
    })
    if (predicates.length === 0)
      throw new UsageError('ROME_ARGUMENT', 'give filterBy() at least one column, such as { owner: "demo" }')
    return this.filter(...predicates)
  }

  /** Says that every row is meant, where `update` and the deletes would ask for a predicate. */
  everything(): Query<Result, Root> {
    return this.#with({ isEverything: true })
  }

  /** Selects something else of the same rows. */
  select<const S extends readonly [Selectable, ...Selectable[]]>(...selection: S): Query<ResultsOf<S>, Root> {
    if (this.#description.input.kind === 'set') {
      throw new QueryError('ROME_QUERY_INVALID', 'a set operation gives what its queries select: select there')
    }
    return this.#with({ selection: parseSelection(selection) }) as unknown as Query<ResultsOf<S>, Root>
  }

  /**
   * Puts rows of another model beside those of this query: by a relation (`.join(image.properties)`,
   * `.join('properties')`), by the one relation that leads to the model (`.join(ImageProperty)`), or where a condition
   * is true (`.join(other, condition)`). With only the root selected each root is given once; with several models or
   * columns selected there is a result a match.
   * @throws QueryError `ROME_QUERY_INVALID` when the model is read already (use an alias), and when no relation or
   * several lead to it: then the message names them.
   */
  join(relation: RelationName<Root> | Relation): Query<Result, Root>
  join<T extends object>(model: ModelLike<T>, on?: Predicate): Query<Result, Root>
  join(target: string | Relation | ModelLike, ...on: readonly [Predicate?]): Query<Result, Root> {
    return this.#join('inner', target, on)
  }

  /** As {@link Query.join}, keeping what matches nothing: the joined entity is `null` there, and its columns are. */
  outerJoin<Name extends RelationName<Root>>(relation: Name): Query<WithMissing<Result, RelatedTo<Root[Name]>>, Root>
  outerJoin<T extends object>(relation: Relation<T>): Query<WithMissing<Result, T>, Root>
  outerJoin<T extends object>(model: ModelLike<T>, on?: Predicate): Query<WithMissing<Result, T>, Root>
  outerJoin(target: string | Relation | ModelLike, ...on: readonly [Predicate?]): Query<unknown, Root> {
    return this.#join('left', target, on)
  }

  /**
   * Loads relations with the entities of the result: those named, `'properties'`, and on from there, `'members.owner'`.
   * As an object each may have a filter, an order and a limit of its own. Results, `count`, `limit` and pages stay what
   * they are. Cost: one query for each relation, two for many-to-many, however many results there are; what was loaded
   * in this transaction is not read again.
   * @throws QueryError `ROME_QUERY_INVALID` for what is no relation, and when no entity of the root is selected;
   * UsageError `ROME_ARGUMENT`, `ROME_UNDEFINED`.
   *
   * @example
   * ```ts
   * import { column, entity, manyToOne, oneToMany, primaryKey, t } from 'rome-orm'
   * import type { Collection, Ref, RomeSession } from 'rome-orm'
   *
   * @entity('authors')
   * class Author {
   *   @primaryKey(t.uuid()) id!: string
   *   @oneToMany(() => Book, (book) => book.author) books!: Collection<Book>
   * }
   *
   * @entity('books')
   * class Book {
   *   @primaryKey(t.uuid()) id!: string
   *   @column(t.uuid()) authorId!: string
   *   @column(t.string()) title!: string
   *   @manyToOne(() => Author, (author) => author.books, { column: 'authorId' }) author!: Ref<Author>
   * }
   *
   * async function titles(session: RomeSession): Promise<string[]> {
   *   const authors = await session.query(Author).include('books').all()
   *   return authors.flatMap((author) => author.books.toArray().map((book) => book.title))
   * }
   * const withFirstBook = (session: RomeSession) =>
   *   session.query(Author).include({ books: { orderBy: (book) => book.title, limit: 1 } }).all()
   * ```
   */
  include<const Paths extends readonly [string, ...string[]]>(
    ...paths: { [Index in keyof Paths]: PathOf<Root, Paths[Index]> }
  ): Query<WithLoaded<Result, Root, Paths[number]>, Root>
  include<const I extends Includes<Root>>(relations: I): Query<WithLoaded<Result, Root, IncludedPath<I>>, Root>
  include(...relations: readonly unknown[]): Query<unknown, Root> {
    const { includes, selection } = this.#description
    const { schema } = rootOf(this.#description)
    if (!selection.some((part) => part.kind === 'entity' && part.source.schema === schema)) {
      throw new QueryError('ROME_QUERY_INVALID', 'relations are loaded with entities: select the root of the query', {
        context: this.#context(),
      })
    }
    return this.#with({ includes: parseIncludes(schema, includes, relations) })
  }

  /**
   * Gives entities that the session does not follow: detached, of this result alone, never compared and never
   * written. What the session has not written yet is seen as by any query. Where relations are included a row is one
   * entity within the result, or within a batch of a stream; otherwise each result has its own. `session.add` and
   * `session.merge` bring such an entity under care. Cost: less than a managed one, in time and in memory.
   *
   * @example
   * ```ts
   * import type { ModelClass, RomeSession } from 'rome-orm'
   *
   * async function* all<T extends object>(session: RomeSession, model: ModelClass<T>): AsyncIterable<T> {
   *   for await (const entity of session.query(model).unmanaged()) yield entity
   * }
   * ```
   */
  unmanaged(): Query<Result, Root> {
    return this.#with({ isUnmanaged: true })
  }

  /**
   * Claims the rows of the entities that the result gives out, until the transaction ends: whoever else claims one of
   * them, or commits a write to it, waits meanwhile, in order of arrival and for at most `lockTimeoutMs` of
   * `Rome.open()`. Readers never wait. For `all`, `first`, `one`, `oneOrNone` and `scalar`.
   *
   * As the first read of a transaction it reads what was committed while it waited; later, a row that was changed since
   * the transaction's snapshot is a conflict here and not at the commit. The commit validates the rows under every
   * isolation. With `skipLocked` rows that others have claimed are left out and do not count for `limit`, and only the
   * rows that are given out are validated: what a queue of work needs.
   *
   * Cost: one more comparison with the newest snapshot; the query once more when it had to wait.
   *
   * @throws of its terminal: ConflictError `ROME_ROW_CLAIMED` when it takes too long, or at once with `wait: false`;
   * `ROME_DEADLOCK`, `ROME_CONFLICT`. UsageError `ROME_ARGUMENT`, `ROME_OPTION_NOT_SUPPORTED`; QueryError
   * `ROME_QUERY_INVALID` when no entity is selected.
   *
   * @example
   * ```ts
   * import { column, entity, fields, index, primaryKey, t, type Rome } from 'rome-orm'
   *
   * @entity('jobs')
   * @index('state', 'id')
   * class Job {
   *   @primaryKey(t.uuid()) id!: string
   *   @column(t.enum('queued', 'done')) state!: 'queued' | 'done'
   * }
   *
   * const takeJob = (rome: Rome, work: (job: Job) => Promise<void>) => rome.transact(async (session) => {
   *   const queued = session.query(Job).filterBy({ state: 'queued' }).orderBy(fields(Job).id)
   *   const job = await queued.forUpdate({ skipLocked: true }).first()
   *   if (job === undefined) return
   *   await work(job)
   *   job.state = 'done'
   * })
   * ```
   */
  forUpdate(options: ForUpdateOptions = {}): Query<Result, Root> {
    return this.#with({ forUpdate: parseForUpdate(this.#description, options) })
  }

  /** Orders by columns or orders of columns; a bare column is ascending. Calls append. */
  orderBy(...order: readonly (Expression<unknown> | Ordering)[]): Query<Result, Root> {
    const parts = parseOrder(order)
    return this.#with({ orderBy: [...this.#description.orderBy, ...parts] })
  }

  /** Puts rows with equal values together, for aggregates over each group. Calls append. */
  groupBy(...expressions: readonly Expression<unknown>[]): Query<Result, Root> {
    this.#refuseSet('groupBy')
    const nodes = parseSelection(expressions).map(
      (part) => (part as { kind: 'value'; node: Expression<unknown>['node'] }).node,
    )
    refuseAggregates(nodes, 'groupBy')
    return this.#with({ groupBy: [...this.#description.groupBy, ...nodes] })
  }

  /** Keeps groups for which every predicate is true. Calls add up. */
  having(...predicates: readonly Predicate[]): Query<Result, Root> {
    this.#refuseSet('having')
    const nodes = parsePredicates(predicates, 'having')
    return this.#with({ having: [...this.#description.having, ...nodes] })
  }

  /** At most so many results. Replaces an earlier limit; 0 gives none. */
  limit(count: number): Query<Result, Root> {
    return this.#with({ limit: parseCount(count, 'limit') })
  }

  /** Leaves out so many results first. Replaces an earlier offset. */
  offset(count: number): Query<Result, Root> {
    return this.#with({ offset: parseCount(count, 'offset') })
  }

  /** Each result once. Nulls are equal to each other. */
  distinct(): Query<Result, Root> {
    return this.#with({ isDistinct: true })
  }

  /** Soft-deleted rows too. */
  withDeleted(): Query<Result, Root> {
    return this.#withScope('all')
  }

  /** Soft-deleted rows only. */
  onlyDeleted(): Query<Result, Root> {
    return this.#withScope('deleted')
  }

  /**
   * Keeps rows within a scope of the root that its model declares, by its name and with its arguments. Default scopes
   * go on to apply, also where this one has the name of one. @throws UsageError `ROME_SCOPE_UNKNOWN`,
   * `ROME_SCOPE_ARGUMENTS`.
   */
  scope(name: string, values?: object): Query<Result, Root> {
    this.#refuseSet('scope')
    const predicate = namedScope(rootOf(this.#description), name, values)
    const { filters, namedScopes } = this.#description
    return this.#with({ filters: [...filters, predicate], namedScopes: [...namedScopes, name] })
  }

  /**
   * Switches default scopes off by their names: for every model of the query, for what it says of related rows and for
   * what it includes. Subqueries and operands of set operations have their own.
   * @throws UsageError `ROME_SCOPE_UNKNOWN`.
   */
  withoutScope(...names: readonly [string, ...string[]]): Query<Result, Root> {
    this.#refuseSet('withoutScope')
    requireKnownScopes(names, this.#session.scopes)
    const { withoutScopes } = this.#description
    return this.#with({ withoutScopes: withoutScopes === 'all' ? 'all' : [...withoutScopes, ...names] })
  }

  /** Results of this query and of the other, each once. Each keeps its own filter, order, limit and scope. */
  union<Other extends object>(other: Query<Result, Other>): Query<Result, Root> {
    return this.#combine('union', other)
  }

  /** Results of this query, then those of the other. */
  unionAll<Other extends object>(other: Query<Result, Other>): Query<Result, Root> {
    return this.#combine('unionAll', other)
  }

  /** Results that both give, each once. */
  intersect<Other extends object>(other: Query<Result, Other>): Query<Result, Root> {
    return this.#combine('intersect', other)
  }

  /** Results of this query that the other does not give, each once. */
  except<Other extends object>(other: Query<Result, Other>): Query<Result, Root> {
    return this.#combine('except', other)
  }

  /**
   * The query as a value inside another one: that of its only result, null when there is none. It may name columns of
   * the outer query. @throws QueryError `ROME_QUERY_INVALID` unless it selects one value; `ROME_MULTIPLE_RESULTS` when
   * run.
   */
  asScalar(): Expression<Scalar<Result> | null> {
    const { query, outer, type } = this[asSubquery]()
    if (type === undefined) {
      throw new QueryError('ROME_QUERY_INVALID', 'a query in the place of a value selects one value', {
        context: this.#context(),
      })
    }
    return new Expression(subqueryNode('scalar', { query, outer }, type))
  }

  /** @internal */
  [asSubquery](): SubqueryParts {
    refuseForUpdate(this.#description, 'subquery')
    const [only, second] = this.#description.selection
    const type = second === undefined && only.kind === 'value' ? typeOf(only.node) : undefined
    return { query: this.#description, outer: outerColumns(this.#description), type }
  }

  /**
   * The query with its parameters, to be run many times with other values. Each terminal is planned at its first run;
   * later runs skip planning. A plan is made anew for values that need another one (such as bounds that are crossed, so
   * that nothing can match), after `rome.analyze()`, and when a table has ten times more or fewer rows than it had.
   * A query that asks for the answer of another one first, which depends on no row, is planned with that answer.
   * @throws QueryError `ROME_QUERY_INVALID` when two parameters of one name differ in type.
   */
  prepare(): PreparedQuery<Result, Root> {
    return new PreparedQuery(this.#session, this.#description)
  }

  /** All results. Cost: the rows of the result, where an index serves; see {@link Query.explain}. */
  async all(options: TerminalOptions = {}): Promise<Result[]> {
    return (await readAll(this.#session, this.#description, options)) as Result[]
  }

  /** The first result, or `undefined`. Reads no more than that. */
  async first(options: TerminalOptions = {}): Promise<Result | undefined> {
    const [first] = await this.#atMost(1, options)
    return first
  }

  /** The only result. @throws QueryError `ROME_NO_RESULT`, `ROME_MULTIPLE_RESULTS`. */
  async one(options: TerminalOptions = {}): Promise<Result> {
    const results = await this.#atMost(2, options)
    if (results.length === 1) return results[0]
    throw results.length === 0
      ? new QueryError('ROME_NO_RESULT', 'the query has no result: use oneOrNone() or first() where that may be', {
          context: this.#context(),
        })
      : multipleResults(this.#context())
  }

  /** The only result, or `undefined` when there is none. @throws QueryError `ROME_MULTIPLE_RESULTS`. */
  async oneOrNone(options: TerminalOptions = {}): Promise<Result | undefined> {
    const results = await this.#atMost(2, options)
    if (results.length > 1) throw multipleResults(this.#context())
    return results[0]
  }

  /**
   * The first value of the only result, or `undefined` when there is none. @throws QueryError `ROME_MULTIPLE_RESULTS`.
   */
  async scalar(options: TerminalOptions = {}): Promise<Scalar<Result> | undefined> {
    const result = await this.oneOrNone(options)
    const isTuple = this.#description.selection.length > 1
    return (isTuple && result !== undefined ? (result as readonly unknown[])[0] : result) as Scalar<Result> | undefined
  }

  /** How many results `all()` would give. Reads no row where an index tells. */
  async count(options: TerminalOptions = {}): Promise<number> {
    return countRows(this.#session, this.#description, options)
  }

  /** Whether `all()` would give any result. Reads at most one. */
  async exists(options: TerminalOptions = {}): Promise<boolean> {
    const { limit = 1 } = this.#description
    return (await countRows(this.#session, { ...this.#description, limit: Math.min(1, limit) }, options)) > 0
  }

  /** Results one by one, in constant memory. Also what `for await (… of query)` does. */
  stream(options: TerminalOptions = {}): ResultStream<Result> {
    return new ResultStream(this.#session, this.#description, options)
  }

  [Symbol.asyncIterator](): AsyncIterator<Result, undefined> {
    return this.stream()
  }

  /**
   * A page of results and the tokens to go on from it. The order is completed by the primary key. A token stays good
   * when its row is deleted, and is refused by another query.
   * @throws QueryError `ROME_PAGE_TOKEN`. @throws UsageError together with `limit` or `offset`.
   */
  async page(options: PageOptions): Promise<Page<Result>> {
    return (await readPage(this.#session, this.#description, options)) as Page<Result>
  }

  /**
   * Entities after a marker, in the order of sort keys that the primary key completes.
   * @throws UsageError `ROME_MARKER_NOT_FOUND`, `ROME_SORT_KEY_UNKNOWN`, and together with `orderBy`, `limit` or
   * `offset`.
   */
  async paginate(options: PaginateOptions<Root>): Promise<Result[]> {
    return (await paginate(this.#session, this.#description, options)) as Result[]
  }

  /**
   * Sets columns of every matching row, `@updatedAt` and `@version` included; entities that the session has follow.
   * @returns the number of rows matched.
   * @throws UsageError `ROME_NO_PREDICATE`; ValidationError; ConstraintError: then no row was changed.
   */
  async update(values: UpdateValues<Root>, options: TerminalOptions = {}): Promise<number> {
    return updateRows(this.#session, this.#description, values, options)
  }

  /**
   * Soft-deletes where the model can, erases where it cannot. @returns the number of rows. @throws as {@link
   * Query.update}.
   */
  async delete(options: TerminalOptions = {}): Promise<number> {
    const isSoft = rootOf(this.#description).schema.deletedAt !== undefined
    return isSoft
      ? softDeleteRows(this.#session, this.#description, options)
      : eraseRows(this.#session, this.#description, options)
  }

  /**
   * Marks every matching live row as deleted. @returns the number of rows that were live. @throws as {@link
   * Query.update}.
   */
  async softDelete(options: TerminalOptions = {}): Promise<number> {
    return softDeleteRows(this.#session, this.#description, options)
  }

  /** Erases every matching row. @returns the number of rows. @throws as {@link Query.update}. */
  async hardDelete(options: TerminalOptions = {}): Promise<number> {
    return eraseRows(this.#session, this.#description, options)
  }

  /** How the query is answered. Reads nothing, unless with `{ analyze: true }`. */
  async explain(options: ExplainOptions = {}): Promise<Explanation> {
    return explain(this.#session, this.#description, options)
  }

  #with(change: Partial<QueryDescription>): Query<Result, Root> {
    return new Query(this.#session, Object.freeze({ ...this.#description, binding: undefined, ...change }))
  }

  #join(kind: JoinPart['kind'], target: string | Relation | ModelLike, on: readonly unknown[]): Query<Result, Root> {
    this.#refuseSet('join')
    const sources = sourcesIn(this.#description)
    const joins = parseJoin(sources, kind, target, on)
    for (const { source } of joins) {
      this.#session.store.table(source.schema)
      if (!sources.includes(source)) continue
      throw new QueryError(
        'ROME_QUERY_INVALID',
        'the query reads this model already: join an alias of it, made by alias(Model, name)',
        {
          context: { model: source.name },
        },
      )
    }
    return this.#with({ joins: [...this.#description.joins, ...joins] })
  }

  #withScope(scope: Scope): Query<Result, Root> {
    this.#refuseSet(scope === 'all' ? 'withDeleted' : 'onlyDeleted')
    return this.#with({ scope })
  }

  #combine<Other extends object>(operator: SetOperator, other: Query<Result, Other>): Query<Result, Root> {
    refuseUndefined(other, operator)
    if (!(other instanceof Query))
      throw new UsageError('ROME_ARGUMENT', 'combine a query with another query', { context: { operator } })
    if (other.#session !== this.#session) {
      throw new UsageError('ROME_ARGUMENT', 'combine queries of one session', { context: { operator } })
    }
    const left = this.#description
    const right = other.#description
    checkCombinable(left, right)
    for (const operand of [left, right]) refuseForUpdate(operand, operator)
    const combined = newDescription({ kind: 'set', operator, left, right }, left.selection)
    return new Query(this.#session, Object.freeze({ ...combined, isUnmanaged: left.isUnmanaged }))
  }

  #refuseSet(method: string): void {
    if (this.#description.input.kind !== 'set') return
    throw new QueryError('ROME_QUERY_INVALID', 'say this in the queries that the set operation combines', {
      context: { method },
    })
  }

  async #atMost(count: number, options: TerminalOptions): Promise<Result[]> {
    const limit = Math.min(count, this.#description.limit ?? count)
    return (await readAll(this.#session, { ...this.#description, limit }, options)) as Result[]
  }

  #context(): { readonly model: string } {
    return { model: rootOf(this.#description).schema.name }
  }
}

/**
 * A query to be run with many values, in any session of its Rome. Its first run plans it; later ones take that plan
 * with their own values. Made by {@link Query.prepare}.
 */
export class PreparedQuery<Result, Root extends object = object> {
  readonly #session: QuerySession
  readonly #description: QueryDescription
  readonly #parameters: ReadonlyMap<string, ParameterNode>
  readonly #plans: PlanTemplates | undefined

  /** @internal */
  constructor(session: QuerySession, description: QueryDescription) {
    this.#session = session
    this.#description = withoutRelated(description)
    this.#parameters = parametersOf(description)
    this.#plans = asksFirst(this.#description) ? undefined : new PlanTemplates()
  }

  /**
   * How many plans were made to be kept: one for each terminal that was used, and more where values make another plan
   * necessary. All other runs took one of these. None for a query that is planned with another one's answer.
   */
  get plansMade(): number {
    return this.#plans?.made ?? 0
  }

  /**
   * The query with values for its parameters, in the session it was prepared in or in another one of the same Rome.
   * @throws UsageError `ROME_UNDEFINED` for a missing value, `ROME_ARGUMENT` for one that is no parameter;
   * ValidationError when the parameter's type refuses it.
   */
  bind(values: ParameterValues = {}, session: QuerySession = this.#session): Query<Result, Root> {
    if (session.store !== this.#session.store) {
      throw new UsageError('ROME_ARGUMENT', 'run a prepared query in sessions of the Rome it was prepared in')
    }
    return new Query(session, bindParameters(this.#description, this.#parameters, values, this.#plans))
  }
}

/** The first value of a result. */
export type Scalar<Result> = Result extends readonly [infer First, ...unknown[]] ? First : Result

/** A query of a session. @throws UsageError, QueryError when the selection names no model or several. */
export function newQuery<const S extends readonly [Selectable, ...Selectable[]]>(
  session: QuerySession,
  selection: S,
): Query<ResultsOf<S>, RootOf<S>> {
  const parts = parseSelection(selection)
  if (parts.length === 0) throw new UsageError('ROME_ARGUMENT', 'name what to query: a model, or columns')
  const source = rootOfSelection(parts)
  session.store.table(source.schema)
  return new Query(session, newDescription({ kind: 'model', source }, parts))
}

function multipleResults(context: { readonly model: string }): QueryError {
  return new QueryError(
    'ROME_MULTIPLE_RESULTS',
    'the query has several results: filter more, or use first() or all()',
    { context },
  )
}
