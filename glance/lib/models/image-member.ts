import { column, entity, globalScope, index, primaryKey, t, unique } from 'rome-orm'
import { SoftDeletable } from './soft-deletable.js'

/**
 * A tenant that an image is shared with. The unique columns bind deleted rows only, since null equals nothing; they
 * also serve as the index of an image's members.
 */
@globalScope
@entity('image_members')
@unique('image_id', 'member', 'deleted_at')
@index('member', 'status', 'image_id', { include: ['deleted'] })
@index('deleted_at', { where: (member) => member.deleted_at.isNotNull() })
export class ImageMember extends SoftDeletable {
  @primaryKey(t.integer()) id!: number
  @column(t.string({ max: 36 })) image_id!: string
  /** The tenant's id. */
  @column(t.string({ max: 255 })) member!: string
  @column(t.boolean().default(false)) can_share!: boolean
  @column(t.string({ max: 20 }).default('pending')) status!: string
}
