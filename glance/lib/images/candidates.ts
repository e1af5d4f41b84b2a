import { fields, lower, or_, type Predicate, type RomeSession } from 'rome-orm'
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
  /** The owner that a filter asks for, if one does. */
  readonly owner: unknown
  /** Null for the usual: all but the community's, save the caller's own. */
  readonly visibility: unknown
}

/** What must be true of an image, in one of the ways in which it may get into a list. */
export type Way = readonly Predicate[]

/**
 * The ways in which images get into a list for a caller, of which an image may come by several. Each has an index that
 * gives a page of it in order, which no index does for all of them.
 */
export function candidates(session: RomeSession, audience: Audience): readonly Way[] {
  const { caller, isRegular, visibility } = audience
  if (!isRegular) return [listedForAdmin(caller, visibility)]
  const isUsual = visibility === null || visibility === undefined
  const isOpen = (text: string) => visibility === 'all' || visibility === text
  const ways: Way[] = []
  if (isUsual || isOpen('public')) ways.push([image.visibility.eq('public')])
  if (isOpen('community')) ways.push([image.visibility.eq('community')])
  if (caller.owner !== null) {
    const isOwn = image.owner.eq(caller.owner)
    // Whatever else lists the caller's own images, this way lists them all.
    if (audience.owner === caller.owner && (isUsual || visibility === 'all')) return [[isOwn]]
    if (isUsual || visibility === 'all') ways.push([isOwn])
    else if (visibility === 'private' || visibility === 'shared') ways.push([isOwn, image.visibility.eq(visibility)])
    if (isUsual || isOpen('shared')) ways.push(sharedWith(session, caller.owner, audience.memberStatus))
  }
  return ways
}

function listedForAdmin(caller: Caller, visibility: unknown): Way {
  if (visibility === 'all') return []
  if (visibility !== null && visibility !== undefined) return [equalTo(image.visibility, visibility)]
  const isNotCommunity = image.visibility.ne('community')
  return [caller.owner === null ? isNotCommunity : or_(isNotCommunity, image.owner.eq(caller.owner))]
}

/**
 * By the ids that the memberships name, of which a tenant has few. Most images of a cloud are of that visibility,
 * shared with nobody, so that it is asked for in a way that its index does not serve.
 */
function sharedWith(session: RomeSession, owner: string, status: string): Way {
  const memberships = session.query(member.image_id).filter(member.member.eq(owner), member.deleted.eq(false))
  const counting = status === 'all' ? memberships : memberships.filter(equalTo(member.status, status))
  return [image.id.in(counting), lower(image.visibility).eq('shared')]
}
