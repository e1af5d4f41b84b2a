import { column, entity, globalScope, primaryKey, t, unique } from 'rome-orm'
import { Dated } from './dated.js'

/** A kind of resource that namespaces may be for, such as `OS::Nova::Server`. */
@globalScope
@entity('metadef_resource_types')
@unique('name')
export class MetadefResourceType extends Dated {
  @primaryKey(t.integer()) id!: number
  @column(t.string({ max: 80 })) name!: string
  @column(t.boolean().default(false)) protected!: boolean
}
