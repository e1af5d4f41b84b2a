import { type GlanceDatabase, now, parseTime, type TaskListOptions, type TaskRecord } from '../../glance/lib/index.js'
import { tasksListed, tasksOfImage } from '../../glance/lib/tasks/list-tasks.js'
import { expiredTasks } from '../../glance/lib/tasks/task-expiry.js'
import { Timestamp } from '../../lib/index.js'
import { admin, alice, bob, nobody, refused, rule } from '../support/glance-fixture.js'
import { planSteps } from '../support/plan-steps.js'

const columns = [
  ...['id', 'type', 'status', 'owner', 'expires_at', 'created_at', 'updated_at', 'deleted_at', 'deleted'],
  ...['image_id', 'request_id', 'user_id'],
]

/** Adds a task: a pending import of alice's, unless the values say otherwise. */
function addTask(glance: GlanceDatabase, values: object = {}): Promise<TaskRecord> {
  return glance.tasks.create(admin, { values: { type: 'import', status: 'pending', owner: 'alice', ...values } })
}

/** A time so many seconds from now. */
function inSeconds(seconds: number): Timestamp {
  return Timestamp.from(now().microseconds + BigInt(Math.round(seconds * 1_000_000)))
}

async function listed(glance: GlanceDatabase, caller: typeof admin, options?: TaskListOptions): Promise<string[]> {
  return (await glance.tasks.getAll(caller, options)).map(({ id }) => id)
}

rule('a tenant lists its own tasks; admins and callers without a tenant list all', async (t, glance) => {
  await addTask(glance, { id: 'a' })
  await addTask(glance, { id: 'b', owner: 'bob' })
  t.strictSame(await listed(glance, alice), ['a'])
  t.strictSame(await listed(glance, bob), ['b'])
  t.strictSame(await listed(glance, { isAdmin: false, owner: 'carol' }), [])
  for (const caller of [admin, { isAdmin: true, owner: 'alice' }, nobody]) {
    t.strictSame(await listed(glance, caller), ['b', 'a'])
  }
  t.strictSame(await listed(glance, alice, { admin_as_user: true }), ['b', 'a'], 'admin_as_user widens the list')
})

rule('deleted tasks are listed unless a filter says otherwise', async (t, glance) => {
  await addTask(glance, { id: 'live' })
  await addTask(glance, { id: 'gone' })
  await glance.tasks.delete(admin, { task_id: 'gone' })
  t.strictSame(await listed(glance, alice), ['gone', 'live'])
  t.strictSame(await listed(glance, alice, { filters: { deleted: true } }), ['gone'])
  t.strictSame(await listed(glance, alice, { filters: { deleted: false } }), ['live'])
  t.strictSame(await listed(glance, alice, { filters: { deleted: null } }), ['gone', 'live'])
})

rule('filters are equalities on columns, and all must hold', async (t, glance) => {
  const time = parseTime('2036-01-02T03:04:05.000001')
  await addTask(glance, { id: '1', status: 'success', image_id: 'i', user_id: 'u', expires_at: time })
  await addTask(glance, { id: '2', type: 'export', request_id: 'r' })
  await addTask(glance, { id: '3', owner: 'bob', status: 'success' })
  const found = (filters: object) => listed(glance, admin, { filters: { ...filters } })
  t.strictSame(await found({ status: 'success' }), ['3', '1'])
  t.strictSame(await found({ status: 'success', owner: 'alice' }), ['1'])
  t.strictSame(await found({ type: 'export' }), ['2'])
  t.strictSame(await found({ id: '2' }), ['2'])
  t.strictSame(await found({ image_id: 'i' }), ['1'])
  t.strictSame(await found({ user_id: 'u' }), ['1'])
  t.strictSame(await found({ request_id: 'r' }), ['2'])
  t.strictSame(await found({ expires_at: time }), ['1'])
  t.strictSame(await found({ status: 'pending', type: 'import' }), [])
})

rule(
  'filters that are null or no column are ignored, and values that no column holds find nothing',
  async (t, glance) => {
    await addTask(glance, { id: '1' })
    for (const filters of [
      {},
      { status: null },
      { fancy: 'x' },
      { input: 'x' },
      { message: 'x' },
      { constructor: 1 },
    ]) {
      t.strictSame(await listed(glance, admin, { filters }), ['1'], JSON.stringify(filters))
    }
    for (const filters of [{ status: 5 }, { type: [] }, { owner: 'o'.repeat(300) }, { deleted: 'yes' }]) {
      t.strictSame(await listed(glance, admin, { filters }), [], JSON.stringify(filters).slice(0, 40))
    }
  },
)

rule('lists of tasks begin with what was made last, and sort by any column in either direction', async (t, glance) => {
  await addTask(glance, { id: 'b', type: 'x', created_at: parseTime('2026-01-02') })
  await addTask(glance, { id: 'a', type: 'y', created_at: parseTime('2026-01-03') })
  await addTask(glance, { id: 'c', type: 'x', created_at: parseTime('2026-01-01') })
  const sorted = (sort_key?: string, sort_dir?: string) => listed(glance, admin, { sort_key, sort_dir })
  t.strictSame(await sorted(), ['a', 'b', 'c'])
  t.strictSame(await sorted('created_at', 'asc'), ['c', 'b', 'a'])
  t.strictSame(await sorted('type', 'asc'), ['c', 'b', 'a'])
  t.strictSame(await sorted('type', 'desc'), ['a', 'b', 'c'])
  t.strictSame(await sorted('id', 'asc'), ['c', 'b', 'a'], 'by the id comes after the time of creation')
  for (const column of columns) {
    t.strictSame((await sorted(column, 'asc')).sort(), ['a', 'b', 'c'], `${column} ascending`)
    t.strictSame((await sorted(column, 'desc')).sort(), ['a', 'b', 'c'], `${column} descending`)
  }
})

rule('tasks of one time are in the order of their ids', async (t, glance) => {
  const created_at = parseTime('2026-01-01')
  for (const id of ['b', 'c', 'a']) await addTask(glance, { id, created_at })
  t.strictSame(await listed(glance, admin), ['c', 'b', 'a'])
  t.strictSame(await listed(glance, admin, { sort_dir: 'asc' }), ['a', 'b', 'c'])
})

rule('a sort key that is no column of tasks is refused', async (t, glance) => {
  for (const sort_key of ['fancy', '', 'input', 'message', 'constructor']) {
    await refused(t, glance.tasks.getAll(admin, { sort_key }), 'InvalidSortKey', sort_key)
  }
  for (const sort_dir of ['up', '', 'ASC']) await refused(t, glance.tasks.getAll(admin, { sort_dir }), 'InvalidSortDir')
})

rule('pages put together are the whole list, whatever it is sorted by', async (t, glance) => {
  for (let n = 0; n < 7; n++) {
    const image_id = n % 3 === 0 ? null : `i${n % 2}`
    await addTask(glance, { id: `t${n}`, type: `type ${n % 2}`, image_id, created_at: parseTime('2026-01-01') })
  }
  for (const sort_key of ['created_at', 'id', 'type', 'image_id', 'updated_at', 'deleted', 'expires_at']) {
    for (const sort_dir of ['asc', 'desc']) {
      const whole = await listed(glance, alice, { sort_key, sort_dir })
      const pages: string[] = []
      for (let marker: string | undefined; ; marker = pages[pages.length - 1]) {
        const page = await listed(glance, alice, { sort_key, sort_dir, limit: 2, marker })
        if (page.length === 0) break
        pages.push(...page)
      }
      t.strictSame(pages, whole, `${sort_key} ${sort_dir}`)
      t.equal(pages.length, 7)
    }
  }
})

rule('a limit of 0 is an empty list, and a negative one is none', async (t, glance) => {
  for (const id of ['1', '2', '3']) await addTask(glance, { id })
  t.strictSame(await listed(glance, admin, { limit: 0 }), [])
  t.strictSame(await listed(glance, admin, { limit: 2 }), ['3', '2'])
  t.strictSame(await listed(glance, admin, { limit: -1 }), ['3', '2', '1'])
  await refused(t, glance.tasks.getAll(admin, { limit: 1.5 }), 'Invalid')
})

rule('a marker must be seen by the caller, and may be deleted where deleted tasks are asked for', async (t, glance) => {
  for (const id of ['1', '2', '3']) await addTask(glance, { id })
  await addTask(glance, { id: 'of bob', owner: 'bob' })
  for (const task_id of ['2', '1']) await glance.tasks.delete(alice, { task_id })
  await refused(t, glance.tasks.getAll(alice, { marker: 'of bob' }), 'Forbidden')
  await refused(t, glance.tasks.getAll(alice, { marker: '2' }), 'TaskNotFound')
  t.strictSame(await listed(glance, alice, { marker: '2', filters: { deleted: true } }), ['1'])
  t.strictSame(await listed(glance, admin, { marker: '2' }), ['1'], 'an admin finds deleted ones anyway')
  t.strictSame(await listed(glance, admin, { marker: 'of bob', filters: { owner: 'alice' } }), ['3', '2', '1'])
})

rule('listing first deletes what has expired of the caller’s tenant', async (t, glance) => {
  await addTask(glance, { id: 'over', expires_at: inSeconds(-1) })
  await addTask(glance, { id: 'later', expires_at: inSeconds(3600) })
  await addTask(glance, { id: 'never' })
  await addTask(glance, { id: 'of bob', owner: 'bob', expires_at: inSeconds(-1) })
  const before = now()
  t.strictSame(await listed(glance, alice, { filters: { deleted: true } }), ['over'])
  const over = await glance.tasks.get(admin, { task_id: 'over' })
  t.ok(over.deleted && over.deleted_at && over.deleted_at > before)
  t.equal((await glance.tasks.get(admin, { task_id: 'of bob' })).deleted, false)
})

rule('an expired task is no marker for the list whose asking deletes it', async (t, glance) => {
  await addTask(glance, { id: 'over', expires_at: inSeconds(-1) })
  await refused(t, glance.tasks.getAll(alice, { marker: 'over' }), 'TaskNotFound')
})

rule('admins and callers without a tenant delete no expired tasks of others by listing', async (t, glance) => {
  const { id: task_id } = await addTask(glance, { expires_at: inSeconds(-1) })
  for (const caller of [admin, nobody, { isAdmin: true, owner: 'bob' }]) {
    await glance.tasks.getAll(caller)
    t.equal((await glance.tasks.get(admin, { task_id })).deleted, false)
  }
  await glance.tasks.getAll({ isAdmin: true, owner: 'alice' })
  t.equal((await glance.tasks.get(admin, { task_id })).deleted, true, 'an admin deletes those of its own tenant')
})

rule('a task that expired and was deleted before keeps the time of its deletion', async (t, glance) => {
  const { id: task_id } = await addTask(glance, { expires_at: inSeconds(-1) })
  const { deleted_at } = await glance.tasks.delete(admin, { task_id })
  await glance.tasks.getAll(alice)
  t.ok(deleted_at && (await glance.tasks.get(admin, { task_id })).deleted_at?.equals(deleted_at))
})

rule('the tasks of an image are full records, in the order of their making', async (t, glance) => {
  const first = await addTask(glance, { image_id: 'i', input: { a: 1 }, message: 'm' })
  const second = await addTask(glance, { image_id: 'i' })
  await addTask(glance, { image_id: 'other' })
  await addTask(glance)
  t.strictSame(await glance.tasks.getByImage(alice, { image_id: 'i' }), [first, second])
  t.strictSame(await glance.tasks.getByImage(alice, { image_id: 'none' }), [])
  t.strictSame(await glance.tasks.getByImage(alice, { image_id: 'x'.repeat(50) }), [])
})

rule('the tasks of an image are those that the caller sees; others are left out', async (t, glance) => {
  await addTask(glance, { id: 'a', image_id: 'i' })
  await addTask(glance, { id: 'b', image_id: 'i', owner: 'bob' })
  const found = async (caller: typeof admin) =>
    (await glance.tasks.getByImage(caller, { image_id: 'i' })).map(({ id }) => id)
  t.strictSame(await found(alice), ['a'])
  t.strictSame(await found(bob), ['b'])
  t.strictSame(await found(nobody), [])
  t.strictSame(await found(admin), ['a', 'b'])
})

rule('of the tasks of an image deleted ones are shown to who sees such', async (t, glance) => {
  const { id: task_id } = await addTask(glance, { image_id: 'i' })
  await glance.tasks.delete(alice, { task_id })
  const count = async (caller: typeof admin) => (await glance.tasks.getByImage(caller, { image_id: 'i' })).length
  t.equal(await count(alice), 0)
  t.equal(await count(admin), 1)
  t.equal(await count({ ...alice, showDeleted: true }), 1)
})

rule('asking for the tasks of an image deletes expired ones, and shows none of those', async (t, glance) => {
  await addTask(glance, { id: 'over', image_id: 'i', expires_at: inSeconds(-1) })
  await addTask(glance, { id: 'later', image_id: 'i', expires_at: inSeconds(3600) })
  await addTask(glance, { id: 'of bob', image_id: 'i', owner: 'bob', expires_at: inSeconds(-1) })
  const found = async (caller: typeof admin) =>
    (await glance.tasks.getByImage(caller, { image_id: 'i' })).map(({ id }) => id)
  t.strictSame(await found(alice), ['later'])
  t.equal((await glance.tasks.get(admin, { task_id: 'over' })).deleted, true)
  t.strictSame(await found(admin), ['later'], 'expired ones of other tenants are not shown either')
  t.equal((await glance.tasks.get(admin, { task_id: 'of bob' })).deleted, false)
})

rule('lists of tasks are read from an index in their order', async (t, glance) => {
  const { id: marker } = await addTask(glance)
  await using session = glance.rome.session({ readOnly: true })
  const steps = async (options: TaskListOptions, caller = alice) =>
    planSteps(await (await tasksListed(session, caller, { limit: 25, ...options })).explain())
  const byOwner = 'index range: index tasks.owner_created_at; reads entries and rows; ranges 1; direction backwards'
  t.strictSame(await steps({}), ['limit: rows 25', byOwner])
  const pending = { filters: { status: 'pending' } }
  t.strictSame(await steps(pending), ['limit: rows 25', 'filter: where status = …', byOwner])
  t.strictSame(await steps({ marker }), [
    'limit: rows 25',
    'filter: where created_at < … or created_at = … and id < …',
    byOwner.replace('ranges 1', 'ranges 2'),
  ])
  t.strictSame(await steps({}, admin), [
    'limit: rows 25',
    'whole index: index tasks.created_at; reads entries and rows; ranges 1; direction backwards',
  ])
  t.strictSame(await steps(pending, admin), [
    'limit: rows 25',
    'index range: index tasks.status_created_at; reads entries and rows; ranges 1; direction backwards',
  ])
})

rule('tasks of an image and expired tasks are read by their own indexes', async (t, glance) => {
  await using session = glance.rome.session({ readOnly: true })
  t.strictSame(planSteps(await tasksOfImage(session, 'i').explain()), [
    'filter: where expires_at is null or expires_at >= …',
    'index range: index tasks.image_id_created_at_partial; reads entries and rows; ranges 1',
  ])
  t.strictSame(planSteps(await expiredTasks(session, 'alice').explain()), [
    'filter: where deleted = false',
    'index range: index tasks.owner_expires_at_partial; reads entries and rows; ranges 1',
  ])
})
