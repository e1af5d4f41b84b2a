import { InternalError } from '../errors/rome-error.js'
import type { ColumnType } from '../values/column-type.js'

const microsecondsPerMillisecond = 1000n

/** This instant, as a property of a column of type datetime or timestamp has it. */
export function currentTime(type: ColumnType): unknown {
  switch (type.kind) {
    case 'datetime':
      return type.fromRow(Date.now())
    case 'timestamp':
      return type.fromRow(BigInt(Date.now()) * microsecondsPerMillisecond)
    default:
      throw new InternalError('ROME_INTERNAL', 'Only columns of instants can hold the current time.', {
        context: { type: type.kind },
      })
  }
}
