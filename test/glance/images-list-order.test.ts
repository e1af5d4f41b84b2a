import { type GlanceDatabase, type ImageListOptions, parseTime } from '../../glance/lib/index.js'
import { addImage, admin, alice, listed, noImage, refused, rule } from '../support/glance-fixture.js'

rule('lists begin with what was made last', async (t, glance) => {
  for (const name of ['1', '2', '3']) await addImage(glance, { name })
  t.strictSame(await listed(glance, admin), ['3', '2', '1'])
  t.strictSame(await listed(glance, admin, { sort_key: [], sort_dir: [] }), ['3', '2', '1'])
})

rule('images five microseconds apart are in the order of their making', async (t, glance) => {
  for (const micro of [10, 5, 15]) {
    const created_at = parseTime(`2026-01-01T00:00:00.0000${String(micro).padStart(2, '0')}`)
    await addImage(glance, { name: String(micro), created_at })
  }
  t.strictSame(await listed(glance, admin), ['15', '10', '5'])
  t.strictSame(await listed(glance, admin, { sort_dir: ['asc'] }), ['5', '10', '15'])
})

rule('images of one time are in the order of their ids', async (t, glance) => {
  const created_at = parseTime('2026-01-01')
  for (const id of ['b', 'c', 'a']) await addImage(glance, { id, name: id, created_at })
  t.strictSame(await listed(glance, admin), ['c', 'b', 'a'])
  t.strictSame(await listed(glance, admin, { sort_key: ['created_at'], sort_dir: ['asc'] }), ['a', 'b', 'c'])
})

rule('every column can be sorted by, in both directions', async (t, glance) => {
  const columns: Record<string, [unknown, unknown]> = {
    name: ['a', 'b'],
    disk_format: ['a', 'b'],
    container_format: ['a', 'b'],
    size: [9, 10],
    virtual_size: [9, 10],
    status: ['active', 'queued'],
    visibility: ['private', 'shared'],
    checksum: ['a', 'b'],
    os_hash_algo: ['a', 'b'],
    os_hash_value: ['a', 'b'],
    min_disk: [9, 10],
    min_ram: [9, 10],
    owner: ['a', 'b'],
    protected: [false, true],
    os_hidden: [false, true],
    id: ['a', 'b'],
    created_at: [parseTime('2026-01-01'), parseTime('2026-01-02')],
    updated_at: [parseTime('2026-01-01'), parseTime('2026-01-02')],
  }
  const both = (end: 0 | 1) => Object.fromEntries(Object.entries(columns).map(([name, values]) => [name, values[end]]))
  const { id: low } = await addImage(glance, both(0))
  const { id: high } = await addImage(glance, both(1))
  const ids = async (sort_key: string, sort_dir: string) =>
    (await glance.images.getAll(admin, { sort_key: [sort_key], sort_dir: [sort_dir] })).map(({ id }) => id)
  for (const column of Object.keys(columns)) {
    t.strictSame(await ids(column, 'asc'), [low, high], `${column} ascending`)
    t.strictSame(await ids(column, 'desc'), [high, low], `${column} descending`)
  }
})

rule('null is lowest', async (t, glance) => {
  for (const name of ['b', null, '', 'a']) await addImage(glance, { name, size: name === null ? null : name.length })
  t.strictSame(await listed(glance, admin, { sort_key: ['name'], sort_dir: ['asc'] }), [null, '', 'a', 'b'])
  t.strictSame(await listed(glance, admin, { sort_key: ['name'], sort_dir: ['desc'] }), ['b', 'a', '', null])
  t.equal((await listed(glance, admin, { sort_key: ['size'], sort_dir: ['asc'] }))[0], null)
  t.equal((await listed(glance, admin, { sort_key: ['size'], sort_dir: ['desc'] }))[3], null)
})

rule('text is ordered by code point, capitals before small letters', async (t, glance) => {
  const names = ['B', 'a', 'é', 'Z', '\uff5e', '1']
  for (const name of names) await addImage(glance, { name })
  t.strictSame(await listed(glance, admin, { sort_key: ['name'], sort_dir: ['asc'] }), [...names].sort())
})

rule('several keys have a direction each', async (t, glance) => {
  for (const [name, size] of [
    ['a', 2],
    ['b', 1],
    ['c', 2],
    ['d', 1],
  ] as const) {
    await addImage(glance, { name, size })
  }
  const list = (sort_dir: string[]) => listed(glance, admin, { sort_key: ['size', 'name'], sort_dir })
  t.strictSame(await list(['asc', 'desc']), ['d', 'b', 'c', 'a'])
  t.strictSame(await list(['desc', 'asc']), ['a', 'c', 'b', 'd'])
  t.strictSame(await list(['asc']), ['b', 'd', 'a', 'c'], 'one direction serves all keys')
  t.strictSame(await list([]), ['c', 'a', 'd', 'b'], 'without a direction all are descending')
})

rule('one direction serves the keys that complete the order too', async (t, glance) => {
  for (const name of ['1', '2', '3']) await addImage(glance, { name, disk_format: 'raw' })
  const list = (sort_dir: string[]) => listed(glance, admin, { sort_key: ['disk_format'], sort_dir })
  t.strictSame(await list(['asc']), ['1', '2', '3'])
  t.strictSame(await list(['desc']), ['3', '2', '1'])
  const both = await listed(glance, admin, { sort_key: ['disk_format', 'status'], sort_dir: ['asc', 'asc'] })
  t.strictSame(both, ['3', '2', '1'], 'of several none is the one')
})

rule('keys that are no columns and directions that are none are refused', async (t, glance) => {
  const list = (options: ImageListOptions) => glance.images.getAll(admin, options)
  for (const key of ['', 'fake', 'tags', 'properties', 'constructor', 5, null]) {
    await refused(t, list({ sort_key: [key] }), 'InvalidSortKey', String(key))
  }
  await refused(t, list({ sort_key: ['name', 'fake'] }), 'InvalidSortKey')
  for (const direction of ['', 'up', 'ASC', 1]) {
    await refused(t, list({ sort_key: ['name'], sort_dir: [direction] }), 'InvalidSortDir', String(direction))
  }
  await refused(t, list({ sort_key: ['name'], sort_dir: ['asc', 'desc'] }), 'Invalid')
  await refused(t, list({ sort_key: ['name', 'size', 'id'], sort_dir: ['asc', 'desc'] }), 'Invalid')
})

rule('a limit of null or below zero gives all, zero none, and a number that many', async (t, glance) => {
  for (const name of ['1', '2', '3']) await addImage(glance, { name })
  t.strictSame(await listed(glance, admin, { limit: -1 }), ['3', '2', '1'])
  t.strictSame(await listed(glance, admin, { limit: 0 }), [])
  t.strictSame(await listed(glance, admin, { limit: 2 }), ['3', '2'])
  t.strictSame(await listed(glance, admin, { limit: 2 ** 40 }), ['3', '2', '1'])
  await refused(t, listed(glance, admin, { limit: 0.5 }), 'Invalid')
})

rule('a page begins after its marker', async (t, glance) => {
  const ids: string[] = []
  for (const name of ['1', '2', '3']) ids.push((await addImage(glance, { name })).id)
  t.strictSame(await listed(glance, admin, { marker: ids[2] }), ['2', '1'])
  t.strictSame(await listed(glance, admin, { marker: ids[1], limit: 1 }), ['1'])
  t.strictSame(await listed(glance, admin, { marker: ids[0] }), [])
  t.strictSame(await listed(glance, admin, { marker: ids[0], sort_dir: ['asc'] }), ['2', '3'])
})

rule('a marker need not pass the filters', async (t, glance) => {
  await addImage(glance, { name: 'a', status: 'queued' })
  const { id: marker } = await addImage(glance, { name: 'b', status: 'active' })
  await addImage(glance, { name: 'c', status: 'queued' })
  t.strictSame(await listed(glance, admin, { marker, filters: { status: 'queued' } }), ['a'])
})

rule('a marker has to be an image that the caller may see', async (t, glance) => {
  const { id: marker } = await addImage(glance, { owner: 'bob', visibility: 'private' })
  await refused(t, listed(glance, admin, { marker: noImage }), 'ImageNotFound')
  await refused(t, listed(glance, alice, { marker }), 'Forbidden')
  await refused(t, listed(glance, alice, { marker: noImage, limit: 0 }), 'ImageNotFound', 'for an empty page too')
})

rule('a deleted marker is for admins, and for who asks for deleted images', async (t, glance) => {
  await addImage(glance, { name: 'older', owner: 'alice' })
  const { id: marker } = await addImage(glance, { owner: 'alice' })
  await glance.images.destroy(alice, { image_id: marker })
  await refused(t, listed(glance, alice, { marker, filters: { deleted: false } }), 'ImageNotFound')
  t.strictSame(await listed(glance, admin, { marker, filters: { deleted: false } }), ['older'])
  t.strictSame(await listed(glance, alice, { marker, filters: { deleted: true } }), [])
  const since = { 'changes-since': parseTime('2000-01-01') }
  t.strictSame(await listed(glance, alice, { marker, filters: since }), ['older'])
})

rule('pages neither skip nor repeat, over nulls and equal values, by any key', async (t, glance) => {
  const texts = [null, '', 'a', 'b']
  for (let n = 0; n < 24; n++) {
    await addImage(glance, {
      name: texts[n % 4],
      disk_format: texts[(n >> 1) % 3],
      size: n % 5 === 0 ? null : n % 3,
      protected: n % 2 === 0,
      visibility: n % 3 === 0 ? 'private' : 'public',
      created_at: parseTime(`2026-01-01T00:00:00.00000${n % 4}`),
    })
  }
  const orders: ImageListOptions[] = [
    {},
    ...['name', 'size', 'protected', 'visibility', 'updated_at'].flatMap((key) => [
      { sort_key: [key], sort_dir: ['asc'] },
      { sort_key: [key], sort_dir: ['desc'] },
    ]),
    { sort_key: ['name', 'disk_format', 'size'], sort_dir: ['asc', 'desc', 'asc'] },
    { sort_key: ['size', 'name'], sort_dir: ['desc', 'asc'] },
    { sort_key: ['id'], sort_dir: ['asc'] },
  ]
  for (const order of orders) {
    const whole = await idsOf(glance, order)
    t.equal(whole.length, 24)
    for (const limit of [1, 5]) t.strictSame(await pagewise(glance, order, limit), whole, JSON.stringify(order))
  }
})

rule('pages with filters of properties neither skip nor repeat', async (t, glance) => {
  for (let n = 0; n < 20; n++) {
    await addImage(glance, { name: String(n % 3), properties: n % 2 === 0 ? { even: 'yes' } : {} })
  }
  const order = { filters: { even: 'yes' }, sort_key: ['name'], sort_dir: ['asc'] }
  const whole = await idsOf(glance, order)
  t.equal(whole.length, 10)
  t.strictSame(await pagewise(glance, order, 3), whole)
})

async function idsOf(glance: GlanceDatabase, options: ImageListOptions): Promise<string[]> {
  return (await glance.images.getAll(admin, options)).map(({ id }) => id)
}

async function pagewise(glance: GlanceDatabase, options: ImageListOptions, limit: number): Promise<string[]> {
  const ids: string[] = []
  for (;;) {
    const page = await idsOf(glance, { ...options, limit, marker: ids.at(-1) })
    ids.push(...page)
    if (page.length < limit) return ids
  }
}
