import type { Expression } from '../../../lib/expressions/expression.js'
import type { Choices } from '../choices.js'
import type { PredicatePair, ValuePair } from '../pairs.js'
import { literalOf } from '../sql-text.js'
import { boolean, integer, json, string, type ValueKind, wideFloat } from '../value-kinds.js'
import { type Json, jsonKeys } from './json-values.js'
import { bytesOf, textOf } from './text-of.js'

/** What `jsonAt` can give, with the types that SQLite calls it and the SQL of the value. */
const found: readonly (readonly [kind: ValueKind, types: string, sql: (document: string, path: string) => string])[] = [
  [string, "'text'", (document, path) => bytesOf(`json_extract(${document}, ${path})`)],
  [integer, "'integer'", (document, path) => `json_extract(${document}, ${path})`],
  [wideFloat, "'integer', 'real'", (document, path) => `CAST(json_extract(${document}, ${path}) AS REAL)`],
  [boolean, "'true', 'false'", (document, path) => `json_extract(${document}, ${path})`],
  [
    json,
    "'text', 'integer', 'real', 'true', 'false', 'array', 'object'",
    (document, path) => bytesOf(`${document} -> ${path}`),
  ],
]

/** What lies in a document. */
export function jsonPart(choices: Choices, value: ValuePair): ValuePair {
  const steps = choices.list(0, 3, () => choices.pick<string | number>([...jsonKeys, 0, 1, 3]))
  const [kind, types, sqlOf] = choices.pick(found)
  const document = textOf(value.sql)
  const path = sqlPath(steps)
  return {
    kind,
    isNullable: true,
    sql: `CASE WHEN json_type(${document}, ${path}) IN (${types}) THEN ${sqlOf(document, path)} END`,
    rome: (on) => on.jsonAt(value.rome(on), ...steps, kind.makeSpec()),
  }
}

function sqlPath(steps: readonly (string | number)[]): string {
  return `'$${steps.map((step) => (typeof step === 'number' ? `[${step}]` : `."${step}"`)).join('')}'`
}

/** Whether a document has a key, holds a part, or is an array with an element; undefined for other values. */
export function jsonTest(choices: Choices, value: ValuePair, values: readonly ValuePair[]): PredicatePair | undefined {
  if (value.kind !== json) return undefined
  return choices.weighted([
    [1, () => hasKey(choices, value, values)],
    [1, () => hasElement(choices, value, values)],
    [2, () => holdsPart(choices, value, values)],
  ])
}

function hasKey(choices: Choices, value: ValuePair, values: readonly ValuePair[]): PredicatePair {
  const key = choices.pick(jsonKeys)
  const others = choices.chance(25) ? values.filter(({ kind }) => kind.isLikeable) : []
  const other = others.length === 0 ? undefined : choices.pick(others)
  const document = textOf(value.sql)
  const keySql = other?.sql ?? literalOf(string, key)
  return {
    sql: strict(
      [value.sql, keySql],
      `json_type(${document}) = 'object' AND ${someElement(document, `e.key = ${textOf(keySql)}`)}`,
    ),
    rome: (on) => on.hasKey(value.rome(on), other === undefined ? key : (other.rome(on) as Expression<string>)),
  }
}

const elementKinds: ReadonlySet<string> = new Set(['integer', 'float', 'boolean', 'json'])

/** An element is looked for as a value or in another column. */
function hasElement(choices: Choices, value: ValuePair, values: readonly ValuePair[]): PredicatePair {
  const document = textOf(value.sql)
  const other = elementAmong(choices, values)
  const element = choices.pick(json.pool) as Json
  const test = other === undefined ? isEqual(element) : equals(other)
  const sql = `${isArray(document)} AND ${someElement(document, test(document))}`
  return {
    sql: strict(other === undefined ? [value.sql] : [value.sql, other.sql], sql),
    rome: (on) => on.arrayContains(value.rome(on), (other?.rome(on) ?? element) as never),
  }
}

/** A part is looked for as a value, or as text, a number or a boolean in another column. */
function holdsPart(choices: Choices, value: ValuePair, values: readonly ValuePair[]): PredicatePair {
  const document = textOf(value.sql)
  const other = elementAmong(
    choices,
    values.filter(({ kind }) => kind !== json),
  )
  const part = choices.pick(json.pool) as Json
  const isScalar = typeof part !== 'object'
  const element = other === undefined ? isEqual(part) : equals(other)
  const inArray = `${isArray(document)} AND ${someElement(document, element(document))}`
  const asWhole =
    other === undefined ? holds(document, part, 0) : someElement(document, `e.fullkey = '$' AND ${element(document)}`)
  const sql = isScalar || other !== undefined ? `${asWhole} OR (${inArray})` : asWhole
  return {
    sql: strict(other === undefined ? [value.sql] : [value.sql, other.sql], sql),
    rome: (on) => on.jsonContains(value.rome(on), (other?.rome(on) ?? part) as never),
  }
}

function elementAmong(choices: Choices, values: readonly ValuePair[]): ValuePair | undefined {
  const possible = values.filter(({ kind }) => kind.isLikeable || elementKinds.has(kind.family))
  return possible.length > 0 && choices.chance(30) ? choices.pick(possible) : undefined
}

/** Null when an argument is; else true or false, also where SQLite's functions find nothing. */
function strict(operands: readonly string[], sql: string): string {
  return `CASE WHEN ${operands.map((operand) => `${operand} IS NOT NULL`).join(' AND ')} THEN (${sql}) IS TRUE END`
}

function isArray(document: string): string {
  return `json_type(${document}) = 'array'`
}

/** Whether a condition is true of an element or member, or of a document that has none as a whole. */
function someElement(document: string, condition: string, row = 'e'): string {
  return `EXISTS (SELECT 1 FROM json_each(${document}) AS ${row} WHERE ${condition})`
}

/** Whether a row of json_each() is a value. */
function isEqual(wanted: Json) {
  return (document: string): string => `${document} -> e.fullkey = ${jsonLiteral(wanted)}`
}

/** Whether a row of json_each() is what another column has. */
function equals({ kind, sql }: ValuePair) {
  return (document: string): string => {
    if (kind === json) return `${document} -> e.fullkey = ${textOf(sql)}`
    if (kind.isLikeable) return `e.type = 'text' AND ${bytesOf('e.value')} = ${sql}`
    if (kind.family === 'boolean') return `e.type = CASE WHEN ${sql} THEN 'true' ELSE 'false' END`
    return `e.type IN ('integer', 'real') AND e.value = ${sql}`
  }
}

/** Whether a document holds a part: members of objects, elements of arrays, else the same. */
function holds(document: string, part: Json, depth: number): string {
  if (Array.isArray(part)) {
    const row = `e${depth}`
    const elements = part.map((wanted: Json) => {
      const inside = holds(`(${document} -> ${row}.fullkey)`, wanted, depth + 1)
      return someElement(document, inside, row)
    })
    return [isArray(document), ...elements].join(' AND ')
  }
  if (typeof part === 'object' && part !== null) {
    const members = Object.entries(part).map(([key, wanted]) =>
      holds(`(${document} -> ${sqlPath([key])})`, wanted, depth),
    )
    return [`json_type(${document}) = 'object'`, ...members].map((term) => `(${term})`).join(' AND ')
  }
  return `${document} = ${jsonLiteral(part)}`
}

function jsonLiteral(value: Json): string {
  // Null within a document is a value like others.
  return value === null ? "'null'" : textOf(literalOf(json, value))
}
