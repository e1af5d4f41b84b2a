import { UsageError } from '../errors/rome-error.js'
import type { ColumnSpec } from '../values/column-spec.js'
import type { ModelClass } from './entity-schema.js'
import type { ColumnName } from './field-types.js'
import { makeClass } from './make-class.js'
import {
  type ColumnDeclaration,
  type ColumnParts,
  checkDeclaration,
  columnDeclaration,
  type DeclaresCheck,
  type DeclaresColumn,
  type DeclaresIndex,
  type DeclaresScope,
  indexDeclaration,
  ModelDefinition,
  recordModel,
  scopeDeclaration,
} from './model-definition.js'
import {
  type DeclaresRelation,
  type RelationDeclaration,
  type RelationPropertyOf,
  type RelationShape,
  relationDeclaration,
} from './relation-declaration.js'

/** A column of `defineEntity`: a type such as `t.string()`, or `primaryKey(…)`, `column(…)`, `createdAt()` … */
export type ColumnSource = ColumnParts | DeclaresColumn<unknown>

/** The properties that columns give their entities. */
export type EntityOf<Columns> = { -readonly [K in keyof Columns]: ValueOf<Columns[K]> }

type ValueOf<C> = C extends DeclaresColumn<infer V> ? V : C extends ColumnSpec<infer V> ? V : never

/** The properties that columns and relations give their entities. */
export type RelatedEntityOf<Columns, Relations> = {
  [K in keyof Columns | keyof Relations]: K extends keyof Columns
    ? ValueOf<Columns[K]>
    : RelationValueOf<EntityOf<Columns>, Relations[K & keyof Relations]>
}

type RelationValueOf<Entity, R> = R extends DeclaresRelation<infer Shape> ? RelationPropertyOf<Entity, Shape> : never

/** What a model has beside its columns. */
export interface EntityRules<T extends object> {
  /** `index(…)` and `unique(…)`. */
  readonly indexes?: readonly DeclaresIndex<T>[]
  /** `check(…)`. */
  readonly checks?: readonly DeclaresCheck<T>[]
  /** `scope(…)`. */
  readonly scopes?: readonly DeclaresScope<T>[]
}

/** Relations by the names of their properties, as they fit an entity: `manyToOne(…)`, `oneToMany(…)` … */
export type RelationSources<Entity> = Readonly<
  Record<string, DeclaresRelation<RelationShape & { readonly owner: Entity; readonly column: ColumnName<Entity> }>>
>

/**
 * Makes a model without decorators, in the same words: a name, the columns by the names of their properties, and what
 * else belongs to it. What it returns is a class like any other model.
 * @throws UsageError `ROME_ARGUMENT` when a column is none. What else is wrong is found when the model is first used.
 *
 * @example
 * ```ts
 * import { create, createdAt, defineEntity, desc, fields, index, primaryKey, t } from 'rome-orm'
 *
 * const Book = defineEntity(
 *   'books',
 *   {
 *     id: primaryKey(t.uuid()),
 *     title: t.string({ max: 200 }),
 *     author: t.string().nullable(),
 *     createdAt: createdAt(),
 *   },
 *   { indexes: [index('author', desc('createdAt')), index('title', { where: (book) => book.author.isNull() })] },
 * )
 * type Book = InstanceType<typeof Book>
 *
 * const book: Book = create(Book, { title: 'Emma', author: 'Jane Austen' })
 * const isEmma = fields(Book).title.eq('Emma')
 * ```
 *
 * Relations stand beside the indexes. TypeScript cannot find out the types of two models that lead to each other, so
 * the one without the foreign key says its own, and the other need not name it:
 *
 * @example
 * ```ts
 * import { type Collection, defineEntity, manyToOne, type ModelClass, oneToMany, primaryKey, t } from 'rome-orm'
 *
 * interface Author {
 *   id: string
 *   books: Collection<InstanceType<typeof Book>>
 * }
 * const Author: ModelClass<Author> = defineEntity(
 *   'authors',
 *   { id: primaryKey(t.uuid()) },
 *   { relations: { books: oneToMany(() => Book, (book) => book.author) } },
 * )
 * const Book = defineEntity(
 *   'books',
 *   { id: primaryKey(t.uuid()), authorId: t.uuid() },
 *   { relations: { author: manyToOne(() => Author, { column: 'authorId' }) } },
 * )
 * ```
 */
export function defineEntity<
  const Columns extends Readonly<Record<string, ColumnSource>>,
  Relations extends RelationSources<EntityOf<Columns>> = Readonly<Record<never, never>>,
>(
  name: string,
  columns: Columns,
  // Apart from the columns, so that their types are known when the indexes, checks and relations are looked at.
  rules: EntityRules<EntityOf<NoInfer<Columns>>> & { readonly relations?: Relations } = {},
): ModelClass<RelatedEntityOf<Columns, Relations>> {
  const definition = new ModelDefinition(undefined)
  definition.name = name
  for (const [property, source] of Object.entries(columns)) {
    definition.columns.push({ ...declarationOf(name, property, source), name: property })
  }
  for (const index of rules.indexes ?? []) definition.indexes.push(index[indexDeclaration])
  for (const check of rules.checks ?? []) definition.checks.push(check[checkDeclaration])
  for (const scope of rules.scopes ?? []) definition.scopes.push(scope[scopeDeclaration])
  const relations = Object.entries<DeclaresRelation<RelationShape>>(rules.relations ?? {})
  for (const [property, source] of relations) {
    definition.relations.push({ ...relationOf(name, property, source), name: property })
  }
  const model = makeClass(name, [...Object.keys(columns), ...relations.map(([property]) => property)])
  recordModel(model, definition)
  // The class was made of these columns and relations.
  return model as ModelClass<RelatedEntityOf<Columns, Relations>>
}

function declarationOf(model: string, column: string, source: ColumnSource): ColumnDeclaration {
  if (typeof source === 'function' && columnDeclaration in source) return source[columnDeclaration]
  if (typeof source === 'object' && source !== null && 'type' in source) {
    return { spec: source, storedName: undefined, isPrimaryKey: false, role: undefined }
  }
  throw new UsageError('ROME_ARGUMENT', 'A column is a type such as t.string(), or a declaration such as column(…).', {
    context: { model, column },
  })
}

function relationOf(model: string, relation: string, source: DeclaresRelation<RelationShape>): RelationDeclaration {
  if (typeof source === 'function' && relationDeclaration in source) return source[relationDeclaration]
  throw new UsageError('ROME_ARGUMENT', 'A relation is declared by manyToOne(…), oneToMany(…) or another of these.', {
    context: { model, relation },
  })
}
