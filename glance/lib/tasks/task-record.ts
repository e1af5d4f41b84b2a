import type { JsonValue, RomeSession, Timestamp } from 'rome-orm'
import type { Task } from '../models/task.js'
import { TaskInfo } from '../models/task-info.js'

/** A task, as lists of tasks answer it. */
export interface BriefTaskRecord {
  readonly id: string
  readonly type: string
  readonly status: string
  readonly owner: string
  readonly expires_at: Timestamp | null
  readonly created_at: Timestamp
  readonly updated_at: Timestamp | null
  readonly deleted_at: Timestamp | null
  readonly deleted: boolean
  readonly image_id: string | null
  readonly request_id: string | null
  readonly user_id: string | null
}

/** A task with what it was given, what came of it, and what it has to say. */
export interface TaskRecord extends BriefTaskRecord {
  readonly input: JsonValue | null
  readonly result: JsonValue | null
  readonly message: string | null
}

export function briefTaskRecord(row: Task): BriefTaskRecord {
  const { id, type, status, owner, expires_at, created_at, updated_at, deleted_at, deleted } = row
  const { image_id, request_id, user_id } = row
  const times = { expires_at, created_at, updated_at, deleted_at }
  return { id, type, status, owner, ...times, deleted, image_id, request_id, user_id }
}

/** Full records, in the order of the tasks. */
export async function taskRecords(session: RomeSession, tasks: readonly Task[]): Promise<TaskRecord[]> {
  const infos = await session.getMany(
    TaskInfo,
    tasks.map(({ id }) => id),
  )
  return tasks.map((task, at) => taskRecord(task, infos[at]))
}

export function taskRecord(task: Task, info: TaskInfo | undefined): TaskRecord {
  const { input = null, result = null, message = null } = info ?? {}
  return { ...briefTaskRecord(task), input, result, message }
}
