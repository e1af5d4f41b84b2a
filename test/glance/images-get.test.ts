import {
  addImage,
  admin,
  alice,
  bob,
  listed,
  nobody,
  noImage,
  propertyOf,
  refused,
  rule,
} from '../support/glance-fixture.js'

const seesDeleted = { isAdmin: false, owner: 'alice', showDeleted: true }

rule('an image that is not there is not found, nor is one of an id that is too long', async (t, glance) => {
  await refused(t, glance.images.get(admin, { image_id: noImage }), 'ImageNotFound')
  await refused(t, glance.images.get(admin, { image_id: 'x'.repeat(37) }), 'ImageNotFound')
  await refused(t, glance.images.get(admin, { image_id: '' }), 'ImageNotFound')
})

rule('every image is seen by admins', async (t, glance) => {
  for (const visibility of ['private', 'shared', 'public', 'community']) {
    const { id: image_id } = await addImage(glance, { owner: 'alice', visibility })
    t.equal((await glance.images.get(admin, { image_id })).id, image_id)
  }
})

rule('what is public or community is seen by everyone', async (t, glance) => {
  for (const visibility of ['public', 'community']) {
    const { id: image_id } = await addImage(glance, { owner: 'alice', visibility })
    for (const caller of [bob, nobody]) t.equal((await glance.images.get(caller, { image_id })).id, image_id)
  }
})

rule('what is private or shared is seen by its owner, and not by others', async (t, glance) => {
  for (const visibility of ['private', 'shared']) {
    const { id: image_id } = await addImage(glance, { owner: 'alice', visibility })
    t.equal((await glance.images.get(alice, { image_id })).id, image_id)
    for (const caller of [bob, nobody]) await refused(t, glance.images.get(caller, { image_id }), 'Forbidden')
  }
})

rule('an image without an owner is seen by everyone', async (t, glance) => {
  const { id: image_id } = await addImage(glance, { visibility: 'private' })
  for (const caller of [alice, nobody]) t.equal((await glance.images.get(caller, { image_id })).id, image_id)
})

rule('a shared image is seen by its members, whatever the status of the membership', async (t, glance) => {
  const { id: image_id } = await addImage(glance, { owner: 'alice', visibility: 'shared' })
  for (const status of ['pending', 'accepted', 'rejected']) {
    const { id } = await glance.members.create(admin, { values: { image_id, member: 'bob', status } })
    t.equal((await glance.images.get(bob, { image_id })).id, image_id, status)
    await glance.members.delete(admin, { memb_id: id })
    await refused(t, glance.images.get(bob, { image_id }), 'Forbidden', 'and not after the membership ended')
  }
})

rule('a membership of a private image gives nothing', async (t, glance) => {
  const { id: image_id } = await addImage(glance, { owner: 'alice', visibility: 'private' })
  await glance.members.create(admin, { values: { image_id, member: 'bob', status: 'accepted' } })
  await refused(t, glance.images.get(bob, { image_id }), 'Forbidden')
})

rule('a deleted image is found by admins, by who sees deleted rows, and by force', async (t, glance) => {
  const { id: image_id } = await addImage(glance, { owner: 'alice' })
  await glance.images.destroy(alice, { image_id })
  await refused(t, glance.images.get(alice, { image_id }), 'ImageNotFound')
  for (const caller of [admin, seesDeleted]) t.equal((await glance.images.get(caller, { image_id })).deleted, true)
  t.equal((await glance.images.get(alice, { image_id, force_show_deleted: true })).deleted, true)
  await refused(t, glance.images.get(bob, { image_id, force_show_deleted: true }), 'Forbidden')
})

rule('force shows deleted locations, and nothing else does', async (t, glance) => {
  const locations = [1, 2, 3].map((n) => ({ url: `file:///${n}`, metadata: {}, status: 'active' }))
  const { id: image_id, locations: made } = await addImage(glance, { owner: 'alice', locations })
  await glance.locations.delete(admin, { image_id, location_id: made[1].id, status: 'pending_delete' })
  await glance.locations.delete(admin, { image_id, location_id: made[2].id, status: 'deleted' })
  const statuses = async (caller: typeof admin, force_show_deleted: boolean) =>
    (await glance.images.get(caller, { image_id, force_show_deleted })).locations.map(({ status }) => status)
  t.strictSame(await statuses(alice, false), ['active'])
  t.strictSame(await statuses(admin, false), ['active'])
  t.strictSame(await statuses(alice, true), ['active', 'pending_delete', 'deleted'])
})

rule('where the data of a deactivated image are is shown to admins only', async (t, glance) => {
  const locations = [{ url: 'file:///1', metadata: {}, status: 'active' }]
  const { id: image_id } = await addImage(glance, { owner: 'alice', status: 'deactivated', locations })
  t.strictSame((await glance.images.get(alice, { image_id })).locations, [])
  t.equal((await glance.images.get(admin, { image_id })).locations.length, 1)
})

rule('v1_mode shows is_public instead of the visibility', async (t, glance) => {
  const { id: image_id } = await addImage(glance, { visibility: 'public' })
  const image = await glance.images.get(admin, { image_id, v1_mode: true })
  t.equal(image.is_public, true)
  t.notOk('visibility' in image)
})

rule('a destroyed image is deleted with its properties, and its status stays', async (t, glance) => {
  const { id: image_id } = await addImage(glance, { owner: 'alice', status: 'active', properties: { a: '1' } })
  const image = await glance.images.destroy(alice, { image_id })
  t.match(image, { deleted: true, status: 'active', locations: [] })
  t.ok(image.deleted_at)
  t.strictSame(image.updated_at, image.deleted_at)
  t.match(propertyOf(image, 'a'), { deleted: true, deleted_at: image.deleted_at })
})

rule('a destroyed image takes its locations, members and tags along', async (t, glance) => {
  const locations = [{ url: 'file:///1', metadata: {}, status: 'active' }]
  const { id: image_id } = await addImage(glance, { owner: 'alice', locations })
  await glance.members.create(admin, { values: { image_id, member: 'bob' } })
  await glance.tags.create(admin, { image_id, value: 'lts' })
  const { deleted_at } = await glance.images.destroy(alice, { image_id })
  t.strictSame(await glance.tags.getAll(admin, { image_id }), [])
  t.equal(await glance.members.count(admin, { image_id }), 0)
  const forced = await glance.images.get(admin, { image_id, force_show_deleted: true })
  t.match(forced.locations, [{ status: 'deleted', url: 'file:///1' }])
  const [member] = await glance.members.find(admin, { image_id, include_deleted: true })
  t.match(member, { deleted: true, updated_at: deleted_at })
})

rule('what belongs to other images is untouched when one is destroyed', async (t, glance) => {
  const parts = { properties: { a: '1' }, locations: [{ url: 'file:///1', metadata: {}, status: 'active' }] }
  const { id: image_id } = await addImage(glance, { owner: 'alice', ...parts })
  const other = await addImage(glance, { owner: 'alice', ...parts })
  await glance.tags.create(admin, { image_id: other.id, value: 'lts' })
  await glance.images.destroy(alice, { image_id })
  t.strictSame(await glance.images.get(alice, { image_id: other.id }), other)
  t.strictSame(await glance.tags.getAll(alice, { image_id: other.id }), ['lts'])
})

rule('what was deleted before keeps the time of its deletion when its image is destroyed', async (t, glance) => {
  const { id: image_id } = await addImage(glance, { properties: { early: '1', late: '2' } })
  const early = await glance.properties.delete(admin, { prop_ref: 'early', image_ref: image_id })
  const image = await glance.images.destroy(admin, { image_id })
  t.strictSame(propertyOf(image, 'early')?.deleted_at, early.deleted_at)
  t.strictSame(propertyOf(image, 'late')?.deleted_at, image.deleted_at)
})

rule('an image is destroyed by its owner and by admins', async (t, glance) => {
  const { id: shared } = await addImage(glance, { owner: 'alice', visibility: 'shared' })
  await refused(t, glance.images.destroy(bob, { image_id: shared }), 'Forbidden')
  const { id: open } = await addImage(glance, { owner: 'alice', visibility: 'public' })
  await refused(t, glance.images.destroy(bob, { image_id: open }), 'ForbiddenPublicImage')
  await refused(t, glance.images.destroy(bob, { image_id: noImage }), 'ImageNotFound')
  t.equal((await glance.images.destroy(alice, { image_id: shared })).deleted, true)
  t.equal((await glance.images.destroy(admin, { image_id: open })).deleted, true)
})

rule('a protected image is destroyed all the same: that rule is for the layer above', async (t, glance) => {
  const { id: image_id } = await addImage(glance, { protected: true })
  t.equal((await glance.images.destroy(admin, { image_id })).deleted, true)
})

rule('an image that waits to be deleted is restored', async (t, glance) => {
  const { id: image_id } = await addImage(glance, { status: 'pending_delete', name: 'back' })
  const destroyed = await glance.images.destroy(admin, { image_id })
  t.equal(await glance.images.restore(admin, { image_id }), null)
  const image = await glance.images.get(nobody, { image_id })
  t.match(image, { status: 'active', deleted: false })
  t.strictSame(image.deleted_at, destroyed.deleted_at, 'the time of its deletion stays')
  t.strictSame(await listed(glance, admin, { filters: { deleted: false } }), ['back'])
})

rule('an image of another status is not restored', async (t, glance) => {
  const { id: image_id } = await addImage(glance, { status: 'active' })
  await refused(t, glance.images.restore(admin, { image_id }), 'Conflict')
  await refused(t, glance.images.restore(admin, { image_id: noImage }), 'ImageNotFound')
})
