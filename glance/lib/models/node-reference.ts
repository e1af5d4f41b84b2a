import { column, entity, globalScope, primaryKey, t, unique } from 'rome-orm'

/** A node of Glance that caches images. */
@globalScope
@entity('node_reference')
@unique('node_reference_url')
export class NodeReference {
  @primaryKey(t.integer()) node_reference_id!: number
  @column(t.string({ max: 255 })) node_reference_url!: string
}
