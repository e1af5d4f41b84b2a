import { column, entity, globalScope, type JsonValue, manyToOne, primaryKey, type Ref, t, unique } from 'rome-orm'
import { Dated } from './dated.js'
import { MetadefNamespace } from './metadef-namespace.js'

/** A property that images may have, and its schema. */
@globalScope
@entity('metadef_properties')
@unique('namespace_id', 'name')
export class MetadefProperty extends Dated {
  @primaryKey(t.integer()) id!: number
  @column(t.integer()) namespace_id!: number
  @column(t.string({ max: 80 })) name!: string

  @column(t.json<JsonValue>().default({})) json_schema!: JsonValue
  @manyToOne(() => MetadefNamespace, { column: 'namespace_id', onDelete: 'cascade' })
  readonly in_namespace!: Ref<MetadefNamespace>
}
