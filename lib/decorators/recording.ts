import { SchemaError, UsageError } from '../errors/rome-error.js'
import { ModelDefinition } from '../schema/model-definition.js'

// No engine has decorators yet, and TypeScript's output gives a decorator its metadata only where this symbol exists
// when the class is evaluated. Importing any decorator runs this file first.
const symbols: { metadata?: symbol } = Symbol
symbols.metadata ??= Symbol.for('Symbol.metadata')

/** The decorators of one class, its fields included, share an object; what they record is kept under this key. */
const definitionKey = Symbol('rome.definition')

/**
 * What is recorded of the class being decorated: its own definition, made at the first decorator.
 * @throws UsageError `ROME_LEGACY_DECORATORS` when TypeScript's old decorators are switched on.
 */
export function definitionIn(context: DecoratorContext): ModelDefinition {
  if (typeof context !== 'object' || context === null || !('kind' in context)) {
    throw new UsageError('ROME_LEGACY_DECORATORS', 'Remove experimentalDecorators from tsconfig.json.')
  }
  const metadata = context.metadata as { [definitionKey]?: ModelDefinition } | undefined
  if (metadata === undefined) {
    throw new SchemaError(
      'ROME_SCHEMA_INVALID',
      'The build tool gives decorators no metadata: import rome-orm before the models, or use a newer tool.',
      { context: { name: context.name } },
    )
  }
  const known = metadata[definitionKey]
  if (known !== undefined && Object.hasOwn(metadata, definitionKey)) return known
  // A subclass inherits the metadata of its base by prototype, and must not write into it.
  const own = new ModelDefinition(known)
  metadata[definitionKey] = own
  return own
}

/**
 * The name of the field being decorated.
 * @throws UsageError `ROME_ARGUMENT` when it is no public field.
 */
export function publicFieldName(context: ClassFieldDecoratorContext): string {
  const { kind, name } = context
  if (kind === 'field' && !context.static && !context.private && typeof name === 'string') return name
  throw new UsageError('ROME_ARGUMENT', 'A column or relation is a public field: no accessor, method or static.', {
    context: { kind, name: String(name) },
  })
}
