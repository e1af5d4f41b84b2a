import type { Timestamp } from 'rome-orm'
import { GlanceError } from '../errors/glance-error.js'
import { parseTime } from '../values/time-text.js'

/** A value of a filter with the operator before its first colon; `eq` when there is none. */
export interface FilterText {
  readonly operator: string
  readonly operand: string
}

/** Takes the operator off. The colons of a time that stands alone are its own. */
export function splitOperator(text: string): FilterText {
  const colon = text.indexOf(':')
  if (colon === -1 || parseTime(text) !== undefined) return { operator: 'eq', operand: text }
  return { operator: text.slice(0, colon), operand: text.slice(colon + 1) }
}

/** How a time is compared with those of a filter. */
export interface TimeComparison {
  readonly operator: 'gt' | 'gte' | 'lt' | 'lte' | 'ne' | 'eq'
  readonly time: Timestamp
}

const timeOperators: ReadonlyMap<string, TimeComparison['operator']> = new Map([
  ['gt', 'gt'],
  ['gte', 'gte'],
  ['lt', 'lt'],
  ['lte', 'lte'],
  ['neq', 'ne'],
  ['eq', 'eq'],
])

/**
 * A comparison of times, such as `gte:2026-01-01T00:00:00Z`.
 * @throws GlanceError `InvalidParameterValue` for what is no time, `InvalidFilterOperatorValue` for another operator.
 */
export function parseTimeComparison(name: string, value: unknown): TimeComparison {
  const { operator, operand } = splitOperator(textOf(name, value))
  const time = parseTime(operand)
  if (time === undefined) {
    throw new GlanceError('InvalidParameterValue', 'The filter needs a time of ISO 8601.', { [name]: value })
  }
  const known = timeOperators.get(operator)
  if (known === undefined) throw unknownOperator(name, value)
  return { operator: known, time }
}

/**
 * The texts that a column may be equal to: one, or the members of a list after `in:`.
 * @throws GlanceError `InvalidFilterOperatorValue` for another operator, `InvalidParameterValue` for quotes in wrong
 * places.
 */
export function parseChoices(name: string, value: unknown): readonly string[] {
  const { operator, operand } = splitOperator(textOf(name, value))
  if (operator === 'eq') return [operand]
  if (operator !== 'in') throw unknownOperator(name, value)
  checkQuotes(operand)
  return membersOf(operand)
}

function textOf(name: string, value: unknown): string {
  if (typeof value === 'string') return value
  throw new GlanceError('InvalidParameterValue', 'The filter needs a text.', { [name]: value })
}

function unknownOperator(name: string, value: unknown): GlanceError {
  return new GlanceError('InvalidFilterOperatorValue', 'The filter has no such operator before its colon.', {
    [name]: value,
  })
}

/** Quotes enclose whole members. One after a backslash is a character like others. */
function checkQuotes(list: string): void {
  let isOpen = false
  for (let at = list.indexOf('"'); at !== -1; at = list.indexOf('"', at + 1)) {
    const before = list[at - 1]
    if (before === '\\') continue
    const next = list[at + 1]
    const isAtBorder = isOpen ? next === undefined || next === ',' : before === undefined || before === ','
    if (!isAtBorder) {
      throw new GlanceError('InvalidParameterValue', 'A quote of the list is not at the border of a member.', { list })
    }
    isOpen = !isOpen
  }
  if (isOpen) throw new GlanceError('InvalidParameterValue', 'A quote of the list is not closed.', { list })
}

/** A quoted member, in which a backslash takes the next character with it, or one up to the next comma. */
const member = /"((?:[^"\\]|\\.)*)"(?:,|$)|([^,]*)(?:,|$)/gsy

function membersOf(list: string): string[] {
  const members: string[] = []
  member.lastIndex = 0
  while (member.lastIndex < list.length) {
    const match = member.exec(list)
    if (match === null) break
    members.push(match[1] ?? match[2])
  }
  return members
}
