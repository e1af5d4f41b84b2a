import { RomeError, ValidationError } from '../errors/rome-error.js'
import type { RowValue } from '../values/column-type.js'
import type { ColumnDefinition, EntitySchema } from './entity-schema.js'

/**
 * A property's value as its column keeps it: checked by the type, then by the user's validators.
 * @throws ValidationError `ROME_VALUE_MISSING` for null where that is not allowed, `ROME_VALUE_TYPE`,
 * `ROME_VALUE_RANGE` or `ROME_VALUE_INVALID` when the value is refused.
 */
export function toRowValue(schema: EntitySchema, column: ColumnDefinition, value: unknown): RowValue {
  const rowValue = value === null ? nullValue(schema, column) : presentValue(schema, column, value)
  if (column.validators.length > 0) validate(schema, column, value)
  return rowValue
}

function nullValue(schema: EntitySchema, column: ColumnDefinition): null {
  if (column.isNullable) return null
  throw missingValue(schema, column)
}

function presentValue(schema: EntitySchema, column: ColumnDefinition, value: unknown): RowValue {
  try {
    return column.type.toRow(value)
  } catch (cause) {
    throw cause instanceof RomeError ? refusedValue(schema, column, cause) : cause
  }
}

/** The error for a column that must have a value and has none. */
export function missingValue(schema: EntitySchema, column: ColumnDefinition): ValidationError {
  return new ValidationError(
    'ROME_VALUE_MISSING',
    'The column needs a value: give one, declare a default, or make it nullable.',
    { context: { model: schema.name, column: column.name } },
  )
}

/** The type knows what is wrong; this says where. */
function refusedValue(schema: EntitySchema, column: ColumnDefinition, cause: RomeError): ValidationError {
  return new ValidationError(cause.code, 'The column refuses the value.', {
    context: { model: schema.name, column: column.name, reason: cause.message },
    cause,
  })
}

function validate(schema: EntitySchema, column: ColumnDefinition, value: unknown): void {
  for (const validator of column.validators) {
    // The types of the column and of its validators agree by the specification they come from.
    const reason = validator(value as never)
    if (reason !== undefined) {
      throw new ValidationError('ROME_VALUE_INVALID', 'A validator of the column refuses the value.', {
        context: { model: schema.name, column: column.name, reason },
      })
    }
  }
}
