import { and_, type Column, fields, type Predicate, type Query, type RomeSession } from 'rome-orm'
import { equalTo } from '../lists/equal-to.js'
import { ImageProperty, valueStart, valueStartLength } from '../models/image-property.js'
import { ImageTag } from '../models/image-tag.js'
import type { ImageFilters } from './image-filters.js'

const property = fields(ImageProperty)
const tag = fields(ImageTag)

/** That an image has a certain property or tag, as a question to the index of these. */
export class ChildCondition {
  readonly #imageId: Column<string>
  readonly #where: Predicate

  private constructor(imageId: Column<string>, where: Predicate) {
    this.#imageId = imageId
    this.#where = where
  }

  static ofProperty(name: string, value: string | null): ChildCondition {
    const where = [
      equalTo(property.name, name),
      equalTo(property.value_start, valueStart(value)),
      property.deleted.eq(false),
    ]
    // A start that is shorter than it could be is the whole value.
    if (value !== null && value.length >= valueStartLength) where.push(equalTo(property.value, value))
    return new ChildCondition(property.image_id, and_(...where))
  }

  static ofTag(value: string): ChildCondition {
    return new ChildCondition(tag.image_id, and_(equalTo(tag.value, value), tag.deleted.eq(false)))
  }

  /** Ids of images that have it, up to a number of them, each once or more often. */
  images(session: RomeSession, limit: number): Promise<string[]> {
    return this.#query(session).limit(limit).all()
  }

  /** Which of these images have it. */
  async among(session: RomeSession, ids: readonly string[]): Promise<ReadonlySet<string>> {
    if (ids.length === 0) return new Set()
    return new Set(await this.#query(session).filter(this.#imageId.in(ids)).all())
  }

  #query(session: RomeSession): Query<string> {
    return session.query(this.#imageId).filter(this.#where)
  }
}

/** What filters ask of properties and tags. */
export function childConditions({ properties, tags }: ImageFilters): ChildCondition[] {
  return [
    ...properties.map(([name, value]) => ChildCondition.ofProperty(name, value)),
    ...[...new Set(tags)].map((value) => ChildCondition.ofTag(value)),
  ]
}
