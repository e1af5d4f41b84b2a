import { GlanceError } from '../errors/glance-error.js'
import { Image } from '../models/image.js'
import { allColumnValues, columnValues } from '../values/column-values.js'
import { type Dictionary, isDictionary } from '../values/dictionary.js'
import { imageStatuses, imageVisibilities } from './image-statuses.js'

/** What callers say of an image beside its columns. */
export interface ImageParts {
  readonly columns: Dictionary
  readonly properties: Dictionary
  /** Null when nothing is said of them. */
  readonly locations: readonly unknown[] | null
}

/**
 * The columns, properties and locations of a new image.
 * @throws GlanceError `Invalid`.
 */
export function newImage(values: Dictionary): ImageParts {
  const { columns, properties, locations } = partsOf(values, allColumnValues(Image, values))
  const { id, size, min_disk, min_ram, ...others } = columns
  if (columns.status === undefined || columns.status === null) {
    throw new GlanceError('Invalid', 'An image needs a status.')
  }
  return {
    columns: {
      ...others,
      ...(id === undefined || id === null ? {} : { id }),
      ...(size === undefined || size === null ? {} : { size: toInteger('size', size) }),
      ...(min_disk === undefined ? {} : { min_disk: toInteger('min_disk', min_disk ?? 0) }),
      ...(min_ram === undefined ? {} : { min_ram: toInteger('min_ram', min_ram ?? 0) }),
      protected: Boolean(columns.protected),
    },
    properties,
    locations,
  }
}

/**
 * The columns, properties and locations that an update changes. Nothing is converted.
 * @throws GlanceError `Invalid`.
 */
export function changedImage(values: Dictionary): ImageParts {
  return partsOf(values, columnValues(Image, values))
}

function partsOf(values: Dictionary, given: Dictionary): ImageParts {
  const { properties, locations = null } = values
  const columns = withVisibility(values, 'owner' in given ? { ...given, owner: given.owner || null } : given)
  for (const [name, known] of [
    ['status', imageStatuses],
    ['visibility', imageVisibilities],
  ] as const) {
    if (columns[name] !== undefined && !known.some((text) => text === columns[name])) {
      throw new GlanceError('Invalid', 'The value is none of those that images have.', { [name]: columns[name] })
    }
  }
  if (locations !== null && !Array.isArray(locations)) throw new GlanceError('Invalid', 'Locations are a list.')
  return { columns, properties: dictionaryOrNone(properties), locations }
}

/** The older word for the visibility. */
function withVisibility(values: Dictionary, columns: Dictionary): Dictionary {
  if (!('is_public' in values)) return columns
  if ('visibility' in values) throw new GlanceError('Invalid', 'Give visibility or is_public, not both.')
  return { ...columns, visibility: values.is_public ? 'public' : 'shared' }
}

function dictionaryOrNone(properties: unknown): Dictionary {
  if (properties === undefined || properties === null) return {}
  if (isDictionary(properties)) return properties
  throw new GlanceError('Invalid', 'Properties are a dictionary of texts.')
}

/** A whole number, or the digits of one. */
function toInteger(name: string, value: unknown): number {
  const isDigits = typeof value === 'string' && /^\s*[+-]?\d+\s*$/.test(value)
  const number = isDigits ? Number(value) : value
  if (typeof number === 'number' && Number.isSafeInteger(number)) return number
  throw new GlanceError('Invalid', 'The value is a whole number.', { [name]: value })
}
