import { type Rome, type RomeSession, ValidationError } from 'rome-orm'
import { GlanceError } from '../errors/glance-error.js'
import { Serials } from './serials.js'

/** Enough for dozens of clients that change one image at once. */
const retrying = { retries: 64, backoff: { firstMs: 1, maxMs: 50 } } as const

/** What every group of functions works on: the store, and how it is read and written. */
export class GlanceStore {
  readonly rome: Rome
  readonly serials: Serials

  constructor(rome: Rome, options: { readonly isExclusive: boolean }) {
    this.rome = rome
    this.serials = new Serials(rome, options)
  }

  /** Reads one snapshot. */
  async read<T>(work: (session: RomeSession) => Promise<T>): Promise<T> {
    const session = this.rome.session({ readOnly: true })
    try {
      return await work(session)
    } catch (error) {
      throw asGlanceError(error)
    } finally {
      await session.close()
    }
  }

  /**
   * One transaction, all or nothing, run again from its start when another commit came between: what it read is true at
   * its commit.
   */
  async write<T>(work: (session: RomeSession) => Promise<T>): Promise<T> {
    try {
      return await this.rome.transact((session) => work(session), retrying)
    } catch (error) {
      throw asGlanceError(error)
    }
  }
}

/** A value that its column refuses is `Invalid`: it was the caller's. */
function asGlanceError(error: unknown): unknown {
  return error instanceof ValidationError ? new GlanceError('Invalid', error.message, {}, { cause: error }) : error
}
