import { column, entity, globalScope, type JsonValue, manyToOne, primaryKey, type Ref, t, unique } from 'rome-orm'
import { Dated } from './dated.js'
import { MetadefNamespace } from './metadef-namespace.js'

/** An object of a namespace: properties that belong together. */
@globalScope
@entity('metadef_objects')
@unique('namespace_id', 'name')
export class MetadefObject extends Dated {
  @primaryKey(t.integer()) id!: number
  @column(t.integer()) namespace_id!: number
  @column(t.string({ max: 80 })) name!: string
  @column(t.text().nullable()) description!: string | null
  @column(t.text().nullable()) required!: string | null
  @column(t.json<JsonValue>().default({})) json_schema!: JsonValue
  @manyToOne(() => MetadefNamespace, { column: 'namespace_id', onDelete: 'cascade' })
  readonly in_namespace!: Ref<MetadefNamespace>
}
