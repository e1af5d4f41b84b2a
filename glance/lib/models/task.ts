import { randomUUID } from 'node:crypto'
import { and_, column, entity, globalScope, index, primaryKey, type Timestamp, t } from 'rome-orm'
import { SoftDeletable } from './soft-deletable.js'

/** Something that Glance does by and by, such as an import. What it was given and what came of it is a `TaskInfo`. */
@globalScope
@entity('tasks')
@index('owner', 'created_at')
@index('status', 'created_at')
@index('type', 'created_at')
@index('created_at')
@index('image_id', 'created_at', { where: (task) => task.image_id.isNotNull() })
@index('owner', 'expires_at', { where: (task) => and_(task.expires_at.isNotNull(), task.deleted.eq(false)) })
@index('deleted_at', { where: (task) => task.deleted_at.isNotNull() })
export class Task extends SoftDeletable {
  @primaryKey(t.string({ max: 36 }).default(randomUUID)) id!: string
  @column(t.string({ max: 30 })) type!: string
  @column(t.string({ max: 30 })) status!: string
  @column(t.string({ max: 255 })) owner!: string
  @column(t.datetime({ precision: 6 }).nullable()) expires_at!: Timestamp | null
  @column(t.string({ max: 36 }).nullable()) image_id!: string | null
  @column(t.string({ max: 64 }).nullable()) request_id!: string | null
  @column(t.string({ max: 64 }).nullable()) user_id!: string | null
}
