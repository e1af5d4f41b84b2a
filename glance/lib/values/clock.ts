import { Timestamp } from 'rome-orm'

let last = 0n

/**
 * The time, to the microsecond: the wall clock, refined by the process's fine one, and later than any time given out
 * before. Rows that are written one after the other have times that differ, whatever the clock's own resolution.
 */
export function now(): Timestamp {
  const wall = BigInt(Math.round((performance.timeOrigin + performance.now()) * 1000))
  // The fine clock does not follow the wall clock when that one is set.
  const coarse = BigInt(Date.now()) * 1000n
  const time = wall >= coarse && wall < coarse + 1000n ? wall : coarse
  last = time > last ? time : last + 1n
  return Timestamp.from(last)
}
