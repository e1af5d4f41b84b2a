import { type ErrorKind, type GlanceDatabase, Image, parseTime } from '../../glance/lib/index.js'
import { create } from '../../lib/index.js'
import { addImage, admin, alice, listed, refused, rule } from '../support/glance-fixture.js'

/** Names of the images that pass the filters, in the order of their names. */
async function passing(glance: GlanceDatabase, filters: Record<string, unknown>): Promise<(string | null)[]> {
  return listed(glance, admin, { filters, sort_key: ['name'], sort_dir: ['asc'] })
}

rule('without filters every image is listed: deleted, hidden and killed ones too', async (t, glance) => {
  await addImage(glance, { name: 'a', os_hidden: true })
  await addImage(glance, { name: 'b', status: 'killed' })
  const { id: image_id } = await addImage(glance, { name: 'c' })
  await glance.images.destroy(admin, { image_id })
  t.strictSame(await passing(glance, {}), ['a', 'b', 'c'])
  t.strictSame(await listed(glance, alice, { filters: { visibility: 'all' } }), [], 'and nothing of what is not seen')
})

rule('deleted: false leaves out what is deleted or killed', async (t, glance) => {
  await addImage(glance, { name: 'a' })
  await addImage(glance, { name: 'b', status: 'killed' })
  const { id: image_id } = await addImage(glance, { name: 'c' })
  await glance.images.destroy(admin, { image_id })
  t.strictSame(await passing(glance, { deleted: false }), ['a'])
  t.strictSame(await passing(glance, { deleted: true }), ['c'])
})

rule('deleted: true lists deleted images to everyone who may see them', async (t, glance) => {
  const { id: image_id } = await addImage(glance, { name: 'mine', owner: 'alice' })
  await glance.images.destroy(alice, { image_id })
  t.strictSame(await listed(glance, alice, { filters: { deleted: true } }), ['mine'])
  t.strictSame(await listed(glance, alice, { filters: { deleted: false } }), [])
})

rule('deleted locations are shown where deleted images are asked for', async (t, glance) => {
  const locations = [{ url: 'file:///1', metadata: {}, status: 'active' }]
  const { id: image_id } = await addImage(glance, { locations })
  await glance.images.destroy(admin, { image_id })
  const [asked] = await glance.images.getAll(admin, { filters: { deleted: true } })
  t.match(asked.locations, [{ status: 'deleted' }])
  const [unasked] = await glance.images.getAll(admin)
  t.strictSame(unasked.locations, [])
})

rule('changes-since lists what was changed after a time, deleted or not', async (t, glance) => {
  const { updated_at: before } = await addImage(glance, { name: 'old' })
  const { id: image_id } = await addImage(glance, { name: 'gone' })
  await addImage(glance, { name: 'new' })
  await glance.images.destroy(admin, { image_id })
  t.strictSame(await passing(glance, { 'changes-since': before }), ['gone', 'new'])
  const { updated_at: last } = await addImage(glance, { name: 'last' })
  t.strictSame(await passing(glance, { 'changes-since': last }), [], 'not at that time itself')
})

rule('changes-since has a zone, and is a time', async (t, glance) => {
  await addImage(glance, { name: 'a', updated_at: parseTime('2026-01-01T12:00:00Z') })
  t.strictSame(await passing(glance, { 'changes-since': parseTime('2026-01-01T13:59:59+02:00') }), ['a'])
  t.strictSame(await passing(glance, { 'changes-since': parseTime('2026-01-01T14:00:00+02:00') }), [])
  await refused(t, passing(glance, { 'changes-since': 'now and then' }), 'InvalidParameterValue')
})

rule('os_hidden, checksum and os_hash_value are equal to what is given', async (t, glance) => {
  await addImage(glance, { name: 'a', os_hidden: true, checksum: 'x', os_hash_value: 'y' })
  await addImage(glance, { name: 'b' })
  t.strictSame(await passing(glance, { os_hidden: true }), ['a'])
  t.strictSame(await passing(glance, { os_hidden: false }), ['b'])
  t.strictSame(await passing(glance, { checksum: 'x' }), ['a'])
  t.strictSame(await passing(glance, { os_hash_value: 'y' }), ['a'])
  t.strictSame(await passing(glance, { os_hash_value: 'x' }), [])
})

rule('any column is filtered by equality, with values of its type', async (t, glance) => {
  await addImage(glance, { name: 'a', owner: 'alice', min_disk: 5, protected: true, size: 7 })
  await addImage(glance, { name: 'b', owner: 'bob' })
  t.strictSame(await passing(glance, { owner: 'alice' }), ['a'])
  t.strictSame(await passing(glance, { min_disk: 5 }), ['a'])
  t.strictSame(await passing(glance, { size: '7' }), ['a'])
  t.strictSame(await passing(glance, { protected: true }), ['a'])
  t.strictSame(await passing(glance, { protected: false }), ['b'])
})

rule('all filters have to hold', async (t, glance) => {
  await addImage(glance, { name: 'a', owner: 'alice', status: 'active' })
  await addImage(glance, { name: 'b', owner: 'alice', status: 'queued' })
  t.strictSame(await passing(glance, { owner: 'alice', status: 'queued' }), ['b'])
  t.strictSame(await passing(glance, { owner: 'bob', status: 'queued' }), [])
})

rule('a filter that is null asks for nothing', async (t, glance) => {
  await addImage(glance, { name: 'a' })
  t.strictSame(await passing(glance, { name: null, status: null, size_min: null, arch: null, properties: null }), ['a'])
})

rule('a value that the column could not hold matches nothing', async (t, glance) => {
  await addImage(glance, { name: 'a' })
  for (const filters of [
    { name: 'n'.repeat(300) },
    { owner: 'o'.repeat(300) },
    { protected: 'maybe' },
    { size: 'x' },
  ]) {
    t.strictSame(await passing(glance, filters), [], JSON.stringify(filters))
  }
})

rule('a range has both its ends, and null is in none', async (t, glance) => {
  for (const size of [null, 5, 10, 15]) await addImage(glance, { name: `s${size}`, size, min_ram: size ?? 0 })
  t.strictSame(await passing(glance, { size_min: 10 }), ['s10', 's15'])
  t.strictSame(await passing(glance, { size_max: '10' }), ['s10', 's5'])
  t.strictSame(await passing(glance, { size_min: 6, size_max: 14 }), ['s10'])
  t.strictSame(await passing(glance, { min_ram_max: 5 }), ['s5', 'snull'])
  t.strictSame(await passing(glance, { size_min: 1e300 }), [])
})

rule('virtual_size and min_disk have ranges too', async (t, glance) => {
  await addImage(glance, { name: 'a', virtual_size: 1, min_disk: 1 })
  await addImage(glance, { name: 'b', virtual_size: 9, min_disk: 9 })
  t.strictSame(await passing(glance, { virtual_size_min: 2 }), ['b'])
  t.strictSame(await passing(glance, { min_disk_max: 2 }), ['a'])
})

rule('a range without a number, or of no column of numbers, is refused', async (t, glance) => {
  const wrong: [Record<string, unknown>, ErrorKind][] = [
    [{ size_min: 'blah' }, 'InvalidFilterRangeValue'],
    [{ size_max: true }, 'InvalidFilterRangeValue'],
    [{ min_ram_min: '1.5' }, 'InvalidFilterRangeValue'],
    [{ weight_min: 1 }, 'Invalid'],
    [{ name_max: 1 }, 'Invalid'],
  ]
  for (const [filters, kind] of wrong) await refused(t, passing(glance, filters), kind, JSON.stringify(filters))
})

rule('a name that is no column is that of a property', async (t, glance) => {
  await addImage(glance, { name: 'a', properties: { arch: 'x86', is_public: 'silly' } })
  await addImage(glance, { name: 'b', properties: { arch: 'arm' } })
  t.strictSame(await passing(glance, { arch: 'x86' }), ['a'])
  t.strictSame(await passing(glance, { arch: 'mips' }), [])
  t.strictSame(await passing(glance, { is_public: 'silly' }), ['a'], 'is_public too')
})

rule('properties are a filter of their own', async (t, glance) => {
  await addImage(glance, { name: 'a', properties: { foo: 'bar', size: 'large' } })
  t.strictSame(await passing(glance, { properties: { foo: 'bar', size: 'large' } }), ['a'])
  t.strictSame(await passing(glance, { properties: { foo: 'bar', size: 'small' } }), [])
  t.strictSame(await passing(glance, { foo: 'bar', properties: { foo: 'baz' } }), [], 'each is a condition')
  await refused(t, passing(glance, { properties: 'foo' }), 'Invalid')
})

rule('deleted properties do not count', async (t, glance) => {
  const { id: image_ref } = await addImage(glance, { name: 'a', properties: { arch: 'x86' } })
  await glance.properties.delete(admin, { image_ref, prop_ref: 'arch' })
  t.strictSame(await passing(glance, { arch: 'x86' }), [])
})

rule('a long value of a property is compared to its end', async (t, glance) => {
  const long = 'v'.repeat(5000)
  await addImage(glance, { name: 'a', properties: { text: `${long}a` } })
  await addImage(glance, { name: 'b', properties: { text: `${long}b` } })
  t.strictSame(await passing(glance, { text: `${long}b` }), ['b'])
  t.strictSame(await passing(glance, { text: long.slice(0, 64) }), [])
})

rule('numbers and truth in a filter of properties are what properties store', async (t, glance) => {
  await addImage(glance, { name: 'a', properties: { cores: 4, live: true, note: null } })
  t.strictSame(await passing(glance, { cores: 4, live: true }), ['a'])
  t.strictSame(await passing(glance, { cores: '4', live: '1' }), ['a'])
  t.strictSame(await passing(glance, { properties: { note: null } }), ['a'])
})

rule('an image has all tags that are asked for', async (t, glance) => {
  const { id: image_id } = await addImage(glance, { name: 'a' })
  await addImage(glance, { name: 'b' })
  await glance.tags.setAll(admin, { image_id, tags: ['x', 'y'] })
  t.strictSame(await passing(glance, { tags: ['x'] }), ['a'])
  t.strictSame(await passing(glance, { tags: ['y', 'x', 'x'] }), ['a'])
  t.strictSame(await passing(glance, { tags: ['x', 'z'] }), [])
  t.strictSame(await passing(glance, { tags: [] }), ['a', 'b'], 'no tags ask for nothing')
  await glance.tags.delete(admin, { image_id, value: 'y' })
  t.strictSame(await passing(glance, { tags: ['y'] }), [], 'deleted ones do not count')
  await refused(t, passing(glance, { tags: 'x' }), 'Invalid')
})

rule('tags and properties are found among many images, whether few or many have them', async (t, glance) => {
  for (let n = 0; n < 130; n++) {
    const properties = { common: 'yes', ...(n % 40 === 0 ? { rare: 'yes' } : {}) }
    await addImage(glance, { name: String(n).padStart(3, '0'), properties })
  }
  const list = (filters: Record<string, unknown>, limit: number) =>
    listed(glance, admin, { filters, limit, sort_key: ['name'], sort_dir: ['asc'] })
  t.strictSame(await list({ rare: 'yes' }, 3), ['000', '040', '080'])
  t.strictSame(await list({ rare: 'yes' }, 100), ['000', '040', '080', '120'])
  t.equal((await list({ common: 'yes' }, 120)).length, 120)
  t.strictSame(await list({ common: 'yes', rare: 'yes' }, 2), ['000', '040'])
  t.strictSame(await list({ common: 'no' }, 2), [])
})

rule('a page of live images is filled also where many are deleted or hidden', async (t, glance) => {
  await glance.rome.transact((session) => {
    for (let n = 0; n < 400; n++) {
      const isShown = n % 100 === 0
      const values = isShown ? { name: `live ${n}` } : { deleted: n % 2 === 0, os_hidden: n % 2 === 1 }
      session.add(create(Image, { status: 'active', ...values }))
    }
  })
  const filters = { deleted: false, os_hidden: false }
  t.strictSame(await listed(glance, admin, { filters, limit: 3 }), ['live 300', 'live 200', 'live 100'])
  t.strictSame(await listed(glance, admin, { filters, limit: 9 }), ['live 300', 'live 200', 'live 100', 'live 0'])
  t.equal((await listed(glance, admin, { filters: { deleted: true } })).length, 196)
  t.equal((await listed(glance, admin, { filters: { os_hidden: true } })).length, 200)
})

const times = ['2026-01-01T00:00:00.000005Z', '2026-01-01T00:00:00.000010Z', '2026-01-01T00:00:01Z']

rule('times are compared to the microsecond, by operators', async (t, glance) => {
  for (const [n, text] of times.entries()) {
    await addImage(glance, { name: String(n), created_at: parseTime(text), updated_at: parseTime(text) })
  }
  const expected: Record<string, string[]> = {
    [times[1]]: ['1'],
    [`eq:${times[1]}`]: ['1'],
    [`neq:${times[1]}`]: ['0', '2'],
    [`lt:${times[1]}`]: ['0'],
    [`lte:${times[1]}`]: ['0', '1'],
    [`gt:${times[1]}`]: ['2'],
    [`gte:${times[1]}`]: ['1', '2'],
    'lt:2026-01-01T00:00:01': ['0', '1'],
    'gt:2026-01-01T00:00:00': ['0', '1', '2'],
    'lte:2026-01-01T02:00:00.000005+02:00': ['0'],
    'gte:2026-01-01': ['0', '1', '2'],
    '2026-01-01': [],
  }
  for (const [text, names] of Object.entries(expected)) {
    t.strictSame(await passing(glance, { created_at: text }), names, text)
    t.strictSame(await passing(glance, { updated_at: text }), names, text)
  }
})

rule('a time that is none and an operator that is none are refused, the time first', async (t, glance) => {
  for (const created_at of ['gt:soon', 'soon', 'gt:', 'bad:soon', 5]) {
    await refused(t, passing(glance, { created_at }), 'InvalidParameterValue', String(created_at))
  }
  await refused(t, passing(glance, { updated_at: `like:${times[0]}` }), 'InvalidFilterOperatorValue')
})

rule('five columns take a text or a list after in:', async (t, glance) => {
  for (const name of ['a', 'b', 'c']) {
    await addImage(glance, {
      id: name,
      name,
      status: name === 'a' ? 'queued' : 'active',
      disk_format: name,
      container_format: name,
    })
  }
  for (const column of ['name', 'id', 'disk_format', 'container_format']) {
    t.strictSame(await passing(glance, { [column]: 'b' }), ['b'], column)
    t.strictSame(await passing(glance, { [column]: 'in:c,a' }), ['a', 'c'], column)
    t.strictSame(await passing(glance, { [column]: 'in:' }), [], column)
  }
  t.strictSame(await passing(glance, { status: 'in:queued,saving' }), ['a'])
  t.strictSame(await passing(glance, { status: 'active' }), ['b', 'c'])
})

rule('names in quotes keep their commas and backslashes', async (t, glance) => {
  for (const name of ['a,b', 'fake\\"name', 'c', '', 'x y']) await addImage(glance, { name })
  t.strictSame(await passing(glance, { name: 'in:"a,b",c' }), ['a,b', 'c'])
  t.strictSame(await passing(glance, { name: 'in:"fake\\"name"' }), ['fake\\"name'])
  t.strictSame(await passing(glance, { name: 'in:x y,c' }), ['c', 'x y'])
})

rule('an empty member before or between commas is the empty text, after the last there is none', async (t, glance) => {
  for (const name of ['', 'a', 'b']) await addImage(glance, { name })
  t.strictSame(await passing(glance, { name: 'in:a,,b' }), ['', 'a', 'b'])
  t.strictSame(await passing(glance, { name: 'in:,a' }), ['', 'a'])
  t.strictSame(await passing(glance, { name: 'in:a,' }), ['a'])
  t.strictSame(await passing(glance, { name: 'in:"a",' }), ['a'])
})

rule('quotes that enclose no whole member are refused', async (t, glance) => {
  for (const list of ['na"me', 'name"dd"', '"name"name"', '"name""name"', '"name', 'a,"b', '"a"b', 'a"b"']) {
    await refused(t, passing(glance, { name: `in:${list}` }), 'InvalidParameterValue', list)
  }
})

rule('eq: takes the rest as it is, colons included, and other operators are refused', async (t, glance) => {
  await addImage(glance, { name: 'a:b' })
  await addImage(glance, { name: 'in:a' })
  t.strictSame(await passing(glance, { name: 'eq:a:b' }), ['a:b'])
  t.strictSame(await passing(glance, { name: 'eq:in:a' }), ['in:a'])
  for (const name of ['a:b', 'gt:a', ':a']) {
    await refused(t, passing(glance, { name }), 'InvalidFilterOperatorValue', name)
  }
})

rule('a name that is a time is not split', async (t, glance) => {
  await addImage(glance, { name: '2026-01-01T00:00:00' })
  t.strictSame(await passing(glance, { name: '2026-01-01T00:00:00' }), ['2026-01-01T00:00:00'])
})

rule('a filter of a text column is a text', async (t, glance) => {
  for (const name of [5, ['a'], { a: 1 }, true]) {
    await refused(t, passing(glance, { name }), 'InvalidParameterValue', JSON.stringify(name))
  }
})
