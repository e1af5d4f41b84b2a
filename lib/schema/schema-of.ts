import { SchemaError } from '../errors/rome-error.js'
import type { EntitySchema, ModelClass } from './entity-schema.js'
import { definitionOf } from './model-definition.js'
import { sealModel } from './seal.js'

const schemas = new WeakMap<ModelClass, EntitySchema>()
const beingSealed = new WeakSet<ModelClass>()

/**
 * The schema of a model: sealed and checked at the first call, the same frozen object from then on.
 * @throws SchemaError `ROME_SCHEMA_UNKNOWN_MODEL` when the class is no model, `ROME_SCHEMA_INVALID` when it is wrong.
 */
export function schemaOf<T extends object>(model: ModelClass<T>): EntitySchema<T> {
  const known = schemas.get(model)
  // The map holds for each class the schema that was made of it.
  if (known !== undefined) return known as EntitySchema<T>
  const definition = typeof model === 'function' ? definitionOf(model) : undefined
  if (definition === undefined) {
    throw new SchemaError('ROME_SCHEMA_UNKNOWN_MODEL', "This class is no model: decorate it with @entity('name').", {
      context: { model: typeof model === 'function' ? model.name : typeof model },
    })
  }
  if (beingSealed.has(model)) {
    throw new SchemaError(
      'ROME_SCHEMA_INVALID',
      'A where or check cannot use fields() of its own model: use the columns it is called with.',
      { context: { model: definition.name } },
    )
  }
  beingSealed.add(model)
  try {
    const schema = sealModel(model, definition, schemaOf)
    schemas.set(model, schema)
    return schema
  } finally {
    beingSealed.delete(model)
  }
}
