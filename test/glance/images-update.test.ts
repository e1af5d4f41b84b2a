import { Timestamp } from '../../lib/index.js'
import { addImage, admin, alice, bob, nobody, noImage, propertyOf, refused, rule } from '../support/glance-fixture.js'

const banana = '\u{1f34c}'

rule('an update changes what it names, and the time of the last change', async (t, glance) => {
  const image = await addImage(glance, { name: 'old', size: 1, disk_format: 'raw' })
  const changed = await glance.images.update(admin, { image_id: image.id, values: { name: 'new', size: 2 } })
  t.match(changed, { name: 'new', size: 2, disk_format: 'raw' })
  t.ok(changed.created_at.equals(image.created_at))
  t.ok(changed.updated_at && changed.updated_at > changed.created_at)
  t.strictSame(await glance.images.get(admin, { image_id: image.id }), changed)
})

rule('an update of properties alone changes the time of the last change too', async (t, glance) => {
  const image = await addImage(glance)
  const changed = await glance.images.update(admin, { image_id: image.id, values: { properties: { a: 'b' } } })
  t.ok(image.updated_at && changed.updated_at && changed.updated_at > image.updated_at)
})

rule('an update does not write the protected columns', async (t, glance) => {
  const image = await addImage(glance)
  const time = Timestamp.from('2000-01-01T00:00:00.000000Z')
  const values = { created_at: time, updated_at: time, deleted_at: time, deleted: true, name: 'x' }
  const changed = await glance.images.update(admin, { image_id: image.id, values })
  t.match(changed, { deleted: false, deleted_at: null, name: 'x' })
  t.ok(changed.created_at.equals(image.created_at))
  t.ok(changed.updated_at && changed.updated_at > image.created_at)
})

rule('an update ignores what is no column, and takes the id that the image has', async (t, glance) => {
  const image = await addImage(glance)
  const changed = await glance.images.update(admin, {
    image_id: image.id,
    values: { id: image.id, fancy: 1, tags: [] },
  })
  t.equal(changed.id, image.id)
  await refused(t, glance.images.update(admin, { image_id: image.id, values: { id: noImage } }), 'Invalid')
})

rule('an image that is not there cannot be updated', async (t, glance) => {
  await refused(t, glance.images.update(admin, { image_id: noImage, values: {} }), 'ImageNotFound')
  await refused(t, glance.images.update(admin, { image_id: 'x'.repeat(37), values: {} }), 'ImageNotFound')
})

rule('a deleted image is updated by admins only', async (t, glance) => {
  const { id: image_id } = await addImage(glance, { owner: 'alice' })
  await glance.images.destroy(alice, { image_id })
  await refused(t, glance.images.update(alice, { image_id, values: { name: 'x' } }), 'ImageNotFound')
  t.equal((await glance.images.update(admin, { image_id, values: { name: 'x' } })).name, 'x')
})

rule('an image is changed by its owner and by admins', async (t, glance) => {
  for (const visibility of ['private', 'shared', 'public', 'community']) {
    const { id: image_id } = await addImage(glance, { owner: 'alice', visibility })
    t.equal((await glance.images.update(alice, { image_id, values: { name: 'a' } })).name, 'a')
    t.equal((await glance.images.update(admin, { image_id, values: { name: 'b' } })).name, 'b')
  }
})

rule('what is public or community is not changed by others, who are told so', async (t, glance) => {
  for (const visibility of ['public', 'community']) {
    const { id: image_id } = await addImage(glance, { owner: 'alice', visibility })
    for (const caller of [bob, nobody]) {
      await refused(t, glance.images.update(caller, { image_id, values: {} }), 'ForbiddenPublicImage')
    }
  }
})

rule('being a member gives no right to change an image', async (t, glance) => {
  const { id: image_id } = await addImage(glance, { owner: 'alice', visibility: 'shared' })
  await glance.members.create(admin, { values: { image_id, member: 'bob', status: 'accepted', can_share: true } })
  t.equal((await glance.images.get(bob, { image_id })).id, image_id)
  await refused(t, glance.images.update(bob, { image_id, values: {} }), 'Forbidden')
})

rule('an image without an owner is seen by all and changed by admins only', async (t, glance) => {
  const { id: image_id } = await addImage(glance, { visibility: 'private' })
  t.equal((await glance.images.get(nobody, { image_id })).id, image_id)
  await refused(t, glance.images.update(nobody, { image_id, values: {} }), 'Forbidden')
  await refused(t, glance.images.update(alice, { image_id, values: {} }), 'Forbidden')
})

rule('is_public changes the visibility, unless the visibility is given too', async (t, glance) => {
  const { id: image_id } = await addImage(glance)
  t.equal((await glance.images.update(admin, { image_id, values: { is_public: true } })).visibility, 'public')
  t.equal((await glance.images.update(admin, { image_id, values: { is_public: false } })).visibility, 'shared')
  const both = { is_public: false, visibility: 'shared' }
  await refused(t, glance.images.update(admin, { image_id, values: both }), 'Invalid')
  t.equal((await glance.images.update(admin, { image_id, values: {}, v1_mode: true })).is_public, false)
})

rule('an owner that is an empty text becomes none', async (t, glance) => {
  const { id: image_id } = await addImage(glance, { owner: 'alice' })
  t.equal((await glance.images.update(admin, { image_id, values: { owner: '' } })).owner, null)
})

rule('values that do not fit are refused, and nothing is changed', async (t, glance) => {
  const image = await addImage(glance, { name: 'kept', properties: { a: 'b' } })
  const wrong = [
    { status: 'bogus' },
    { status: null },
    { visibility: 'secret' },
    { min_disk: 2 ** 31 },
    { min_ram: 2 ** 31 },
    { name: 'n'.repeat(256) },
    { checksum: 'c'.repeat(33) },
    { name: banana },
    { properties: { a: banana } },
    { properties: { a: ['c'] } },
    { properties: 'a' },
    { locations: 'a' },
    { locations: [{ url: 'file:///1' }] },
    { locations: [{ url: banana, metadata: {}, status: 'active' }] },
  ]
  for (const values of wrong) {
    const update = glance.images.update(admin, { image_id: image.id, values: { disk_format: 'raw', ...values } })
    await refused(t, update, 'Invalid', JSON.stringify(values))
  }
  t.strictSame(await glance.images.get(admin, { image_id: image.id }), image)
})

rule('from_state lets an update happen only while the image has that status', async (t, glance) => {
  const { id: image_id } = await addImage(glance, { status: 'queued' })
  const saving = await glance.images.update(admin, { image_id, values: { status: 'saving' }, from_state: 'queued' })
  t.equal(saving.status, 'saving')
  const values = { status: 'active', name: 'late', properties: { late: '1' } }
  await refused(t, glance.images.update(admin, { image_id, values, from_state: 'queued' }), 'Conflict')
  t.strictSame(await glance.images.get(admin, { image_id }), saving, 'nothing was changed')
})

rule('from_state that is empty asks for nothing', async (t, glance) => {
  const { id: image_id } = await addImage(glance, { status: 'queued' })
  const changed = await glance.images.update(admin, { image_id, values: { status: 'active' }, from_state: '' })
  t.equal(changed.status, 'active')
})

rule('properties that are given are added and changed, others stay', async (t, glance) => {
  const { id: image_id } = await addImage(glance, { properties: { kept: '1', changed: '2' } })
  const values = { properties: { changed: 'two', added: 3 } }
  const image = await glance.images.update(admin, { image_id, values })
  t.strictSame(
    image.properties.map(({ name, value, deleted }) => [name, value, deleted]),
    [
      ['kept', '1', false],
      ['changed', 'two', false],
      ['added', '3', false],
    ],
  )
})

rule('purge_props deletes the properties that are not given, and they stay in the record', async (t, glance) => {
  const { id: image_id } = await addImage(glance, { properties: { a: '1', b: '2' } })
  const update = { image_id, values: { properties: { b: 'two' } }, purge_props: true }
  const image = await glance.images.update(admin, update)
  t.match(propertyOf(image, 'a'), { deleted: true, value: '1' })
  t.ok(propertyOf(image, 'a')?.deleted_at)
  t.match(propertyOf(image, 'b'), { deleted: false, deleted_at: null, value: 'two' })
})

rule('purge_props without properties deletes all of them', async (t, glance) => {
  const { id: image_id } = await addImage(glance, { properties: { a: '1', b: '2' } })
  const image = await glance.images.update(admin, { image_id, values: {}, purge_props: true })
  t.strictSame(
    image.properties.map(({ deleted }) => deleted),
    [true, true],
  )
})

rule('a deleted property that is given comes back with its number and the time of its deletion', async (t, glance) => {
  const { id: image_id, properties } = await addImage(glance, { properties: { a: '1' } })
  const purged = await glance.images.update(admin, { image_id, values: {}, purge_props: true })
  const image = await glance.images.update(admin, { image_id, values: { properties: { a: '2' } }, purge_props: true })
  t.match(propertyOf(image, 'a'), { id: properties[0].id, value: '2', deleted: false })
  t.strictSame(propertyOf(image, 'a')?.deleted_at, propertyOf(purged, 'a')?.deleted_at)
})

rule('purge_props leaves alone when a property was deleted before', async (t, glance) => {
  const { id: image_id } = await addImage(glance, { properties: { a: '1' } })
  const first = await glance.images.update(admin, { image_id, values: {}, purge_props: true })
  const second = await glance.images.update(admin, { image_id, values: {}, purge_props: true })
  t.strictSame(second.properties, first.properties)
})

rule('atomic_props are neither added, changed nor deleted', async (t, glance) => {
  const { id: image_id } = await addImage(glance, { properties: { locked: '1', other: '2' } })
  const image = await glance.images.update(admin, {
    image_id,
    values: { properties: { locked: 'changed', absent: 'added' } },
    purge_props: true,
    atomic_props: ['locked', 'absent'],
  })
  t.match(propertyOf(image, 'locked'), { value: '1', deleted: false })
  t.equal(propertyOf(image, 'absent'), undefined)
  t.match(propertyOf(image, 'other'), { deleted: true })
})

rule('an empty list of locations changes nothing', async (t, glance) => {
  const image = await addImage(glance, { locations: [location('1'), location('2')] })
  const changed = await glance.images.update(admin, { image_id: image.id, values: { locations: [] } })
  t.strictSame(changed.locations, image.locations)
  const unsaid = await glance.images.update(admin, { image_id: image.id, values: { locations: null } })
  t.strictSame(unsaid.locations, image.locations)
})

rule(
  'a list of locations keeps and changes those with a number, adds those without, deletes the rest',
  async (t, glance) => {
    const image = await addImage(glance, { locations: [location('1'), location('2')] })
    const [first, second] = image.locations
    const locations = [{ ...second, url: 'file:///two' }, location('3'), { ...location('4'), id: null }]
    const changed = await glance.images.update(admin, { image_id: image.id, values: { locations } })
    t.strictSame(
      changed.locations.map(({ url }) => url),
      ['file:///two', 'file:///3', 'file:///4'],
    )
    t.equal(changed.locations[0].id, second.id)
    const all = await glance.images.get(admin, { image_id: image.id, force_show_deleted: true })
    t.match(
      all.locations.find(({ id }) => id === first.id),
      { status: 'deleted', url: 'file:///1' },
    )
  },
)

rule('a location of another image, or of none, refuses the whole update', async (t, glance) => {
  const image = await addImage(glance, { name: 'kept', locations: [location('1')] })
  const other = await addImage(glance, { locations: [location('2')] })
  for (const id of [other.locations[0].id, 4711]) {
    const values = { name: 'changed', locations: [location('3'), { ...location('4'), id }] }
    await refused(t, glance.images.update(admin, { image_id: image.id, values }), 'NotFound')
  }
  t.strictSame(await glance.images.get(admin, { image_id: image.id }), image)
})

rule(
  'who gives an image away and may not see it any more is refused the answer, and it is given away',
  async (t, glance) => {
    const { id: image_id } = await addImage(glance, { owner: 'alice', visibility: 'private' })
    await refused(t, glance.images.update(alice, { image_id, values: { owner: 'bob' } }), 'Forbidden')
    t.equal((await glance.images.get(bob, { image_id })).owner, 'bob')
  },
)

rule('what the caller gave is not changed by an update', async (t, glance) => {
  const { id: image_id } = await addImage(glance)
  const values = { is_public: true, owner: '', properties: { a: 1 }, locations: [location('1')] }
  const before = structuredClone(values)
  await glance.images.update(admin, { image_id, values })
  t.strictSame(values, before)
})

function location(name: string) {
  return { url: `file:///${name}`, metadata: { store: name }, status: 'active' }
}
