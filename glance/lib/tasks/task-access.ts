import type { RomeSession } from 'rome-orm'
import { type Caller, canSeeDeleted } from '../database/caller.js'
import { GlanceError } from '../errors/glance-error.js'
import { findByKey } from '../lists/find-by-key.js'
import { Task } from '../models/task.js'

/** How a task is looked up. */
export interface TaskLookUp {
  /** Finds a deleted one too. */
  readonly withDeleted?: boolean | undefined
}

/**
 * The task, if the caller may see it; a deleted one if the caller sees such, or it is told to.
 * @throws GlanceError `TaskNotFound`, `Forbidden`.
 */
export async function lookUpTask(
  session: RomeSession,
  caller: Caller,
  task_id: string,
  options: TaskLookUp = {},
): Promise<Task> {
  const row = await findByKey(session, Task, task_id)
  const refusal = row === undefined ? taskNotFound(task_id) : refusalOf(caller, row, options)
  if (row === undefined || refusal !== undefined) throw refusal
  return row
}

/** Why the caller may not see a task; `undefined` if it may. */
export function refusalOf(caller: Caller, row: Task, options: TaskLookUp = {}): GlanceError | undefined {
  if (row.deleted && options.withDeleted !== true && !canSeeDeleted(caller)) return taskNotFound(row.id)
  if (caller.isAdmin || row.owner === caller.owner) return undefined
  return new GlanceError('Forbidden', 'The task is not visible to the caller.', { task_id: row.id })
}

function taskNotFound(task_id: string): GlanceError {
  return new GlanceError('TaskNotFound', 'There is no task of this id.', { task_id })
}
