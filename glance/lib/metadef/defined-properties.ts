import { fields, type JsonValue } from 'rome-orm'
import type { Caller } from '../database/caller.js'
import { type CommandGroup, command } from '../database/command.js'
import type { GlanceStore } from '../database/glance-store.js'
import { parameters } from '../database/parameter.js'
import { MetadefProperty } from '../models/metadef-property.js'
import { refuseFourByteCharacters } from '../values/four-byte-characters.js'
import { type DefinedPropertyRecord, definedPropertyRecord } from './metadef-records.js'
import { NamespaceContents } from './namespace-contents.js'

/** What a property is made of, or changed to. What else is given is ignored. */
export interface DefinedPropertyValues {
  readonly name?: string
  readonly json_schema?: JsonValue
}

/** The properties that namespaces define, each with its schema. Every function finds the namespace first. */
export class DefinedProperties implements CommandGroup {
  readonly commands = {
    metadef_property_create: command(
      { namespace_name: parameters.text, property_dict: parameters.dictionary },
      (caller, given) => this.create(caller, given),
    ),
    metadef_property_get: command(
      { namespace_name: parameters.text, property_name: parameters.text },
      (caller, given) => this.get(caller, given),
    ),
    metadef_property_get_all: command({ namespace_name: parameters.text }, (caller, given) =>
      this.getAll(caller, given),
    ),
    metadef_property_update: command(
      { namespace_name: parameters.text, property_id: parameters.number, property_dict: parameters.dictionary },
      (caller, given) => this.update(caller, given),
    ),
    metadef_property_delete: command(
      { namespace_name: parameters.text, property_name: parameters.text },
      (caller, given) => this.delete(caller, given),
    ),
    metadef_property_delete_namespace_content: command({ namespace_name: parameters.text }, (caller, given) =>
      this.deleteNamespaceContent(caller, given),
    ),
    metadef_property_count: command({ namespace_name: parameters.text }, (caller, given) => this.count(caller, given)),
  }
  readonly #contents: NamespaceContents<MetadefProperty, DefinedPropertyRecord>

  constructor(store: GlanceStore) {
    this.#contents = new NamespaceContents(store, {
      model: MetadefProperty,
      table: 'metadef_properties',
      columns: fields(MetadefProperty),
      notFound: 'MetadefPropertyNotFound',
      duplicate: 'MetadefDuplicateProperty',
      record: definedPropertyRecord,
    })
  }

  /**
   * Adds a property; `name` must be given.
   * @throws GlanceError `MetadefNamespaceNotFound`, `MetadefForbidden`, `MetadefDuplicateProperty`, `Invalid`.
   */
  async create(
    caller: Caller,
    given: { readonly namespace_name: string; readonly property_dict: DefinedPropertyValues },
  ): Promise<DefinedPropertyRecord> {
    refuseFourByteCharacters(given)
    return this.#contents.create(caller, given.namespace_name, given.property_dict)
  }

  /** A property. @throws GlanceError `MetadefNamespaceNotFound`, `MetadefForbidden`, `MetadefPropertyNotFound`. */
  async get(
    caller: Caller,
    { namespace_name, property_name }: { readonly namespace_name: string; readonly property_name: string },
  ): Promise<DefinedPropertyRecord> {
    return this.#contents.get(caller, namespace_name, property_name)
  }

  /**
   * The properties, in the order of their making.
   * @throws GlanceError `MetadefNamespaceNotFound`, `MetadefForbidden`.
   */
  async getAll(
    caller: Caller,
    { namespace_name }: { readonly namespace_name: string },
  ): Promise<DefinedPropertyRecord[]> {
    return this.#contents.getAll(caller, namespace_name)
  }

  /**
   * Changes the property of a number; what is not given stays.
   * @throws GlanceError `MetadefNamespaceNotFound`, `MetadefForbidden`, `MetadefPropertyNotFound`,
   * `MetadefDuplicateProperty`, `Invalid`.
   */
  async update(
    caller: Caller,
    given: {
      readonly namespace_name: string
      readonly property_id: number
      readonly property_dict: DefinedPropertyValues
    },
  ): Promise<DefinedPropertyRecord> {
    refuseFourByteCharacters(given)
    return this.#contents.update(caller, given.namespace_name, given.property_id, given.property_dict)
  }

  /**
   * Erases a property.
   * @throws GlanceError `MetadefNamespaceNotFound`, `MetadefForbidden`, `MetadefPropertyNotFound`.
   */
  async delete(
    caller: Caller,
    { namespace_name, property_name }: { readonly namespace_name: string; readonly property_name: string },
  ): Promise<DefinedPropertyRecord> {
    return this.#contents.delete(caller, namespace_name, property_name)
  }

  /**
   * Erases all properties, and answers how many.
   * @throws GlanceError `MetadefNamespaceNotFound`, `MetadefForbidden`.
   */
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
