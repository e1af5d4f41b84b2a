import { UsageError } from '../errors/rome-error.js'
import type { ColumnType } from './column-type.js'
import { wrongType } from './refusals.js'

/** A user's check of a property's value, normalised: a message when the value is refused. */
export type Validator = (value: never) => string | undefined

interface ColumnSpecParts {
  readonly type: ColumnType
  readonly isNullable: boolean
  readonly makeDefault: (() => unknown) | undefined
  readonly validators: readonly Validator[]
}

/**
 * What a column is: its type, whether it takes null, its default and the user's checks. Frozen; every method gives a
 * new one. `T` is exactly the type of the entity's property.
 *
 * @example
 * ```ts
 * import { t } from 'rome-orm'
 * const name = t.string({ max: 64 }).validate(text => text.trim() !== '', 'a name is not blank')
 * const size = t.bigint().nullable()
 * const tags = t.json<string[]>().default([])
 * ```
 */
export class ColumnSpec<T> implements ColumnSpecParts {
  /**
   * Never there at run time. A function that both takes and gives T makes the class invariant in T, so that a
   * decorator can ask for a property of exactly that type.
   */
  declare readonly _property?: (value: T) => T

  readonly type: ColumnType
  readonly isNullable: boolean
  readonly makeDefault: (() => unknown) | undefined
  readonly validators: readonly Validator[]

  private constructor({ type, isNullable, makeDefault, validators }: ColumnSpecParts) {
    this.type = type
    this.isNullable = isNullable
    this.makeDefault = makeDefault
    this.validators = validators
    Object.freeze(this)
  }

  /** A column of a type, not nullable, without a default. */
  static of<T>(type: ColumnType<T>): ColumnSpec<T> {
    return new ColumnSpec<T>({ type, isNullable: false, makeDefault: undefined, validators: Object.freeze([]) })
  }

  /** The column takes null as well; a new entity without a value has null. */
  nullable(): ColumnSpec<T | null> {
    return new ColumnSpec<T | null>({ ...this.#parts(), isNullable: true })
  }

  /**
   * The value of a new entity that has none, or a function that makes one each time. A value is checked at once, and
   * copied for each entity where it is mutable.
   * @throws ValidationError and UsageError as the column's type does for a value.
   */
  default(valueOrFunction: T | (() => T)): ColumnSpec<T> {
    return new ColumnSpec<T>({ ...this.#parts(), makeDefault: this.#defaultMaker(valueOrFunction) })
  }

  /**
   * Adds a check of the property's value, run after the type's own. It refuses a value by returning false, which
   * gives `message`, or by returning a message. A check added before `.nullable()` is not asked about null.
   * @throws UsageError `ROME_ARGUMENT` when `check` is no function; when it runs, if it answers anything else.
   */
  // biome-ignore lint/suspicious/noConfusingVoidType: a function that returns nothing may be a validator.
  validate(check: (value: T) => boolean | string | void, message?: string): ColumnSpec<T> {
    if (typeof check !== 'function') throw new UsageError('ROME_ARGUMENT', 'A validator must be a function.')
    const takesNull = this.isNullable
    const validator: Validator = (value: T) =>
      value === null && !takesNull ? undefined : messageOf(check(value), message)
    return new ColumnSpec<T>({ ...this.#parts(), validators: Object.freeze([...this.validators, validator]) })
  }

  #defaultMaker(valueOrFunction: T | (() => T)): () => unknown {
    if (typeof valueOrFunction === 'function') return valueOrFunction as () => T
    if (valueOrFunction === null) {
      if (!this.isNullable) throw wrongType('', null)
      return () => null
    }
    const row = this.type.toRow(valueOrFunction)
    return () => this.type.fromRow(row)
  }

  #parts(): ColumnSpecParts {
    return {
      type: this.type,
      isNullable: this.isNullable,
      makeDefault: this.makeDefault,
      validators: this.validators,
    }
  }
}

function messageOf(answer: unknown, message: string | undefined): string | undefined {
  if (answer === undefined || answer === true) return undefined
  if (answer === false) return message ?? 'the value was refused by a validator of its column'
  if (typeof answer === 'string') return answer
  throw new UsageError('ROME_ARGUMENT', 'A validator must return true, false, a message or nothing, and not a promise.')
}
