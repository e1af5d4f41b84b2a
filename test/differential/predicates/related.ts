import type { Predicate } from '../../../lib/expressions/expression.js'
import type { Choices } from '../choices.js'
import { columnsUnder, pairsSql, type RelationShape } from '../model-shape.js'
import { orderedBy, type PredicatePair, type ValuePair } from '../pairs.js'
import { scopedSource } from '../questions/scope.js'
import { type Words, withColumns } from '../vocabulary.js'
import { type Inside, relationsUnder } from './inside.js'

/** What `fields()` gives for a relation. */
type Quantified = Readonly<Record<Quantifier, (...of: readonly unknown[]) => Predicate>>
type Quantifier = 'some' | 'every' | 'none'

/** Draws the predicate about the related rows. */
type DrawPredicate = (choices: Choices, values: readonly ValuePair[], depth: number, inside: Inside) => PredicatePair

/** What is true of some, every or none of the related rows. */
export function ofRelated(
  choices: Choices,
  values: readonly ValuePair[],
  depth: number,
  { ask, relations }: Inside,
  draw: DrawPredicate,
): PredicatePair {
  const { alias, relation } = choices.pick(relations)
  const quantifier = choices.pick(['some', 'none', 'every'] as const)
  const related = `${alias}q`
  const columns = orderedBy(choices, columnsUnder(related, relation.target))
  const inside = { ask, relations: relationsUnder(related, relation.target.relations) }
  const isBare = quantifier !== 'every' && choices.chance(20)
  const of = isBare ? undefined : draw(choices, [...columns, ...columns, ...values.slice(0, 2)], depth - 1, inside)
  const rows = relatedRows(relation, alias, related)
  const sql = {
    some: `EXISTS (${rows}${of === undefined ? '' : ` AND (${of.sql})`})`,
    none: `NOT EXISTS (${rows}${of === undefined ? '' : ` AND (${of.sql})`})`,
    every: `NOT EXISTS (${rows} AND (${of?.sql}) IS NOT TRUE)`,
  }[quantifier]
  return {
    sql,
    rome: (on) => {
      const quantified = on.columns(alias)[relation.name] as unknown as Quantified
      return of === undefined ? quantified[quantifier]() : quantified[quantifier](ofColumns(related, of.rome, on))
    },
  }
}

/** A function of the columns of related rows, by the name of their alias. */
export function ofColumns<W extends Words, T>(alias: string, said: (on: W) => T, on: W): (columns: unknown) => T {
  const functions = { [alias]: (columns: unknown) => said(withColumns(on, alias, columns)) }
  return functions[alias]
}

/** A SELECT of what a row is related to. Deleted rows do not count, nor what is related by them. */
function relatedRows({ target, columns, through }: RelationShape, own: string, related: string): string {
  const rows = `SELECT 1 FROM ${scopedSource(target, related, 'live')}`
  if (through === undefined) return `${rows} WHERE ${pairsSql(columns, own, related)}`
  const middle = `${related}m`
  const between = `${scopedSource(through.model, middle, 'live')} ON ${pairsSql(through.toColumns, middle, related)}`
  return `${rows} JOIN ${between} WHERE ${pairsSql(through.fromColumns, middle, own)}`
}
