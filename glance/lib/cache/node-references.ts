import { create, fields, type RomeSession } from 'rome-orm'
import type { Caller } from '../database/caller.js'
import { type CommandGroup, command } from '../database/command.js'
import type { GlanceStore } from '../database/glance-store.js'
import { parameters } from '../database/parameter.js'
import { GlanceError } from '../errors/glance-error.js'
import { equalTo } from '../lists/equal-to.js'
import { NodeReference } from '../models/node-reference.js'
import { refuseFourByteCharacters } from '../values/four-byte-characters.js'

const node = fields(NodeReference)

/** A node, as the functions answer it. */
export interface NodeReferenceRecord {
  readonly node_reference_id: number
  readonly node_reference_url: string
}

/** Which node. */
export interface NodeArguments {
  readonly node_reference_url: string
}

/** The nodes of Glance that cache images. */
export class NodeReferences implements CommandGroup {
  readonly commands = {
    node_reference_create: command({ node_reference_url: parameters.text }, (caller, given) =>
      this.create(caller, given),
    ),
    node_reference_get_by_url: command({ node_reference_url: parameters.text }, (caller, given) =>
      this.getByUrl(caller, given),
    ),
  }
  readonly #store: GlanceStore

  constructor(store: GlanceStore) {
    this.#store = store
  }

  /** Adds a node. @throws GlanceError `Duplicate` when it is there; `Invalid`. */
  async create(_caller: Caller, given: NodeArguments): Promise<NodeReferenceRecord> {
    refuseFourByteCharacters(given)
    const { node_reference_url } = given
    const node_reference_id = await this.#store.serials.next('node_reference')
    return this.#store.write(async (session) => {
      if ((await nodeAt(session, node_reference_url)) !== undefined) {
        throw new GlanceError('Duplicate', 'There is a node of this URL.', { node_reference_url })
      }
      session.add(create(NodeReference, { node_reference_id, node_reference_url }))
      return { node_reference_id, node_reference_url }
    })
  }

  /** A node. @throws GlanceError `NotFound`. */
  async getByUrl(_caller: Caller, { node_reference_url }: NodeArguments): Promise<NodeReferenceRecord> {
    return this.#store.read(async (session) => {
      const { node_reference_id } = await requireNode(session, node_reference_url)
      return { node_reference_id, node_reference_url }
    })
  }
}

/** The node of a URL. */
export async function nodeAt(session: RomeSession, url: string): Promise<NodeReference | undefined> {
  return session.query(NodeReference).filter(equalTo(node.node_reference_url, url)).oneOrNone()
}

/** As {@link nodeAt}. @throws GlanceError `NotFound`. */
export async function requireNode(session: RomeSession, url: string): Promise<NodeReference> {
  const row = await nodeAt(session, url)
  if (row !== undefined) return row
  throw new GlanceError('NotFound', 'There is no node of this URL.', { node_reference_url: url })
}
