import { inspect } from 'node:util'
import { avg, count, max, min, sum } from '../../lib/expressions/aggregate.js'
import { asc, desc } from '../../lib/expressions/asc-desc.js'
import { caseWhen } from '../../lib/expressions/case.js'
import { cast, literal } from '../../lib/expressions/cast.js'
import { coalesce, nullIf } from '../../lib/expressions/conditional.js'
import { day, hour, minute, month, second, year } from '../../lib/expressions/date-functions.js'
import type { Expression } from '../../lib/expressions/expression.js'
import { arrayContains, hasKey, jsonAt, jsonContains } from '../../lib/expressions/json-functions.js'
import { abs, round } from '../../lib/expressions/number-functions.js'
import { param } from '../../lib/expressions/parameter.js'
import { and_, exists, not_, or_ } from '../../lib/expressions/predicate.js'
import { concat, length, lower, substring, trim, upper } from '../../lib/expressions/text-functions.js'
import type { Query } from '../../lib/query/query.js'
import type { Selectable } from '../../lib/query/selection.js'
import { fields } from '../../lib/schema/fields.js'
import type { ModelLike } from '../../lib/schema/model-like.js'
import type { RomeSession } from '../../lib/session/session.js'
import { ColumnSpec } from '../../lib/values/column-spec.js'
import type { ValueKind } from './value-kinds.js'

export type AnyQuery = Query<unknown, Record<string, unknown>>

const expressions = {
  ...{ and_, or_, not_, exists },
  ...{ count, sum, min, max, avg },
  ...{ asc, desc },
  ...{ caseWhen, coalesce, nullIf, cast, literal, param, abs, round },
  ...{ lower, upper, trim, concat, length, substring },
  ...{ year, month, day, hour, minute, second },
  ...{ jsonAt, jsonContains, arrayContains, hasKey },
}

/** What expressions are written with: Rome's own words, or ones that write down what is said. */
export type Words = typeof expressions & {
  columns(alias: string): Readonly<Record<string, Expression<unknown>>>
  /** A value that stands beside expressions: itself, or the parameter that it is bound to. */
  constant(kind: ValueKind, value: unknown): unknown
}

/** Words of a session, for whole queries. */
export type Vocabulary = Words & {
  model(alias: string): ModelLike
  query(...selection: readonly Selectable[]): AnyQuery
}

/** The words with values as they are. */
export function withoutParameters(on: Words): Words {
  return { ...on, constant: (_, value) => value }
}

/** The words with the columns of one more alias. */
export function withColumns<W extends Words>(on: W, alias: string, columns: unknown): W {
  return { ...on, columns: (name) => (name === alias ? (columns as ReturnType<Words['columns']>) : on.columns(name)) }
}

/** Rome's words over columns that are at hand. */
export function wordsOver(columnsOf: (alias: string) => unknown): Words {
  return {
    ...expressions,
    columns: (alias) => columnsOf(alias) as ReturnType<Words['columns']>,
    constant: (_, value) => value,
  }
}

/** The words of a session in which each alias stands for a model. */
export function vocabularyOf(session: RomeSession, models: Readonly<Record<string, ModelLike>>): Vocabulary {
  return {
    ...wordsOver((alias) => fields(models[alias])),
    model: (alias) => models[alias],
    query: (...selection) => session.query(...(selection as readonly [Selectable])) as unknown as AnyQuery,
  }
}

const textOf = Symbol('what was said')

/** Words that only write down what is said with them: `query(t0).filter(t0.a.eq(1))`. */
export function recordingVocabulary(): Vocabulary {
  const words = [...Object.keys(expressions), 'query'].map((name) => [name, recording(name)])
  return {
    ...(Object.fromEntries(words) as Vocabulary),
    columns: (alias) => recording(alias) as Readonly<Record<string, Expression<unknown>>>,
    constant: (_, value) => value,
    model: (alias) => recording(alias) as ModelLike,
  }
}

/** What was said with recording words. */
export function written(said: unknown): string {
  if (typeof said === 'function' && textOf in said) return String(said[textOf])
  // A function of the columns of related rows is named after their alias.
  if (typeof said === 'function') return `(${said.name}) => ${written(said(recording(said.name)))}`
  if (Array.isArray(said)) return `[${said.map(written).join(', ')}]`
  if (said instanceof ColumnSpec) return `t.${said.type.kind}()`
  if (said instanceof Date) return `new Date(${said.getTime()})`
  if (typeof said === 'string') return JSON.stringify(said)
  if (typeof said === 'object' && said !== null && Object.getPrototypeOf(said) === Object.prototype) {
    return `{ ${Object.entries(said)
      .map(([name, value]) => `${name}: ${written(value)}`)
      .join(', ')} }`
  }
  return inspect(said, { breakLength: Number.POSITIVE_INFINITY })
}

function recording(text: string): unknown {
  return new Proxy(() => undefined, {
    has: (_, name) => name === textOf,
    get: (_, name) => (name === textOf ? text : recording(`${text}.${String(name)}`)),
    apply: (_, __, values: readonly unknown[]) => recording(`${text}(${values.map(written).join(', ')})`),
  })
}
