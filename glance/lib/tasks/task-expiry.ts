import { fields, type Query, type RomeSession } from 'rome-orm'
import type { Caller } from '../database/caller.js'
import type { GlanceStore } from '../database/glance-store.js'
import { Task } from '../models/task.js'
import { now } from '../values/clock.js'
import { softDelete } from '../values/soft-delete.js'

const task = fields(Task)

/**
 * Lists tasks once those of the caller's tenant that have expired are deleted. Mostly none has: then one snapshot is
 * read and nothing written.
 */
export async function sweepAndList<Record>(
  store: GlanceStore,
  caller: Caller,
  list: (session: RomeSession) => Promise<Record[]>,
): Promise<Record[]> {
  const { owner } = caller
  if (owner === null) return store.read(list)
  const listed = await store.read(async (session) =>
    (await expiredTasks(session, owner).exists()) ? undefined : list(session),
  )
  if (listed !== undefined) return listed
  return store.write(async (session) => {
    const time = now()
    for (const row of await expiredTasks(session, owner).all()) softDelete(row, time)
    return list(session)
  })
}

/** What is to be swept: tasks of an owner whose time is over, and that are not deleted yet. */
export function expiredTasks(session: RomeSession, owner: string): Query<Task, Task> {
  return session
    .query(Task)
    .filter(task.owner.eq(owner), task.expires_at.isNotNull(), task.expires_at.lte(now()), task.deleted.eq(false))
}
