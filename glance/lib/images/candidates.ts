import { and_, fields, or_, type Predicate, type RomeSession } from 'rome-orm'
import type { Caller } from '../database/caller.js'
import { equalTo } from '../lists/equal-to.js'
import { Image } from '../models/image.js'
import { ImageMember } from '../models/image-member.js'

const image = fields(Image)
const member = fields(ImageMember)

/** For whom images are listed, and which of those that it may see. */
export interface Audience {
  readonly caller: Caller
  /** An admin who sees what its tenant does. */
  readonly isRegular: boolean
  /** Of the memberships by which shared images are listed; `all` for any. */
  readonly memberStatus: string
  /** Null for the usual: all but the community's, save the caller's own. */
  readonly visibility: unknown
}

/**
 * Which images are listed for a caller. Each kind of visibility is a term of its own, so that each is read by its own
 * index.
 */
export function candidates(session: RomeSession, audience: Audience): Predicate[] {
  const { caller, isRegular, visibility } = audience
  if (!isRegular) return listedForAdmin(caller, visibility)
  const isOpen = (text: string) => visibility === 'all' || visibility === text
  const isUsual = visibility === null || visibility === undefined
  const ways: Predicate[] = []
  if (isUsual || isOpen('public')) ways.push(image.visibility.eq('public'))
  if (isOpen('community')) ways.push(image.visibility.eq('community'))
  if (caller.owner !== null) {
    const isOwn = image.owner.eq(caller.owner)
    ways.push(isUsual || visibility === 'all' ? isOwn : and_(isOwn, equalTo(image.visibility, visibility)))
    if (isUsual || isOpen('shared')) {
      ways.push(and_(image.visibility.eq('shared'), isSharedWith(session, caller.owner, audience.memberStatus)))
    }
  }
  return [ways.length === 0 ? image.id.in([]) : or_(...ways)]
}

function listedForAdmin(caller: Caller, visibility: unknown): Predicate[] {
  if (visibility === 'all') return []
  if (visibility !== null && visibility !== undefined) return [equalTo(image.visibility, visibility)]
  const isNotCommunity = image.visibility.ne('community')
  return [caller.owner === null ? isNotCommunity : or_(isNotCommunity, image.owner.eq(caller.owner))]
}

function isSharedWith(session: RomeSession, owner: string, status: string): Predicate {
  const memberships = session.query(member.image_id).filter(member.member.eq(owner), member.deleted.eq(false))
  return image.id.in(status === 'all' ? memberships : memberships.filter(equalTo(member.status, status)))
}
