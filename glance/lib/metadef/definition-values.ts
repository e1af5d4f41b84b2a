import type { ModelClass } from 'rome-orm'
import { columnValues } from '../values/column-values.js'
import type { Dictionary } from '../values/dictionary.js'

/**
 * What is written of a definition: columns, without those that a caller does not write. The number is the store's to
 * give, and a definition stays in its namespace: else an update would put it into one that the caller may not see.
 */
export function definitionValues(model: ModelClass, values: object): Dictionary {
  const { id: _id, namespace_id: _namespaceId, ...given } = columnValues(model, values)
  // Glance writes flags as numbers at times.
  const isNumber = given.protected === 0 || given.protected === 1
  return isNumber ? { ...given, protected: given.protected === 1 } : given
}
