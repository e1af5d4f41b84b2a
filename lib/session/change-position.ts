import type { KeyObject } from 'node:crypto'
import { openToken, sealToken } from '../codec/token.js'
import type { Version } from '../engines/contract.js'
import { UsageError } from '../errors/rome-error.js'

/** A point in the order of all changes: after a commit, or after the first so many writes of it. */
export interface ChangePosition {
  readonly version: Version
  /** The first write of the commit that comes after; absent when all of it came before. */
  readonly index?: number
}

const fingerprint = 'changes'

/** The text of a position, which only this store takes. */
export function sealPosition(secret: KeyObject, { version, index }: ChangePosition): string {
  return sealToken(secret, fingerprint, index === undefined ? [version] : [version, index])
}

/** @throws UsageError `ROME_POSITION` for what is no position of this store. */
export function openPosition(secret: KeyObject, token: string): ChangePosition {
  try {
    const [version, index] = openToken(secret, fingerprint, token) as [number, number?]
    return index === undefined ? { version } : { version, index }
  } catch (cause) {
    throw new UsageError(
      'ROME_POSITION',
      'this is no position of this store: give one that a change, a feed or session.position() gave',
      { cause },
    )
  }
}
