import { addImage, admin, refused, rule } from '../support/glance-fixture.js'

const active = { url: 'file:///1', metadata: {}, status: 'active' }
const owner = 'alice'
const importing = { properties: { os_glance_importing_to_stores: 'fast' } }

rule('storage is the size of images times the number of their locations', async (t, glance) => {
  await addImage(glance, { owner, size: 100, locations: [active] })
  await addImage(glance, { owner, size: 10, locations: [active, active] })
  await addImage(glance, { owner, size: 1 })
  await addImage(glance, { owner: 'bob', size: 1000, locations: [active] })
  t.equal(await glance.usage.storage(admin, { owner_id: owner }), 120)
  t.equal(await glance.usage.storage(admin, { owner_id: 'carol' }), 0)
})

rule('storage leaves out the image that is named', async (t, glance) => {
  const { id: image_id } = await addImage(glance, { owner, size: 100, locations: [active] })
  await addImage(glance, { owner, size: 10, locations: [active] })
  t.equal(await glance.usage.storage(admin, { owner_id: owner, image_id }), 10)
  await refused(t, glance.usage.storage(admin, { owner_id: owner, image_id: 'x'.repeat(37) }), 'ImageNotFound')
})

rule('storage counts locations that wait to be deleted, and not those that are', async (t, glance) => {
  const locations = [active, { ...active, status: 'pending_delete' }, { ...active, status: 'deleted' }]
  await addImage(glance, { owner, size: 10, locations })
  t.equal(await glance.usage.storage(admin, { owner_id: owner }), 20)
})

rule('storage of images of a status that is gone does not count', async (t, glance) => {
  for (const status of ['killed', 'deleted', 'pending_delete', 'queued', 'deactivated']) {
    await addImage(glance, { owner, status, size: 10, locations: [active] })
  }
  t.equal(await glance.usage.storage(admin, { owner_id: owner }), 20)
})

rule('storage of an image without a size does not count, and ends when the image is destroyed', async (t, glance) => {
  await addImage(glance, { owner, locations: [active] })
  await addImage(glance, { owner, size: 0, locations: [active] })
  const { id: image_id } = await addImage(glance, { owner, size: 10, locations: [active] })
  t.equal(await glance.usage.storage(admin, { owner_id: owner }), 10)
  await glance.images.destroy(admin, { image_id })
  t.equal(await glance.usage.storage(admin, { owner_id: owner }), 0)
})

rule('a deleted image whose status is not gone still counts', async (t, glance) => {
  const { id: image_id } = await addImage(glance, { owner, status: 'uploading', size: 5 })
  await glance.images.destroy(admin, { image_id })
  t.equal(await glance.usage.images(admin, { owner_id: owner }), 1)
  t.equal(await glance.usage.staging(admin, { owner_id: owner }), 5)
  t.equal(await glance.usage.uploading(admin, { owner_id: owner }), 1)
})

rule('staging is the size of what is uploaded or imported', async (t, glance) => {
  for (const status of ['uploading', 'importing', 'saving', 'queued', 'active']) {
    await addImage(glance, { owner, status, size: 10 })
  }
  await addImage(glance, { owner: 'bob', status: 'uploading', size: 1000 })
  await addImage(glance, { owner, status: 'importing' })
  t.equal(await glance.usage.staging(admin, { owner_id: owner }), 20)
})

rule('staging has images of any status that are imported into further stores', async (t, glance) => {
  await addImage(glance, { owner, status: 'active', size: 10, ...importing })
  await addImage(glance, { owner, status: 'importing', size: 100, ...importing })
  await addImage(glance, { owner, size: 1000, properties: { os_glance_importing_to_stores: '' } })
  await addImage(glance, { owner, size: 1000, properties: { os_glance_importing_to_stores: null } })
  await addImage(glance, { owner, status: 'killed', size: 1000, ...importing })
  t.equal(await glance.usage.staging(admin, { owner_id: owner }), 110)
})

rule('a deleted property of importing counts as well', async (t, glance) => {
  const { id: image_ref } = await addImage(glance, { owner, size: 10, ...importing })
  await glance.properties.delete(admin, { image_ref, prop_ref: 'os_glance_importing_to_stores' })
  t.equal(await glance.usage.staging(admin, { owner_id: owner }), 10)
})

rule('images are counted unless their status is gone', async (t, glance) => {
  for (const status of ['active', 'queued', 'killed', 'deleted', 'pending_delete', 'deactivated']) {
    await addImage(glance, { owner, status })
  }
  await addImage(glance, { owner: 'bob' })
  t.equal(await glance.usage.images(admin, { owner_id: owner }), 3)
})

rule('images that are saved, uploaded or imported are counted', async (t, glance) => {
  for (const status of ['saving', 'uploading', 'importing', 'queued', 'active', 'killed']) {
    await addImage(glance, { owner, status })
  }
  await addImage(glance, { owner, ...importing })
  await addImage(glance, { owner, status: 'saving', ...importing })
  await addImage(glance, { owner, status: 'deleted', ...importing })
  t.equal(await glance.usage.uploading(admin, { owner_id: owner }), 5)
})

rule('usage of nobody is that of images without an owner', async (t, glance) => {
  await addImage(glance, { size: 10, locations: [active] })
  await addImage(glance, { owner, size: 100, locations: [active] })
  t.equal(await glance.usage.storage(admin, { owner_id: null }), 10)
  t.equal(await glance.usage.images(admin, { owner_id: null }), 1)
})
