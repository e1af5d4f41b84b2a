import { v7 } from 'uuid'

const randomBytes = 16

/** Filled at once: to ask the system for random bytes costs more than the rest of a small commit's preparation. */
const pool = new Uint8Array(256 * randomBytes)
let next = pool.length

/** An id for a commit: a UUIDv7, by whose time outcomes are forgotten. */
export function newCommitId(): string {
  if (next === pool.length) {
    crypto.getRandomValues(pool)
    next = 0
  }
  const random = pool.subarray(next, next + randomBytes)
  next += randomBytes
  return v7({ random })
}
