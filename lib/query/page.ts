import { hash, type KeyObject } from 'node:crypto'
import type { PackedValue } from '../codec/serialiser.js'
import { openToken, sealToken } from '../codec/token.js'
import { checkOptions, type OptionRules } from '../errors/checked-options.js'
import { QueryError, UsageError } from '../errors/rome-error.js'
import { compileValue } from '../expressions/evaluate.js'
import { fingerprintOf } from '../expressions/fingerprint.js'
import type { ExpressionNode } from '../expressions/nodes.js'
import { typeOf } from '../expressions/type-of.js'
import { readsOtherRows, sourcesOf } from '../expressions/walk.js'
import { columnOfRow, type Row } from '../records/row.js'
import type { RowValue } from '../values/column-type.js'
import { rowValuesEqual } from '../values/compare.js'
import { applyScopes } from './apply-scopes.js'
import { parseCount } from './build.js'
import { type OrderPart, type QueryDescription, rootOf, type SelectedPart, sourcesIn } from './description.js'
import type { BudgetReason } from './operators/budget.js'
import { execute } from './operators/execute.js'
import { type Execution, forEachBatch } from './operators/operator.js'
import { accessIn } from './plan/layout.js'
import type { OutputPart } from './plan/output.js'
import type { PlanNode } from './plan/plan-node.js'
import { isAggregated, isOfRootOnly } from './plan/planner.js'
import { isSameExpression } from './plan/same-expression.js'
import type { QuerySession } from './query-session.js'
import { refuseForUpdate } from './rows-for-update.js'
import { type QueryRun, resultsOf, runQuery, type TerminalOptions, terminalOptionRules } from './run-query.js'
import { completeOrder, reverseOrder } from './total-order.js'

/** Which page: so many items after, or before, the place that a token marks; from the start without one. */
export interface PageOptions extends TerminalOptions {
  /** The most items of the page, at least 1. May change from page to page. */
  readonly size: number
  /** The `next` token of the page before. */
  readonly after?: string | undefined
  /** The `previous` token of the page after. */
  readonly before?: string | undefined
}

const isToken = (value: unknown): boolean => typeof value === 'string'

const pageOptionRules: OptionRules<PageOptions> = {
  ...terminalOptionRules,
  // Checked with a message of its own.
  size: () => true,
  after: isToken,
  before: isToken,
}

/** Some of a query's results, in its order. */
export interface Page<Result> {
  readonly items: Result[]
  /** Marks the end of this page; absent when nothing comes after. */
  readonly next?: string
  /** Marks the start of this page; absent when nothing comes before. */
  readonly previous?: string
  /** The budget ended the page early, also with no item at all: the token goes on behind what was looked at. */
  readonly stopped?: BudgetReason
}

/** Rows of a page, as far as the budget went. */
interface ReadRows {
  readonly parts: readonly OutputPart[]
  readonly rows: Row[]
  readonly stopped?: BudgetReason
}

/** A page before its places are sealed into tokens. */
interface FoundPage {
  readonly items: unknown[]
  readonly next?: readonly unknown[] | undefined
  readonly previous?: readonly unknown[] | undefined
  readonly stopped?: BudgetReason
}

/**
 * One page. A token marks a place in the query's order, not a row, so it stays good when its row is deleted.
 * Cost: the page's rows and two more, wherever it is, when an index has the order.
 */
export async function readPage(
  session: QuerySession,
  description: QueryDescription,
  options: PageOptions,
): Promise<Page<unknown>> {
  // A token says what the scopes were, so that it is not one of another tenant.
  const asked = session.scopes === undefined ? description : applyScopes(session.scopes, description).description
  const size = parsePageSize(asked, options)
  const order = pageOrder(description)
  const token = new PageToken(session.store.secret, asked, order)
  const { place, isBackwards } = token.open(options)
  const pageQuery = withOrderValues(description, order)
  const selected = description.selection.length
  const placeValues = pageQuery.selection.length - selected
  let examined: (() => readonly unknown[]) | undefined
  const onExamined: Execution['onExamined'] = (row, layout) => {
    // Rows of a step that does not come in order may lack what the order is by: looked at only at a stop.
    examined = () => order.map((part) => compileValue<Row>(part.node, accessIn(layout))(row))
  }
  const readFound = async (run: QueryRun): Promise<FoundPage> => {
    const read = async (
      values: readonly unknown[] | undefined,
      backwards: boolean,
      limit: number,
      includesEqual = false,
    ): Promise<ReadRows> => {
      const directed = backwards ? reverseOrder(order) : order
      const seek = values && { order: directed, values, includesEqual }
      const planned = await run.plan({ ...pageQuery, orderBy: directed, limit }, { seek, placeValues })
      return { parts: planned.parts, ...(await readWithinBudget(run, planned.plan)) }
    }
    // The row that the place was taken of comes first, where it is still there, and says that there is something on its
    // side. A budget is for rows of the page.
    const seesMarker = place !== undefined && placeValues === 0 && run.execution.budget === undefined
    const { parts, rows, stopped } = await read(place, isBackwards, size + (seesMarker ? 2 : 1), seesMarker)
    const placeOf = (row: Row): readonly unknown[] =>
      placeValues > 0 ? parts.slice(selected).map((part) => row[part.offset]) : valuesOf(order, row)
    const hasMarker = seesMarker && rows.length > 0 && isSamePlace(order, placeOf(rows[0]), place)
    if (hasMarker) rows.shift()
    const hasMore = rows.length > size
    const kept = hasMore ? rows.slice(0, size) : rows
    if (isBackwards) kept.reverse()
    const items = await resultsOf(run, session, description, parts.slice(0, selected), kept)
    const [first, last] = [kept.at(0), kept.at(-1)]
    if (stopped !== undefined && !hasMore) {
      const edge = isBackwards ? first : last
      const reached = examined?.() ?? (edge && placeOf(edge)) ?? place
      return { items, stopped, ...(isBackwards ? { previous: reached } : { next: reached }) }
    }
    const isAny = async (edge: Row | undefined, backwards: boolean): Promise<boolean> =>
      hasMarker || (edge !== undefined && place !== undefined && hasAny(await read(placeOf(edge), backwards, 1)))
    return {
      items,
      next: last && (isBackwards ? await isAny(last, false) : hasMore) ? placeOf(last) : undefined,
      previous: first && (isBackwards ? hasMore : await isAny(first, true)) ? placeOf(first) : undefined,
    }
  }
  const found = await runQuery(session, description, options, readFound, { onExamined, operation: 'page' })
  return {
    items: found.items,
    ...(found.next === undefined ? {} : { next: token.seal(found.next) }),
    ...(found.previous === undefined ? {} : { previous: token.seal(found.previous) }),
    ...(found.stopped === undefined ? {} : { stopped: found.stopped }),
  }
}

function isSamePlace(order: readonly OrderPart[], a: readonly unknown[], b: readonly unknown[]): boolean {
  return order.every(({ node }, at) => rowValuesEqual(typeOf(node), a[at] as RowValue, b[at] as RowValue))
}

/** Where the budget does not tell there may be more. */
function hasAny({ rows, stopped }: ReadRows): boolean {
  return rows.length > 0 || stopped !== undefined
}

/** What was found when the budget ended is kept, where the rows come in order and so can be gone on with. */
async function readWithinBudget(run: QueryRun, plan: PlanNode): Promise<{ rows: Row[]; stopped?: BudgetReason }> {
  const rows: Row[] = []
  try {
    await forEachBatch(execute(plan, run.execution), (batch) => {
      rows.push(...batch)
    })
  } catch (error) {
    const isBudget = error instanceof QueryError && error.code === 'ROME_BUDGET' && error.context.reason !== undefined
    if (!isBudget || !comesInOrder(plan)) throw error
    return { rows, stopped: error.context.reason as BudgetReason }
  }
  return { rows }
}

/** Whether what a step reads it gives out at once, so that everything before a place was looked at. */
function comesInOrder(plan: PlanNode): boolean {
  switch (plan.kind) {
    case 'rows':
    case 'entries':
    case 'keys':
      return true
    case 'filter':
    case 'limit':
    case 'project':
      return comesInOrder(plan.input)
    default:
      return false
  }
}

/** Places in one query, as texts that are good for this query and store only. */
class PageToken {
  readonly #secret: KeyObject
  readonly #description: QueryDescription
  readonly #order: readonly OrderPart[]
  #known: string | undefined

  constructor(secret: KeyObject, description: QueryDescription, order: readonly OrderPart[]) {
    this.#secret = secret
    this.#description = description
    this.#order = order
  }

  /** The place that the options name, if they do. @throws UsageError, QueryError `ROME_PAGE_TOKEN`. */
  open({ after, before }: PageOptions): { place: readonly unknown[] | undefined; isBackwards: boolean } {
    if (after !== undefined && before !== undefined) {
      throw new UsageError('ROME_ARGUMENT', 'a page is after one place or before one: give one token')
    }
    const token = after ?? before
    const place = token === undefined ? undefined : openToken(this.#secret, this.#fingerprint, token)
    if (place !== undefined && place.length !== this.#order.length) {
      throw new QueryError('ROME_PAGE_TOKEN', 'this token is of another query')
    }
    return { place, isBackwards: before !== undefined }
  }

  seal(place: readonly unknown[]): string {
    return sealToken(this.#secret, this.#fingerprint, place as PackedValue[])
  }

  get #fingerprint(): string {
    this.#known ??= fingerprint(this.#description, this.#order)
    return this.#known
  }
}

function parsePageSize(description: QueryDescription, options: PageOptions): number {
  checkOptions('page', options, pageOptionRules)
  refuseForUpdate(description, 'page')
  if (description.limit !== undefined || description.offset > 0) {
    throw new UsageError('ROME_ARGUMENT', 'a page has its own size and place: take limit() and offset() away')
  }
  return parseCount(options.size, 'size', 1)
}

/** The order made total, so that every row has a place of its own. */
function pageOrder(description: QueryDescription): readonly OrderPart[] {
  if (description.input.kind === 'set' && description.input.operator === 'unionAll' && !description.isDistinct) {
    throw new QueryError(
      'ROME_QUERY_INVALID',
      'unionAll() can give a row twice, which no page token tells apart: use union(), or distinct()',
    )
  }
  if (isOfRootOnly(description)) return completeOrder(description.orderBy, [rootOf(description)])
  const isOfRows = description.input.kind === 'model' && !description.isDistinct && !isAggregated(description)
  if (isOfRows) return completeOrder(description.orderBy, sourcesIn(description))
  const isOrdered = (node: ExpressionNode): boolean =>
    description.orderBy.some((term) => isSameExpression(term.node, node))
  if (isAggregated(description) && !description.isDistinct) {
    return [...description.orderBy, ...description.groupBy.filter((node) => !isOrdered(node)).map(ascending)]
  }
  const entities = description.selection.flatMap((part) => (part.kind === 'entity' ? [part.source] : []))
  const isOfEntities = (node: ExpressionNode): boolean =>
    description.input.kind === 'model' &&
    [...sourcesOf(node)].every((source) => entities.some((entity) => entity === source))
  const isTotal = description.selection.every(
    (part) => part.kind === 'entity' || isOrdered(part.node) || isOfEntities(part.node),
  )
  if (isTotal) return completeOrder(description.orderBy, entities)
  throw new QueryError(
    'ROME_QUERY_INVALID',
    'pages of distinct, grouped or combined columns need an order by all of them: add them to orderBy()',
  )
}

function ascending(node: ExpressionNode): OrderPart {
  return { node, isDescending: false, nulls: 'last' }
}

/** The values that mark the place of a row of one model. */
function valuesOf(order: readonly OrderPart[], row: Row): readonly unknown[] {
  return order.map((part) => compileValue<Row>(part.node, columnOfRow)(row))
}

/** The values that mark a row's place are selected behind what the user selects, unless they are in it. */
function withOrderValues(description: QueryDescription, order: readonly OrderPart[]): QueryDescription {
  const isOfRows = isOfRootOnly(description) && description.input.kind === 'model' && description.joins.length === 0
  if (isOfRows && !order.some((part) => readsOtherRows(part.node))) return description
  const places = order.map((part): SelectedPart => ({ kind: 'value', node: part.node }))
  return { ...description, selection: [...description.selection, ...places] }
}

/** What a token is bound to: the whole query but the size of its pages. */
function fingerprint(description: QueryDescription, order: readonly OrderPart[]): string {
  return hash('sha256', JSON.stringify([describe(description), describeOrder(order)]), 'base64')
}

function describe(description: QueryDescription): unknown {
  const { input } = description
  return [
    input.kind === 'model'
      ? [input.source.schema.name, input.source.name]
      : [input.operator, describe(input.left), describe(input.right)],
    description.joins.map((join) => [join.source.schema.name, join.source.name, join.kind, fingerprintOf(join.on)]),
    description.scope,
    description.selection.map((part) => (part.kind === 'entity' ? [part.source.name] : fingerprintOf(part.node))),
    description.filters.map((node) => fingerprintOf(node)),
    description.groupBy.map((node) => fingerprintOf(node)),
    description.having.map((node) => fingerprintOf(node)),
    describeOrder(description.orderBy),
    description.isDistinct,
    description.limit ?? null,
    description.offset,
  ]
}

function describeOrder(order: readonly OrderPart[]): unknown {
  return order.map(({ node, isDescending, nulls }) => [fingerprintOf(node), isDescending, nulls])
}
