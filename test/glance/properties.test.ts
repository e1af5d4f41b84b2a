import { addImage, admin, fieldsOf, noImage, propertyOf, refused, rule } from '../support/glance-fixture.js'

const image_id = noImage

rule('a property is added to any image, and answered with all its columns', async (t, glance) => {
  const property = await glance.properties.create(admin, { values: { image_id, name: 'arch', value: 'x86' } })
  t.match(property, { image_id, name: 'arch', value: 'x86', deleted: false, deleted_at: null })
  const fields = ['id', 'image_id', 'name', 'value', 'created_at', 'updated_at', 'deleted_at', 'deleted']
  t.strictSame(fieldsOf(property), fields.sort())
})

rule('protected fields given for a new property are ignored', async (t, glance) => {
  const values = { image_id, name: 'arch', value: 'x86', deleted: true, created_at: new Date(0), id: 4711 }
  const property = await glance.properties.create(admin, { values })
  t.equal(property.deleted, false)
  t.not(property.id, 4711)
  t.ok(property.created_at.toDate().getTime() > 0)
})

rule('an image has one property of a name, deleted ones included', async (t, glance) => {
  const values = { image_id, name: 'arch', value: 'x86' }
  await glance.properties.create(admin, { values })
  await refused(t, glance.properties.create(admin, { values }), 'Duplicate')
  await glance.properties.delete(admin, { prop_ref: 'arch', image_ref: image_id })
  await refused(t, glance.properties.create(admin, { values }), 'Duplicate')
})

rule('a property needs an image and a name that fit', async (t, glance) => {
  const wrong = [{ image_id }, { name: 'arch' }, {}, { image_id, name: 'n'.repeat(256) }]
  for (const values of wrong) await refused(t, glance.properties.create(admin, { values }), 'Invalid')
})

rule('a property is deleted by its name', async (t, glance) => {
  const { id } = await addImage(glance, { properties: { a: '1', b: '2' } })
  const property = await glance.properties.delete(admin, { prop_ref: 'a', image_ref: id })
  t.match(property, { name: 'a', deleted: true })
  t.ok(property.deleted_at)
  const image = await glance.images.get(admin, { image_id: id })
  t.match(propertyOf(image, 'a'), { deleted: true })
  t.match(propertyOf(image, 'b'), { deleted: false })
})

rule('a property that is not there is not deleted', async (t, glance) => {
  const { id } = await addImage(glance, { properties: { a: '1' } })
  await refused(t, glance.properties.delete(admin, { prop_ref: 'b', image_ref: id }), 'NotFound')
  await refused(t, glance.properties.delete(admin, { prop_ref: 'a', image_ref: noImage }), 'NotFound')
  await refused(t, glance.properties.delete(admin, { prop_ref: 'n'.repeat(300), image_ref: id }), 'NotFound')
})

rule('setting a property atomically adds one that is not there', async (t, glance) => {
  const { id } = await addImage(glance)
  t.equal(await glance.properties.setAtomic({ image_id: id, name: 'lock', value: 'me' }), null)
  t.match(propertyOf(await glance.images.get(admin, { image_id: id }), 'lock'), { value: 'me', deleted: false })
})

rule('setting a property atomically is refused when it is there, whatever its value', async (t, glance) => {
  const { id } = await addImage(glance, { properties: { lock: 'me' } })
  for (const value of ['me', 'you']) {
    await refused(t, glance.properties.setAtomic({ image_id: id, name: 'lock', value }), 'Duplicate')
  }
  t.match(propertyOf(await glance.images.get(admin, { image_id: id }), 'lock'), { value: 'me' })
})

rule('setting a property atomically revives a deleted one', async (t, glance) => {
  const { id, properties } = await addImage(glance, { properties: { lock: 'old' } })
  await glance.properties.delete(admin, { prop_ref: 'lock', image_ref: id })
  await glance.properties.setAtomic({ image_id: id, name: 'lock', value: 'new' })
  const property = propertyOf(await glance.images.get(admin, { image_id: id }), 'lock')
  t.match(property, { id: properties[0].id, value: 'new', deleted: false })
})

rule('only the properties of the image itself count when one is set atomically', async (t, glance) => {
  await addImage(glance, { properties: { lock: 'theirs' } })
  const { id } = await addImage(glance)
  t.equal(await glance.properties.setAtomic({ image_id: id, name: 'lock', value: 'mine' }), null)
})

rule('deleting a property atomically erases it', async (t, glance) => {
  const { id } = await addImage(glance, { properties: { lock: 'me', other: '1' } })
  t.equal(await glance.properties.deleteAtomic({ image_id: id, name: 'lock', value: 'me' }), null)
  const image = await glance.images.get(admin, { image_id: id })
  t.strictSame(
    image.properties.map(({ name }) => name),
    ['other'],
  )
  t.equal(await glance.properties.setAtomic({ image_id: id, name: 'lock', value: 'you' }), null)
})

rule('a property is deleted atomically only with its name and its value, while it is there', async (t, glance) => {
  const { id } = await addImage(glance, { properties: { lock: 'me', gone: 'me' } })
  await glance.properties.delete(admin, { prop_ref: 'gone', image_ref: id })
  const wrong = [
    { image_id: id, name: 'lock', value: 'you' },
    { image_id: id, name: 'lock', value: 'm' },
    { image_id: id, name: 'Lock', value: 'me' },
    { image_id: id, name: 'gone', value: 'me' },
    { image_id: noImage, name: 'lock', value: 'me' },
  ]
  for (const given of wrong) await refused(t, glance.properties.deleteAtomic(given), 'NotFound', JSON.stringify(given))
})

rule('values of atomic calls are what properties store', async (t, glance) => {
  await glance.properties.setAtomic({ image_id, name: 'count', value: 5 })
  t.equal(await glance.properties.deleteAtomic({ image_id, name: 'count', value: '5' }), null)
  await refused(t, glance.properties.setAtomic({ image_id, name: 'count', value: {} }), 'Invalid')
})
