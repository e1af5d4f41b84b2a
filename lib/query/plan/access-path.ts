import type { Key, KeyRange } from '../../codec/key.js'
import { conjunctsOf } from '../../expressions/walk.js'
import { type AccessPath, type AccessRequest, fewKeysMax, rangeSource, rowsOf } from './access-request.js'
import { assemble, costOfRow } from './assemble-path.js'
import { alternativesMax, type FilterValues } from './column-values.js'
import { indexPaths } from './index-path.js'
import type { KeyRanges } from './key-ranges.js'
import { type KeyPart, matchOrder, type OrderMatch } from './order-match.js'
import type { Seek } from './plan-node.js'
import { valuesLeft } from './plan-trace.js'
import { seekRanges } from './seek-ranges.js'
import { rangesLeft } from './tuple-ranges.js'

/** More primary keys than this are read as ranges. */
const keysMax = 10_000

/** The cheapest way to the rows that `request` asks for. */
export function chooseAccess(request: AccessRequest): AccessPath {
  const values = valuesLeft(request.trace, request.conjuncts, request.source)
  const layout = new Map([[request.source, 0]])
  const isNeverDeleted = request.scope === 'deleted' && request.table.schema.deletedAt === undefined
  if (
    isNeverDeleted ||
    values.isImpossible ||
    request.conjuncts.some((node) => node.kind === 'or' && node.terms.length === 0)
  ) {
    return { plan: { kind: 'nothing', layout, estimatedRows: 0 }, presorted: request.order.length, cost: 0 }
  }
  const paths = withoutGuesses([primaryKeyPath(request, values), ...indexPaths(request, values)])
  const alternatives = alternativesPath(request, Math.min(...paths.map((path) => path.cost)))
  if (alternatives !== undefined) paths.push(alternatives)
  return paths.reduce((least, path) => (path.cost < least.cost ? path : least))
}

/** Where one way reads a few keys for certain, those whose cost is guessed at are no better: they may read far more. */
function withoutGuesses(paths: AccessPath[]): AccessPath[] {
  const hasFewKeys = paths.some(({ certainty }) => certainty === 'few keys')
  return hasFewKeys ? paths.filter(({ certainty }) => certainty !== 'guess') : paths
}

function primaryKeyPath(request: AccessRequest, values: FilterValues): AccessPath {
  const { table, source } = request
  const keyParts: KeyPart[] = table.schema.primaryKey.map((column) => ({ column, isDescending: false }))
  const found = rangesLeft([table.prefix], keyParts, values)
  const match = matchOrder(request.order, keyParts, found.constantColumns, source, values)
  if (found.pointColumns === keyParts.length && found.ranges.length <= keysMax) {
    return keysPath(request, values, found, match, keyParts)
  }
  const cut = ({ ranges }: KeyRanges, left: FilterValues, seek: Seek | undefined): readonly KeyRange[] =>
    seekRanges({ ...request, seek: request.seek && seek }, left, ranges, found.constantColumns, keyParts, match)
  const ranges = cut(found, values, request.seek)
  const isFull = found.used.length === 0
  const from = rangeSource(request, values, (left, seek) => {
    const other = rangesLeft([table.prefix], keyParts, left)
    return { ...other, ranges: cut(other, left, seek) }
  })
  const layout = new Map([[source, 0]])
  return assemble(request, values, found, match.matched, {
    unitCost: costOfRow,
    isRow: true,
    make: (estimatedRows, expected) => ({
      kind: 'rows',
      layout,
      estimatedRows,
      table,
      ranges,
      from,
      isReverse: match.isReverse,
      isFull,
      expected,
    }),
  })
}

function keysPath(
  request: AccessRequest,
  values: FilterValues,
  found: KeyRanges,
  match: OrderMatch,
  keyParts: readonly KeyPart[],
): AccessPath {
  const keys = keysIn(found.ranges, match.isReverse)
  const from = rangeSource(request, values, (left) => rangesLeft([request.table.prefix], keyParts, left))
  const layout = new Map([[request.source, 0]])
  const few: KeyRanges = { ...found, fraction: keys.length / rowsOf(request) }
  const path = assemble(request, values, few, match.matched, {
    unitCost: costOfRow,
    isRow: true,
    make: () => ({
      kind: 'keys',
      layout,
      estimatedRows: keys.length,
      table: request.table,
      keys,
      isReverse: match.isReverse,
      from,
    }),
  })
  return keys.length <= fewKeysMax ? { ...path, certainty: 'few keys' } : path
}

/** Ranges of single keys, as keys in the order of reading. */
export function keysIn(ranges: readonly KeyRange[], isReverse: boolean): readonly Key[] {
  const keys = ranges.map((range) => range.start)
  return isReverse ? keys.reverse() : keys
}

/** An `or` whose terms each have an index: the ways are put together, none giving a row that one before it gives. */
function alternativesPath(request: AccessRequest, costToBeat: number): AccessPath | undefined {
  const choice = request.conjuncts.find(
    (node) => node.kind === 'or' && node.terms.length > 1 && node.terms.length <= alternativesMax,
  )
  if (choice?.kind !== 'or') return undefined
  const others = request.conjuncts.filter((node) => node !== choice)
  const paths: AccessPath[] = []
  let cost = 0
  for (const [position, term] of choice.terms.entries()) {
    const path = chooseAccess({
      ...request,
      conjuncts: [...others, ...conjunctsOf(term)],
      exclude: [...request.exclude, ...choice.terms.slice(0, position)],
    })
    cost += path.cost
    if (cost >= costToBeat) return undefined
    paths.push(path)
  }
  const presorted = Math.min(...paths.map((path) => path.presorted))
  return {
    plan: {
      kind: 'concat',
      layout: new Map([[request.source, 0]]),
      estimatedRows: paths.reduce((sum, path) => sum + path.plan.estimatedRows, 0),
      inputs: paths.map((path) => path.plan),
      mergeBy: presorted > 0 ? request.order.slice(0, presorted) : undefined,
    },
    presorted,
    cost,
  }
}
