import { QueryError } from '../../errors/rome-error.js'

/** The most rows that one step of a query holds in memory at once. Sorts are not among them: they go to disk. */
export const rowsInMemoryMax = 1_000_000

/** The steps that hold rows, groups or values, and what to do when there are too many of them. */
const messages = {
  group: 'the query has too many groups to hold in memory: filter more, or group by what has fewer values',
  'aggregate of distinct values':
    'an aggregate has too many distinct values to hold: filter more, or ask in parts, by ranges of an indexed column',
  distinct:
    'the query has too many distinct results to hold: filter more, or ask in parts, by ranges of an indexed column',
  'set operation': 'the second query of a set operation has too many results to hold in memory: filter it more',
  'index intersection':
    'too many entries of an index match to hold in memory: filter more, or declare an index of these columns together',
  'hash join':
    'a joined model has too many rows to hold: declare an index by the columns it is joined by, or filter it more',
  'lookup join': 'a join has too many matches to hold in memory: filter the joined model more',
  'merge join': 'a join has too many rows of one key to hold in memory: filter the joined model more',
  subquery: 'a subquery has too many results to hold in memory: filter it more, or use exists()',
} as const

/** @throws QueryError `ROME_BUDGET` when a step would hold more rows than may be. */
export function checkRowsInMemory(rows: number, step: keyof typeof messages): void {
  if (rows <= rowsInMemoryMax) return
  throw new QueryError('ROME_BUDGET', messages[step], { context: { step, rowsMax: rowsInMemoryMax } })
}
