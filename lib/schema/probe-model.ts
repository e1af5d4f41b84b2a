import type { ColumnDefinition, ModelClass } from './entity-schema.js'
import { invalidModel } from './invalid-model.js'

/**
 * Makes one entity, to find out now what would fail later: a constructor that needs arguments or throws, a property
 * that a build tool dropped or that cannot be assigned.
 */
export function probeModel(model: ModelClass, name: string, columns: readonly ColumnDefinition[]): void {
  if (model.length > 0) {
    throw invalidModel('The constructor of a model takes no arguments: entities are made before they are filled.', name)
  }
  const entity = construct(model, name)
  for (const column of columns) {
    const property = findProperty(entity, column.name)
    if (property === undefined) {
      throw invalidModel('A new entity lacks a column: the build tool dropped its field.', name, {
        column: column.name,
      })
    }
    const isAssignable = property.set !== undefined || (property.writable === true && !Object.isFrozen(entity))
    if (!isAssignable) {
      throw invalidModel('A column must be assignable: make it a plain field.', name, { column: column.name })
    }
  }
}

function construct(model: ModelClass, name: string): object {
  try {
    return new model()
  } catch (cause) {
    throw invalidModel('The constructor of a model must not throw: it runs for every row read.', name, {}, cause)
  }
}

function findProperty(entity: object, name: string): PropertyDescriptor | undefined {
  for (let holder: object | null = entity; holder !== null; holder = Object.getPrototypeOf(holder)) {
    const property = Object.getOwnPropertyDescriptor(holder, name)
    if (property !== undefined) return property
  }
  return undefined
}
