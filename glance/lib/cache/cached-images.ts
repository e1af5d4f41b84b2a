import { create, fields, type Query, type RomeSession, type Timestamp } from 'rome-orm'
import type { Caller } from '../database/caller.js'
import { type CommandGroup, command } from '../database/command.js'
import type { GlanceStore } from '../database/glance-store.js'
import { parameters } from '../database/parameter.js'
import { equalTo } from '../lists/equal-to.js'
import { CachedImage } from '../models/cached-image.js'
import { NodeReference } from '../models/node-reference.js'
import { now } from '../values/clock.js'
import { refuseFourByteCharacters } from '../values/four-byte-characters.js'
import { type NodeArguments, nodeAt, requireNode } from './node-references.js'

const cached = fields(CachedImage)

/** An image in the cache of a node, as the functions answer it. */
export interface CachedImageRecord {
  readonly id: number
  readonly image_id: string
  /** In seconds since 1970, with a fraction. */
  readonly last_accessed: number
  /** In seconds since 1970, with a fraction. */
  readonly last_modified: number
  /** In bytes. */
  readonly size: number
  readonly hits: number
  readonly checksum: string | null
}

/** A node and an image. */
export interface CachedImageArguments extends NodeArguments {
  readonly image_id: string
}

/** What is in the cache of a node from now on. */
export interface CacheDetails extends CachedImageArguments {
  /** In bytes. */
  readonly filesize: number
  readonly checksum?: string | undefined
  /** Now when absent. */
  readonly last_accessed?: Timestamp | undefined
  /** Now when absent. */
  readonly last_modified?: Timestamp | undefined
  /** 0 when absent. */
  readonly hits?: number | undefined
}

const imageOfNode = { image_id: parameters.text, node_reference_url: parameters.text } as const

/** Which node has which image in its cache. Nobody looks who is asking, or whether the image is there. */
export class CachedImages implements CommandGroup {
  readonly commands = {
    insert_cache_details: command(
      {
        ...imageOfNode,
        filesize: parameters.number,
        checksum: parameters.optionalText,
        last_accessed: parameters.optionalTime,
        last_modified: parameters.optionalTime,
        hits: parameters.optionalNumber,
      },
      (caller, given) => this.insert(caller, given),
    ),
    get_cached_images: command({ node_reference_url: parameters.text }, (caller, given) => this.getAll(caller, given)),
    get_cached_nodes: command({ image_id: parameters.text }, (caller, given) => this.getNodes(caller, given)),
    get_hit_count: command(imageOfNode, (caller, given) => this.getHitCount(caller, given)),
    get_least_recently_accessed: command({ node_reference_url: parameters.text }, (caller, given) =>
      this.getLeastRecentlyAccessed(caller, given),
    ),
    is_image_cached_for_node: command(imageOfNode, (caller, given) => this.isCached(caller, given)),
    update_hit_count: command(imageOfNode, (caller, given) => this.hit(caller, given)),
    delete_cached_image: command(imageOfNode, (caller, given) => this.delete(caller, given)),
    delete_all_cached_images: command({ node_reference_url: parameters.text }, (caller, given) =>
      this.deleteAll(caller, given),
    ),
  }
  readonly #store: GlanceStore

  constructor(store: GlanceStore) {
    this.#store = store
  }

  /**
   * Says that a node has an image in its cache. When it is said already nothing happens.
   * @throws GlanceError `NotFound` when there is no such node; `Invalid`.
   */
  async insert(_caller: Caller, given: CacheDetails): Promise<null> {
    refuseFourByteCharacters(given)
    const { node_reference_url, image_id, filesize: size, checksum = null, hits = 0 } = given
    const time = now()
    const { last_accessed = time, last_modified = time } = given
    const id = await this.#store.serials.next('cached_images')
    return this.#store.write(async (session) => {
      const { node_reference_id } = await requireNode(session, node_reference_url)
      if ((await findCached(session, given)) !== undefined) return null
      const times = { last_accessed, last_modified }
      session.add(create(CachedImage, { id, image_id, ...times, size, hits, checksum, node_reference_id }))
      return null
    })
  }

  /** What a node has in its cache, in the order in which it was put there; nothing for a node that is not known. */
  async getAll(_caller: Caller, { node_reference_url }: NodeArguments): Promise<CachedImageRecord[]> {
    return this.#store.read(async (session) => {
      const node = await nodeAt(session, node_reference_url)
      if (node === undefined) return []
      return (await cachedBy(session, node).orderBy(cached.id).all()).map(cachedImageRecord)
    })
  }

  /** The URLs of the nodes that have an image in their caches. */
  async getNodes(_caller: Caller, { image_id }: { readonly image_id: string }): Promise<string[]> {
    return this.#store.read(async (session) => {
      const rows = await session.query(CachedImage).filter(equalTo(cached.image_id, image_id)).orderBy(cached.id).all()
      const nodes = await session.getMany(
        NodeReference,
        rows.map(({ node_reference_id }) => node_reference_id),
      )
      return nodes.flatMap((node) => (node === undefined ? [] : [node.node_reference_url]))
    })
  }

  /** How often an image was taken from the cache of a node; 0 when it is not there. */
  async getHitCount(_caller: Caller, given: CachedImageArguments): Promise<number> {
    return this.#store.read(async (session) => (await findCached(session, given))?.hits ?? 0)
  }

  /** The image in the cache of a node that was not used for the longest time; null when there is none. */
  async getLeastRecentlyAccessed(_caller: Caller, { node_reference_url }: NodeArguments): Promise<string | null> {
    return this.#store.read(async (session) => {
      const node = await nodeAt(session, node_reference_url)
      if (node === undefined) return null
      return (await leastRecentlyAccessed(session, node).first())?.image_id ?? null
    })
  }

  /** Whether a node has an image in its cache. */
  async isCached(_caller: Caller, given: CachedImageArguments): Promise<boolean> {
    return this.#store.read(async (session) => (await findCached(session, given)) !== undefined)
  }

  /**
   * Counts that an image was taken from the cache of a node, and notes when. Nothing happens when it is not there.
   * @throws GlanceError `Invalid`.
   */
  async hit(_caller: Caller, given: CachedImageArguments): Promise<null> {
    refuseFourByteCharacters(given)
    return this.#store.write(async (session) => {
      const row = await findCached(session, given)
      if (row !== undefined) Object.assign(row, { hits: row.hits + 1, last_accessed: now() })
      return null
    })
  }

  /** Says that a node has an image in its cache no longer. Nothing happens when it is not there. */
  async delete(_caller: Caller, given: CachedImageArguments): Promise<null> {
    return this.#store.write(async (session) => {
      const row = await findCached(session, given)
      if (row !== undefined) session.delete(row)
      return null
    })
  }

  /** Says that a node has nothing in its cache. @throws GlanceError `Invalid`. */
  async deleteAll(_caller: Caller, given: NodeArguments): Promise<null> {
    refuseFourByteCharacters(given)
    return this.#store.write(async (session) => {
      const node = await nodeAt(session, given.node_reference_url)
      if (node !== undefined) await cachedBy(session, node).hardDelete()
      return null
    })
  }
}

async function findCached(
  session: RomeSession,
  { node_reference_url, image_id }: CachedImageArguments,
): Promise<CachedImage | undefined> {
  const node = await nodeAt(session, node_reference_url)
  if (node === undefined) return undefined
  return cachedBy(session, node).filter(equalTo(cached.image_id, image_id)).oneOrNone()
}

/** The query of what a node has in its cache. */
export function cachedBy(session: RomeSession, node: NodeReference): Query<CachedImage, CachedImage> {
  return session.query(CachedImage).filter(cached.node_reference_id.eq(node.node_reference_id))
}

/** The query of what a node has in its cache, from what was not used for the longest time. */
export function leastRecentlyAccessed(session: RomeSession, node: NodeReference): Query<CachedImage, CachedImage> {
  return cachedBy(session, node).orderBy(cached.last_accessed, cached.id).limit(1)
}

function cachedImageRecord(row: CachedImage): CachedImageRecord {
  const { id, image_id, last_accessed, last_modified, size, hits, checksum } = row
  const times = { last_accessed: secondsOf(last_accessed), last_modified: secondsOf(last_modified) }
  return { id, image_id, ...times, size, hits, checksum }
}

function secondsOf(time: Timestamp): number {
  return Number(time.microseconds) / 1_000_000
}
