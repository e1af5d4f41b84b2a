import { and_, type Column, fields, type Query, type RomeSession, type Timestamp } from 'rome-orm'
import { equalTo } from '../lists/equal-to.js'
import { ListOrder } from '../lists/list-order.js'
import { ImageProperty, valueStart, valueStartLength } from '../models/image-property.js'
import { ImageTag } from '../models/image-tag.js'
import type { ImageFilters } from './image-filters.js'

const property = fields(ImageProperty)
const tag = fields(ImageTag)

/** A place in a list of images in the order of their creation. */
export interface CreationPlace {
  readonly id: string
  readonly created_at: Timestamp
}

/** Which places of a list are looked for: how many, and behind which. */
export interface PlaceSearch {
  readonly owner: string
  readonly isDescending: boolean
  readonly marker: CreationPlace | undefined
  readonly limit: number
}

/** That an image has a certain property or tag, as a question to the indexes of these. */
export interface ChildCondition {
  /** Ids of images that have it, up to a number of them, each once or more often. */
  images(session: RomeSession, limit: number): Promise<string[]>
  /** Which of these images have it. */
  among(session: RomeSession, ids: readonly string[]): Promise<ReadonlySet<string>>
  /** Where images of an owner that have it are in a list, where an index tells. */
  readonly places?: (session: RomeSession, search: PlaceSearch) => Promise<CreationPlace[]>
}

/** What filters ask of properties and tags. */
export function childConditions({ properties, tags }: ImageFilters): ChildCondition[] {
  return [
    ...properties.map(([name, value]) => propertyCondition(name, value)),
    ...[...new Set(tags)].map((value) => tagCondition(value)),
  ]
}

function propertyCondition(name: string, value: string | null): ChildCondition {
  const isNamed = and_(equalTo(property.name, name), property.deleted.eq(false))
  const hasValue = equalTo(property.value, value)
  const hasStart = equalTo(property.value_start, valueStart(value))
  // A start that is shorter than it could be is the whole value.
  const isFound = value !== null && value.length >= valueStartLength ? and_(hasStart, hasValue) : hasStart
  return {
    images: (session, limit) => session.query(property.image_id).filter(isNamed, isFound).limit(limit).all(),
    among: (session, ids) =>
      idsAmong(session.query(property.image_id).filter(isNamed, hasValue), property.image_id, ids),
    async places(session, { owner, isDescending, marker, limit }) {
      const order = ListOrder.along({ created_at: property.image_created_at, id: property.image_id }, isDescending)
      const found = await session
        .query(property.image_created_at, property.image_id)
        .filter(
          isNamed,
          isFound,
          property.image_owner.eq(owner),
          ...(marker === undefined ? [] : [order.after(marker)]),
        )
        .orderBy(...order.orderings)
        .limit(limit)
        .all()
      return found.map(([created_at, id]) => ({ created_at, id }))
    },
  }
}

function tagCondition(value: string): ChildCondition {
  const isLive = and_(equalTo(tag.value, value), tag.deleted.eq(false))
  return {
    images: (session, limit) => session.query(tag.image_id).filter(isLive).limit(limit).all(),
    among: (session, ids) => idsAmong(session.query(tag.image_id).filter(isLive), tag.image_id, ids),
  }
}

async function idsAmong(
  query: Query<string>,
  imageId: Column<string>,
  ids: readonly string[],
): Promise<ReadonlySet<string>> {
  if (ids.length === 0) return new Set()
  return new Set(await query.filter(imageId.in(ids)).all())
}
