import { fields, type JsonValue } from 'rome-orm'
import type { Caller } from '../database/caller.js'
import { type CommandGroup, command } from '../database/command.js'
import type { GlanceStore } from '../database/glance-store.js'
import { parameters } from '../database/parameter.js'
import { MetadefObject } from '../models/metadef-object.js'
import { refuseFourByteCharacters } from '../values/four-byte-characters.js'
import { type ObjectRecord, objectRecord } from './metadef-records.js'
import { NamespaceContents } from './namespace-contents.js'

/** What an object is made of, or changed to. What else is given is ignored. */
export interface ObjectValues {
  readonly name?: string
  readonly description?: string | null
  readonly required?: string | null
  readonly json_schema?: JsonValue
}

/** The objects of namespaces: properties that belong together. Every function finds the namespace first. */
export class Objects implements CommandGroup {
  readonly commands = {
    metadef_object_create: command(
      { namespace_name: parameters.text, object_dict: parameters.dictionary },
      (caller, given) => this.create(caller, given),
    ),
    metadef_object_get: command({ namespace_name: parameters.text, object_name: parameters.text }, (caller, given) =>
      this.get(caller, given),
    ),
    metadef_object_get_all: command({ namespace_name: parameters.text }, (caller, given) => this.getAll(caller, given)),
    metadef_object_update: command(
      { namespace_name: parameters.text, object_id: parameters.number, object_dict: parameters.dictionary },
      (caller, given) => this.update(caller, given),
    ),
    metadef_object_delete: command({ namespace_name: parameters.text, object_name: parameters.text }, (caller, given) =>
      this.delete(caller, given),
    ),
    metadef_object_delete_namespace_content: command({ namespace_name: parameters.text }, (caller, given) =>
      this.deleteNamespaceContent(caller, given),
    ),
    metadef_object_count: command({ namespace_name: parameters.text }, (caller, given) => this.count(caller, given)),
  }
  readonly #contents: NamespaceContents<MetadefObject, ObjectRecord>

  constructor(store: GlanceStore) {
    this.#contents = new NamespaceContents(store, {
      model: MetadefObject,
      table: 'metadef_objects',
      columns: fields(MetadefObject),
      notFound: 'MetadefObjectNotFound',
      duplicate: 'MetadefDuplicateObject',
      record: objectRecord,
    })
  }

  /**
   * Adds an object; `name` must be given.
   * @throws GlanceError `MetadefNamespaceNotFound`, `MetadefForbidden`, `MetadefDuplicateObject`, `Invalid`.
   */
  async create(
    caller: Caller,
    given: { readonly namespace_name: string; readonly object_dict: ObjectValues },
  ): Promise<ObjectRecord> {
    refuseFourByteCharacters(given)
    return this.#contents.create(caller, given.namespace_name, given.object_dict)
  }

  /** An object. @throws GlanceError `MetadefNamespaceNotFound`, `MetadefForbidden`, `MetadefObjectNotFound`. */
  async get(
    caller: Caller,
    { namespace_name, object_name }: { readonly namespace_name: string; readonly object_name: string },
  ): Promise<ObjectRecord> {
    return this.#contents.get(caller, namespace_name, object_name)
  }

  /** The objects, in the order of their making. @throws GlanceError `MetadefNamespaceNotFound`, `MetadefForbidden`. */
  async getAll(caller: Caller, { namespace_name }: { readonly namespace_name: string }): Promise<ObjectRecord[]> {
    return this.#contents.getAll(caller, namespace_name)
  }

  /**
   * Changes the object of a number; what is not given stays.
   * @throws GlanceError `MetadefNamespaceNotFound`, `MetadefForbidden`, `MetadefObjectNotFound`,
   * `MetadefDuplicateObject`, `Invalid`.
   */
  async update(
    caller: Caller,
    given: { readonly namespace_name: string; readonly object_id: number; readonly object_dict: ObjectValues },
  ): Promise<ObjectRecord> {
    refuseFourByteCharacters(given)
    return this.#contents.update(caller, given.namespace_name, given.object_id, given.object_dict)
  }

  /** Erases an object. @throws GlanceError `MetadefNamespaceNotFound`, `MetadefForbidden`, `MetadefObjectNotFound`. */
  async delete(
    caller: Caller,
    { namespace_name, object_name }: { readonly namespace_name: string; readonly object_name: string },
  ): Promise<ObjectRecord> {
    return this.#contents.delete(caller, namespace_name, object_name)
  }

  /** Erases all objects, and answers how many. @throws GlanceError `MetadefNamespaceNotFound`, `MetadefForbidden`. */
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
