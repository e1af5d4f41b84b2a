import { predicateNode } from '../expressions/predicate.js'
import { containsAggregate, readsOtherRows, sourcesOf } from '../expressions/walk.js'
import type { ScopeDefinition } from './entity-schema.js'
import { invalidModel, requireStoredName } from './invalid-model.js'
import type { RecordedScope } from './model-definition.js'
import { modelFields } from './relation.js'

/** The scopes of a model, frozen. Their predicates are made when they are used, since they depend on arguments. */
export function sealScopes(model: string, recorded: readonly RecordedScope[]): readonly ScopeDefinition[] {
  const names = new Set<string>()
  for (const { name, options } of recorded) {
    requireStoredName(name, model)
    if (names.has(name)) throw invalidModel('Two scopes have the same name: give one another.', model, { scope: name })
    if (options.check === true && options.default !== true) {
      throw invalidModel('A scope that checks what is written is a default one.', model, { scope: name })
    }
    names.add(name)
  }
  return Object.freeze(recorded.map((scope) => sealScope(model, scope)))
}

function sealScope(model: string, { name, predicate, options }: RecordedScope): ScopeDefinition {
  const isChecked = options.check === true
  const predicateOver: ScopeDefinition['predicateOver'] = (source, values) => {
    const node = predicateNode(predicate(Object.freeze(modelFields(source)), values), `scope ${name}`)
    const isForeign = [...sourcesOf(node)].some((used) => used !== source)
    if (isForeign || containsAggregate(node)) {
      throw invalidModel('A scope is about the columns and relations of its own model, without aggregates.', model, {
        scope: name,
      })
    }
    if (isChecked && readsOtherRows(node)) {
      throw invalidModel('A scope that checks what is written is about the columns of one row.', model, { scope: name })
    }
    return node
  }
  return Object.freeze({
    name,
    isDefault: options.default === true,
    isChecked,
    takesArguments: predicate.length > 1,
    predicateOver,
  })
}
