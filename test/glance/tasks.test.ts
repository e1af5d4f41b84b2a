import { type GlanceDatabase, now, parseTime, TaskInfo, type TaskRecord } from '../../glance/lib/index.js'
import { Timestamp } from '../../lib/index.js'
import { admin, alice, bob, fieldsOf, nobody, refused, rule } from '../support/glance-fixture.js'

const briefFields = [
  ...['id', 'type', 'status', 'owner', 'expires_at', 'created_at', 'updated_at', 'deleted_at', 'deleted'],
  ...['image_id', 'request_id', 'user_id'],
]

/** Adds a task: a pending import of alice's, unless the values say otherwise. */
function addTask(glance: GlanceDatabase, values: object = {}): Promise<TaskRecord> {
  return glance.tasks.create(admin, { values: { type: 'import', status: 'pending', owner: 'alice', ...values } })
}

rule('a new task has what was given, null for the rest, and two times of its making', async (t, glance) => {
  const task = await addTask(glance, { id: '1' })
  const { created_at, updated_at, ...others } = task
  t.strictSame(others, {
    ...{ id: '1', type: 'import', status: 'pending', owner: 'alice', expires_at: null, deleted_at: null },
    ...{ deleted: false, image_id: null, request_id: null, user_id: null },
    ...{ input: null, result: null, message: null },
  })
  t.ok(created_at instanceof Timestamp && updated_at instanceof Timestamp)
})

rule('a task has exactly the fields of Glance', async (t, glance) => {
  const task = await addTask(glance)
  t.strictSame(fieldsOf(task), [...briefFields, 'input', 'result', 'message'].sort())
  const [brief] = await glance.tasks.getAll(admin)
  t.strictSame(fieldsOf(brief), [...briefFields].sort(), 'lists hold brief records')
  t.strictSame(await glance.tasks.get(admin, { task_id: task.id }), task)
})

rule('a task gets a random id unless it is given one', async (t, glance) => {
  const [first, second] = [await addTask(glance), await addTask(glance)]
  t.match(first.id, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  t.not(first.id, second.id)
  t.match(await addTask(glance, { id: null }), { id: /^[0-9a-f-]{36}$/ })
})

rule('every column of a task is taken as given, times and the mark of deletion too', async (t, glance) => {
  const time = parseTime('2026-01-02T03:04:05.678901')
  const values = {
    ...{ id: 'x', type: 'export', status: 'success', owner: 'bob', image_id: 'i', request_id: 'r', user_id: 'u' },
    ...{ created_at: time, updated_at: time, expires_at: time, deleted_at: time, deleted: true },
    ...{ input: { a: [1, null] }, result: { b: { c: true } }, message: 'done' },
  }
  const task = await addTask(glance, values)
  for (const [name, value] of Object.entries(values)) t.strictSame(Reflect.get(task, name), value, name)
})

rule('what is no column of a task is ignored', async (t, glance) => {
  const task = await addTask(glance, { fancy: 1, task_id: 'other', task_info: {} })
  t.notOk('fancy' in task)
  await using session = glance.rome.session()
  t.strictSame(
    (await session.query(TaskInfo).all()).map(({ task_id }) => task_id),
    [task.id],
  )
})

rule('input and result come back as they went in, whether dictionary, list, text or number', async (t, glance) => {
  for (const value of [{ a: { b: [1, 'x', null] } }, [1, 2], '{"loc_url": "http://"}', 'null', '', 5, true, null]) {
    const { id: task_id } = await addTask(glance, { input: value, result: value })
    t.match(await glance.tasks.get(admin, { task_id }), { input: value, result: value })
    const [input] = [(await glance.tasks.get(admin, { task_id })).input]
    t.strictSame(input, value, JSON.stringify(value))
  }
})

rule('texts of tasks may have any characters', async (t, glance) => {
  const banana = '\u{1f34c}'
  t.match(await addTask(glance, { type: banana, message: banana, input: banana }), {
    ...{ type: banana, message: banana, input: banana },
  })
})

rule('a task without type, status or owner is refused', async (t, glance) => {
  const whole = { type: 'import', status: 'pending', owner: 'alice' }
  for (const name of Object.keys(whole)) {
    const { [name as keyof typeof whole]: _left, ...values } = whole
    await refused(t, glance.tasks.create(admin, { values }), 'Invalid', `without ${name}`)
    await refused(t, addTask(glance, { [name]: null }), 'Invalid', `${name} null`)
  }
  t.strictSame(await glance.tasks.getAll(admin), [])
})

rule('values of a task that do not fit are refused, and nothing is left', async (t, glance) => {
  const wrong = [
    { id: 'i'.repeat(37) },
    { id: 5 },
    { type: 't'.repeat(31) },
    { status: 's'.repeat(31) },
    { owner: 'o'.repeat(256) },
    { image_id: 'i'.repeat(37) },
    { request_id: 'r'.repeat(65) },
    { user_id: 'u'.repeat(65) },
    { expires_at: 'tomorrow' },
    { message: 5 },
  ]
  for (const values of wrong) await refused(t, addTask(glance, values), 'Invalid', JSON.stringify(values).slice(0, 40))
  t.strictSame(await glance.tasks.getAll(admin), [])
  await using session = glance.rome.session()
  t.equal(await session.query(TaskInfo).count(), 0)
})

rule('a task of an id that is taken is refused, also where that one is deleted', async (t, glance) => {
  await addTask(glance, { id: '1', message: 'first' })
  await refused(t, addTask(glance, { id: '1', message: 'second' }), 'Duplicate')
  await glance.tasks.delete(admin, { task_id: '1' })
  await refused(t, addTask(glance, { id: '1' }), 'Duplicate')
  t.equal((await glance.tasks.get(admin, { task_id: '1' })).message, 'first')
})

rule('of 16 who add a task of one id at once one succeeds', async (t, glance) => {
  const outcomes = await Promise.allSettled(Array.from({ length: 16 }, () => addTask(glance, { id: '1' })))
  t.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 1)
  const kinds = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason.kind] : []))
  t.strictSame(new Set(kinds), new Set(['Duplicate']))
})

rule('who makes a task for another tenant is refused the answer, though the task was made', async (t, glance) => {
  const values = { id: '1', type: 'import', status: 'pending', owner: 'alice' }
  await refused(t, glance.tasks.create(bob, { values }), 'Forbidden')
  await refused(t, glance.tasks.create(alice, { values: { ...values, id: '2', deleted: true } }), 'TaskNotFound')
  t.strictSame((await glance.tasks.getAll(admin)).map(({ id }) => id).sort(), ['1', '2'])
})

rule('a task is seen by its owner and by admins', async (t, glance) => {
  const { id: task_id } = await addTask(glance)
  for (const caller of [admin, alice]) t.equal((await glance.tasks.get(caller, { task_id })).id, task_id)
  for (const caller of [bob, nobody]) await refused(t, glance.tasks.get(caller, { task_id }), 'Forbidden')
})

rule('a task that is not there is not found', async (t, glance) => {
  for (const task_id of ['none', '', 'x'.repeat(40)]) {
    await refused(t, glance.tasks.get(admin, { task_id }), 'TaskNotFound', `get ${task_id}`)
    await refused(t, glance.tasks.update(admin, { task_id, values: {} }), 'TaskNotFound', `update ${task_id}`)
    await refused(t, glance.tasks.delete(admin, { task_id }), 'TaskNotFound', `delete ${task_id}`)
    await refused(t, glance.tasks.getAll(admin, { marker: task_id }), 'TaskNotFound', `marker ${task_id}`)
  }
})

rule('a deleted task is found by admins, by who sees deleted rows, and by force', async (t, glance) => {
  const { id: task_id } = await addTask(glance)
  await glance.tasks.delete(alice, { task_id })
  await refused(t, glance.tasks.get(alice, { task_id }), 'TaskNotFound')
  await refused(t, glance.tasks.get(bob, { task_id }), 'TaskNotFound', 'not found goes before forbidden')
  t.equal((await glance.tasks.get(admin, { task_id })).deleted, true)
  t.equal((await glance.tasks.get({ ...alice, showDeleted: true }, { task_id })).deleted, true)
  t.equal((await glance.tasks.get(alice, { task_id, force_show_deleted: true })).deleted, true)
  await refused(t, glance.tasks.get(bob, { task_id, force_show_deleted: true }), 'Forbidden')
})

rule('deletion marks a task, and keeps what it was given and what came of it', async (t, glance) => {
  const made = await addTask(glance, { input: 'in', result: 'out', message: 'said' })
  const deleted = await glance.tasks.delete(alice, { task_id: made.id })
  const { deleted_at, updated_at } = deleted
  t.strictSame(deleted, { ...made, deleted: true, deleted_at, updated_at })
  t.ok(deleted_at && deleted_at > made.created_at)
  t.strictSame(await glance.tasks.get(admin, { task_id: made.id }), deleted)
  await refused(t, glance.tasks.delete(alice, { task_id: made.id }), 'TaskNotFound')
})

rule('only its owner and admins update and delete a task', async (t, glance) => {
  const { id: task_id } = await addTask(glance)
  for (const caller of [bob, nobody]) {
    await refused(t, glance.tasks.update(caller, { task_id, values: { status: 'x' } }), 'Forbidden')
    await refused(t, glance.tasks.delete(caller, { task_id }), 'Forbidden')
  }
  t.match(await glance.tasks.get(alice, { task_id }), { status: 'pending', deleted: false })
})

rule('an update writes what is given, and the time of the last change', async (t, glance) => {
  const made = await addTask(glance, { input: 'in', message: 'a' })
  const values = { status: 'processing', message: 'b', result: { done: 1 } }
  const task = await glance.tasks.update(alice, { task_id: made.id, values })
  t.strictSame(task, { ...made, ...values, updated_at: task.updated_at })
  t.ok(task.updated_at && made.updated_at && task.updated_at > made.updated_at)
  t.strictSame(await glance.tasks.get(alice, { task_id: made.id }), task)
})

rule('of input, result and message an update leaves alone what is not given', async (t, glance) => {
  const { id: task_id } = await addTask(glance, { input: 'in', result: 'out', message: 'said' })
  t.match(await glance.tasks.update(alice, { task_id, values: {} }), { input: 'in', result: 'out', message: 'said' })
  t.match(await glance.tasks.update(alice, { task_id, values: { result: null } }), {
    ...{ input: 'in', result: null, message: 'said' },
  })
})

rule('an update ignores protected fields, the id and what is no column', async (t, glance) => {
  const made = await addTask(glance)
  const values = { id: 'other', created_at: parseTime('2001-01-01'), deleted_at: now(), deleted: true, fancy: 1 }
  const task = await glance.tasks.update(alice, { task_id: made.id, values })
  t.strictSame(task, { ...made, updated_at: task.updated_at })
})

rule('an update revives a deleted task, which only admins find', async (t, glance) => {
  const { id: task_id } = await addTask(glance)
  const { deleted_at } = await glance.tasks.delete(alice, { task_id })
  await refused(t, glance.tasks.update(alice, { task_id, values: {} }), 'TaskNotFound')
  const task = await glance.tasks.update(admin, { task_id, values: {} })
  t.equal(task.deleted, false)
  t.ok(deleted_at && task.deleted_at?.equals(deleted_at), 'the time of its deletion is left as it was')
})

rule('an update with values that do not fit changes nothing', async (t, glance) => {
  const made = await addTask(glance, { input: 'in' })
  for (const values of [{ status: 's'.repeat(31) }, { message: 'm', type: 't'.repeat(31) }]) {
    await refused(t, glance.tasks.update(alice, { task_id: made.id, values }), 'Invalid')
  }
  t.strictSame(await glance.tasks.get(alice, { task_id: made.id }), made)
})

rule('a task without its information, as other programs may leave it, is read and updated', async (t, glance) => {
  const { id: task_id } = await addTask(glance, { input: 'in' })
  await glance.rome.transact((session) => session.query(TaskInfo).everything().hardDelete())
  t.match(await glance.tasks.get(admin, { task_id }), { input: null, result: null, message: null })
  t.match(await glance.tasks.update(admin, { task_id, values: { message: 'new' } }), { input: null, message: 'new' })
})

rule('functions of tasks are called by their names, with every argument or with few', async (t, glance) => {
  const values = { id: '1', type: 'import', status: 'pending', owner: 'alice', image_id: 'i' }
  const made = await glance.call('task_create', alice, { values, session: null })
  t.strictSame(await glance.call('task_get', alice, { task_id: '1', session: null, force_show_deleted: false }), made)
  t.strictSame(await glance.call('task_get', alice, { task_id: '1' }), made)
  t.strictSame(await glance.call('tasks_get_by_image', alice, { image_id: 'i' }), [made])
  const all = {
    ...{ filters: null, marker: null, limit: null, sort_key: 'created_at', sort_dir: 'desc', admin_as_user: false },
  }
  t.match(await glance.call('task_get_all', alice, all), [{ id: '1' }])
  t.match(await glance.call('task_get_all', alice, {}), [{ id: '1' }])
  t.match(await glance.call('task_update', alice, { task_id: '1', values: { status: 'x' } }), { status: 'x' })
  t.match(await glance.call('task_delete', alice, { task_id: '1', session: null }), { deleted: true })
})

rule('arguments of task functions that are missing or of another type are refused', async (t, glance) => {
  const wrong: [string, Record<string, unknown>][] = [
    ['task_create', {}],
    ['task_create', { values: 'x' }],
    ['task_get', {}],
    ['task_get', { task_id: 1 }],
    ['task_update', { task_id: '1' }],
    ['task_delete', { task_id: null }],
    ['task_get_all', { sort_key: ['created_at'] }],
    ['task_get_all', { filters: 'x' }],
    ['tasks_get_by_image', {}],
  ]
  for (const [name, given] of wrong) {
    await refused(t, glance.call(name, admin, given), 'TypeError', `${name} ${JSON.stringify(given)}`)
  }
})
