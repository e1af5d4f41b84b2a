import type { RelationShape } from '../model-shape.js'
import type { AskInside } from './subquery.js'

/** What a predicate may say of other rows. */
export interface Inside {
  readonly ask?: AskInside | undefined
  /** What the rows at hand are related to. */
  readonly relations: readonly RelationOf[]
}

/** A relation of the rows of an alias. */
export interface RelationOf {
  readonly alias: string
  readonly relation: RelationShape
}

export function relationsUnder(alias: string, relations: readonly RelationShape[]): RelationOf[] {
  return relations.map((relation) => ({ alias, relation }))
}
