import { create, fields } from 'rome-orm'
import type { Caller } from '../database/caller.js'
import { type CommandGroup, command } from '../database/command.js'
import type { GlanceStore } from '../database/glance-store.js'
import { parameters } from '../database/parameter.js'
import { GlanceError } from '../errors/glance-error.js'
import { MetadefNamespaceResourceType } from '../models/metadef-namespace-resource-type.js'
import { MetadefResourceType } from '../models/metadef-resource-type.js'
import { definitionValues } from './definition-values.js'
import { findResourceType, resourceTypeNamed } from './find-resource-type.js'
import { type ResourceTypeRecord, resourceTypeRecord } from './metadef-records.js'

const resourceType = fields(MetadefResourceType)
const association = fields(MetadefNamespaceResourceType)

/** What a resource type is made of. What else is given is ignored. */
export interface ResourceTypeValues {
  readonly name?: string
  /** Keeps it from being deleted; false when absent. */
  readonly protected?: boolean | 0 | 1
}

/** Kinds of resources that namespaces may be for. They belong to nobody: everybody sees them. */
export class ResourceTypes implements CommandGroup {
  readonly commands = {
    metadef_resource_type_create: command({ values: parameters.dictionary }, (caller, given) =>
      this.create(caller, given),
    ),
    metadef_resource_type_get: command({ resource_type_name: parameters.text }, (caller, given) =>
      this.get(caller, given),
    ),
    metadef_resource_type_get_all: command({}, (caller) => this.getAll(caller)),
    metadef_resource_type_delete: command({ resource_type_name: parameters.text }, (caller, given) =>
      this.delete(caller, given),
    ),
  }
  readonly #store: GlanceStore

  constructor(store: GlanceStore) {
    this.#store = store
  }

  /** Adds a resource type; `name` must be given. @throws GlanceError `MetadefDuplicateResourceType`, `Invalid`. */
  async create(_caller: Caller, { values }: { readonly values: ResourceTypeValues }): Promise<ResourceTypeRecord> {
    const id = await this.#store.serials.next('metadef_resource_types')
    return this.#store.write(async (session) => {
      const row = create(MetadefResourceType, { ...definitionValues(MetadefResourceType, values), id })
      const { name } = row
      if ((await resourceTypeNamed(session, name)) !== undefined) {
        throw new GlanceError('MetadefDuplicateResourceType', 'There is a resource type of this name.', { name })
      }
      session.add(row)
      await session.flush()
      return resourceTypeRecord(row)
    })
  }

  /** A resource type. @throws GlanceError `MetadefResourceTypeNotFound`. */
  async get(
    _caller: Caller,
    { resource_type_name }: { readonly resource_type_name: string },
  ): Promise<ResourceTypeRecord> {
    return this.#store.read(async (session) => resourceTypeRecord(await findResourceType(session, resource_type_name)))
  }

  /** All of them, in the order of their making. */
  async getAll(_caller: Caller): Promise<ResourceTypeRecord[]> {
    return this.#store.read(async (session) => {
      const rows = await session.query(MetadefResourceType).orderBy(resourceType.id).all()
      return rows.map(resourceTypeRecord)
    })
  }

  /**
   * Erases a resource type.
   * @throws GlanceError `MetadefResourceTypeNotFound`; `ProtectedMetadefResourceTypeSystemDelete` when it is protected;
   * `MetadefIntegrityError` while a namespace is for it.
   */
  async delete(
    _caller: Caller,
    { resource_type_name }: { readonly resource_type_name: string },
  ): Promise<ResourceTypeRecord> {
    return this.#store.write(async (session) => {
      const row = await findResourceType(session, resource_type_name)
      if (row.protected) {
        throw new GlanceError('ProtectedMetadefResourceTypeSystemDelete', 'The resource type is protected.', {
          resource_type_name,
        })
      }
      const associations = session.query(MetadefNamespaceResourceType).filter(association.resource_type_id.eq(row.id))
      if (await associations.exists()) {
        throw new GlanceError('MetadefIntegrityError', 'There are namespaces for the resource type.', {
          resource_type_name,
        })
      }
      const record = resourceTypeRecord(row)
      session.delete(row)
      return record
    })
  }
}
