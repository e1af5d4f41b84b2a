import { type GlanceDatabase, Image, ImageProperty, ImageTag, now, Task, TaskInfo } from '../../glance/lib/index.js'
import { create, Timestamp } from '../../lib/index.js'
import { addImage, admin, noImage, refused, rule } from '../support/glance-fixture.js'

/** A time so many days ago. */
function daysAgo(days: number): Timestamp {
  return Timestamp.from(now().microseconds - BigInt(days) * 86_400_000_000n)
}

async function addDeletedTags(glance: GlanceDatabase, ages: readonly number[]): Promise<void> {
  await glance.rome.transact((session) => {
    for (const [at, age] of ages.entries()) {
      const times = { deleted: true, deleted_at: daysAgo(age) }
      session.add(create(ImageTag, { id: 1_000_000 + at, image_id: noImage, value: `${age} days`, ...times }))
    }
  })
}

async function tagsLeft(glance: GlanceDatabase): Promise<string[]> {
  await using session = glance.rome.session()
  return (await session.query(ImageTag).all()).map(({ value }) => value).sort()
}

rule('rows deleted longer ago than the age are erased, others stay', async (t, glance) => {
  await addDeletedTags(glance, [40, 31, 29, 1])
  await glance.tags.create(admin, { image_id: noImage, value: 'live' })
  t.equal(await glance.purge.rows(admin, { age_in_days: 30, max_rows: 100 }), null)
  t.strictSame(await tagsLeft(glance), ['1 days', '29 days', 'live'])
})

rule('as many rows of each table are erased as the maximum, the oldest first', async (t, glance) => {
  await addDeletedTags(glance, [31, 33, 32])
  await glance.rome.transact((session) => {
    for (const id of [1, 2]) {
      const times = { image_created_at: daysAgo(50), deleted_at: daysAgo(40 - id) }
      const values = { id, image_id: noImage, name: `p${id}`, ...times }
      session.add(create(ImageProperty, values))
    }
  })
  await glance.purge.rows(admin, { age_in_days: 30, max_rows: 1 })
  t.strictSame(await tagsLeft(glance), ['31 days', '32 days'])
  await using session = glance.rome.session()
  t.strictSame(
    (await session.query(ImageProperty).all()).map(({ id }) => id),
    [2],
    'whether a row is marked as deleted is not looked at',
  )
})

rule('a maximum of -1 is none, and one of 0 erases nothing', async (t, glance) => {
  await addDeletedTags(glance, [31, 32, 33])
  await glance.purge.rows(admin, { age_in_days: 30, max_rows: 0 })
  t.equal((await tagsLeft(glance)).length, 3)
  await glance.purge.rows(admin, { age_in_days: 30, max_rows: -1 })
  t.strictSame(await tagsLeft(glance), [])
})

rule('all that belonged to a destroyed image is erased, and the image stays', async (t, glance) => {
  const { id: image_id } = await addImage(glance, {
    properties: { a: '1' },
    locations: [{ url: 'file:///1', metadata: {}, status: 'active' }],
  })
  await glance.members.create(admin, { values: { image_id, member: 'bob' } })
  await glance.tags.create(admin, { image_id, value: 'x' })
  await glance.images.destroy(admin, { image_id })
  await glance.purge.rows(admin, { age_in_days: -1, max_rows: 100 })
  const image = await glance.images.get(admin, { image_id, force_show_deleted: true })
  t.strictSame([image.properties, image.locations], [[], []])
  t.strictSame(await glance.members.find(admin, { include_deleted: true }), [])
})

rule('old tasks are erased with what they were given, and young ones stay', async (t, glance) => {
  await glance.rome.transact((session) => {
    for (const age of [40, 35, 1]) {
      const times = { deleted: true, deleted_at: daysAgo(age) }
      session.add(create(Task, { id: String(age), type: 'import', status: 'pending', owner: 'alice', ...times }))
      session.add(create(TaskInfo, { task_id: String(age), input: { age } }))
    }
  })
  const left = async () => {
    await using session = glance.rome.session()
    const tasks = (await session.query(Task).all()).map(({ id }) => id)
    const infos = (await session.query(TaskInfo).all()).map(({ task_id }) => task_id)
    return { tasks: tasks.sort(), infos: infos.sort() }
  }
  await glance.purge.rows(admin, { age_in_days: 30, max_rows: 1 })
  t.strictSame(await left(), { tasks: ['1', '35'], infos: ['1', '35'] })
  await glance.purge.rows(admin, { age_in_days: 30, max_rows: 1 })
  t.strictSame(await left(), { tasks: ['1'], infos: ['1'] })
})

rule('images are erased when they are asked for, the oldest first, and nothing else is', async (t, glance) => {
  for (const age of [31, 33, 32]) {
    await addImage(glance, { name: `${age}`, deleted: true, deleted_at: daysAgo(age) })
  }
  await addImage(glance, { name: 'live' })
  await addDeletedTags(glance, [40])
  const names = async () => {
    await using session = glance.rome.session()
    return (await session.query(Image).all()).map(({ name }) => name).sort()
  }
  t.equal(await glance.purge.images(admin, { age_in_days: 30, max_rows: 2 }), null)
  t.strictSame(await names(), ['31', 'live'])
  await glance.purge.images(admin, { age_in_days: 30, max_rows: -1 })
  t.strictSame(await names(), ['live'])
  t.strictSame(await tagsLeft(glance), ['40 days'])
})

rule('an image is erased while live locations refer to it', async (t, glance) => {
  const { id: image_id } = await addImage(glance, { deleted: true, deleted_at: daysAgo(40) })
  const location = { url: 'file:///1', metadata: {}, status: 'active' }
  await glance.locations.add(admin, { image_id, location })
  await glance.purge.images(admin, { age_in_days: 30, max_rows: 100 })
  await refused(t, glance.images.get(admin, { image_id, force_show_deleted: true }), 'ImageNotFound')
})

rule('a maximum beyond 32 bits, and an age that no time has, are refused', async (t, glance) => {
  await addDeletedTags(glance, [40])
  for (const given of [
    { age_in_days: 30, max_rows: 2 ** 31 },
    { age_in_days: 1e300, max_rows: 1 },
    { age_in_days: Number.NaN, max_rows: 1 },
    { age_in_days: 30, max_rows: 0.5 },
  ]) {
    await refused(t, glance.purge.rows(admin, given), 'Invalid', JSON.stringify(given))
    await refused(t, glance.purge.images(admin, given), 'Invalid', JSON.stringify(given))
  }
  t.strictSame(await tagsLeft(glance), ['40 days'])
})
