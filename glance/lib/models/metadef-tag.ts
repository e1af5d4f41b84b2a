import { column, entity, globalScope, index, manyToOne, primaryKey, type Ref, t, unique } from 'rome-orm'
import { Dated } from './dated.js'
import { MetadefNamespace } from './metadef-namespace.js'

/** A tag of a namespace. */
@globalScope
@entity('metadef_tags')
@unique('namespace_id', 'name')
@index('namespace_id', 'created_at')
export class MetadefTag extends Dated {
  @primaryKey(t.integer()) id!: number
  @column(t.integer()) namespace_id!: number
  @column(t.string({ max: 80 })) name!: string
  @manyToOne(() => MetadefNamespace, { column: 'namespace_id', onDelete: 'cascade' })
  readonly in_namespace!: Ref<MetadefNamespace>
}
