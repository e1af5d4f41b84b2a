/** Only a type: no object has this property at run time. */
export declare const relatedEntity: unique symbol

/** What tells the property of a relation from that of a column: it leads to entities of type `T`. */
export interface RelationProperty<T extends object = object> {
  readonly [relatedEntity]: T
}
