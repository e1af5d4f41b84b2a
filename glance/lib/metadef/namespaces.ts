import { create } from 'rome-orm'
import type { Caller } from '../database/caller.js'
import { type CommandGroup, command } from '../database/command.js'
import type { GlanceStore } from '../database/glance-store.js'
import { parameters } from '../database/parameter.js'
import { GlanceError } from '../errors/glance-error.js'
import { MetadefNamespace } from '../models/metadef-namespace.js'
import { now } from '../values/clock.js'
import { refuseFourByteCharacters } from '../values/four-byte-characters.js'
import { definitionValues } from './definition-values.js'
import { type NamespaceListOptions, namespacesListed } from './list-namespaces.js'
import { type NamespaceRecord, namespaceRecord } from './metadef-records.js'
import { findNamespace, findNamespaceById, namespaceNamed } from './namespace-access.js'

/** What a namespace is made of, or changed to. What else is given is ignored. */
export interface NamespaceValues {
  readonly namespace?: string
  readonly display_name?: string | null
  readonly description?: string | null
  /** `public` or `private`. */
  readonly visibility?: string | null
  readonly protected?: boolean | 0 | 1 | null
  readonly owner?: string
}

/** Named sets of definitions. */
export class Namespaces implements CommandGroup {
  readonly commands = {
    metadef_namespace_create: command({ values: parameters.dictionary }, (caller, given) => this.create(caller, given)),
    metadef_namespace_get: command({ namespace_name: parameters.text }, (caller, given) => this.get(caller, given)),
    metadef_namespace_get_all: command(
      {
        marker: parameters.optionalNumber,
        limit: parameters.optionalNumber,
        sort_key: parameters.optionalText,
        sort_dir: parameters.optionalNullableText,
        filters: parameters.optionalDictionary,
      },
      (caller, given) => this.getAll(caller, given),
    ),
    metadef_namespace_update: command(
      { namespace_id: parameters.number, namespace_dict: parameters.dictionary },
      (caller, given) => this.update(caller, given),
    ),
    metadef_namespace_delete: command({ namespace_name: parameters.text }, (caller, given) =>
      this.delete(caller, given),
    ),
  }
  readonly #store: GlanceStore

  constructor(store: GlanceStore) {
    this.#store = store
  }

  /**
   * Adds a namespace: `namespace`, its name, and `owner` must be given.
   * @throws GlanceError `Invalid`, `MetadefDuplicateNamespace`.
   */
  async create(_caller: Caller, given: { readonly values: NamespaceValues }): Promise<NamespaceRecord> {
    refuseFourByteCharacters(given)
    const values = definitionValues(MetadefNamespace, given.values)
    const id = await this.#store.serials.next('metadef_namespaces')
    return this.#store.write(async (session) => {
      if ((await namespaceNamed(session, values.namespace)) !== undefined) throw duplicate(values.namespace)
      const row = session.add(create(MetadefNamespace, { ...values, id }))
      await session.flush()
      return namespaceRecord(row)
    })
  }

  /** A namespace by its name. @throws GlanceError `MetadefNamespaceNotFound`, `MetadefForbidden`. */
  async get(caller: Caller, { namespace_name }: { readonly namespace_name: string }): Promise<NamespaceRecord> {
    return this.#store.read(async (session) => namespaceRecord(await findNamespace(session, caller, namespace_name)))
  }

  /**
   * The public namespaces and those of the caller's tenant, all of them for an admin.
   * @throws GlanceError `MetadefNamespaceNotFound` and `MetadefForbidden` of the marker; `InvalidSortKey`,
   * `InvalidSortDir`, `Invalid`.
   */
  async getAll(caller: Caller, options: NamespaceListOptions = {}): Promise<NamespaceRecord[]> {
    return this.#store.read(async (session) => {
      const listed = await namespacesListed(session, caller, options)
      return (await listed.all()).map(namespaceRecord)
    })
  }

  /**
   * Changes a namespace, by its number.
   * @throws GlanceError `MetadefNamespaceNotFound`, `MetadefForbidden`, `MetadefDuplicateNamespace`, `Invalid`.
   */
  async update(
    caller: Caller,
    given: { readonly namespace_id: number; readonly namespace_dict: NamespaceValues },
  ): Promise<NamespaceRecord> {
    refuseFourByteCharacters(given)
    const { namespace_id, namespace_dict } = given
    const values = definitionValues(MetadefNamespace, namespace_dict)
    return this.#store.write(async (session) => {
      const row = await findNamespaceById(session, caller, namespace_id)
      if (values.namespace !== undefined) {
        const taken = await namespaceNamed(session, values.namespace)
        if (taken !== undefined && taken !== row) throw duplicate(values.namespace)
      }
      Object.assign(row, values, { updated_at: now() })
      await session.flush()
      return namespaceRecord(row)
    })
  }

  /**
   * Erases a namespace with its objects, properties, tags and associations. Resource types stay.
   * @throws GlanceError `MetadefNamespaceNotFound`, `MetadefForbidden`.
   */
  async delete(caller: Caller, { namespace_name }: { readonly namespace_name: string }): Promise<NamespaceRecord> {
    return this.#store.write(async (session) => {
      const row = await findNamespace(session, caller, namespace_name)
      const record = namespaceRecord(row)
      session.delete(row)
      return record
    })
  }
}

function duplicate(namespace: unknown): GlanceError {
  return new GlanceError('MetadefDuplicateNamespace', 'There is a namespace of this name.', { namespace })
}
