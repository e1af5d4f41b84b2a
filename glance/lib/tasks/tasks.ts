import { randomUUID } from 'node:crypto'
import { create, type JsonValue, type RomeSession, type Timestamp } from 'rome-orm'
import type { Caller } from '../database/caller.js'
import { type CommandGroup, command } from '../database/command.js'
import type { GlanceStore } from '../database/glance-store.js'
import { parameters } from '../database/parameter.js'
import { GlanceError } from '../errors/glance-error.js'
import { Task } from '../models/task.js'
import { TaskInfo } from '../models/task-info.js'
import { now } from '../values/clock.js'
import { allColumnValues, columnValues } from '../values/column-values.js'
import type { Dictionary } from '../values/dictionary.js'
import { softDelete } from '../values/soft-delete.js'
import { type TaskListOptions, tasksListed, tasksOfImage } from './list-tasks.js'
import { lookUpTask, refusalOf } from './task-access.js'
import { sweepAndList } from './task-expiry.js'
import { type BriefTaskRecord, briefTaskRecord, type TaskRecord, taskRecord, taskRecords } from './task-record.js'

/** What a task is made of, or changed to. What else is given is ignored. */
export interface TaskValues {
  readonly id?: string
  readonly type?: string
  readonly status?: string
  readonly owner?: string
  readonly expires_at?: Timestamp | null
  readonly image_id?: string | null
  readonly request_id?: string | null
  readonly user_id?: string | null
  readonly input?: JsonValue | null
  readonly result?: JsonValue | null
  readonly message?: string | null
  /** These four are taken for a new task alone. */
  readonly created_at?: Timestamp
  readonly updated_at?: Timestamp | null
  readonly deleted_at?: Timestamp | null
  readonly deleted?: boolean
}

/** What Glance does by and by for a tenant, such as imports. */
export class Tasks implements CommandGroup {
  readonly commands = {
    task_create: command({ values: parameters.dictionary }, (caller, given) => this.create(caller, given)),
    task_get: command({ task_id: parameters.text, force_show_deleted: parameters.flag }, (caller, given) =>
      this.get(caller, given),
    ),
    task_get_all: command(
      {
        filters: parameters.optionalDictionary,
        marker: parameters.optionalText,
        limit: parameters.optionalNumber,
        sort_key: parameters.optionalText,
        sort_dir: parameters.optionalText,
        admin_as_user: parameters.flag,
      },
      (caller, given) => this.getAll(caller, given),
    ),
    task_update: command({ task_id: parameters.text, values: parameters.dictionary }, (caller, given) =>
      this.update(caller, given),
    ),
    task_delete: command({ task_id: parameters.text }, (caller, given) => this.delete(caller, given)),
    tasks_get_by_image: command({ image_id: parameters.text }, (caller, given) => this.getByImage(caller, given)),
  }
  readonly #store: GlanceStore

  constructor(store: GlanceStore) {
    this.#store = store
  }

  /**
   * Adds a task: `type`, `status` and `owner` must be given, the id is random unless given, and times and the mark of
   * deletion are taken as given. Answers what {@link Tasks.get} would, also with its errors: then the task is there.
   * @throws GlanceError `Invalid`; `Duplicate` when there is a task of that id, deleted or not; `TaskNotFound` and
   * `Forbidden` for what the caller may not see.
   */
  async create(caller: Caller, { values }: { readonly values: TaskValues }): Promise<TaskRecord> {
    const columns = allColumnValues(Task, values)
    const ownId = columns.id === undefined || columns.id === null ? { id: randomUUID() } : {}
    const answer = await this.#store.write(async (session) => {
      const task = create(Task, { ...columns, ...ownId })
      const { id } = task
      if ((await session.get(Task, id)) !== undefined) {
        throw new GlanceError('Duplicate', 'There is a task of this id.', { id })
      }
      session.add(task)
      const info = session.add(create(TaskInfo, { ...infoValues(values), task_id: id }))
      await session.flush()
      return refusalOf(caller, task) ?? taskRecord(task, info)
    })
    if (answer instanceof GlanceError) throw answer
    return answer
  }

  /** A task. @throws GlanceError `TaskNotFound`, `Forbidden`. */
  async get(
    caller: Caller,
    { task_id, force_show_deleted }: { readonly task_id: string; readonly force_show_deleted?: boolean | undefined },
  ): Promise<TaskRecord> {
    return this.#store.read(async (session) => {
      const task = await lookUpTask(session, caller, task_id, { withDeleted: force_show_deleted })
      return taskRecord(task, await session.get(TaskInfo, task_id))
    })
  }

  /**
   * The tasks of the caller's tenant, all of them for an admin and for a caller without an owner. First those of its
   * own tenant that have expired are deleted. Deleted tasks are listed unless a filter says otherwise.
   * @throws GlanceError `TaskNotFound` and `Forbidden` of the marker; `InvalidSortKey`, `InvalidSortDir`, `Invalid`.
   */
  async getAll(caller: Caller, options: TaskListOptions = {}): Promise<BriefTaskRecord[]> {
    return sweepAndList(this.#store, caller, async (session) => {
      const listed = await tasksListed(session, caller, options)
      return (await listed.all()).map(briefTaskRecord)
    })
  }

  /**
   * Changes a task, and revives a deleted one. Of `input`, `result` and `message` what is not given stays.
   * @throws GlanceError `TaskNotFound`, `Forbidden`, `Invalid`.
   */
  async update(
    caller: Caller,
    { task_id, values }: { readonly task_id: string; readonly values: TaskValues },
  ): Promise<TaskRecord> {
    return this.#store.write(async (session) => {
      const task = await lookUpTask(session, caller, task_id)
      const { id: _id, ...columns } = columnValues(Task, values)
      Object.assign(task, columns, { deleted: false, updated_at: now() })
      const info = Object.assign(await infoOf(session, task_id), infoValues(values))
      await session.flush()
      return taskRecord(task, info)
    })
  }

  /** Deletes a task. What it was given and what came of it stays. @throws GlanceError `TaskNotFound`, `Forbidden`. */
  async delete(caller: Caller, { task_id }: { readonly task_id: string }): Promise<TaskRecord> {
    return this.#store.write(async (session) => {
      const task = await lookUpTask(session, caller, task_id)
      softDelete(task)
      return taskRecord(task, await session.get(TaskInfo, task_id))
    })
  }

  /**
   * The tasks of an image that the caller may see and whose time is not over, in the order of their making. First those
   * of its own tenant that have expired are deleted.
   */
  async getByImage(caller: Caller, { image_id }: { readonly image_id: string }): Promise<TaskRecord[]> {
    return sweepAndList(this.#store, caller, async (session) => {
      const tasks = await tasksOfImage(session, image_id).all()
      return taskRecords(
        session,
        tasks.filter((task) => refusalOf(caller, task) === undefined),
      )
    })
  }
}

/** Every task has one, unless other programs wrote the task. */
async function infoOf(session: RomeSession, task_id: string): Promise<TaskInfo> {
  return (await session.get(TaskInfo, task_id)) ?? session.add(create(TaskInfo, { task_id }))
}

function infoValues(values: TaskValues): Dictionary {
  const { task_id: _id, ...info } = columnValues(TaskInfo, values)
  return info
}
