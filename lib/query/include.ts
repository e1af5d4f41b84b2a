import { QueryError, UsageError } from '../errors/rome-error.js'
import type { Expression, Predicate } from '../expressions/expression.js'
import type { Ordering } from '../expressions/ordering.js'
import type { Collection } from '../schema/collection.js'
import type { EntitySchema, ModelSource, RelationDefinition } from '../schema/entity-schema.js'
import type { RelationName } from '../schema/field-types.js'
import type { Loaded, RelatedTo } from '../schema/loaded.js'
import { type Fields, modelFields } from '../schema/relation.js'
import { parseCount, parseOrder, parsePredicates, refuseAggregates } from './build.js'
import type { IncludePart } from './description.js'

/** How one relation is loaded with a query. */
export interface IncludeOptions<T> {
  /** Only related entities for which it is true: the collection is partial then. */
  readonly filter?: (columns: Fields<T>) => Predicate
  /** Instead of the order that the relation declares. */
  readonly orderBy?: (columns: Fields<T>) => OrderTerm | readonly OrderTerm[]
  /**
   * The most for each entity, the first in the order: the collection is partial then. Where an index begins with the
   * foreign key and goes on in this order no more are read, else all of them.
   */
  readonly limit?: number
  /** Relations of the related entities. */
  readonly include?: Includes<T>
}

/** A column or an order of one. */
export type OrderTerm = Expression<unknown> | Ordering

/** Relations to be loaded, by their names. */
export type Includes<T> = {
  readonly [K in RelationName<T>]?:
    | true
    | (T[K] extends Collection<infer Entity>
        ? IncludeOptions<Entity>
        : Pick<IncludeOptions<RelatedTo<T[K]>>, 'include'>)
}

/** The paths that an object of relations names. */
export type IncludedPath<I> = {
  [K in keyof I & string]: K | (I[K] extends { readonly include: infer Next } ? `${K}.${IncludedPath<Next>}` : never)
}[keyof I & string]

/** A path of relations, such as `'members.owner'`; what is no path becomes the names that could stand there. */
export type PathOf<T, Path extends string> = Path extends `${infer First}.${infer Rest}`
  ? First extends RelationName<T>
    ? `${First}.${PathOf<RelatedTo<T[First]>, Rest>}`
    : RelationName<T>
  : Path extends RelationName<T>
    ? Path
    : RelationName<T>

/** A result whose entities of one model have relations loaded. */
export type WithLoaded<Result, Root, Path extends string> = Result extends readonly unknown[]
  ? { [Index in keyof Result]: LoadedIfRoot<Result[Index], Root, Path> }
  : LoadedIfRoot<Result, Root, Path>

type LoadedIfRoot<Value, Root, Path extends string> = [Value] extends [Root]
  ? Value & LoadedRelations<Root, Path>
  : Value

/** Only what `Loaded` adds to an entity. */
type LoadedRelations<Root, Path extends string> = Pick<
  Loaded<Root, Path & LoadedPath<Root>>,
  Extract<Path extends `${infer First}.${string}` ? First : Path, keyof Root>
>

type LoadedPath<T> = RelationName<T> | `${RelationName<T>}.${string}`

/** Relations that `include` names, beside those that were named before. */
export function parseIncludes(
  schema: EntitySchema,
  known: readonly IncludePart[],
  given: readonly unknown[],
): readonly IncludePart[] {
  if (given.length === 0) {
    throw new UsageError('ROME_ARGUMENT', "name the relations to include, such as 'properties' or 'members.owner'", {
      context: { model: schema.name },
    })
  }
  return given.reduce<readonly IncludePart[]>((parts, each) => {
    if (typeof each === 'string') return addPath(schema, parts, each.split('.'))
    return addObject(schema, parts, each)
  }, known)
}

function addPath(
  schema: EntitySchema,
  known: readonly IncludePart[],
  [name, ...rest]: readonly string[],
): readonly IncludePart[] {
  const part = partOf(schema, known, name)
  const includes = rest.length === 0 ? part.includes : addPath(part.definition.target, part.includes, rest)
  return put(known, { ...part, includes })
}

function addObject(schema: EntitySchema, known: readonly IncludePart[], given: unknown): readonly IncludePart[] {
  requireObject(given, schema)
  let parts = known
  for (const [name, options] of Object.entries(given)) {
    const part = partOf(schema, parts, name)
    parts = put(parts, options === true ? part : withOptions(part, options))
  }
  return parts
}

function withOptions(part: IncludePart, options: unknown): IncludePart {
  const { definition, source } = part
  requireObject(options, definition.schema)
  const { filter, orderBy, limit, include, ...unknown } = options
  const [option] = Object.keys(unknown)
  const isCollection = definition.kind === 'oneToMany' || definition.kind === 'manyToMany'
  if (option !== undefined || (!isCollection && [filter, orderBy, limit].some((each) => each !== undefined))) {
    throw new UsageError(
      'ROME_ARGUMENT',
      'a collection is included with filter, orderBy, limit and include, a reference with include alone',
      { context: { model: definition.schema.name, relation: definition.name, given: Object.keys(options) } },
    )
  }
  const columns = Object.freeze(modelFields<object>(source))
  const call = (given: unknown): readonly unknown[] => {
    if (typeof given !== 'function') {
      throw new UsageError('ROME_ARGUMENT', 'give a function of the columns of the related rows', {
        context: { model: definition.schema.name, relation: definition.name },
      })
    }
    return [given(columns)].flat()
  }
  const filters = filter === undefined ? part.filters : parsePredicates(call(filter), 'include')
  refuseAggregates(filters, 'include')
  return {
    ...part,
    filters,
    orderBy: orderBy === undefined ? part.orderBy : parseOrder(call(orderBy)),
    limit: limit === undefined ? part.limit : parseCount(limit, 'limit'),
    includes: include === undefined ? part.includes : addObject(definition.target, part.includes, include),
  }
}

/** The part of a relation that was named before, or a new one. */
function partOf(schema: EntitySchema, known: readonly IncludePart[], name: string): IncludePart {
  const definition = schema.relationByName.get(name)
  if (definition === undefined) {
    throw new QueryError('ROME_QUERY_INVALID', 'the model has no relation of this name', {
      context: { model: schema.name, relation: name, relations: [...schema.relationByName.keys()] },
    })
  }
  return known.find((part) => part.definition === definition) ?? newPart(definition)
}

function newPart(definition: RelationDefinition): IncludePart {
  const source: ModelSource = Object.freeze({ name: definition.name, schema: definition.target })
  return { definition, source, filters: [], orderBy: [], limit: undefined, includes: [] }
}

function put(parts: readonly IncludePart[], part: IncludePart): readonly IncludePart[] {
  return [...parts.filter(({ definition }) => definition !== part.definition), part]
}

function requireObject(given: unknown, { name }: EntitySchema): asserts given is Readonly<Record<string, unknown>> {
  if (typeof given === 'object' && given !== null && !Array.isArray(given)) return
  throw new UsageError(
    given === undefined ? 'ROME_UNDEFINED' : 'ROME_ARGUMENT',
    'give relations by their names: true, or { filter, orderBy, limit, include }',
    { context: { model: name } },
  )
}
