import type { JsonValue, Timestamp } from 'rome-orm'
import type { MetadefNamespace } from '../models/metadef-namespace.js'
import type { MetadefNamespaceResourceType } from '../models/metadef-namespace-resource-type.js'
import type { MetadefObject } from '../models/metadef-object.js'
import type { MetadefProperty } from '../models/metadef-property.js'
import type { MetadefResourceType } from '../models/metadef-resource-type.js'
import type { MetadefTag } from '../models/metadef-tag.js'

/** The times of every definition. */
export interface DatedRecord {
  readonly created_at: Timestamp
  readonly updated_at: Timestamp | null
}

/** A namespace, as the functions answer it. */
export interface NamespaceRecord extends DatedRecord {
  readonly id: number
  readonly namespace: string
  readonly display_name: string | null
  readonly description: string | null
  readonly visibility: string | null
  readonly protected: boolean | null
  readonly owner: string
}

/** An object of a namespace, as the functions answer it. */
export interface ObjectRecord extends DatedRecord {
  readonly id: number
  readonly namespace_id: number
  readonly name: string
  readonly description: string | null
  readonly required: string | null
  readonly json_schema: JsonValue
}

/** A property of a namespace, as the functions answer it. */
export interface DefinedPropertyRecord extends DatedRecord {
  readonly id: number
  readonly namespace_id: number
  readonly name: string
  readonly json_schema: JsonValue
}

/** A tag of a namespace, as the functions answer it. */
export interface DefinedTagRecord extends DatedRecord {
  readonly id: number
  readonly namespace_id: number
  readonly name: string
}

/** A resource type, as the functions answer it. */
export interface ResourceTypeRecord extends DatedRecord {
  readonly id: number
  readonly name: string
  readonly protected: boolean
}

/** That a namespace is for a resource type, as the functions answer it. */
export interface AssociationRecord extends DatedRecord {
  /** The resource type's. */
  readonly name: string
  readonly properties_target: string | null
  readonly prefix: string | null
}

export function namespaceRecord(row: MetadefNamespace): NamespaceRecord {
  const { id, namespace, display_name, description, visibility, owner, created_at, updated_at } = row
  const { protected: isProtected } = row
  return {
    ...{ id, namespace, display_name, description, visibility, protected: isProtected, owner },
    ...{ created_at, updated_at },
  }
}

export function objectRecord(row: MetadefObject): ObjectRecord {
  const { id, namespace_id, name, description, required, json_schema, created_at, updated_at } = row
  return { id, namespace_id, name, description, required, json_schema, created_at, updated_at }
}

export function definedPropertyRecord(row: MetadefProperty): DefinedPropertyRecord {
  const { id, namespace_id, name, json_schema, created_at, updated_at } = row
  return { id, namespace_id, name, json_schema, created_at, updated_at }
}

export function definedTagRecord(row: MetadefTag): DefinedTagRecord {
  const { id, namespace_id, name, created_at, updated_at } = row
  return { id, namespace_id, name, created_at, updated_at }
}

export function resourceTypeRecord(row: MetadefResourceType): ResourceTypeRecord {
  const { id, name, protected: isProtected, created_at, updated_at } = row
  return { id, name, protected: isProtected, created_at, updated_at }
}

export function associationRecord(
  { name }: MetadefResourceType,
  { properties_target, prefix, created_at, updated_at }: MetadefNamespaceResourceType,
): AssociationRecord {
  return { name, properties_target, prefix, created_at, updated_at }
}
