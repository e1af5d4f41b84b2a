import { fields, type RomeSession } from 'rome-orm'
import type { Caller } from '../database/caller.js'
import { GlanceError } from '../errors/glance-error.js'
import { equalTo } from '../lists/equal-to.js'
import { findByKey } from '../lists/find-by-key.js'
import { MetadefNamespace } from '../models/metadef-namespace.js'

const namespace = fields(MetadefNamespace)

/**
 * The namespace of a name, if the caller may see it; who may see one may change it, and what is in it.
 * @throws GlanceError `MetadefNamespaceNotFound`, `MetadefForbidden`.
 */
export async function findNamespace(session: RomeSession, caller: Caller, name: string): Promise<MetadefNamespace> {
  const row = await namespaceNamed(session, name)
  if (row === undefined) {
    throw new GlanceError('MetadefNamespaceNotFound', 'There is no namespace of this name.', { namespace: name })
  }
  return requireVisible(caller, row)
}

/** As {@link findNamespace}, by its number. @throws GlanceError `MetadefNamespaceNotFound`, `MetadefForbidden`. */
export async function findNamespaceById(session: RomeSession, caller: Caller, id: number): Promise<MetadefNamespace> {
  const row = await findByKey(session, MetadefNamespace, id)
  if (row === undefined) {
    throw new GlanceError('MetadefNamespaceNotFound', 'There is no namespace of this id.', { id })
  }
  return requireVisible(caller, row)
}

/** The namespace of a name, whoever asks. */
export async function namespaceNamed(session: RomeSession, name: unknown): Promise<MetadefNamespace | undefined> {
  return session.query(MetadefNamespace).filter(equalTo(namespace.namespace, name)).oneOrNone()
}

function requireVisible(caller: Caller, row: MetadefNamespace): MetadefNamespace {
  if (caller.isAdmin || row.visibility === 'public' || row.owner === caller.owner) return row
  throw new GlanceError('MetadefForbidden', 'The namespace is not visible to the caller.', { namespace: row.namespace })
}
