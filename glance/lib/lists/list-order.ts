import { and_, type Column, fields, type ModelClass, type Ordering, or_, type Predicate, schemaOf } from 'rome-orm'
import { GlanceError } from '../errors/glance-error.js'

/** They make every order total. */
const completion = ['created_at', 'id'] as const

interface SortKey {
  readonly column: Column<unknown>
  readonly name: string
  readonly isNullable: boolean
  readonly isDescending: boolean
}

/** A part of a list: what is true of its rows, and their order. */
export interface ListPart {
  readonly where: readonly Predicate[]
  readonly orderings: readonly (Column<unknown> | Ordering)[]
}

/**
 * The order of a list: some columns, completed by the time of creation and the id. Null is lowest: first when
 * ascending, last when descending.
 */
export class ListOrder {
  readonly #keys: readonly SortKey[]

  private constructor(keys: readonly SortKey[]) {
    this.#keys = keys
  }

  /**
   * The order that is asked for. Without keys it is that of creation, without directions it is descending; one
   * direction serves all keys, also those that complete them.
   * @throws GlanceError `InvalidSortKey` for what is no column, `InvalidSortDir` for what is no direction, `Invalid`
   * for another number of directions than keys.
   */
  static parse(model: ModelClass, keys: readonly unknown[], directions: readonly unknown[]): ListOrder {
    const names = keys.length === 0 ? [completion[0]] : keys
    const areDescending = directions.map(parseDirection)
    if (areDescending.length > 1 && areDescending.length !== names.length) {
      throw new GlanceError('Invalid', 'Give one direction for all sort keys, or one for each.', { keys, directions })
    }
    const byDefault = areDescending.length === 1 ? areDescending[0] : true
    const parsed = names.map((name, at) =>
      parseKey(model, name, areDescending.length > 1 ? areDescending[at] : byDefault),
    )
    for (const name of completion) {
      if (!parsed.some((key) => key.name === name)) parsed.push(parseKey(model, name, byDefault))
    }
    return new ListOrder(parsed)
  }

  /** The order of columns that are never null, all in one direction. Markers have their values by the names given. */
  static along(columns: Readonly<Record<string, Column<unknown>>>, isDescending: boolean): ListOrder {
    const keys = Object.entries(columns)
    return new ListOrder(keys.map(([name, column]) => ({ column, name, isNullable: false, isDescending })))
  }

  /** The direction, when the order is that of creation. */
  get ofCreation(): 'ascending' | 'descending' | undefined {
    const [first, second, ...others] = this.#keys
    const isIt = first.name === 'created_at' && second?.name === 'id' && others.length === 0
    if (!isIt || first.isDescending !== second.isDescending) return undefined
    return first.isDescending ? 'descending' : 'ascending'
  }

  /** For `orderBy`. */
  get orderings(): Ordering[] {
    return this.#keys.map(ordering)
  }

  /**
   * The list in parts, to be read one after the other: rows that have no value in the first key are apart from those
   * that have. Indexes keep nulls last, so that they have the order of each part, and not of both together.
   */
  get parts(): readonly ListPart[] {
    const [{ column, isNullable, isDescending }, ...others] = this.#keys
    if (!isNullable) return [{ where: [], orderings: this.orderings }]
    const rest = others.map(ordering)
    const without: ListPart = { where: [column.isNull()], orderings: rest }
    const having: ListPart = {
      where: [column.isNotNull()],
      orderings: [isDescending ? column.desc() : column, ...rest],
    }
    return isDescending ? [having, without] : [without, having]
  }

  /** What comes after a row. */
  after(marker: object): Predicate {
    const ways: Predicate[] = []
    const equals: Predicate[] = []
    for (const key of this.#keys) {
      const value: unknown = Reflect.get(marker, key.name)
      const beyond = isBeyond(key, value)
      if (beyond !== undefined) ways.push(and_(...equals, beyond))
      equals.push(isEqual(key, value))
    }
    const [first] = this.#keys
    const notBefore = [
      isEqual(first, Reflect.get(marker, first.name)),
      isBeyond(first, Reflect.get(marker, first.name)),
    ]
    // The first follows from the second: by it an index of the first key is read from the marker on.
    return and_(or_(...notBefore.filter((predicate) => predicate !== undefined)), or_(...ways))
  }
}

function ordering({ column, isDescending }: SortKey): Ordering {
  return isDescending ? column.desc().nullsLast() : column.asc().nullsFirst()
}

function parseKey(model: ModelClass, name: unknown, isDescending: boolean): SortKey {
  const definition = typeof name === 'string' ? schemaOf(model).columnByName.get(name) : undefined
  if (definition === undefined || !definition.type.isOrdered) {
    throw new GlanceError('InvalidSortKey', 'The sort key is no column.', { sort_key: name })
  }
  const column: Column<unknown> = Reflect.get(fields(model), definition.name)
  return { column, name: definition.name, isNullable: definition.isNullable, isDescending }
}

function parseDirection(direction: unknown): boolean {
  if (direction === 'asc') return false
  if (direction === 'desc') return true
  throw new GlanceError('InvalidSortDir', 'A sort direction is asc or desc.', { sort_dir: direction })
}

function isEqual({ column }: SortKey, value: unknown): Predicate {
  return value === null || value === undefined ? column.isNull() : column.eq(value)
}

/** Nothing comes after null when it is last. */
function isBeyond({ column, isNullable, isDescending }: SortKey, value: unknown): Predicate | undefined {
  if (value === null || value === undefined) return isDescending ? undefined : column.isNotNull()
  if (!isDescending) return column.gt(value)
  return isNullable ? or_(column.lt(value), column.isNull()) : column.lt(value)
}
