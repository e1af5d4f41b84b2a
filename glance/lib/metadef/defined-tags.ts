import { fields } from 'rome-orm'
import type { Caller } from '../database/caller.js'
import { type CommandGroup, command } from '../database/command.js'
import type { GlanceStore } from '../database/glance-store.js'
import { parameters } from '../database/parameter.js'
import { GlanceError } from '../errors/glance-error.js'
import { MetadefTag } from '../models/metadef-tag.js'
import { type Dictionary, isDictionary } from '../values/dictionary.js'
import { refuseFourByteCharacters } from '../values/four-byte-characters.js'
import { type DefinitionPage, definitionPage } from './definition-page.js'
import { type DefinedTagRecord, definedTagRecord } from './metadef-records.js'
import { findNamespace } from './namespace-access.js'
import { NamespaceContents } from './namespace-contents.js'

/** What a tag is made of, or changed to. What else is given is ignored. */
export interface DefinedTagValues {
  readonly name?: string
}

/** The tags that a namespace gets. */
export interface TagListArguments {
  readonly namespace_name: string
  readonly tag_list: readonly unknown[] | null
  /** Keeps the tags that are there. */
  readonly can_append?: boolean | undefined
}

/** Which tags are listed, and in which order. */
export interface TagListOptions extends DefinitionPage {
  readonly namespace_name: string
  readonly filters?: Dictionary | undefined
}

/** The tags of namespaces. Every function finds the namespace first. */
export class DefinedTags implements CommandGroup {
  readonly commands = {
    metadef_tag_create: command({ namespace_name: parameters.text, tag_dict: parameters.dictionary }, (caller, given) =>
      this.create(caller, given),
    ),
    metadef_tag_create_tags: command(
      { namespace_name: parameters.text, tag_list: parameters.nullableList, can_append: parameters.flag },
      (caller, given) => this.createTags(caller, given),
    ),
    metadef_tag_get: command({ namespace_name: parameters.text, name: parameters.text }, (caller, given) =>
      this.get(caller, given),
    ),
    metadef_tag_get_all: command(
      {
        namespace_name: parameters.text,
        filters: parameters.optionalDictionary,
        marker: parameters.optionalNumber,
        limit: parameters.optionalNumber,
        sort_key: parameters.optionalText,
        sort_dir: parameters.optionalNullableText,
      },
      (caller, given) => this.getAll(caller, given),
    ),
    metadef_tag_update: command(
      { namespace_name: parameters.text, id: parameters.number, tag_dict: parameters.dictionary },
      (caller, given) => this.update(caller, given),
    ),
    metadef_tag_delete: command({ namespace_name: parameters.text, name: parameters.text }, (caller, given) =>
      this.delete(caller, given),
    ),
    metadef_tag_delete_namespace_content: command({ namespace_name: parameters.text }, (caller, given) =>
      this.deleteNamespaceContent(caller, given),
    ),
    metadef_tag_count: command({ namespace_name: parameters.text }, (caller, given) => this.count(caller, given)),
  }
  readonly #store: GlanceStore
  readonly #contents: NamespaceContents<MetadefTag, DefinedTagRecord>

  constructor(store: GlanceStore) {
    this.#store = store
    this.#contents = new NamespaceContents(store, {
      model: MetadefTag,
      table: 'metadef_tags',
      columns: fields(MetadefTag),
      notFound: 'MetadefTagNotFound',
      duplicate: 'MetadefDuplicateTag',
      record: definedTagRecord,
    })
  }

  /**
   * Adds a tag; `name` must be given.
   * @throws GlanceError `MetadefNamespaceNotFound`, `MetadefForbidden`, `MetadefDuplicateTag`, `Invalid`.
   */
  async create(
    caller: Caller,
    given: { readonly namespace_name: string; readonly tag_dict: DefinedTagValues },
  ): Promise<DefinedTagRecord> {
    refuseFourByteCharacters(given)
    return this.#contents.create(caller, given.namespace_name, given.tag_dict)
  }

  /**
   * Makes the tags of a namespace those of a list, or adds these with `can_append`: all of them or none. Answers the
   * added ones, in the order of the list. Nothing happens without a list or with an empty one.
   * @throws GlanceError `MetadefNamespaceNotFound`, `MetadefForbidden`; `MetadefDuplicateTag` for a name that is there,
   * or twice in the list; `Invalid`.
   */
  async createTags(caller: Caller, given: TagListArguments): Promise<DefinedTagRecord[]> {
    const { namespace_name, can_append = false } = given
    const tags = (given.tag_list ?? []).map(requireTag)
    if (tags.length === 0) return []
    refuseFourByteCharacters(namespace_name)
    for (const tag of tags) refuseFourByteCharacters(tag)
    const ids = await this.#store.serials.take('metadef_tags', tags.length)
    return this.#store.write(async (session) => {
      const { id: namespace_id } = await findNamespace(session, caller, namespace_name)
      const existing = this.#contents.of(session, namespace_id)
      if (!can_append) await existing.hardDelete()
      const names = new Set((await existing.all()).map(({ name }) => name))
      const rows: MetadefTag[] = []
      for (const [at, values] of tags.entries()) {
        const row = this.#contents.make(values, { id: ids[at], namespace_id })
        if (names.has(row.name)) throw this.#contents.duplicate(row.name)
        names.add(row.name)
        rows.push(session.add(row))
      }
      await session.flush()
      return rows.map(definedTagRecord)
    })
  }

  /** A tag. @throws GlanceError `MetadefNamespaceNotFound`, `MetadefForbidden`, `MetadefTagNotFound`. */
  async get(
    caller: Caller,
    { namespace_name, name }: { readonly namespace_name: string; readonly name: string },
  ): Promise<DefinedTagRecord> {
    return this.#contents.get(caller, namespace_name, name)
  }

  /**
   * A page of the tags. Filters are ignored, as Glance does.
   * @throws GlanceError `MetadefNamespaceNotFound`, `MetadefForbidden`; `MetadefTagNotFound` of the marker;
   * `InvalidSortKey`, `InvalidSortDir`, `Invalid`.
   */
  async getAll(caller: Caller, options: TagListOptions): Promise<DefinedTagRecord[]> {
    return this.#store.read(async (session) => {
      const { id } = await findNamespace(session, caller, options.namespace_name)
      const tags = this.#contents.of(session, id)
      const page = await definitionPage(tags, MetadefTag, options, (marker) => this.#contents.byId(session, marker))
      return (await page.all()).map(definedTagRecord)
    })
  }

  /**
   * Changes the tag of a number; what is not given stays.
   * @throws GlanceError `MetadefNamespaceNotFound`, `MetadefForbidden`, `MetadefTagNotFound`,
   * `MetadefDuplicateTag`, `Invalid`.
   */
  async update(
    caller: Caller,
    given: { readonly namespace_name: string; readonly id: number; readonly tag_dict: DefinedTagValues },
  ): Promise<DefinedTagRecord> {
    refuseFourByteCharacters(given)
    return this.#contents.update(caller, given.namespace_name, given.id, given.tag_dict)
  }

  /** Erases a tag. @throws GlanceError `MetadefNamespaceNotFound`, `MetadefForbidden`, `MetadefTagNotFound`. */
  async delete(
    caller: Caller,
    { namespace_name, name }: { readonly namespace_name: string; readonly name: string },
  ): Promise<DefinedTagRecord> {
    return this.#contents.delete(caller, namespace_name, name)
  }

  /** Erases all tags, and answers how many. @throws GlanceError `MetadefNamespaceNotFound`, `MetadefForbidden`. */
  async deleteNamespaceContent(
    caller: Caller,
    { namespace_name }: { readonly namespace_name: string },
  ): Promise<number> {
    return this.#contents.clear(caller, namespace_name)
  }

  /** How many there are. @throws GlanceError `MetadefNamespaceNotFound`, `MetadefForbidden`. */
  async count(caller: Caller, { namespace_name }: { readonly namespace_name: string }): Promise<number> {
    return this.#contents.count(caller, namespace_name)
  }
}

function requireTag(value: unknown): Dictionary {
  if (isDictionary(value)) return value
  throw new GlanceError('Invalid', 'The list of tags has dictionaries, each with a name.', { value })
}
