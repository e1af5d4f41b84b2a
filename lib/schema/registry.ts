import { SchemaError } from '../errors/rome-error.js'
import type { ModelClass } from './entity-schema.js'
import { definitionOf } from './model-definition.js'

const globalScope = new Set<ModelClass>()

/** Registers a model for every `Rome.open()` of this process that names no models of its own. */
export function registerGlobal(model: ModelClass): void {
  globalScope.add(model)
}

/**
 * The models of the global scope, in the order of their registration.
 * @throws SchemaError `ROME_SCHEMA_DUPLICATE` when two have the same stored name.
 */
export function globalModels(): readonly ModelClass[] {
  const models = [...globalScope]
  requireDistinctNames(models)
  return models
}

/**
 * The model of the global scope with a stored name.
 * @throws SchemaError `ROME_SCHEMA_DUPLICATE` when two models have the same stored name.
 */
export function modelByName(name: string): ModelClass | undefined {
  return globalModels().find((model) => definitionOf(model)?.name === name)
}

/** Empties the global scope, for tests. */
export function clearGlobalScope(): void {
  globalScope.clear()
}

/** @throws SchemaError `ROME_SCHEMA_DUPLICATE` when two of the models have the same stored name. */
export function requireDistinctNames(models: readonly ModelClass[]): void {
  const byName = new Map<string, ModelClass>()
  for (const model of models) {
    const name = definitionOf(model)?.name
    if (name === undefined) continue
    const other = byName.get(name)
    if (other !== undefined && other !== model) {
      throw new SchemaError('ROME_SCHEMA_DUPLICATE', 'Two models have the same stored name: rename one.', {
        context: { name, classes: `${other.name}, ${model.name}` },
      })
    }
    byName.set(name, model)
  }
}
