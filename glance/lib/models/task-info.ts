import { column, entity, globalScope, type JsonValue, primaryKey, t } from 'rome-orm'

/** What a task was given, what came of it, and what it has to say: a row for each task, apart since it may be long. */
@globalScope
@entity('task_info')
export class TaskInfo {
  @primaryKey(t.string({ max: 36 })) task_id!: string
  @column(t.json<JsonValue>().nullable()) input!: JsonValue | null
  @column(t.json<JsonValue>().nullable()) result!: JsonValue | null
  @column(t.text().nullable()) message!: string | null
}
