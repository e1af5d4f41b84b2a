import { addImage, admin, alice, noImage, refused, rule } from '../support/glance-fixture.js'

rule('every function of images is called by its name', async (t, glance) => {
  const names = [
    'image_create',
    'image_update',
    'image_get',
    'image_get_all',
    'image_destroy',
    'image_restore',
    'image_location_add',
    'image_location_update',
    'image_location_delete',
    'image_property_create',
    'image_property_delete',
    'image_set_property_atomic',
    'image_delete_property_atomic',
    'image_member_create',
    'image_member_update',
    'image_member_delete',
    'image_member_find',
    'image_member_count',
    'image_tag_create',
    'image_tag_get_all',
    'image_tag_delete',
    'image_tag_set_all',
    'user_get_storage_usage',
    'user_get_staging_usage',
    'user_get_image_count',
    'user_get_uploading_count',
    'purge_deleted_rows',
    'purge_deleted_rows_from_images',
  ]
  for (const name of names) t.ok(glance.commands.has(name), name)
})

rule('a name that no function has is refused', async (t, glance) => {
  for (const name of ['', 'fancy', '_private', 'constructor', 'is_image_visible']) {
    await refused(t, glance.call(name, admin, {}), 'TypeError', name)
  }
})

rule('arguments that are missing, unknown or of another type are refused', async (t, glance) => {
  const wrong: [string, Record<string, unknown>][] = [
    ['image_get', {}],
    ['image_get', { image_id: null }],
    ['image_get', { image_id: 5 }],
    ['image_get', { image_id: noImage, fancy: true }],
    ['image_get', { image_id: noImage, v1_mode: 'yes' }],
    ['image_create', { values: [] }],
    ['image_create', { values: 'x' }],
    ['image_update', { image_id: noImage, values: {}, atomic_props: 'a' }],
    ['image_get_all', { filters: [] }],
    ['image_get_all', { sort_key: 'name' }],
    ['image_get_all', { limit: '5' }],
    ['image_tag_set_all', { image_id: noImage, tags: 'a' }],
    ['image_set_property_atomic', { image_id: noImage, name: 'a' }],
    ['purge_deleted_rows', { age_in_days: '30', max_rows: 1 }],
    ['image_location_delete', { image_id: noImage, location_id: 1, status: 'deleted', delete_time: 'now' }],
  ]
  for (const [name, given] of wrong) {
    await refused(t, glance.call(name, admin, given), 'TypeError', `${name} ${JSON.stringify(given)}`)
  }
})

rule('arguments that may be left out may also be null', async (t, glance) => {
  const { id: image_id } = await addImage(glance, { name: 'a' })
  const get = { image_id, force_show_deleted: null, v1_mode: null }
  t.match(await glance.call('image_get', admin, get), { id: image_id })
  const all = {
    filters: null,
    marker: null,
    limit: null,
    sort_key: null,
    sort_dir: null,
    member_status: 'accepted',
    is_public: null,
    admin_as_user: false,
    return_tag: false,
    v1_mode: false,
  }
  t.match(await glance.call('image_get_all', admin, all), [{ id: image_id }])
  const update = { image_id, values: {}, purge_props: false, from_state: null, v1_mode: false, atomic_props: null }
  t.match(await glance.call('image_update', admin, update), { id: image_id })
})

rule('session, which old clients send, is ignored', async (t, glance) => {
  const { id: image_id } = await addImage(glance)
  t.match(await glance.call('image_get', admin, { image_id, session: null }), { id: image_id })
})

rule('a function called by its name acts for its caller', async (t, glance) => {
  const values = { status: 'queued', owner: 'bob', visibility: 'private' }
  await refused(t, glance.call('image_create', alice, { values }), 'Forbidden')
  t.match(await glance.call('image_create', alice, { values: { ...values, owner: 'alice' } }), { owner: 'alice' })
})

rule('the atomic functions take a value of null', async (t, glance) => {
  const given = { image_id: noImage, name: 'a', value: null }
  t.equal(await glance.call('image_set_property_atomic', admin, given), null)
  t.equal(await glance.call('image_delete_property_atomic', admin, given), null)
})

rule('emptying the catalogue leaves nothing, and it can be filled again', async (t, glance) => {
  const { id: image_id } = await addImage(glance, { properties: { a: '1' } })
  await glance.tags.create(admin, { image_id, value: 'x' })
  await glance.reset()
  t.strictSame(await glance.images.getAll(admin), [])
  t.strictSame(await glance.tags.getAll(admin, { image_id }), [])
  t.equal((await addImage(glance, { properties: { a: '1' } })).properties.length, 1)
})
