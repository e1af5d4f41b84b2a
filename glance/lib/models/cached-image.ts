import {
  column,
  entity,
  globalScope,
  index,
  manyToOne,
  primaryKey,
  type Ref,
  type Timestamp,
  t,
  unique,
} from 'rome-orm'
import { NodeReference } from './node-reference.js'

/** That a node has an image in its cache. */
@globalScope
@entity('cached_images')
@unique('image_id', 'node_reference_id')
@index('node_reference_id', 'last_accessed')
export class CachedImage {
  @primaryKey(t.integer()) id!: number
  @column(t.string({ max: 36 })) image_id!: string
  @column(t.datetime({ precision: 6 })) last_accessed!: Timestamp
  @column(t.datetime({ precision: 6 })) last_modified!: Timestamp
  /** In bytes. */
  @column(t.integer()) size!: number
  @column(t.integer()) hits!: number
  @column(t.string({ max: 32 }).nullable()) checksum!: string | null
  @column(t.integer()) node_reference_id!: number
  @manyToOne(() => NodeReference, { column: 'node_reference_id' })
  readonly node!: Ref<NodeReference>
}
