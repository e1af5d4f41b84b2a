import { GlanceError } from '../errors/glance-error.js'
import { isDictionary } from './dictionary.js'

const beyondPlane = /[\ud800-\udfff]/

/**
 * Refuses characters beyond the Basic Multilingual Plane, in a text and in the keys and texts of nested dictionaries.
 * Lists are not looked into.
 * @throws GlanceError `Invalid`.
 */
export function refuseFourByteCharacters(value: unknown): void {
  if (typeof value === 'string') {
    if (beyondPlane.test(value)) {
      throw new GlanceError('Invalid', 'Characters beyond the Basic Multilingual Plane are not supported.', { value })
    }
    return
  }
  if (!isDictionary(value)) return
  for (const [name, inner] of Object.entries(value)) {
    refuseFourByteCharacters(name)
    refuseFourByteCharacters(inner)
  }
}
