import type { Choices } from './choices.js'
import { orderedBy, type PredicatePair, type ValuePair } from './pairs.js'
import { predicate } from './predicates/predicate.js'
import { columnKinds, datetime, integer, type ValueKind } from './value-kinds.js'

export interface ColumnShape {
  readonly name: string
  readonly kind: ValueKind
  readonly isNullable: boolean
  readonly role: 'key' | 'data' | 'updatedAt' | 'deletedAt' | 'version'
}

export interface IndexShape {
  readonly columns: readonly { readonly name: string; readonly isDescending: boolean }[]
  readonly isUnique: boolean
  readonly where: PredicatePair | undefined
  readonly include: readonly string[]
}

/** A model, as both sides are told of it. */
export interface ModelShape {
  readonly name: string
  readonly columns: readonly ColumnShape[]
  readonly indexes: readonly IndexShape[]
  /** A default scope: only rows for which it is true are seen. */
  readonly scope?: PredicatePair
}

export function keysOf(model: ModelShape): ColumnShape[] {
  return model.columns.filter((column) => column.role === 'key')
}

export function columnWithRole(model: ModelShape, role: ColumnShape['role']): ColumnShape | undefined {
  return model.columns.find((column) => column.role === role)
}

/** The columns of a model as values, when it is read under an alias. */
export function columnsUnder(alias: string, model: ModelShape): ValuePair[] {
  return model.columns.map(({ name, kind, isNullable }) => ({
    kind,
    isNullable,
    sql: `${alias}.${name}`,
    rome: (on) => on.columns(alias)[name],
  }))
}

/** The alias that the predicates of partial indexes and scopes use. */
export const indexAlias = 'r'

/** The model with a default scope. */
export function withScope(choices: Choices, model: ModelShape): ModelShape {
  const columns = columnsUnder(indexAlias, model).filter((value) => !value.kind.isRounded)
  return { ...model, scope: predicate(choices, orderedBy(choices, columns), 2) }
}

/** SQLite's table of all rows. Where a model has a scope, a view of its name has those in scope. */
export function tableOf({ name, scope }: ModelShape): string {
  return scope === undefined ? name : `${name}_all`
}

export function modelShape(choices: Choices, name: string): ModelShape {
  const isSoftDeletable = choices.chance(50)
  const keys = choices.weighted<ColumnShape[]>([
    [
      4,
      () => [
        keyColumn(
          choices,
          'k',
          columnKinds.filter((kind) => kind.nth !== undefined),
        ),
      ],
    ],
    [
      2,
      () =>
        ['k', 'l'].map((key) =>
          keyColumn(
            choices,
            key,
            columnKinds.filter((kind) => kind.isOrdered),
          ),
        ),
    ],
  ])
  const data = choices.list(
    2,
    6,
    (position): ColumnShape => ({
      name: 'abcdef'[position],
      kind: choices.pick(columnKinds),
      isNullable: choices.chance(60),
      role: 'data',
    }),
  )
  const written: ColumnShape[] = [
    ...(isSoftDeletable ? [{ name: 'deletedAt', kind: datetime, isNullable: true, role: 'deletedAt' } as const] : []),
    ...(choices.chance(25)
      ? [{ name: 'updatedAt', kind: datetime, isNullable: false, role: 'updatedAt' } as const]
      : []),
    ...(choices.chance(25) ? [{ name: 'version', kind: integer, isNullable: false, role: 'version' } as const] : []),
  ]
  const columns = choices.chance(30) ? [...data, ...keys, ...written] : [...keys, ...data, ...written]
  const shape: ModelShape = { name, columns, indexes: [] }
  return { ...shape, indexes: choices.list(0, 5, () => indexShape(choices, shape)) }
}

function keyColumn(choices: Choices, name: string, kinds: readonly ValueKind[]): ColumnShape {
  return { name, kind: choices.pick(kinds), isNullable: false, role: 'key' }
}

function indexShape(choices: Choices, model: ModelShape): IndexShape {
  const ordered = model.columns.filter((column) => column.kind.isOrdered)
  const columns = choices.some(ordered, 1, 3).map(({ name }) => ({ name, isDescending: choices.chance(35) }))
  const isUnique = choices.chance(15)
  const isPartial = choices.chance(25)
  const predicateColumns = columnsUnder(indexAlias, model).filter((value) => !value.kind.isRounded)
  return {
    columns,
    isUnique,
    where: isPartial ? predicate(choices, orderedBy(choices, predicateColumns), 1) : undefined,
    include: choices.chance(30)
      ? choices
          .some(model.columns, 1, 2)
          .map(({ name }) => name)
          .filter((name) => columns.every((column) => column.name !== name))
      : [],
  }
}
