import { column, entity, globalScope, primaryKey, t } from 'rome-orm'

/** The next number of a table whose rows are numbered. Not a table of Glance's. */
@globalScope
@entity('glance_serials')
export class Serial {
  @primaryKey(t.string({ max: 80 })) name!: string
  @column(t.integer()) next!: number
}
