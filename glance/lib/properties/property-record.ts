import type { Timestamp } from 'rome-orm'
import type { ImageProperty } from '../models/image-property.js'

/** A property of an image. */
export interface PropertyRecord {
  readonly id: number
  readonly image_id: string
  readonly name: string
  readonly value: string | null
  readonly created_at: Timestamp
  readonly updated_at: Timestamp | null
  readonly deleted_at: Timestamp | null
  readonly deleted: boolean
}

export function propertyRecord(row: ImageProperty): PropertyRecord {
  const { id, image_id, name, value, created_at, updated_at, deleted_at, deleted } = row
  return { id, image_id, name, value, created_at, updated_at, deleted_at, deleted }
}
