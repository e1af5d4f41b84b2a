import { type ModelClass, schemaOf } from 'rome-orm'
import type { Dictionary } from './dictionary.js'

/** Columns that callers do not write, save where a function says that it takes them. */
const protectedColumns: ReadonlySet<string> = new Set(['created_at', 'updated_at', 'deleted_at', 'deleted'])

/** Which of the values are columns of the model, the protected ones left out. What is no column is ignored. */
export function columnValues(model: ModelClass, values: object): Dictionary {
  const { columnByName } = schemaOf(model)
  return Object.fromEntries(
    Object.entries(values).filter(([name]) => columnByName.has(name) && !protectedColumns.has(name)),
  )
}

/** As {@link columnValues}, the protected columns included. */
export function allColumnValues(model: ModelClass, values: object): Dictionary {
  const { columnByName } = schemaOf(model)
  return Object.fromEntries(Object.entries(values).filter(([name]) => columnByName.has(name)))
}
