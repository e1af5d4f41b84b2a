import type { Choices } from './choices.js'
import { referenceShape, relate, uniqueIndex } from './draw-references.js'
import {
  type ColumnShape,
  columnsUnder,
  type IndexShape,
  indexAlias,
  type ModelShape,
  type ReferenceShape,
  tableOfAll,
} from './model-shape.js'
import { orderedBy, type PredicatePair } from './pairs.js'
import { relationsUnder } from './predicates/inside.js'
import { predicate } from './predicates/predicate.js'
import { columnKinds, datetime, integer, type ValueKind } from './value-kinds.js'

/** Two models, with foreign keys between them and in themselves, and the relations that these are. */
export function modelShapes(choices: Choices, isScoped: boolean): readonly ModelShape[] {
  const bodies = ['alpha', 'beta'].map((name) => ({ name, columns: columnShapes(choices) }))
  const models = bodies.map(({ name, columns }): ModelShape => {
    const references = choices.weighted<readonly ReferenceShape[]>([
      [3, () => []],
      [4, () => ['p'].map((reference) => referenceShape(choices, reference, name, bodies))],
      [3, () => ['p', 'q'].map((reference) => referenceShape(choices, reference, name, bodies))],
    ])
    const all = [...columns, ...references.flatMap((reference) => reference.own)]
    const unique = references.filter(({ isUnique }) => isUnique).map(uniqueIndex)
    const indexes = [...unique, ...choices.list(0, 5, () => indexShape(choices, all))]
    return { name, columns: all, indexes, references, relations: [] }
  })
  relate(models)
  if (!isScoped) return models
  const scopes = models.map((model) => scopeOf(choices, model, models))
  // Others refer to these very objects.
  models.forEach((model, at) => {
    Object.assign(model, { scope: scopes[at] })
  })
  return models
}

/** A predicate of rows that are seen, also by what rows they are related to, seen or not. */
function scopeOf(choices: Choices, model: ModelShape, models: readonly ModelShape[]): PredicatePair {
  const columns = columnsUnder(indexAlias, model).filter((value) => !value.kind.isRounded)
  const whole = (shape: ModelShape): ModelShape =>
    models.includes(shape) ? { ...shape, name: tableOfAll(shape), relations: [] } : shape
  const relations = model.relations.map((relation) => ({
    ...relation,
    target: whole(relation.target),
    through: relation.through && { ...relation.through, model: whole(relation.through.model) },
  }))
  const inside = { relations: relationsUnder(indexAlias, relations) }
  return predicate(choices, orderedBy(choices, columns), 2, inside)
}

function columnShapes(choices: Choices): readonly ColumnShape[] {
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
  return choices.chance(30) ? [...data, ...keys, ...written] : [...keys, ...data, ...written]
}

function keyColumn(choices: Choices, name: string, kinds: readonly ValueKind[]): ColumnShape {
  return { name, kind: choices.pick(kinds), isNullable: false, role: 'key' }
}

function indexShape(choices: Choices, all: readonly ColumnShape[]): IndexShape {
  const ordered = all.filter((column) => column.kind.isOrdered)
  const columns = choices.some(ordered, 1, 3).map(({ name }) => ({ name, isDescending: choices.chance(35) }))
  const isUnique = choices.chance(15)
  const isPartial = choices.chance(25)
  const predicateColumns = columnsUnder(indexAlias, { columns: all }).filter((value) => !value.kind.isRounded)
  return {
    columns,
    isUnique,
    where: isPartial ? predicate(choices, orderedBy(choices, predicateColumns), 1) : undefined,
    include: choices.chance(30)
      ? choices
          .some(all, 1, 2)
          .map(({ name }) => name)
          .filter((name) => columns.every((column) => column.name !== name))
      : [],
  }
}
