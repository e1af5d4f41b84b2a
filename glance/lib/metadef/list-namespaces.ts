import { fields, or_, type Predicate, type Query, type RomeSession } from 'rome-orm'
import type { Caller } from '../database/caller.js'
import { GlanceError } from '../errors/glance-error.js'
import { equalTo, equalToAny } from '../lists/equal-to.js'
import { MetadefNamespace } from '../models/metadef-namespace.js'
import { MetadefNamespaceResourceType } from '../models/metadef-namespace-resource-type.js'
import { MetadefResourceType } from '../models/metadef-resource-type.js'
import type { Dictionary } from '../values/dictionary.js'
import { type DefinitionPage, definitionPage } from './definition-page.js'
import { findNamespaceById } from './namespace-access.js'

const namespace = fields(MetadefNamespace)
const association = fields(MetadefNamespaceResourceType)
const resourceType = fields(MetadefResourceType)

/** What a list of namespaces is to hold, in which order, and how much of it. */
export interface NamespaceListOptions extends DefinitionPage {
  /**
   * `visibility`; `id_list`, numbers; `resource_types`, names with commas between them, of which a namespace is for one
   * at least. What is null or has another name is ignored.
   */
  readonly filters?: Dictionary | undefined
}

/**
 * The namespaces that a caller lists.
 * @throws GlanceError `MetadefNamespaceNotFound` and `MetadefForbidden` of the marker; `InvalidSortKey`,
 * `InvalidSortDir`, `Invalid`.
 */
export async function namespacesListed(
  session: RomeSession,
  caller: Caller,
  options: NamespaceListOptions,
): Promise<Query<MetadefNamespace, MetadefNamespace>> {
  const conditions = await conditionsOf(session, options.filters ?? {})
  if (!caller.isAdmin) {
    const isPublic = namespace.visibility.eq('public')
    conditions.push(caller.owner === null ? isPublic : or_(isPublic, namespace.owner.eq(caller.owner)))
  }
  const all = session.query(MetadefNamespace)
  const filtered = conditions.length === 0 ? all : all.filter(...conditions)
  return definitionPage(filtered, MetadefNamespace, options, (id) => findNamespaceById(session, caller, id))
}

async function conditionsOf(session: RomeSession, filters: Dictionary): Promise<Predicate[]> {
  const { visibility = null, id_list = null, resource_types = null } = filters
  const conditions: Predicate[] = []
  if (visibility !== null) conditions.push(equalTo(namespace.visibility, visibility))
  if (id_list !== null) {
    if (!Array.isArray(id_list)) throw new GlanceError('Invalid', 'The filter id_list is a list of numbers.')
    // What is no number is no namespace's.
    conditions.push(namespace.id.in(id_list.filter((id) => Number.isSafeInteger(id))))
  }
  if (resource_types !== null) {
    if (typeof resource_types !== 'string') {
      throw new GlanceError('Invalid', 'The filter resource_types is a text: names with commas between them.')
    }
    conditions.push(namespace.id.in(await namespacesFor(session, resource_types.split(','))))
  }
  return conditions
}

/** The numbers of the namespaces that are for one of these resource types at least. */
async function namespacesFor(session: RomeSession, names: readonly string[]): Promise<number[]> {
  const types = session.query(resourceType.id).filter(equalToAny(resourceType.name, names))
  const associations = await session
    .query(association.namespace_id)
    .filter(association.resource_type_id.in(await types.all()))
    .all()
  return [...new Set(associations)]
}
