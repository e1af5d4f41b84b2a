import type { Predicate } from '../../../lib/expressions/expression.js'
import type { Page } from '../../../lib/query/page.js'
import type { Choices } from '../choices.js'
import { expectEqual, expectExactly } from '../expectation.js'
import type { OrderPair } from '../pairs.js'
import { pagedOrder } from '../questions/bounds.js'
import { outputsOf } from '../questions/parts.js'
import { type Place, type Question, sqlAround, sqlInOrder } from '../questions/question.js'
import type { PlacedRow } from '../reference.js'
import { resultText } from '../results.js'
import { literalOf } from '../sql-text.js'
import { modelsByAlias, type Store } from '../store.js'
import type { Words } from '../vocabulary.js'
import type { World } from '../world.js'
import { anyQuestion } from './ask.js'
import { changeRows, type Target } from './change-rows.js'

/** What SQLite says of a page. */
interface ExpectedPage {
  readonly rows: readonly PlacedRow[]
  readonly isMoreBefore: boolean
  readonly isMoreAfter: boolean
}

/**
 * Turns pages while rows come, go and change: mostly those go at which pages end. A token marks a place, so that what
 * comes after it is what SQLite finds beyond the values that it stands for.
 */
export async function turnPages(choices: Choices, world: World): Promise<void> {
  const question = anyQuestion(choices, world, { isPaged: true })
  const order = question.completion && pagedOrder(question, question.completion)
  if (order === undefined) return
  const tokens = new Map<Store, Page<unknown>>()
  let last: ExpectedPage | undefined
  for (const turn of choices.list(2, 5, (turn) => turn)) {
    const size = choices.pick([2, 1, 3, 5, 30])
    const edges = last === undefined ? [] : edgesOf(last)
    if (turn > 0 && edges.length === 0) return
    const edge = edges.length === 0 ? undefined : choices.pick(edges)
    const expected = readPage(world, question, order, size, edge)
    const how = edge === undefined ? '' : edge.isBackwards ? ', before' : ', after'
    await world.onEachStore(
      question,
      sqlInOrder(question, order),
      `.page({ size: ${size}${how} })`,
      async (query, _, store) => {
        const known = tokens.get(store)
        const token = edge?.isBackwards ? { before: known?.previous } : { after: known?.next }
        const page = await query.page({ size, ...(edge === undefined ? {} : token) })
        tokens.set(store, page)
        expectExactly(
          'the page',
          expected.rows.map(({ row }) => row),
          page.items.map((item) => resultText(question, item)),
        )
        expectEqual('whether there is a page after', expected.isMoreAfter, page.next !== undefined)
        expectEqual('whether there is a page before', expected.isMoreBefore, page.previous !== undefined)
      },
    )
    last = expected
    if (choices.chance(30)) await changeRows(choices, world)
    if (choices.chance(60)) await changeRows(choices, world, rowAt(choices, world, question, expected))
  }
}

/** A row that one end of a page is made of; undefined when there is none. */
function rowAt(choices: Choices, world: World, { parts }: Question, { rows }: ExpectedPage): Target | undefined {
  const place = parts.findIndex((part) => part.kind === 'entity')
  const part = parts[place]
  if (part?.kind !== 'entity' || rows.length === 0) return undefined
  const { values } = choices.pick([rows[rows.length - 1], rows[0]])
  const start = outputsOf(parts.slice(0, place)).length
  const sqlKey = part.keys.map((key) => values[start + part.columns.indexOf(key)])
  // The missing side of an outer join.
  if (sqlKey.includes(null)) return undefined
  const { alias, keys } = part
  const key = world.keyOf(modelsByAlias(world.models)[alias], sqlKey)
  const sql = keys.map((value, at) => `${value.sql} = ${literalOf(value.kind, key[at])}`).join(' AND ')
  const rome = (on: Words): Predicate => on.and_(...keys.map((value, at) => value.rome(on).eq(key[at] as never)))
  return { alias, filter: { sql, rome } }
}

/** The ends of a page from which there is a way on. */
function edgesOf({ rows, isMoreBefore, isMoreAfter }: ExpectedPage) {
  const [first, last] = [rows.at(0), rows.at(-1)]
  return [
    ...(last !== undefined && isMoreAfter ? [{ place: last.place, isBackwards: false }] : []),
    ...(first !== undefined && isMoreBefore ? [{ place: first.place, isBackwards: true }] : []),
  ]
}

function readPage(
  world: World,
  question: Question,
  order: readonly OrderPair[],
  size: number,
  edge: { readonly place: Place; readonly isBackwards: boolean } | undefined,
): ExpectedPage {
  const outputs = outputsOf(question.parts)
  const read = (side: 'before' | 'after', place: Place | undefined): PlacedRow[] =>
    world.reference.readPlaced(sqlAround(question, order, place && { place, side }), outputs)
  if (edge === undefined) {
    const rows = read('after', undefined)
    return { rows: rows.slice(0, size), isMoreBefore: false, isMoreAfter: rows.length > size }
  }
  const beyond = read(edge.isBackwards ? 'before' : 'after', edge.place)
  const rows = edge.isBackwards ? beyond.slice(-size) : beyond.slice(0, size)
  const hasMore = beyond.length > size
  const [first, last] = [rows.at(0), rows.at(-1)]
  // Where a page is empty there is nothing to go on from.
  const isAnyBehind = edge.isBackwards
    ? last !== undefined && read('after', last.place).length > 0
    : first !== undefined && read('before', first.place).length > 0
  return edge.isBackwards
    ? { rows, isMoreBefore: hasMore, isMoreAfter: isAnyBehind }
    : { rows, isMoreBefore: isAnyBehind, isMoreAfter: hasMore }
}
