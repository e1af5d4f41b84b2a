import type { Choices } from './choices.js'
import { type ColumnShape, keysOf, type ModelShape } from './model-shape.js'

export type Values = Readonly<Record<string, unknown>>

/** Values for a new row, foreign keys apart; many nulls, many repeated values, and keys that may be taken already. */
export function rowValues(choices: Choices, model: ModelShape, rowsMost: number): Values {
  const isAlone = keysOf(model).length === 1
  const values: Record<string, unknown> = {}
  for (const column of model.columns) {
    const { kind, name, role } = column
    if (role === 'version') continue
    values[name] =
      role === 'key' && kind.nth !== undefined
        ? keyValue(choices, column, isAlone ? rowsMost : 6)
        : anyValue(choices, column)
  }
  return values
}

/** A value for a column that is not of the key. */
export function anyValue(choices: Choices, { kind, isNullable, role }: ColumnShape): unknown {
  if (isNullable && choices.chance(role === 'deletedAt' ? 70 : 30)) return null
  // Half of the values are among the first few, so that rows share them.
  return choices.pick(choices.chance(50) ? kind.pool.slice(0, 4) : kind.pool)
}

function keyValue(choices: Choices, { kind }: ColumnShape, values: number): unknown {
  const position = choices.below(values * 2)
  return position < kind.pool.length ? kind.pool[position] : kind.nth?.(position)
}
