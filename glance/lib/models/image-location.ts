import { column, entity, globalScope, index, type JsonValue, primaryKey, t } from 'rome-orm'
import { SoftDeletable } from './soft-deletable.js'

/** Where the data of an image are. */
@globalScope
@entity('image_locations')
@index('image_id', { include: ['value', 'meta_data', 'status', 'deleted'] })
@index('deleted_at', { where: (location) => location.deleted_at.isNotNull() })
export class ImageLocation extends SoftDeletable {
  @primaryKey(t.integer()) id!: number
  @column(t.string({ max: 36 })) image_id!: string
  /** The URL. */
  @column(t.text()) value!: string
  @column(t.json<JsonValue>().nullable().default({})) meta_data!: JsonValue | null
  @column(t.string({ max: 30 }).default('active')) status!: string
}
