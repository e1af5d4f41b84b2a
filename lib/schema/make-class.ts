import type { ModelClass } from './entity-schema.js'
import { generate } from './generate.js'

/** A class with these fields, as if it had been written down: so its entities are made in no time. */
export function makeClass(name: string, properties: readonly string[]): ModelClass {
  const declared = properties.map((property) => `[${JSON.stringify(property)}];`)
  const code = `return { [name]: class { ${declared.join(' ')} } }[name]`
  return generate<ModelClass>(code, { name }) ?? assembleClass(name, properties)
}

function assembleClass(name: string, properties: readonly string[]): ModelClass {
  const classes = {
    [name]: class {
      constructor() {
        for (const property of properties) (this as Record<string, unknown>)[property] = undefined
      }
    },
  }
  return classes[name] as ModelClass
}
