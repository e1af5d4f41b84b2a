import type { ColumnKind } from '../../values/column-type.js'
import type { DatePart } from '../nodes.js'
import { millisecondsOf } from './instant.js'
import type { StrictFunction } from './strict-function.js'

/** In UTC. */
const readers: Readonly<Record<DatePart, (time: Date) => number>> = {
  year: (time) => time.getUTCFullYear(),
  month: (time) => time.getUTCMonth() + 1,
  day: (time) => time.getUTCDate(),
  hour: (time) => time.getUTCHours(),
  minute: (time) => time.getUTCMinutes(),
  second: (time) => time.getUTCSeconds(),
}

/** A part of a date or time whose row values are of the kind. */
export function datePart(part: DatePart, kind: ColumnKind): StrictFunction {
  const read = readers[part]
  const milliseconds = millisecondsOf(kind)
  return (value: never) => read(new Date(milliseconds(value)))
}
