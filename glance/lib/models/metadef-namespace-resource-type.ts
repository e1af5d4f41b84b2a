import { column, entity, globalScope, index, manyToOne, primaryKey, type Ref, t } from 'rome-orm'
import { Dated } from './dated.js'
import { MetadefNamespace } from './metadef-namespace.js'
import { MetadefResourceType } from './metadef-resource-type.js'

/** That a namespace is for a resource type. It goes with its namespace, and keeps its resource type from going. */
@globalScope
@entity('metadef_namespace_resource_types')
@index('namespace_id')
export class MetadefNamespaceResourceType extends Dated {
  @primaryKey(t.integer()) resource_type_id!: number
  @primaryKey(t.integer()) namespace_id!: number
  @column(t.string({ max: 80 }).nullable()) properties_target!: string | null
  @column(t.string({ max: 80 }).nullable()) prefix!: string | null
  @manyToOne(() => MetadefNamespace, { column: 'namespace_id', onDelete: 'cascade' })
  readonly in_namespace!: Ref<MetadefNamespace>
  @manyToOne(() => MetadefResourceType, { column: 'resource_type_id' })
  readonly resource_type!: Ref<MetadefResourceType>
}
