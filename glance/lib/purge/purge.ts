import { fields, type ModelClass, type RomeSession, Timestamp } from 'rome-orm'
import type { Caller } from '../database/caller.js'
import { type CommandGroup, command } from '../database/command.js'
import type { GlanceStore } from '../database/glance-store.js'
import { parameters } from '../database/parameter.js'
import { GlanceError } from '../errors/glance-error.js'
import { pageLimit } from '../lists/page-limit.js'
import { Image } from '../models/image.js'
import { ImageLocation } from '../models/image-location.js'
import { ImageMember } from '../models/image-member.js'
import { ImageProperty } from '../models/image-property.js'
import { ImageTag } from '../models/image-tag.js'
import type { SoftDeletable } from '../models/soft-deletable.js'
import { Task } from '../models/task.js'
import { TaskInfo } from '../models/task-info.js'
import { now } from '../values/clock.js'

/** What is erased, and how much of it. */
export interface PurgeArguments {
  /** How long rows have been deleted at least, in days. */
  readonly age_in_days: number
  /** The most rows of each table, those deleted longest ago first; -1 for all. */
  readonly max_rows: number
}

const rowsMax = 2 ** 31 - 1
const microsecondsOfDay = 86_400_000_000

/** Erases what was deleted long ago. */
export class Purge implements CommandGroup {
  readonly commands = {
    purge_deleted_rows: command({ age_in_days: parameters.number, max_rows: parameters.number }, (caller, given) =>
      this.rows(caller, given),
    ),
    purge_deleted_rows_from_images: command(
      { age_in_days: parameters.number, max_rows: parameters.number },
      (caller, given) => this.images(caller, given),
    ),
  }
  readonly #store: GlanceStore

  constructor(store: GlanceStore) {
    this.#store = store
  }

  /**
   * Erases old rows of every table that marks rows as deleted, save that of images. Cost: memory for the rows erased,
   * in one transaction; say a maximum where there may be very many.
   * @throws GlanceError `Invalid` for numbers that are no counts.
   *
   * @example
   * ```ts
   * import type { Caller, GlanceDatabase } from '@rome-orm/glance'
   *
   * async function purge(glance: GlanceDatabase, caller: Caller): Promise<void> {
   *   await glance.purge.rows(caller, { age_in_days: 30, max_rows: 10_000 })
   *   await glance.purge.images(caller, { age_in_days: 180, max_rows: 10_000 })
   * }
   * ```
   */
  async rows(_caller: Caller, given: PurgeArguments): Promise<null> {
    const old = parse(given)
    return this.#store.write(async (session) => {
      const tasks = await oldRows(session, Task, old)
      const infos = await session.getMany(
        TaskInfo,
        tasks.map(({ id }) => id),
      )
      for (const info of infos) if (info !== undefined) session.delete(info)
      for (const model of [ImageProperty, ImageTag, ImageLocation, ImageMember] as const) {
        for (const row of await oldRows<SoftDeletable>(session, model, old)) session.delete(row)
      }
      for (const task of tasks) session.delete(task)
      return null
    })
  }

  /**
   * Erases old images. What belongs to them stays, where it was not erased before.
   * @throws GlanceError `Invalid` for numbers that are no counts.
   */
  async images(_caller: Caller, given: PurgeArguments): Promise<null> {
    const old = parse(given)
    return this.#store.write(async (session) => {
      for (const row of await oldRows(session, Image, old)) session.delete(row)
      return null
    })
  }
}

/** Which rows are old, and how many of them are erased at most. */
interface Old {
  readonly before: Timestamp
  readonly limit: number | undefined
}

function parse({ age_in_days, max_rows }: PurgeArguments): Old {
  const age = Math.round(age_in_days * microsecondsOfDay)
  if (max_rows > rowsMax || !Number.isFinite(age)) {
    throw new GlanceError('Invalid', 'The age and the number of rows are beyond what can be meant.', {
      age_in_days,
      max_rows,
    })
  }
  return { before: Timestamp.from(now().microseconds - BigInt(age)), limit: pageLimit(max_rows) }
}

/** Rows that were deleted before a time, the oldest first; whether they are marked as deleted is not looked at. */
async function oldRows<T extends SoftDeletable>(
  session: RomeSession,
  model: ModelClass<T>,
  { before, limit }: Old,
): Promise<T[]> {
  const { deleted_at } = fields<SoftDeletable>(model)
  const old = session.query(model).filter(deleted_at.lt(before)).orderBy(deleted_at)
  return (limit === undefined ? old : old.limit(limit)).all()
}
