import type { ColumnKind } from '../../values/column-type.js'
import { Timestamp } from '../../values/timestamp.js'

export const millisecondsPerDay = 86_400_000

/** How row values of a type of dates or times give the milliseconds since 1970, rounded down. */
export function millisecondsOf(kind: ColumnKind): (value: never) => number {
  switch (kind) {
    case 'timestamp':
      return (microseconds: bigint) => Timestamp.from(microseconds).toDate().getTime()
    case 'date':
      return (day: number) => day * millisecondsPerDay
    default:
      return (milliseconds: number) => milliseconds
  }
}
