import { GlanceError } from '../errors/glance-error.js'

/**
 * How many rows a list may have at most; `undefined` for all that there are, which a negative limit also means.
 * @throws GlanceError `Invalid` for what is no whole number.
 */
export function pageLimit(limit: number | null | undefined): number | undefined {
  if (limit === null || limit === undefined) return undefined
  if (!Number.isInteger(limit)) throw new GlanceError('Invalid', 'A limit is a whole number.', { limit })
  return limit < 0 || !Number.isSafeInteger(limit) ? undefined : limit
}
