import type { Caller, Dictionary, ErrorKind, GlanceDatabase, NamespaceRecord } from '../../glance/lib/index.js'
import { admin } from './glance-fixture.js'

/** Adds a namespace: alice's and private, unless the values say otherwise. */
export function addNamespace(glance: GlanceDatabase, namespace: string, values: object = {}): Promise<NamespaceRecord> {
  return glance.metadef.namespaces.create(admin, {
    values: { namespace, owner: 'alice', visibility: 'private', ...values },
  })
}

/** What records of every kind of definition have. */
export interface AnyDefinition extends Dictionary {
  readonly id: number
  readonly name: string
}

/** The functions of one kind of definition, whatever their arguments are called. */
export interface DefinitionFunctions {
  readonly kind: string
  readonly fields: readonly string[]
  readonly notFound: ErrorKind
  readonly duplicate: ErrorKind
  create(glance: GlanceDatabase, caller: Caller, namespace_name: string, values: object): Promise<AnyDefinition>
  get(glance: GlanceDatabase, caller: Caller, namespace_name: string, name: string): Promise<AnyDefinition>
  getAll(glance: GlanceDatabase, caller: Caller, namespace_name: string): Promise<AnyDefinition[]>
  update(
    glance: GlanceDatabase,
    caller: Caller,
    namespace_name: string,
    id: number,
    values: object,
  ): Promise<AnyDefinition>
  delete(glance: GlanceDatabase, caller: Caller, namespace_name: string, name: string): Promise<AnyDefinition>
  deleteAll(glance: GlanceDatabase, caller: Caller, namespace_name: string): Promise<number>
  count(glance: GlanceDatabase, caller: Caller, namespace_name: string): Promise<number>
}

const dates = ['created_at', 'updated_at']

const objects: DefinitionFunctions = {
  kind: 'object',
  fields: ['id', 'namespace_id', 'name', 'description', 'required', 'json_schema', ...dates],
  notFound: 'MetadefObjectNotFound',
  duplicate: 'MetadefDuplicateObject',
  create: async ({ metadef }, caller, namespace_name, object_dict) => ({
    ...(await metadef.objects.create(caller, { namespace_name, object_dict })),
  }),
  get: async ({ metadef }, caller, namespace_name, object_name) => ({
    ...(await metadef.objects.get(caller, { namespace_name, object_name })),
  }),
  getAll: async ({ metadef }, caller, namespace_name) =>
    (await metadef.objects.getAll(caller, { namespace_name })).map((record) => ({ ...record })),
  update: async ({ metadef }, caller, namespace_name, object_id, object_dict) => ({
    ...(await metadef.objects.update(caller, { namespace_name, object_id, object_dict })),
  }),
  delete: async ({ metadef }, caller, namespace_name, object_name) => ({
    ...(await metadef.objects.delete(caller, { namespace_name, object_name })),
  }),
  deleteAll: ({ metadef }, caller, namespace_name) =>
    metadef.objects.deleteNamespaceContent(caller, { namespace_name }),
  count: ({ metadef }, caller, namespace_name) => metadef.objects.count(caller, { namespace_name }),
}

const properties: DefinitionFunctions = {
  kind: 'property',
  fields: ['id', 'namespace_id', 'name', 'json_schema', ...dates],
  notFound: 'MetadefPropertyNotFound',
  duplicate: 'MetadefDuplicateProperty',
  create: async ({ metadef }, caller, namespace_name, property_dict) => ({
    ...(await metadef.properties.create(caller, { namespace_name, property_dict })),
  }),
  get: async ({ metadef }, caller, namespace_name, property_name) => ({
    ...(await metadef.properties.get(caller, { namespace_name, property_name })),
  }),
  getAll: async ({ metadef }, caller, namespace_name) =>
    (await metadef.properties.getAll(caller, { namespace_name })).map((record) => ({ ...record })),
  update: async ({ metadef }, caller, namespace_name, property_id, property_dict) => ({
    ...(await metadef.properties.update(caller, { namespace_name, property_id, property_dict })),
  }),
  delete: async ({ metadef }, caller, namespace_name, property_name) => ({
    ...(await metadef.properties.delete(caller, { namespace_name, property_name })),
  }),
  deleteAll: ({ metadef }, caller, namespace_name) =>
    metadef.properties.deleteNamespaceContent(caller, { namespace_name }),
  count: ({ metadef }, caller, namespace_name) => metadef.properties.count(caller, { namespace_name }),
}

const tags: DefinitionFunctions = {
  kind: 'tag',
  fields: ['id', 'namespace_id', 'name', ...dates],
  notFound: 'MetadefTagNotFound',
  duplicate: 'MetadefDuplicateTag',
  create: async ({ metadef }, caller, namespace_name, tag_dict) => ({
    ...(await metadef.tags.create(caller, { namespace_name, tag_dict })),
  }),
  get: async ({ metadef }, caller, namespace_name, name) => ({
    ...(await metadef.tags.get(caller, { namespace_name, name })),
  }),
  getAll: async ({ metadef }, caller, namespace_name) =>
    (await metadef.tags.getAll(caller, { namespace_name, sort_dir: 'asc' })).map((record) => ({ ...record })),
  update: async ({ metadef }, caller, namespace_name, id, tag_dict) => ({
    ...(await metadef.tags.update(caller, { namespace_name, id, tag_dict })),
  }),
  delete: async ({ metadef }, caller, namespace_name, name) => ({
    ...(await metadef.tags.delete(caller, { namespace_name, name })),
  }),
  deleteAll: ({ metadef }, caller, namespace_name) => metadef.tags.deleteNamespaceContent(caller, { namespace_name }),
  count: ({ metadef }, caller, namespace_name) => metadef.tags.count(caller, { namespace_name }),
}

/** The kinds of definitions that follow the same rules. */
export const definitionKinds = [objects, properties, tags] as const
