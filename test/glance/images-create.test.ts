import { Timestamp } from '../../lib/index.js'
import { addImage, admin, alice, fieldsOf, listed, propertyOf, refused, rule } from '../support/glance-fixture.js'

const id = '8c0f7b52-0d8a-4a7e-9a3e-2f1f5f0f6a10'
const banana = '\u{1f34c}'

const columns = [
  'id',
  'name',
  'disk_format',
  'container_format',
  'size',
  'virtual_size',
  'status',
  'checksum',
  'os_hash_algo',
  'os_hash_value',
  'min_disk',
  'min_ram',
  'owner',
  'protected',
  'os_hidden',
  'created_at',
  'updated_at',
  'deleted_at',
  'deleted',
]

rule('a new image has all 20 columns, its properties and its locations, and nothing else', async (t, glance) => {
  const image = await addImage(glance)
  t.strictSame(fieldsOf(image), [...columns, 'visibility', 'properties', 'locations'].sort())
})

rule('a new image has the defaults of its columns', async (t, glance) => {
  const image = await addImage(glance, { status: 'queued' })
  t.match(image, {
    status: 'queued',
    visibility: 'shared',
    min_disk: 0,
    min_ram: 0,
    protected: false,
    os_hidden: false,
  })
  t.match(image, { name: null, owner: null, size: null, checksum: null, deleted: false, deleted_at: null })
  t.match(image.id, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/, 'a random uuid')
  t.strictSame([image.properties, image.locations], [[], []])
})

rule('a new image keeps every value that it is given', async (t, glance) => {
  const values = {
    id,
    name: 'cirros',
    disk_format: 'qcow2',
    container_format: 'bare',
    size: 2 ** 53 - 1,
    virtual_size: 5,
    status: 'saving',
    visibility: 'community',
    checksum: 'c'.repeat(32),
    os_hash_algo: 'sha512',
    os_hash_value: 'f'.repeat(128),
    min_disk: 3,
    min_ram: 2 ** 31 - 1,
    owner: 'alice',
    protected: true,
    os_hidden: true,
  }
  t.match(await addImage(glance, values), values)
})

rule('times of a new image are kept to the microsecond', async (t, glance) => {
  const created_at = Timestamp.from('2026-01-02T03:04:05.678901Z')
  const updated_at = Timestamp.from('2026-01-02T03:04:05.678906Z')
  const image = await addImage(glance, { created_at, updated_at })
  t.ok(image.created_at.equals(created_at))
  t.ok(image.updated_at?.equals(updated_at))
})

rule('an image is found as it was made', async (t, glance) => {
  const image = await addImage(glance, { properties: { a: 'b' }, locations: [location('1')] })
  t.strictSame(await glance.images.get(admin, { image_id: image.id }), image)
})

rule('an image needs a status', async (t, glance) => {
  await refused(t, glance.images.create(admin, { values: { id } }), 'Invalid')
  await refused(t, glance.images.create(admin, { values: { id, status: null } }), 'Invalid')
  await refused(t, glance.images.get(admin, { image_id: id }), 'ImageNotFound')
})

rule('a status that no image has is refused', async (t, glance) => {
  await refused(t, addImage(glance, { status: 'bogus' }), 'Invalid')
  for (const status of ['active', 'saving', 'queued', 'killed', 'pending_delete', 'deleted', 'deactivated']) {
    t.equal((await addImage(glance, { status })).status, status)
  }
  for (const status of ['importing', 'uploading']) t.equal((await addImage(glance, { status })).status, status)
})

rule('a visibility that no image has is refused', async (t, glance) => {
  await refused(t, addImage(glance, { visibility: 'secret' }), 'Invalid')
})

rule('the id of an image is given out once, also when the image is deleted', async (t, glance) => {
  await addImage(glance, { id })
  await refused(t, addImage(glance, { id }), 'Duplicate')
  await glance.images.destroy(admin, { image_id: id })
  await refused(t, addImage(glance, { id }), 'Duplicate')
})

rule('values that do not fit their columns are refused, and nothing is made', async (t, glance) => {
  const wrong = [
    { checksum: 'x'.repeat(84) },
    { name: 'n'.repeat(256) },
    { id: 'i'.repeat(37) },
    { name: 5 },
    { min_disk: 2 ** 31 },
    { min_ram: 2 ** 31 },
    { size: 'many' },
    { size: 1.5 },
    { size: 2 ** 53 },
    { min_disk: 'x' },
    { protected: true, disk_format: 'd'.repeat(21) },
  ]
  for (const values of wrong) await refused(t, addImage(glance, values), 'Invalid', JSON.stringify(values))
  t.strictSame(await glance.images.getAll(admin), [])
})

rule('sizes may be digits, and null is no disk and no memory', async (t, glance) => {
  const image = await addImage(glance, { size: '1024', min_disk: null, min_ram: '7' })
  t.match(image, { size: 1024, min_disk: 0, min_ram: 7 })
  t.equal((await addImage(glance, { size: null })).size, null)
})

rule('whether a new image is protected is what the value would be as a boolean', async (t, glance) => {
  t.equal((await addImage(glance, { protected: 1 })).protected, true)
  t.equal((await addImage(glance, { protected: null })).protected, false)
})

rule('an owner that is an empty text is none', async (t, glance) => {
  t.equal((await addImage(glance, { owner: '' })).owner, null)
})

rule('is_public makes a new image public or shared', async (t, glance) => {
  t.equal((await addImage(glance, { is_public: true })).visibility, 'public')
  t.equal((await addImage(glance, { is_public: false })).visibility, 'shared')
  t.equal((await addImage(glance, { is_public: 0 })).visibility, 'shared')
  await refused(t, addImage(glance, { is_public: true, visibility: 'public' }), 'Invalid')
})

rule('v1_mode answers is_public instead of the visibility', async (t, glance) => {
  const image = await glance.images.create(admin, { values: { status: 'active', is_public: true }, v1_mode: true })
  t.match(image, { is_public: true })
  t.notOk('visibility' in image)
  const shared = await glance.images.create(admin, { values: { status: 'active' }, v1_mode: true })
  t.equal(shared.is_public, false)
})

rule('a new image has the properties that it is given, in the order of creation', async (t, glance) => {
  const image = await addImage(glance, { properties: { os: 'linux', arch: 'x86_64' } })
  t.strictSame(
    image.properties.map(({ name, value }) => [name, value]),
    [
      ['os', 'linux'],
      ['arch', 'x86_64'],
    ],
  )
  t.ok(image.properties.every((property) => property.image_id === image.id && !property.deleted))
})

rule('a property has all its columns, and no more', async (t, glance) => {
  const image = await addImage(glance, { properties: { os: 'linux' } })
  const fields = ['id', 'image_id', 'name', 'value', 'created_at', 'updated_at', 'deleted_at', 'deleted']
  t.strictSame(fieldsOf(image.properties[0]), fields.sort())
})

rule('values of properties become text', async (t, glance) => {
  const image = await addImage(glance, { properties: { int: 42, yes: true, no: false, none: null, empty: '' } })
  const value = (name: string) => propertyOf(image, name)?.value
  t.strictSame(['int', 'yes', 'no', 'none', 'empty'].map(value), ['42', '1', '0', null, ''])
  await refused(t, addImage(glance, { properties: { list: [1] } }), 'Invalid')
  await refused(t, addImage(glance, { properties: ['a'] }), 'Invalid')
})

rule('long values of properties are kept whole', async (t, glance) => {
  const value = 'v'.repeat(100_000)
  const image = await addImage(glance, { properties: { long: value } })
  t.equal(propertyOf(image, 'long')?.value, value)
})

rule('a new image has the locations that it is given, in their order', async (t, glance) => {
  const image = await addImage(glance, { locations: [location('2'), location('1'), location('3')] })
  t.strictSame(
    image.locations.map(({ url, metadata, status }) => ({ url, metadata, status })),
    [location('2'), location('1'), location('3')],
  )
  t.strictSame(fieldsOf(image.locations[0]), ['id', 'metadata', 'status', 'url'])
})

rule('locations that are null or an empty list are none', async (t, glance) => {
  t.strictSame((await addImage(glance, { locations: null })).locations, [])
  t.strictSame((await addImage(glance, { locations: [] })).locations, [])
})

rule('a location without a url, metadata or status is refused with its image', async (t, glance) => {
  for (const missing of ['url', 'metadata', 'status']) {
    const { [missing]: _left, ...rest }: Record<string, unknown> = location('1')
    await refused(t, addImage(glance, { id, locations: [location('0'), rest] }), 'Invalid', `without ${missing}`)
  }
  await refused(t, glance.images.get(admin, { image_id: id }), 'ImageNotFound')
})

rule('a location that is deleted already is not shown', async (t, glance) => {
  const image = await addImage(glance, { locations: [{ ...location('1'), status: 'deleted' }, location('2')] })
  t.strictSame(
    image.locations.map(({ url }) => url),
    ['file:///2'],
  )
})

rule(
  'characters beyond the Basic Multilingual Plane are refused wherever they are, and nothing is made',
  async (t, glance) => {
    const wrong = [
      { name: banana },
      { properties: { [banana]: 'x' } },
      { properties: { x: banana } },
      { locations: [{ ...location('1'), url: `file:///${banana}` }] },
      { locations: [location('1'), { ...location('2'), metadata: { store: banana } }] },
    ]
    for (const values of wrong) await refused(t, addImage(glance, values), 'Invalid', JSON.stringify(values))
    t.strictSame(await glance.images.getAll(admin), [])
  },
)

rule('characters of the Basic Multilingual Plane are kept', async (t, glance) => {
  const image = await addImage(glance, { name: 'héllo \uffee 中', properties: { ключ: 'значение' } })
  t.equal(image.name, 'héllo \uffee 中')
  t.equal(propertyOf(image, 'ключ')?.value, 'значение')
})

rule('values that are no column are ignored', async (t, glance) => {
  const image = await addImage(glance, { tags: ['a'], fancy: 1 })
  t.notOk('fancy' in image)
  t.strictSame(await glance.tags.getAll(admin, { image_id: image.id }), [])
})

rule('who makes an image that it may not see is refused the answer, and the image is made', async (t, glance) => {
  const values = { id, status: 'queued', owner: 'bob', visibility: 'private', name: 'gift' }
  await refused(t, glance.images.create(alice, { values }), 'Forbidden')
  t.strictSame(await listed(glance, admin), ['gift'])
})

rule('an image may be made as a deleted one', async (t, glance) => {
  const deleted_at = Timestamp.from('2026-01-02T03:04:05.000001Z')
  const image = await addImage(glance, { deleted: true, deleted_at })
  t.equal(image.deleted, true)
  t.ok(image.deleted_at?.equals(deleted_at))
})

rule('what the caller gave is not changed', async (t, glance) => {
  const values = { status: 'active', owner: '', is_public: true, properties: { a: 1 }, locations: [location('1')] }
  const before = structuredClone(values)
  await glance.images.create(admin, { values })
  t.strictSame(values, before)
})

function location(name: string) {
  return { url: `file:///${name}`, metadata: { store: name }, status: 'active' }
}
