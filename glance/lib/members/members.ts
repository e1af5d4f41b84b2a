import { create, exists, fields, or_, type Predicate, type RomeSession } from 'rome-orm'
import type { Caller } from '../database/caller.js'
import { type CommandGroup, command } from '../database/command.js'
import type { GlanceStore } from '../database/glance-store.js'
import { parameters } from '../database/parameter.js'
import { GlanceError } from '../errors/glance-error.js'
import { equalTo } from '../lists/equal-to.js'
import { findByKey } from '../lists/find-by-key.js'
import { Image } from '../models/image.js'
import { ImageMember } from '../models/image-member.js'
import { now } from '../values/clock.js'
import { columnValues } from '../values/column-values.js'
import type { Dictionary } from '../values/dictionary.js'
import { refuseFourByteCharacters } from '../values/four-byte-characters.js'
import { type MemberRecord, memberRecord } from './member-record.js'

const image = fields(Image)
const member = fields(ImageMember)

/** What a membership is made of, or changed to. */
export interface MemberValues {
  readonly image_id?: string
  readonly member?: string
  readonly can_share?: boolean
  readonly status?: string
}

/** Which memberships are asked for; null stands for any. */
export interface MemberFilter {
  readonly image_id?: string | null | undefined
  readonly member?: string | null | undefined
  readonly status?: string | null | undefined
  readonly include_deleted?: boolean | undefined
}

/** The tenants that images are shared with. */
export class Members implements CommandGroup {
  readonly commands = {
    image_member_create: command({ values: parameters.dictionary }, (caller, given) => this.create(caller, given)),
    image_member_update: command({ memb_id: parameters.number, values: parameters.dictionary }, (caller, given) =>
      this.update(caller, given),
    ),
    image_member_delete: command({ memb_id: parameters.number }, (caller, given) => this.delete(caller, given)),
    image_member_find: command(
      {
        image_id: parameters.optionalText,
        member: parameters.optionalText,
        status: parameters.optionalText,
        include_deleted: parameters.flag,
      },
      (caller, given) => this.find(caller, given),
    ),
    image_member_count: command({ image_id: parameters.nullableText }, (caller, given) => this.count(caller, given)),
  }
  readonly #store: GlanceStore

  constructor(store: GlanceStore) {
    this.#store = store
  }

  /**
   * Shares an image: `can_share` is false and `status` `pending` unless given. Nobody looks whether the image is there,
   * or the membership is: whoever calls looks before.
   * @throws GlanceError `Invalid`.
   *
   * @example
   * ```ts
   * import type { Caller, GlanceDatabase } from '@rome-orm/glance'
   *
   * const share = (glance: GlanceDatabase, caller: Caller, image_id: string, tenant: string) =>
   *   glance.members.create(caller, { values: { image_id, member: tenant } })
   * ```
   */
  async create(_caller: Caller, { values }: { readonly values: MemberValues }): Promise<MemberRecord> {
    refuseFourByteCharacters(values)
    const id = await this.#store.serials.next('image_members')
    return this.#store.write(async (session) => {
      const row = session.add(create(ImageMember, { ...columnValues(ImageMember, values), deleted: false, id }))
      await session.flush()
      return memberRecord(row)
    })
  }

  /**
   * Changes a membership, and revives a deleted one. `can_share` becomes false unless given.
   * @throws GlanceError `NotFound`, `Invalid`.
   */
  async update(
    _caller: Caller,
    { memb_id, values }: { readonly memb_id: number; readonly values: MemberValues },
  ): Promise<MemberRecord> {
    return this.#store.write(async (session) => {
      const row = await memberOf(session, memb_id)
      const { id: _id, ...given }: Dictionary = columnValues(ImageMember, values)
      Object.assign(row, { can_share: false, ...given, deleted: false, updated_at: now() })
      await session.flush()
      return memberRecord(row)
    })
  }

  /** Ends a membership. @throws GlanceError `NotFound`. */
  async delete(_caller: Caller, { memb_id }: { readonly memb_id: number }): Promise<null> {
    return this.#store.write(async (session) => {
      const row = await memberOf(session, memb_id)
      const time = now()
      Object.assign(row, { deleted: true, deleted_at: time, updated_at: time })
      return null
    })
  }

  /**
   * Memberships, in the order of their numbers. Who is no admin sees those of its own images, and its own: an owner of
   * null is equal to null here.
   */
  async find(caller: Caller, filter: MemberFilter = {}): Promise<MemberRecord[]> {
    return this.#store.read(async (session) => (await findMembers(session, caller, filter)).map(memberRecord))
  }

  /** How many memberships an image has, whoever asks. @throws GlanceError `Invalid` without an image. */
  async count(_caller: Caller, { image_id }: { readonly image_id: string | null }): Promise<number> {
    if (image_id === null || image_id === '') {
      throw new GlanceError('Invalid', 'Counting members needs the id of an image.')
    }
    return this.#store.read((session) =>
      session.query(ImageMember).filter(equalTo(member.image_id, image_id), member.deleted.eq(false)).count(),
    )
  }
}

/** The memberships that the caller may see. */
export async function findMembers(session: RomeSession, caller: Caller, filter: MemberFilter): Promise<ImageMember[]> {
  const conditions: Predicate[] = []
  if (!filter.include_deleted) conditions.push(member.deleted.eq(false))
  for (const name of ['image_id', 'member', 'status'] as const) {
    const value = filter[name]
    if (value !== undefined && value !== null) conditions.push(equalTo(member[name], value))
  }
  if (!caller.isAdmin) conditions.push(mayBeSeenBy(session, caller.owner))
  const all = conditions.length === 0 ? session.query(ImageMember) : session.query(ImageMember).filter(...conditions)
  return all.orderBy(member.id).all()
}

/** Memberships of images of this owner, and of this member. */
function mayBeSeenBy(session: RomeSession, owner: string | null): Predicate {
  const isOfImage = image.id.eq(member.image_id)
  if (owner === null) return exists(session.query(Image).filter(isOfImage, image.owner.isNull()))
  return or_(member.member.eq(owner), exists(session.query(Image).filter(isOfImage, image.owner.eq(owner))))
}

async function memberOf(session: RomeSession, id: number): Promise<ImageMember> {
  const row = await findByKey(session, ImageMember, id, { forUpdate: true })
  if (row === undefined) throw new GlanceError('NotFound', 'There is no membership of this id.', { id })
  return row
}
