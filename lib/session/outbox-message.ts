import { type ColumnDeclaration, ModelDefinition, recordModel } from '../schema/model-definition.js'
import type { JsonValue } from '../values/column-type.js'
import { t } from '../values/t.js'

/**
 * A message that `session.publish` wrote and no consumer has acknowledged yet. A model like any other: name it among
 * the models of `Rome.open` to have an outbox, and query it to see what waits.
 *
 * @example
 * ```ts
 * import { globalModels, OutboxMessage, Rome } from 'rome-orm'
 * import { memory } from 'rome-orm/engines/memory'
 *
 * const rome = await Rome.open({ engine: memory(), models: [...globalModels(), OutboxMessage] })
 * await using session = rome.session()
 * console.log(await session.query(OutboxMessage).count(), 'messages wait')
 * ```
 */
export class OutboxMessage {
  /** Ascending in the order of publishing. */
  id!: string
  topic!: string
  payload!: JsonValue
  publishedAt!: Date
}

const definition = new ModelDefinition(undefined)
definition.name = 'rome_outbox'
definition.columns.push(
  { name: 'id', ...columnOf(t.uuid()), isPrimaryKey: true },
  { name: 'topic', ...columnOf(t.string()) },
  { name: 'payload', ...columnOf(t.json()) },
  { name: 'publishedAt', ...columnOf(t.datetime()), role: 'createdAt' },
)
recordModel(OutboxMessage, definition)

function columnOf(spec: ColumnDeclaration['spec']): ColumnDeclaration {
  return { spec, storedName: undefined, isPrimaryKey: false, role: undefined }
}
