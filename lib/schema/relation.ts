import { QueryError, UsageError } from '../errors/rome-error.js'
import type { Column } from '../expressions/column.js'
import { Expression, type Predicate } from '../expressions/expression.js'
import { relatedNode } from '../expressions/make-nodes.js'
import type { ColumnReference, RelatedNode } from '../expressions/nodes.js'
import { predicateNode } from '../expressions/predicate.js'
import { containsAggregate } from '../expressions/walk.js'
import type { ModelSource, RelationDefinition } from './entity-schema.js'
import type { ColumnName, RelationName } from './field-types.js'
import { makeFields } from './make-fields.js'
import type { RelationProperty } from './relation-property.js'

/** The columns and relations of a model by the names of its properties. */
export type Fields<T> = {
  readonly [K in ColumnName<T> | RelationName<T>]: T[K] extends RelationProperty<infer Target>
    ? Relation<Target>
    : Column<T[K]>
}

/** A predicate about related rows, as a function of their columns. */
export type RelatedPredicate<T> = (columns: Fields<T>) => Predicate

/**
 * A relation of a model or an alias to entities of type `T`, as `fields(Model)` gives it out. Frozen. It says which
 * rows have what kind of related rows; soft-deleted ones do not count.
 *
 * @example
 * ```ts
 * import { type Collection, column, entity, fields, manyToOne, oneToMany, primaryKey, type Ref, t } from 'rome-orm'
 *
 * @entity('authors')
 * class Author {
 *   @primaryKey(t.uuid()) id!: string
 *   @oneToMany(() => Book, (book) => book.author) books!: Collection<Book>
 * }
 *
 * @entity('books')
 * class Book {
 *   @primaryKey(t.uuid()) id!: string
 *   @column(t.uuid()) authorId!: string
 *   @column(t.string()) title!: string
 *   @manyToOne(() => Author, (author) => author.books, { column: 'authorId' }) author!: Ref<Author>
 * }
 *
 * const wroteEmma = fields(Author).books.some((book) => book.title.eq('Emma'))
 * ```
 */
export class Relation<T extends object = object> {
  /** The model or alias that it leads from. */
  readonly source: ModelSource
  readonly definition: RelationDefinition
  /** Keeps the type of the entities; never there at run time. */
  declare readonly _target?: T

  constructor(source: ModelSource, definition: RelationDefinition) {
    this.source = source
    this.definition = definition
    Object.freeze(this)
  }

  /**
   * Whether a related row makes the predicate true; without a predicate, whether there is one.
   * @throws UsageError `ROME_UNDEFINED` or `ROME_ARGUMENT` when it is given no function that returns a predicate.
   * @throws QueryError `ROME_QUERY_INVALID` for a predicate with aggregates. @throws SchemaError `ROME_SCHEMA_INVALID`.
   */
  some(): Predicate
  some(predicate: RelatedPredicate<T>): Predicate
  some(...predicate: [RelatedPredicate<T>?]): Predicate {
    return this.#quantify('some', predicate)
  }

  /** Whether no related row makes the predicate true; without a predicate, whether there is none. Throws as `some`. */
  none(): Predicate
  none(predicate: RelatedPredicate<T>): Predicate
  none(...predicate: [RelatedPredicate<T>?]): Predicate {
    return this.#quantify('none', predicate)
  }

  /**
   * Whether every related row makes the predicate true: false when it is false or unknown for one of them, true when
   * there are none. Throws as {@link Relation.some} does.
   */
  every(predicate: RelatedPredicate<T>): Predicate {
    return this.#quantify('every', [predicate])
  }

  #quantify(quantifier: RelatedNode['quantifier'], given: readonly unknown[]): Predicate {
    const { source, definition } = this
    // A source of its own: what it says of its rows is apart from what the query says of the same model elsewhere.
    const target: ModelSource = Object.freeze({ name: definition.name, schema: definition.target })
    const predicate = given.length === 0 ? undefined : this.#predicateOf(quantifier, given[0], target)
    return new Expression(relatedNode(quantifier, definition, source, pathOf(definition), target, predicate))
  }

  #predicateOf(quantifier: string, given: unknown, target: ModelSource) {
    const where = `${this.definition.name}.${quantifier}`
    if (typeof given !== 'function') {
      throw new UsageError(
        given === undefined ? 'ROME_UNDEFINED' : 'ROME_ARGUMENT',
        'Give a function of the columns of the related rows that returns a predicate.',
        { context: { where } },
      )
    }
    const node = predicateNode(given(Object.freeze(modelFields(target))), where)
    if (containsAggregate(node)) {
      throw new QueryError(
        'ROME_QUERY_INVALID',
        'A predicate about related rows is about one row, without aggregates.',
        {
          context: { where },
        },
      )
    }
    return node
  }
}

/** The columns by which a relation finds its rows. */
function pathOf({ columns, through }: RelationDefinition): readonly ColumnReference[] {
  return through === undefined ? columns.map(({ own }) => own) : through.from.columns.map(({ target }) => target)
}

/** The columns and relations of a model or alias, not yet frozen. */
export function modelFields<T>(source: ModelSource): Fields<T> {
  const { columns, relations } = source.schema
  const fields = makeFields(source, columns) as Record<string, unknown>
  for (const relation of relations) fields[relation.name] = new Relation(source, relation)
  return fields as Fields<T>
}
