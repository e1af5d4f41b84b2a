import type { Choices } from './choices.js'
import {
  type ColumnPairs,
  type ColumnShape,
  type IndexShape,
  keysOf,
  type ModelShape,
  type ReferenceShape,
} from './model-shape.js'

type Body = Pick<ModelShape, 'name' | 'columns'>

/** A foreign key to one of the models, perhaps to its own. */
export function referenceShape(choices: Choices, name: string, owner: string, bodies: readonly Body[]): ReferenceShape {
  const target = choices.pick(bodies)
  // Rows of the first model can be there before all others.
  const isNullable = target.name !== 'alpha' || owner === 'alpha' || choices.chance(70)
  const own = keysOf(target).map((key): ColumnShape => {
    return { name: `${name}${key.name}`, kind: key.kind, isNullable, role: 'data', isReference: true }
  })
  const onDelete = choices.pick(
    isNullable ? (['cascade', 'setNull', 'restrict'] as const) : (['cascade', 'restrict'] as const),
  )
  return { name, inverse: `${owner}_${name}`, target: target.name, own, onDelete, isUnique: choices.chance(15) }
}

/** The rule of a one-to-one relation. */
export function uniqueIndex({ own }: ReferenceShape): IndexShape {
  const columns = own.map(({ name }) => ({ name, isDescending: false }))
  return { columns, isUnique: true, where: undefined, include: [] }
}

/** Gives each model the relations that lead from it. */
export function relate(models: readonly ModelShape[]): void {
  const modelOf = (name: string): ModelShape => models.find((model) => model.name === name) as ModelShape
  for (const model of models) {
    for (const reference of model.references) {
      const target = modelOf(reference.target)
      const columns = pairsOf(reference, target)
      const [own, back] = reference.isUnique
        ? (['oneToOne', 'oneToOne'] as const)
        : (['manyToOne', 'oneToMany'] as const)
      model.relations.push({ name: reference.name, kind: own, target, columns, reference, through: undefined })
      const inverted = columns.map(([a, b]) => [b, a] as const)
      const inverse = { name: reference.inverse, kind: back, target: model, columns: inverted, reference }
      target.relations.push({ ...inverse, through: undefined })
    }
    const [from, to] = model.references
    if (to === undefined || from.isUnique || to.isUnique) continue
    const [source, target] = [modelOf(from.target), modelOf(to.target)]
    const columns = { fromColumns: pairsOf(from, source), toColumns: pairsOf(to, target) }
    const through = { model, from, to, ...columns }
    source.relations.push({
      name: `via_${model.name}`,
      kind: 'manyToMany',
      target,
      columns: [],
      reference: from,
      through,
    })
  }
}

function pairsOf({ own }: ReferenceShape, target: ModelShape): ColumnPairs {
  return keysOf(target).map((key, position) => [own[position].name, key.name] as const)
}
