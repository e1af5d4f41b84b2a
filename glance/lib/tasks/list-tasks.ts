import { type Column, fields, or_, type Predicate, type Query, type RomeSession, schemaOf } from 'rome-orm'
import type { Caller } from '../database/caller.js'
import { equalTo } from '../lists/equal-to.js'
import { ListOrder } from '../lists/list-order.js'
import { pageLimit } from '../lists/page-limit.js'
import { Task } from '../models/task.js'
import { now } from '../values/clock.js'
import type { Dictionary } from '../values/dictionary.js'
import { lookUpTask } from './task-access.js'

const task = fields(Task)

/** What a list of tasks is to hold, in which order, and how much of it. */
export interface TaskListOptions {
  /** Values by the names of columns; all must hold. What is null or no column is ignored. */
  readonly filters?: Dictionary | undefined
  /** The id of the task to begin after. */
  readonly marker?: string | undefined
  /** All when absent or negative. */
  readonly limit?: number | undefined
  /** A column; the time of creation when absent. */
  readonly sort_key?: string | undefined
  /** `asc` or `desc`; `desc` when absent. */
  readonly sort_dir?: string | undefined
  /** Lists the tasks of all tenants, as for an admin. The name is Glance's. */
  readonly admin_as_user?: boolean | undefined
}

/**
 * The tasks that a caller lists.
 * @throws GlanceError `TaskNotFound` and `Forbidden` of the marker; `InvalidSortKey`, `InvalidSortDir`, `Invalid`.
 */
export async function tasksListed(
  session: RomeSession,
  caller: Caller,
  options: TaskListOptions,
): Promise<Query<Task, Task>> {
  const { filters = {}, marker, sort_key, sort_dir = 'desc', admin_as_user = false } = options
  // Glance sorts by the id only after the time of creation, also when it is asked for.
  const keys = sort_key === undefined || sort_key === 'id' ? [] : [sort_key]
  const order = ListOrder.parse(Task, keys, [sort_dir])
  const limit = pageLimit(options.limit)
  const conditions = equalities(filters)
  if (!caller.isAdmin && !admin_as_user && caller.owner !== null) conditions.push(task.owner.eq(caller.owner))
  if (marker !== undefined) {
    conditions.push(order.after(await lookUpTask(session, caller, marker, { withDeleted: filters.deleted === true })))
  }
  const all = session.query(Task).orderBy(...order.orderings)
  const filtered = conditions.length === 0 ? all : all.filter(...conditions)
  return limit === undefined ? filtered : filtered.limit(limit)
}

function equalities(filters: Dictionary): Predicate[] {
  const { columnByName } = schemaOf(Task)
  return Object.entries(filters)
    .filter(([name, value]) => columnByName.has(name) && value !== null && value !== undefined)
    .map(([name, value]) => {
      const column: Column<unknown> = Reflect.get(task, name)
      return equalTo(column, value)
    })
}

/** The tasks of an image whose time is not over, in the order of their making: of all tenants, deleted ones too. */
export function tasksOfImage(session: RomeSession, image_id: string): Query<Task, Task> {
  return session
    .query(Task)
    .filter(equalTo(task.image_id, image_id), or_(task.expires_at.isNull(), task.expires_at.gte(now())))
    .orderBy(task.created_at, task.id)
}
