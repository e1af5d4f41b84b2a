import { type Column, fields, type JsonValue, type Predicate, type RomeSession, type Timestamp } from 'rome-orm'
import type { Caller } from '../database/caller.js'
import type { Image } from '../models/image.js'
import { ImageLocation } from '../models/image-location.js'
import { ImageProperty } from '../models/image-property.js'
import { ImageTag } from '../models/image-tag.js'
import type { PropertyRecord } from '../properties/property-record.js'

const location = fields(ImageLocation)
const property = fields(ImageProperty)
const tag = fields(ImageTag)

type ChildRow = readonly [id: number, image_id: string, ...values: unknown[]]
type PropertyRow = [number, string, string, string | null, Timestamp, Timestamp | null, Timestamp | null, boolean]
type LocationRow = [number, string, string, JsonValue | null, string]

/** An image, with all its columns, its properties and its locations. */
export interface ImageRecord {
  readonly id: string
  readonly name: string | null
  readonly disk_format: string | null
  readonly container_format: string | null
  readonly size: number | null
  readonly virtual_size: number | null
  readonly status: string
  /** Left out with `v1_mode`. */
  readonly visibility?: string
  /** With `v1_mode` only: whether the visibility is public. */
  readonly is_public?: boolean
  readonly checksum: string | null
  readonly os_hash_algo: string | null
  readonly os_hash_value: string | null
  readonly min_disk: number
  readonly min_ram: number
  readonly owner: string | null
  readonly protected: boolean
  readonly os_hidden: boolean
  readonly created_at: Timestamp
  readonly updated_at: Timestamp | null
  readonly deleted_at: Timestamp | null
  readonly deleted: boolean
  /** Deleted ones included. */
  readonly properties: readonly PropertyRecord[]
  /** In the order of their creation. */
  readonly locations: readonly LocationRecord[]
  /** With `return_tag` only: their values, in the order of their creation. */
  readonly tags?: readonly string[]
}

/** Where the data of an image are. */
export interface LocationRecord {
  readonly id: number
  readonly url: string
  readonly metadata: JsonValue | null
  readonly status: string
}

/** What an answer shows of images. */
export interface RecordOptions {
  readonly withDeletedLocations?: boolean | undefined
  readonly withTags?: boolean | undefined
  readonly v1_mode?: boolean | undefined
}

/** The records of images, in their order. Cost: a query each for properties, locations and tags, for all together. */
export async function imageRecords(
  session: RomeSession,
  caller: Caller,
  images: readonly Image[],
  { withDeletedLocations = false, withTags = false, v1_mode = false }: RecordOptions = {},
): Promise<ImageRecord[]> {
  if (images.length === 0) return []
  // In the order that a list of a query has, so that it is sorted once.
  const ids = images.map(({ id }) => id).sort()
  // A list is a part of the query that it is in, so that no plan would be kept for the usual one image.
  const ofImages = (column: Column<string>) => (ids.length === 1 ? column.eq(ids[0]) : column.in(ids))
  const { id, image_id, name, value, created_at, updated_at, deleted_at, deleted } = property
  const properties = byImage(
    await session
      .query(id, image_id, name, value, created_at, updated_at, deleted_at, deleted)
      .filter(ofImages(image_id))
      .all(),
  )
  const shownLocations: Predicate[] = withDeletedLocations ? [] : [location.deleted.eq(false)]
  const locations = byImage(
    await session
      .query(location.id, location.image_id, location.value, location.meta_data, location.status)
      .filter(ofImages(location.image_id), ...shownLocations)
      .all(),
  )
  const tagQuery = () =>
    session.query(tag.id, tag.image_id, tag.value).filter(ofImages(tag.image_id), tag.deleted.eq(false))
  const tags = withTags ? byImage(await tagQuery().all()) : undefined
  return images.map((image) => {
    // Where the data of a deactivated image are is for admins only.
    const isClosed = image.status === 'deactivated' && !caller.isAdmin
    const record = recordOf(image, {
      properties: (properties.get(image.id) ?? []).map(propertyRecordOf),
      locations: isClosed ? [] : (locations.get(image.id) ?? []).map(locationRecordOf),
    })
    const tagged =
      tags === undefined ? record : { ...record, tags: tags.get(image.id)?.map(([, , value]) => value) ?? [] }
    return v1_mode ? v1Record(tagged) : tagged
  })
}

/** The record of one image. */
export async function imageRecord(
  session: RomeSession,
  caller: Caller,
  image: Image,
  options?: RecordOptions,
): Promise<ImageRecord> {
  const [record] = await imageRecords(session, caller, [image], options)
  return record
}

/** Every record has its fields in one order, which keeps making them cheap. */
function recordOf(image: Image, children: Pick<ImageRecord, 'properties' | 'locations'>): ImageRecord {
  return {
    id: image.id,
    name: image.name,
    disk_format: image.disk_format,
    container_format: image.container_format,
    size: image.size,
    virtual_size: image.virtual_size,
    status: image.status,
    visibility: image.visibility,
    checksum: image.checksum,
    os_hash_algo: image.os_hash_algo,
    os_hash_value: image.os_hash_value,
    min_disk: image.min_disk,
    min_ram: image.min_ram,
    owner: image.owner,
    protected: image.protected,
    os_hidden: image.os_hidden,
    created_at: image.created_at,
    updated_at: image.updated_at,
    deleted_at: image.deleted_at,
    deleted: image.deleted,
    properties: children.properties,
    locations: children.locations,
  }
}

/** The record for clients of the first version of Glance's API. */
function v1Record({ visibility, ...record }: ImageRecord): ImageRecord {
  return { ...record, is_public: visibility === 'public' }
}

function propertyRecordOf(row: PropertyRow): PropertyRecord {
  const [id, image_id, name, value, created_at, updated_at, deleted_at, deleted] = row
  return { id, image_id, name, value, created_at, updated_at, deleted_at, deleted }
}

function locationRecordOf([id, , url, metadata, status]: LocationRow): LocationRecord {
  return { id, url, metadata, status }
}

/** Rows by the image they belong to, in the order of their creation. */
function byImage<Row extends ChildRow>(rows: readonly Row[]): ReadonlyMap<string, readonly Row[]> {
  const groups = new Map<string, Row[]>()
  // Those of one image come side by side, and mostly in this order.
  const isOrdered = rows.every((row, at) => at === 0 || rows[at - 1][1] !== row[1] || rows[at - 1][0] < row[0])
  for (const row of isOrdered ? rows : rows.toSorted((a, b) => a[0] - b[0])) {
    const group = groups.get(row[1])
    if (group === undefined) groups.set(row[1], [row])
    else group.push(row)
  }
  return groups
}
