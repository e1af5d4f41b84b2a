import type { Source } from '../expressions/nodes.js'
import { columnsOf } from '../expressions/walk.js'
import type { CheckDefinition } from './entity-schema.js'
import { invalidModel, requireStoredName } from './invalid-model.js'
import type { RecordedCheck } from './model-definition.js'
import { type AnyFields, sealPredicate } from './seal-predicate.js'

/** The checks of a model, frozen. Without a name of its own a check is called after its columns. */
export function sealChecks(
  model: string,
  recorded: readonly RecordedCheck[],
  source: Source,
  fields: AnyFields,
): readonly CheckDefinition[] {
  const names = new Set<string>()
  const checks = recorded.map((check) => {
    const predicate = sealPredicate(model, { check: check.name }, check.predicate, source, fields)
    const name = check.name ?? [...columnsOf(predicate).map(({ column }) => column.name), 'check'].join('_')
    requireStoredName(name, model)
    if (names.has(name)) throw invalidModel('Two checks have the same name: give one a name.', model, { check: name })
    names.add(name)
    return Object.freeze<CheckDefinition>({ name, predicate })
  })
  return Object.freeze(checks)
}
