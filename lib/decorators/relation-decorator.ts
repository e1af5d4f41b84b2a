import { UsageError } from '../errors/rome-error.js'
import {
  type DeclaresRelation,
  type FitsEntity,
  type RelationDeclaration,
  type RelationPropertyOf,
  type RelationShape,
  relationDeclaration,
} from '../schema/relation-declaration.js'
import { definitionIn, publicFieldName } from './recording.js'

/** Declares a relation: decorates a field, or stands among the relations of `defineEntity`. */
export interface RelationDecorator<Shape extends RelationShape> extends DeclaresRelation<Shape> {
  <This, Property>(
    value: undefined,
    context: ClassFieldDecoratorContext<This, Property> &
      FitsEntity<This, Shape> &
      HasProperty<Property, RelationPropertyOf<This, Shape>>,
  ): void
}

/** Nothing when the types are the same; else something that no context has, whose name says what is wrong. */
type HasProperty<Property, Needed> = [Property] extends [Needed]
  ? [Needed] extends [Property]
    ? unknown
    : { readonly 'the property must have the type of its relation': Needed }
  : { readonly 'the property must have the type of its relation': Needed }

/** What every relation takes. */
export interface RelationOptions {
  /** Whether adding an entity to a session adds the new entities that it is related to; true by default. */
  readonly cascade?: boolean
}

/** A decorator that records the declaration under the name of its field. */
export function declareRelation<Shape extends RelationShape>(
  declaration: Pick<RelationDeclaration, 'kind' | 'target'> & Partial<RelationDeclaration>,
): RelationDecorator<Shape> {
  const complete: RelationDeclaration = Object.freeze({
    inverse: undefined,
    columns: undefined,
    through: undefined,
    onDelete: undefined,
    orphanRemoval: false,
    cascadesAdd: true,
    orderBy: [],
    ...declaration,
  })
  const { kind, target, inverse, columns, through } = complete
  // Who does not hold the relation has to say which relation of the target does.
  const isOwner = columns !== undefined || through !== undefined
  if (typeof target !== 'function' || (typeof inverse !== 'function' && !(isOwner && inverse === undefined))) {
    throw new UsageError('ROME_ARGUMENT', 'Give functions: () => Model, and (model) => model.relation.', {
      context: { kind },
    })
  }
  const decorate = (_value: undefined, context: ClassFieldDecoratorContext): void => {
    definitionIn(context).relations.push({ ...complete, name: publicFieldName(context) })
  }
  return Object.assign(decorate, { [relationDeclaration]: complete })
}
