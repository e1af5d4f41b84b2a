import type { Choices } from '../choices.js'
import { columnsUnder, keysOf, type ModelShape } from '../model-shape.js'
import type { ValuePair } from '../pairs.js'

/** Aliases with the models that they stand for. */
export type Models = Readonly<Record<string, ModelShape>>

/** One selected thing: an entity, as the values of its columns, or a value. */
export type Part = EntityPart | { readonly kind: 'value'; readonly value: ValuePair }

export interface EntityPart {
  readonly kind: 'entity'
  readonly alias: string
  readonly model: string
  readonly columns: readonly ValuePair[]
  readonly keys: readonly ValuePair[]
}

export function entityOf(model: ModelShape, alias: string, isOptional: boolean): EntityPart {
  const columns = columnsUnder(alias, model).map((value) => (isOptional ? { ...value, isNullable: true } : value))
  const keys = keysOf(model).map((key) => columns[model.columns.indexOf(key)])
  return { kind: 'entity', alias, model: model.name, columns, keys }
}

/** What an operand of a set operation has to select: entities of models and values of families, each in its place. */
export type Wanted = readonly ({ readonly model: string } | { readonly family: string })[]

export function wantedLike(parts: readonly Part[]): Wanted {
  return parts.map((part) => (part.kind === 'entity' ? { model: part.model } : { family: part.value.kind.family }))
}

/** Parts of the wanted kinds, one for each; undefined when some cannot be had. */
export function fittingParts(
  choices: Choices,
  entities: readonly EntityPart[],
  values: readonly ValuePair[],
  wanted: Wanted | undefined,
): readonly Part[] | undefined {
  const parts = wanted?.map((part): Part | undefined => {
    if ('model' in part) return entities.find((entity) => entity.model === part.model)
    const fitting = values.filter((value) => value.kind.family === part.family)
    return fitting.length === 0 ? undefined : { kind: 'value', value: choices.pick(fitting) }
  })
  return parts?.every((part) => part !== undefined) ? parts : undefined
}

/** Whether a model can give all that is wanted. */
export function canGive(model: ModelShape, wanted: Wanted): boolean {
  const entities = wanted.filter((part) => 'model' in part)
  const isOne = entities.length <= 1 && entities.every((part) => part.model === model.name)
  const families = wanted.flatMap((part) => ('family' in part ? [part.family] : []))
  return isOne && families.every((family) => model.columns.some((column) => column.kind.family === family))
}

/** The values that are selected by themselves. */
export function valuesAmong(parts: readonly Part[]): ValuePair[] {
  return parts.flatMap((part) => (part.kind === 'value' ? [part.value] : []))
}

export function entitiesAmong(parts: readonly Part[]): EntityPart[] {
  return parts.filter((part) => part.kind === 'entity')
}

/** All values in a result, in order. */
export function outputsOf(parts: readonly Part[]): ValuePair[] {
  return parts.flatMap((part) => (part.kind === 'entity' ? part.columns : [part.value]))
}
