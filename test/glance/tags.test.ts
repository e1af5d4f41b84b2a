import { addImage, admin, nobody, noImage, refused, rule } from '../support/glance-fixture.js'

const image_id = noImage
const tooLong = 'x'.repeat(37)

rule('a tag is added to any image by anyone, and answered as text', async (t, glance) => {
  t.equal(await glance.tags.create(nobody, { image_id, value: 'lts' }), 'lts')
  t.strictSame(await glance.tags.getAll(nobody, { image_id }), ['lts'])
})

rule('tags are listed in the order of their making', async (t, glance) => {
  for (const value of ['z', 'a', 'm']) await glance.tags.create(admin, { image_id, value })
  t.strictSame(await glance.tags.getAll(admin, { image_id }), ['z', 'a', 'm'])
})

rule('a second tag of one value is a second tag, and both are deleted together', async (t, glance) => {
  for (const value of ['lts', 'cloud', 'lts']) await glance.tags.create(admin, { image_id, value })
  t.strictSame(await glance.tags.getAll(admin, { image_id }), ['lts', 'cloud', 'lts'])
  t.equal(await glance.tags.delete(admin, { image_id, value: 'lts' }), null)
  t.strictSame(await glance.tags.getAll(admin, { image_id }), ['cloud'])
})

rule('an image that is not there has no tags', async (t, glance) => {
  t.strictSame(await glance.tags.getAll(admin, { image_id }), [])
})

rule('an id that is too long is that of no image', async (t, glance) => {
  await refused(t, glance.tags.getAll(admin, { image_id: tooLong }), 'ImageNotFound')
  await refused(t, glance.tags.delete(admin, { image_id: tooLong, value: 'lts' }), 'ImageNotFound')
})

rule('a tag that is not there, or was deleted, is not deleted', async (t, glance) => {
  await refused(t, glance.tags.delete(admin, { image_id, value: 'lts' }), 'NotFound')
  await glance.tags.create(admin, { image_id, value: 'lts' })
  await glance.tags.delete(admin, { image_id, value: 'lts' })
  await refused(t, glance.tags.delete(admin, { image_id, value: 'lts' }), 'NotFound')
  await refused(t, glance.tags.delete(admin, { image_id, value: 'x'.repeat(300) }), 'NotFound')
})

rule('a tag that does not fit is refused', async (t, glance) => {
  await refused(t, glance.tags.create(admin, { image_id, value: '\u{1f34c}' }), 'Invalid')
  await refused(t, glance.tags.create(admin, { image_id, value: 'x'.repeat(256) }), 'Invalid')
  await refused(t, glance.tags.create(admin, { image_id: tooLong, value: 'x' }), 'Invalid')
  await refused(t, glance.tags.setAll(admin, { image_id, tags: ['kept?', 5] }), 'Invalid')
  t.strictSame(await glance.tags.getAll(admin, { image_id }), [], 'and the others of its list with it')
})

rule('all tags of a new image are in the order given, each once', async (t, glance) => {
  const { id } = await addImage(glance)
  t.equal(await glance.tags.setAll(admin, { image_id: id, tags: ['c', 'a', 'b', 'a'] }), null)
  t.strictSame(await glance.tags.getAll(admin, { image_id: id }), ['c', 'a', 'b'])
})

rule('tags that stay keep their places before those that are added', async (t, glance) => {
  await glance.tags.setAll(admin, { image_id, tags: ['b', 'a', 'c'] })
  await glance.tags.setAll(admin, { image_id, tags: ['d', 'c', 'b'] })
  t.strictSame(await glance.tags.getAll(admin, { image_id }), ['b', 'c', 'd'])
})

rule('setting no tags deletes all', async (t, glance) => {
  await glance.tags.setAll(admin, { image_id, tags: ['b', 'a'] })
  await glance.tags.setAll(admin, { image_id, tags: [] })
  t.strictSame(await glance.tags.getAll(admin, { image_id }), [])
})

rule('setting the tags of an image leaves those of others alone', async (t, glance) => {
  const { id } = await addImage(glance)
  await glance.tags.setAll(admin, { image_id, tags: ['a'] })
  await glance.tags.setAll(admin, { image_id: id, tags: ['b'] })
  t.strictSame(await glance.tags.getAll(admin, { image_id }), ['a'])
})

rule('tags differ by case, and the empty text is one', async (t, glance) => {
  await glance.tags.setAll(admin, { image_id, tags: ['a', 'A', ''] })
  t.strictSame(await glance.tags.getAll(admin, { image_id }), ['a', 'A', ''])
  await glance.tags.delete(admin, { image_id, value: '' })
  t.strictSame(await glance.tags.getAll(admin, { image_id }), ['a', 'A'])
})
