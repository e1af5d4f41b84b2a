import { column, entity, globalScope, index, primaryKey, t, unique } from 'rome-orm'
import { Dated } from './dated.js'

/** A named set of definitions of metadata. Erasing it erases what belongs to it. */
@globalScope
@entity('metadef_namespaces')
@unique('namespace')
@index('owner', 'created_at')
@index('visibility', 'created_at')
@index('created_at')
export class MetadefNamespace extends Dated {
  @primaryKey(t.integer()) id!: number
  @column(t.string({ max: 80 })) namespace!: string
  @column(t.string({ max: 80 }).nullable()) display_name!: string | null
  @column(t.text().nullable()) description!: string | null
  @column(t.string({ max: 32 }).nullable()) visibility!: string | null
  @column(t.boolean().nullable()) protected!: boolean | null
  @column(t.string({ max: 255 })) owner!: string
}
