import type { Timestamp } from 'rome-orm'
import type { ImageMember } from '../models/image-member.js'

/** A membership, as the functions of members answer it. */
export interface MemberRecord {
  readonly id: number
  readonly image_id: string
  readonly member: string
  readonly can_share: boolean
  readonly status: string
  readonly created_at: Timestamp
  readonly updated_at: Timestamp | null
  readonly deleted: boolean
}

export function memberRecord(row: ImageMember): MemberRecord {
  const { id, image_id, member, can_share, status, created_at, updated_at, deleted } = row
  return { id, image_id, member, can_share, status, created_at, updated_at, deleted }
}
