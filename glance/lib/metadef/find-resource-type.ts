import { fields, type RomeSession } from 'rome-orm'
import { GlanceError } from '../errors/glance-error.js'
import { equalTo } from '../lists/equal-to.js'
import { MetadefResourceType } from '../models/metadef-resource-type.js'

const resourceType = fields(MetadefResourceType)

/** The resource type of a name. */
export async function resourceTypeNamed(session: RomeSession, name: unknown): Promise<MetadefResourceType | undefined> {
  return session.query(MetadefResourceType).filter(equalTo(resourceType.name, name)).oneOrNone()
}

/** As {@link resourceTypeNamed}. @throws GlanceError `MetadefResourceTypeNotFound`. */
export async function findResourceType(session: RomeSession, name: string): Promise<MetadefResourceType> {
  const row = await resourceTypeNamed(session, name)
  if (row !== undefined) return row
  throw new GlanceError('MetadefResourceTypeNotFound', 'There is no resource type of this name.', { name })
}
