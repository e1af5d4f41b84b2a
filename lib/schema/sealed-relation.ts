import type { SchemaError } from '../errors/rome-error.js'
import type {
  ColumnDefinition,
  EntitySchema,
  IndexColumn,
  ModelClass,
  ModelSource,
  OnDelete,
  RelationColumns,
  RelationDefinition,
  RelationKind,
  ThroughDefinition,
} from './entity-schema.js'
import { invalidModel } from './invalid-model.js'
import { makeMiddleModel } from './middle-model.js'
import type { ModelThunk, RecordedRelation, RelationSelector } from './relation-declaration.js'

/** Where a relation stands. */
export interface RelationPlace {
  /** Has its schema by the time that the relation is used. */
  readonly source: ModelSource
  /** The columns of the foreign key; undefined where the other side has it. */
  readonly foreignKey: readonly ColumnDefinition[] | undefined
  /** The way to the schemas of other models. */
  readonly schemaOf: (model: ModelClass) => EntitySchema
}

const oppositeKinds: Readonly<Record<RelationKind, RelationKind>> = {
  manyToOne: 'oneToMany',
  oneToMany: 'manyToOne',
  oneToOne: 'oneToOne',
  manyToMany: 'manyToMany',
}

/** A relation of a sealed model. What concerns other models is looked up when it is asked for, and kept. */
export class SealedRelation implements RelationDefinition {
  readonly name: string
  readonly kind: RelationKind
  readonly isOwner: boolean
  readonly isNullable: boolean
  readonly onDelete: OnDelete | undefined
  readonly orphanRemoval: boolean
  readonly cascadesAdd: boolean
  readonly #recorded: RecordedRelation
  readonly #place: RelationPlace
  #target: EntitySchema | undefined
  #inverse: SealedRelation | null | undefined
  #columns: readonly RelationColumns[] | undefined
  #through: ThroughDefinition | undefined
  #orderBy: readonly IndexColumn[] | undefined

  constructor(recorded: RecordedRelation, place: RelationPlace) {
    const { name, kind, through, onDelete, orphanRemoval, cascadesAdd } = recorded
    const { foreignKey } = place
    this.name = name
    this.kind = kind
    this.isOwner = foreignKey !== undefined || through !== undefined
    this.isNullable = foreignKey === undefined ? kind === 'oneToOne' : foreignKey.some((column) => column.isNullable)
    this.onDelete = onDelete
    this.orphanRemoval = orphanRemoval
    this.cascadesAdd = cascadesAdd
    this.#recorded = recorded
    this.#place = place
    // What is private can still be filled in.
    Object.freeze(this)
  }

  get schema(): EntitySchema {
    return this.#place.source.schema
  }

  get target(): EntitySchema {
    this.#target ??= this.#schemaOf(this.#recorded.target)
    return this.#target
  }

  get inverse(): RelationDefinition | undefined {
    return this.#other
  }

  get columns(): readonly RelationColumns[] {
    this.#columns ??= Object.freeze(this.#findColumns())
    return this.#columns
  }

  get through(): ThroughDefinition | undefined {
    return this.kind === 'manyToMany' ? this.#middle : undefined
  }

  get orderBy(): readonly IndexColumn[] {
    this.#orderBy ??= Object.freeze(this.#recorded.orderBy.map((column) => this.#orderedColumn(column)))
    return this.#orderBy
  }

  get #middle(): ThroughDefinition {
    this.#through ??= Object.freeze(this.#findThrough())
    return this.#through
  }

  get #other(): SealedRelation | undefined {
    if (this.#inverse === undefined) this.#inverse = this.#findInverse() ?? null
    return this.#inverse ?? undefined
  }

  /** Where this side has neither foreign key nor middle the other has. */
  #otherSide(): SealedRelation {
    const other = this.#other
    if (other === undefined)
      throw this.#invalid('This side does not hold the relation: name the other side, which does.')
    return other
  }

  #findInverse(): SealedRelation | undefined {
    const named = this.#namedInverse()
    if (named !== undefined) {
      this.#requireOpposite(named)
      return named
    }
    const naming = this.target.relations.filter(
      (other): other is SealedRelation =>
        other instanceof SealedRelation && other.target === this.schema && other.#namedInverse() === this,
    )
    if (naming.length > 1) {
      throw this.#invalid('Two relations name this one as their other side: a relation has two sides.', {
        inverses: naming.map(({ name }) => name).join(', '),
      })
    }
    return naming[0]
  }

  /** The other side, where this side says which it is. */
  #namedInverse(): SealedRelation | undefined {
    const { inverse } = this.#recorded
    return inverse === undefined ? undefined : this.#select(this.target, inverse)
  }

  #requireOpposite(other: SealedRelation): void {
    const context = { inverse: `${other.schema.name}.${other.name}` }
    const namedByOther = other.target === this.schema ? other.#namedInverse() : undefined
    if (other.target !== this.schema || (namedByOther !== undefined && namedByOther !== this)) {
      throw this.#invalid('The other side leads elsewhere: name the relation that leads back to this one.', context)
    }
    if (other.kind !== oppositeKinds[this.kind] || other.isOwner === this.isOwner) {
      throw this.#invalid(
        'The sides do not fit: manyToOne and oneToMany, or two of a kind of which one has the column or the middle.',
        { ...context, kind: this.kind, inverseKind: other.kind },
      )
    }
  }

  #findColumns(): RelationColumns[] {
    const { foreignKey } = this.#place
    if (foreignKey !== undefined) return this.#pairWithKey(foreignKey)
    if (this.kind === 'manyToMany') return []
    return this.#otherSide().columns.map(({ own, target }) => Object.freeze({ own: target, target: own }))
  }

  #pairWithKey(foreignKey: readonly ColumnDefinition[]): RelationColumns[] {
    const { primaryKey } = this.target
    if (primaryKey.length !== foreignKey.length) {
      throw this.#invalid('A foreign key has a column for each column of the primary key, in its order.', {
        target: this.target.name,
        primaryKey: primaryKey.map(({ name }) => name).join(', '),
      })
    }
    return primaryKey.map((target, at) => {
      const own = foreignKey[at]
      if (own.type.kind !== target.type.kind) {
        throw this.#invalid('The column of a foreign key has the type of the key that it refers to.', {
          column: own.name,
          type: own.type.kind,
          target: `${this.target.name}.${target.name}`,
          targetType: target.type.kind,
        })
      }
      return Object.freeze({ own, target })
    })
  }

  #findThrough(): ThroughDefinition {
    const { through } = this.#recorded
    if (through === undefined) {
      const { schema, from, to, isImplicit } = this.#otherSide().#middle
      return { schema, from: to, to: from, isImplicit }
    }
    if ('name' in through) {
      const model = makeMiddleModel(through.name, this.schema, this.target)
      const schema = this.#schemaOf(() => model)
      return { schema, from: schema.relations[0], to: schema.relations[1], isImplicit: true }
    }
    const schema = this.#schemaOf(through.model)
    const from = this.#wayFrom(schema, through.from, this.schema)
    const to = this.#wayFrom(schema, through.to, this.target)
    if (from === to) {
      throw this.#invalid('The middle needs two relations, one to each side.', { through: schema.name })
    }
    return { schema, from, to, isImplicit: false }
  }

  #wayFrom(middle: EntitySchema, selector: RelationSelector, side: EntitySchema): SealedRelation {
    const way = this.#select(middle, selector)
    if (way.kind === 'manyToOne' && way.target === side) return way
    throw this.#invalid('The relations of the middle are manyToOne: `from` to this model, and `to` to the target.', {
      through: middle.name,
      relation: way.name,
    })
  }

  #orderedColumn(recorded: RecordedRelation['orderBy'][number]): IndexColumn {
    const isDescending = typeof recorded !== 'string'
    const name = isDescending ? recorded.descending : recorded
    const column = this.target.columnByName.get(name)
    if (column?.type.isOrdered) return Object.freeze({ column, isDescending })
    throw this.#invalid('A collection is ordered by columns of its entities, of a type that has an order.', {
      column: name,
      columns: [...this.target.columnByName.keys()].join(', '),
    })
  }

  #schemaOf(thunk: ModelThunk): EntitySchema {
    try {
      return this.#place.schemaOf(thunk())
    } catch (cause) {
      throw this.#invalid(
        'The model that a relation names cannot be used: give a function that returns a class with @entity.',
        { reason: cause instanceof Error ? cause.message : String(cause) },
        cause,
      )
    }
  }

  /** A function such as `(image) => image.properties` is called with the relations themselves, and gives back one. */
  #select(schema: EntitySchema, selector: RelationSelector): SealedRelation {
    const relations = Object.freeze(Object.assign(Object.create(null), Object.fromEntries(schema.relationByName)))
    const selected = selector(relations)
    if (selected instanceof SealedRelation && schema.relationByName.get(selected.name) === selected) return selected
    throw this.#invalid('The function that names the other side gives no relation of that model.', {
      target: schema.name,
      relations: [...schema.relationByName.keys()].join(', '),
    })
  }

  #invalid(message: string, context: Readonly<Record<string, unknown>> = {}, cause?: unknown): SchemaError {
    return invalidModel(message, this.schema.name, { relation: this.name, ...context }, cause)
  }
}
