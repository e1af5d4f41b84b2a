import { type Column, fields, type Predicate, schemaOf, Timestamp } from 'rome-orm'
import { GlanceError } from '../errors/glance-error.js'
import { equalTo, equalToAny } from '../lists/equal-to.js'
import { Image } from '../models/image.js'
import { propertyText } from '../properties/write-property.js'
import { type Dictionary, isDictionary } from '../values/dictionary.js'
import { parseTime } from '../values/time-text.js'
import { parseChoices, parseTimeComparison } from './filter-text.js'

const image = fields(Image)
const columns = schemaOf(Image).columnByName

/** What filters ask of a list of images. */
export interface ImageFilters {
  /** What must be true of an image's own columns. */
  readonly conditions: readonly Predicate[]
  /**
   * What must be true of an image and is of most: for what has been read, since a query that knows nothing of the
   * images expects any condition to leave few of them, and reads accordingly many.
   */
  readonly isShown: (row: Image) => boolean
  /** Names and values of properties that it must have. */
  readonly properties: readonly (readonly [name: string, value: string | null])[]
  /** Tags that it must have. */
  readonly tags: readonly string[]
  /** `undefined` when nothing is said of it. */
  readonly visibility: unknown
  /** `undefined` when nothing is said of it. */
  readonly owner: unknown
  /** Deleted images are asked for, so that markers and locations may be deleted too. */
  readonly isShowingDeleted: boolean
}

const choiceColumns: ReadonlySet<string> = new Set(['name', 'id', 'status', 'container_format', 'disk_format'])
const timeColumns: ReadonlySet<string> = new Set(['created_at', 'updated_at'])
const plainColumns: ReadonlySet<string> = new Set(['os_hidden', 'checksum', 'os_hash_value'])

/**
 * Reads the filters of a list: columns by the rules of each, and names that are no column as properties.
 * @throws GlanceError `Invalid` and those below it.
 */
export function parseImageFilters(filters: Dictionary): ImageFilters {
  const conditions: Predicate[] = []
  const properties: [string, string | null][] = []
  const { visibility, deleted, tags } = filters
  const since = filters['changes-since']
  if (since !== undefined && since !== null) conditions.push(image.updated_at.gt(timeOf('changes-since', since)))
  if (deleted) conditions.push(image.deleted.eq(true))
  for (const [name, value] of Object.entries(filters)) {
    if (['visibility', 'deleted', 'changes-since', 'tags'].includes(name)) continue
    if (name === 'properties') properties.push(...propertiesOf(value))
    else if (name === 'os_hidden' && (value === false || value === 0)) continue
    else if (plainColumns.has(name)) conditions.push(equalTo(column(name), columnValue(name, value)))
    else if (value === null || value === undefined) continue
    else if (/_(?:min|max)$/.test(name)) conditions.push(ofRange(name, value))
    else if (timeColumns.has(name)) conditions.push(ofTime(name, value))
    else if (choiceColumns.has(name)) conditions.push(equalToAny(column(name), parseChoices(name, value)))
    else if (columns.has(name)) conditions.push(equalTo(column(name), columnValue(name, value)))
    else properties.push([name, propertyText(value)])
  }
  return {
    conditions,
    isShown: usualFilter(filters),
    properties,
    tags: tagsOf(tags),
    visibility,
    owner: filters.owner,
    isShowingDeleted: (since !== undefined && since !== null) || Boolean(deleted),
  }
}

/** What is true of most images. Those that were killed count as deleted where live ones are asked for. */
function usualFilter({ deleted, os_hidden }: Dictionary): (row: Image) => boolean {
  const isLive = deleted === false || deleted === 0
  const isOpen = os_hidden === false || os_hidden === 0
  return (row) => !(isLive && (row.deleted || row.status === 'killed')) && !(isOpen && row.os_hidden)
}

function ofTime(name: string, value: unknown): Predicate {
  if (value instanceof Timestamp) return column(name).eq(value)
  const { operator, time } = parseTimeComparison(name, value)
  return column(name)[operator](time)
}

/** `size_min` and its like. An image without the value is in no range. */
function ofRange(name: string, value: unknown): Predicate {
  const columnName = name.slice(0, -'_min'.length)
  if (columns.get(columnName)?.type.kind !== 'integer') {
    throw new GlanceError('Invalid', 'Only columns of numbers have ranges.', { [name]: value })
  }
  const bound = numberOf(value)
  if (bound === undefined) throw new GlanceError('InvalidFilterRangeValue', 'A range has a number.', { [name]: value })
  return name.endsWith('_min') ? column(columnName).gte(bound) : column(columnName).lte(bound)
}

/** A whole number or the digits of one, held within what columns can have. */
function numberOf(value: unknown): number | undefined {
  const isDigits = typeof value === 'string' && /^\s*[+-]?\d+\s*$/.test(value)
  const number = isDigits ? Number(value) : value
  if (typeof number !== 'number' || !Number.isFinite(number)) return undefined
  return Math.max(Number.MIN_SAFE_INTEGER, Math.min(Number.MAX_SAFE_INTEGER, Math.trunc(number)))
}

function propertiesOf(given: unknown): [string, string | null][] {
  if (given === null || given === undefined) return []
  if (!isDictionary(given)) throw new GlanceError('Invalid', 'Properties are a dictionary of texts.')
  return Object.entries(given).map(([name, value]) => [name, propertyText(value)])
}

function tagsOf(tags: unknown): readonly string[] {
  if (tags === null || tags === undefined) return []
  if (Array.isArray(tags) && tags.every((tag) => typeof tag === 'string')) return tags
  throw new GlanceError('Invalid', 'Tags are a list of texts.', { tags })
}

/** Digits for a column of numbers and a text for a column of times stand for what they say. */
function columnValue(name: string, value: unknown): unknown {
  const kind = columns.get(name)?.type.kind
  if (kind === 'integer') return numberOf(value) ?? value
  if (kind === 'timestamp' && typeof value === 'string') return parseTime(value) ?? value
  if (kind === 'boolean' && (value === 0 || value === 1)) return value === 1
  return value
}

function timeOf(name: string, value: unknown): Timestamp {
  const time = typeof value === 'string' ? parseTime(value) : value
  if (time instanceof Timestamp) return time
  throw new GlanceError('InvalidParameterValue', 'The filter needs a time.', { [name]: value })
}

function column(name: string): Column<unknown> {
  return Reflect.get(image, name)
}
