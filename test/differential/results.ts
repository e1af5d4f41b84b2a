import type { Part } from './questions/parts.js'
import type { Question } from './questions/question.js'
import { shownProperty } from './sql-text.js'

/** A result of a query as text of its values: one selected thing is given bare, several as a tuple. */
export function resultText({ parts }: Pick<Question, 'parts'>, result: unknown): string {
  const values = parts.length === 1 ? [result] : result
  if (!Array.isArray(values) || values.length !== parts.length)
    return `not a tuple of ${parts.length}: ${String(result)}`
  return parts.flatMap((part, position) => partTexts(part, values[position])).join(', ')
}

function partTexts(part: Part, value: unknown): string[] {
  if (part.kind === 'value') return [shownProperty(part.value.kind, value)]
  // The missing side of an outer join.
  if (value === null) return part.columns.map(() => 'null')
  if (typeof value !== 'object') return [`not an entity: ${String(value)}`]
  return part.columns.map(({ kind, sql }) => shownProperty(kind, Reflect.get(value, sql.slice(sql.indexOf('.') + 1))))
}
