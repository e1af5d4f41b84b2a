import { type GlanceDatabase, parseTime } from '../../glance/lib/index.js'
import { addImage, admin, nobody, noImage, refused, rule } from '../support/glance-fixture.js'

const active = { url: 'file:///1', metadata: { store: 'fast' }, status: 'active' }

/** All locations of an image, deleted ones too. */
async function allOf(glance: GlanceDatabase, image_id: string) {
  return (await glance.images.get(admin, { image_id, force_show_deleted: true })).locations
}

rule('a location is added by anyone, behind those that are there', async (t, glance) => {
  const { id: image_id } = await addImage(glance, { owner: 'alice', visibility: 'private', locations: [active] })
  t.equal(await glance.locations.add(nobody, { image_id, location: { ...active, url: 'file:///2' } }), null)
  const { locations } = await glance.images.get(admin, { image_id })
  t.strictSame(
    locations.map(({ url }) => url),
    ['file:///1', 'file:///2'],
  )
})

rule('a location may be added to an image that is not there', async (t, glance) => {
  t.equal(await glance.locations.add(admin, { image_id: noImage, location: active }), null)
  t.match(await allOf(glance, (await addImage(glance, { id: noImage })).id), [active])
})

rule('a location that is added as deleted is', async (t, glance) => {
  const { id: image_id } = await addImage(glance)
  for (const status of ['deleted', 'pending_delete', 'active']) {
    await glance.locations.add(admin, { image_id, location: { ...active, status } })
  }
  t.strictSame(
    (await glance.images.get(admin, { image_id })).locations.map(({ status }) => status),
    ['active'],
  )
  t.equal((await allOf(glance, image_id)).length, 3)
})

rule('metadata of a location come back as they went in', async (t, glance) => {
  const metadata = { a: [1, 2.5, null, { b: true }], _type: 'datetime', nothing: null, deep: { er: { still: '' } } }
  const { id: image_id } = await addImage(glance, { locations: [{ ...active, metadata }] })
  t.strictSame((await glance.images.get(admin, { image_id })).locations[0].metadata, metadata)
})

rule('a location that lacks something, or does not fit, is refused', async (t, glance) => {
  const { id: image_id } = await addImage(glance)
  const banana = '\u{1f34c}'
  const wrong = [
    { ...active, url: banana },
    { ...active, metadata: { [banana]: 1 } },
    { ...active, status: 's'.repeat(31) },
    { ...active, url: 5 as unknown as string },
  ]
  for (const location of wrong) {
    await refused(t, glance.locations.add(admin, { image_id, location }), 'Invalid', JSON.stringify(location))
  }
  const incomplete = glance.call('image_location_add', admin, { image_id, location: { url: 'file:///1' } })
  await refused(t, incomplete, 'Invalid')
  t.strictSame(await allOf(glance, image_id), [])
})

rule('an update gives a location another url, metadata and status', async (t, glance) => {
  const { id: image_id, locations } = await addImage(glance, { locations: [active] })
  const location = { id: locations[0].id, url: 'file:///new', metadata: { x: 1 }, status: 'active' }
  t.equal(await glance.locations.update(admin, { image_id, location }), null)
  t.strictSame((await glance.images.get(admin, { image_id })).locations, [location])
})

rule('an update deletes a location by its status, and revives it by another', async (t, glance) => {
  const { id: image_id, locations } = await addImage(glance, { locations: [active] })
  const shown = async () => (await glance.images.get(admin, { image_id })).locations.length
  for (const status of ['pending_delete', 'deleted']) {
    await glance.locations.update(admin, { image_id, location: { ...locations[0], status } })
    t.equal(await shown(), 0, status)
  }
  await glance.locations.update(admin, { image_id, location: { ...locations[0], status: 'active' } })
  t.equal(await shown(), 1)
})

rule('an update needs the number of a location of that image', async (t, glance) => {
  const { id: image_id } = await addImage(glance)
  const { locations } = await addImage(glance, { locations: [active] })
  const update = (id: number | null) => glance.locations.update(admin, { image_id, location: { ...active, id } })
  await refused(t, update(null), 'Invalid')
  await refused(t, glance.locations.update(admin, { image_id, location: active }), 'Invalid')
  await refused(t, update(locations[0].id), 'NotFound', 'that of another image')
  for (const id of [4711, -1, 0.5, 1e300]) await refused(t, update(id), 'NotFound', String(id))
})

rule('a deleted location has the status and the time that it is deleted with', async (t, glance) => {
  const { id: image_id, locations } = await addImage(glance, { locations: [active, active] })
  const delete_time = parseTime('2026-01-02T03:04:05.000006Z')
  const [first, second] = locations
  t.equal(
    await glance.locations.delete(admin, { image_id, location_id: first.id, status: 'pending_delete', delete_time }),
    null,
  )
  await glance.locations.delete(admin, { image_id, location_id: second.id, status: 'deleted' })
  t.strictSame(
    (await allOf(glance, image_id)).map(({ status }) => status),
    ['pending_delete', 'deleted'],
  )
  await glance.purge.rows(admin, { age_in_days: 1, max_rows: -1 })
  t.strictSame(
    (await allOf(glance, image_id)).map(({ id }) => id),
    [second.id],
    'the first was deleted long ago',
  )
})

rule('a location that was deleted may be deleted again', async (t, glance) => {
  const { id: image_id, locations } = await addImage(glance, { locations: [active] })
  const location_id = locations[0].id
  await glance.locations.delete(admin, { image_id, location_id, status: 'pending_delete' })
  await glance.locations.delete(admin, { image_id, location_id, status: 'deleted' })
  t.match(await allOf(glance, image_id), [{ status: 'deleted' }])
})

rule('a location is deleted with the status of what is deleted, which is looked at first', async (t, glance) => {
  const { id: image_id, locations } = await addImage(glance, { locations: [active] })
  for (const location_id of [locations[0].id, 4711]) {
    await refused(t, glance.locations.delete(admin, { image_id, location_id, status: 'active' }), 'Invalid')
  }
  const other = { image_id: noImage, location_id: locations[0].id, status: 'deleted' }
  await refused(t, glance.locations.delete(admin, other), 'NotFound')
  await refused(t, glance.locations.delete(admin, { ...other, image_id, location_id: 4711 }), 'NotFound')
})
