import { Rome, type RomeOptions } from 'rome-orm'
import { CachedImages } from '../cache/cached-images.js'
import { NodeReferences } from '../cache/node-references.js'
import { GlanceError } from '../errors/glance-error.js'
import { Images } from '../images/images.js'
import { Locations } from '../locations/locations.js'
import { Members } from '../members/members.js'
import { Metadef } from '../metadef/metadef.js'
import { glanceModels } from '../models/all.js'
import { Properties } from '../properties/properties.js'
import { Purge } from '../purge/purge.js'
import { Tags } from '../tags/tags.js'
import { Tasks } from '../tasks/tasks.js'
import { Usage } from '../usage/usage.js'
import type { Dictionary } from '../values/dictionary.js'
import type { Caller } from './caller.js'
import type { Command, CommandGroup } from './command.js'
import { GlanceStore } from './glance-store.js'
import { parseArguments } from './parameter.js'

/** How a catalogue is opened: where it is stored, and what else `Rome.open` takes. */
export type GlanceOptions = Omit<RomeOptions, 'models' | 'changes'>

/**
 * Glance's database API over a Rome store. Functions are in groups; each takes the caller, on whose behalf it acts, and
 * its arguments by the names they have in Glance, as are those of the columns and records. Records are plain objects,
 * times in them are `Timestamp`s. Every function is one transaction, all or nothing, and raises a {@link GlanceError}
 * for what Glance would refuse.
 *
 * @example
 * ```ts
 * import { GlanceDatabase } from '@rome-orm/glance'
 * import { memory } from 'rome-orm/engines/memory'
 *
 * await using glance = await GlanceDatabase.open({ engine: memory() })
 * ```
 */
export class GlanceDatabase implements AsyncDisposable {
  readonly images: Images
  readonly locations: Locations
  readonly properties: Properties
  readonly members: Members
  readonly tags: Tags
  readonly usage: Usage
  readonly purge: Purge
  readonly tasks: Tasks
  readonly metadef: Metadef
  readonly nodes: NodeReferences
  readonly cachedImages: CachedImages
  /** Every function by its name in Glance, such as `image_get`. */
  readonly commands: ReadonlyMap<string, Command>
  readonly #store: GlanceStore

  private constructor(store: GlanceStore) {
    this.#store = store
    this.images = new Images(store)
    this.locations = new Locations(store)
    this.properties = new Properties(store)
    this.members = new Members(store)
    this.tags = new Tags(store)
    this.usage = new Usage(store)
    this.purge = new Purge(store)
    this.tasks = new Tasks(store)
    this.metadef = new Metadef(store)
    this.nodes = new NodeReferences(store)
    this.cachedImages = new CachedImages(store)
    this.commands = commandsOf([
      this.images,
      this.locations,
      this.properties,
      this.members,
      this.tags,
      this.usage,
      this.purge,
      this.tasks,
      this.metadef,
      this.nodes,
      this.cachedImages,
    ])
  }

  /**
   * Opens the engine with Glance's models. Queries by arbitrary properties read whole tables where no index serves, so
   * that `fullScans` is `allow` unless the options say otherwise.
   * @throws as `Rome.open`.
   */
  static async open(options: GlanceOptions): Promise<GlanceDatabase> {
    const rome = await Rome.open({ fullScans: 'allow', ...options, models: glanceModels, changes: 'compared' })
    return new GlanceDatabase(new GlanceStore(rome, { isExclusive: options.engine.manifest.exclusive }))
  }

  /** The store, for what Rome offers beside this API: `verify`, `stats`, sessions and queries of the models. */
  get rome(): Rome {
    return this.#store.rome
  }

  /**
   * Calls a function by its name in Glance, with arguments that nobody has checked.
   * @throws GlanceError `TypeError` for an unknown name and for wrong arguments, and as the function does.
   *
   * @example
   * ```ts
   * import { GlanceDatabase } from '@rome-orm/glance'
   *
   * const count = (glance: GlanceDatabase, body: { readonly [name: string]: unknown }) =>
   *   glance.call('image_member_count', { isAdmin: true, owner: null }, body)
   * ```
   */
  async call(name: string, caller: Caller, given: Dictionary): Promise<unknown> {
    const command = this.commands.get(name)
    if (command === undefined) throw new GlanceError('TypeError', 'There is no function of this name.', { name })
    return command.run(caller, parseArguments(name, command.parameters, given))
  }

  /** Erases all rows of all tables, in one transaction. Meant for tests. */
  async reset(): Promise<void> {
    await this.#store.write(async (session) => {
      for (const model of glanceModels) await session.query(model).everything().hardDelete()
    })
    this.#store.serials.reset()
  }

  /** Closes the store. */
  close(): Promise<void> {
    return this.#store.rome.close()
  }

  /** {@link GlanceDatabase.close | Closes} at the end of `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}

function commandsOf(groups: readonly CommandGroup[]): ReadonlyMap<string, Command> {
  return new Map(groups.flatMap((group) => Object.entries(group.commands)))
}
