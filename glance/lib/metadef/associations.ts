import { create, fields, type Query, type RomeSession } from 'rome-orm'
import type { Caller } from '../database/caller.js'
import { type CommandGroup, command } from '../database/command.js'
import type { GlanceStore } from '../database/glance-store.js'
import { parameters } from '../database/parameter.js'
import { GlanceError } from '../errors/glance-error.js'
import type { MetadefNamespace } from '../models/metadef-namespace.js'
import { MetadefNamespaceResourceType } from '../models/metadef-namespace-resource-type.js'
import { MetadefResourceType } from '../models/metadef-resource-type.js'
import { findResourceType, resourceTypeNamed } from './find-resource-type.js'
import { type AssociationRecord, associationRecord } from './metadef-records.js'
import { findNamespace } from './namespace-access.js'

const association = fields(MetadefNamespaceResourceType)

/** For which resource type a namespace is, and how. What else is given is ignored. */
export interface AssociationValues {
  /** The resource type's. */
  readonly name?: unknown
  readonly properties_target?: unknown
  readonly prefix?: unknown
}

/** A namespace and a resource type. */
export interface AssociationArguments {
  readonly namespace_name: string
  readonly resource_type_name: string
}

/** For which resource types namespaces are. Every function finds the namespace first. */
export class Associations implements CommandGroup {
  readonly commands = {
    metadef_resource_type_association_create: command(
      { namespace_name: parameters.text, values: parameters.dictionary },
      (caller, given) => this.create(caller, given),
    ),
    metadef_resource_type_association_get: command(
      { namespace_name: parameters.text, resource_type_name: parameters.text },
      (caller, given) => this.get(caller, given),
    ),
    metadef_resource_type_association_delete: command(
      { namespace_name: parameters.text, resource_type_name: parameters.text },
      (caller, given) => this.delete(caller, given),
    ),
    metadef_resource_type_association_get_all_by_namespace: command(
      { namespace_name: parameters.text },
      (caller, given) => this.getAllByNamespace(caller, given),
    ),
  }
  readonly #store: GlanceStore

  constructor(store: GlanceStore) {
    this.#store = store
  }

  /**
   * Says that a namespace is for a resource type, which is made where there is none of that name.
   * @throws GlanceError `MetadefNamespaceNotFound`, `MetadefForbidden`, `MetadefDuplicateResourceTypeAssociation`,
   * `Invalid`.
   */
  async create(
    caller: Caller,
    { namespace_name, values }: { readonly namespace_name: string; readonly values: AssociationValues },
  ): Promise<AssociationRecord> {
    const { name = null, properties_target = null, prefix = null } = values
    return this.#store.write(async (session) => {
      const { id: namespace_id } = await findNamespace(session, caller, namespace_name)
      const type = (await resourceTypeNamed(session, name)) ?? (await this.#addResourceType(session, name))
      const key = { resource_type_id: type.id, namespace_id }
      if ((await session.get(MetadefNamespaceResourceType, key)) !== undefined) {
        throw new GlanceError(
          'MetadefDuplicateResourceTypeAssociation',
          'The namespace is for the resource type already.',
          { namespace_name, resource_type_name: name },
        )
      }
      const columns: object = { ...key, properties_target, prefix }
      const row = session.add(create(MetadefNamespaceResourceType, columns))
      await session.flush()
      return associationRecord(type, row)
    })
  }

  /**
   * How a namespace is for a resource type.
   * @throws GlanceError `MetadefNamespaceNotFound`, `MetadefForbidden`, `MetadefResourceTypeNotFound`,
   * `MetadefResourceTypeAssociationNotFound`.
   */
  async get(caller: Caller, given: AssociationArguments): Promise<AssociationRecord> {
    return this.#store.read(async (session) => {
      const { type, row } = await this.#find(session, caller, given)
      return associationRecord(type, row)
    })
  }

  /**
   * Ends that a namespace is for a resource type, which stays.
   * @throws GlanceError `MetadefNamespaceNotFound`, `MetadefForbidden`, `MetadefResourceTypeNotFound`,
   * `MetadefResourceTypeAssociationNotFound`.
   */
  async delete(caller: Caller, given: AssociationArguments): Promise<AssociationRecord> {
    return this.#store.write(async (session) => {
      const { type, row } = await this.#find(session, caller, given)
      const record = associationRecord(type, row)
      session.delete(row)
      return record
    })
  }

  /**
   * All resource types that a namespace is for, in the order of their making.
   * @throws GlanceError `MetadefNamespaceNotFound`, `MetadefForbidden`.
   */
  async getAllByNamespace(
    caller: Caller,
    { namespace_name }: { readonly namespace_name: string },
  ): Promise<AssociationRecord[]> {
    return this.#store.read(async (session) => {
      const rows = await associationsOf(session, await findNamespace(session, caller, namespace_name)).all()
      const types = await session.getMany(
        MetadefResourceType,
        rows.map(({ resource_type_id }) => resource_type_id),
      )
      return rows.flatMap((row, at) => {
        const type = types[at]
        return type === undefined ? [] : [associationRecord(type, row)]
      })
    })
  }

  async #addResourceType(session: RomeSession, name: unknown): Promise<MetadefResourceType> {
    const id = await this.#store.serials.next('metadef_resource_types')
    const columns: object = { name, id }
    return session.add(create(MetadefResourceType, columns))
  }

  async #find(session: RomeSession, caller: Caller, { namespace_name, resource_type_name }: AssociationArguments) {
    const { id: namespace_id } = await findNamespace(session, caller, namespace_name)
    const type = await findResourceType(session, resource_type_name)
    const row = await session.get(MetadefNamespaceResourceType, { resource_type_id: type.id, namespace_id })
    if (row !== undefined) return { type, row }
    throw new GlanceError('MetadefResourceTypeAssociationNotFound', 'The namespace is not for the resource type.', {
      namespace_name,
      resource_type_name,
    })
  }
}

/** The query of a namespace's associations. */
export function associationsOf(
  session: RomeSession,
  { id }: MetadefNamespace,
): Query<MetadefNamespaceResourceType, MetadefNamespaceResourceType> {
  return session
    .query(MetadefNamespaceResourceType)
    .filter(association.namespace_id.eq(id))
    .orderBy(association.resource_type_id)
}
