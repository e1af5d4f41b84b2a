import type { EntitySchema, RelationDefinition } from '../entity-schema.js'
import { RelatedCollection } from './related-collection.js'
import { RelatedRef } from './related-ref.js'

/** Gives an entity that was made by its constructor the properties of its relations. */
export function attachRelations(schema: EntitySchema, entity: object): void {
  for (const relation of schema.relations) {
    const property: unknown = Reflect.get(entity, relation.name)
    if (property instanceof RelatedCollection || property instanceof RelatedRef) continue
    Reflect.set(entity, relation.name, relatedProperty(entity, relation))
  }
}

/** What stands in an entity's property of a relation. */
export function relatedProperty(entity: object, relation: RelationDefinition): RelatedCollection | RelatedRef {
  const isCollection = relation.kind === 'oneToMany' || relation.kind === 'manyToMany'
  return isCollection ? new RelatedCollection(entity, relation) : new RelatedRef(entity, relation)
}
