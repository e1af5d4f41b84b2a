import { cachedBy, leastRecentlyAccessed } from '../../glance/lib/cache/cached-images.js'
import { type CacheDetails, type GlanceDatabase, NodeReference, parseTime } from '../../glance/lib/index.js'
import { create } from '../../lib/index.js'
import { admin, fieldsOf, nobody, refused, rule } from '../support/glance-fixture.js'
import { planSteps } from '../support/plan-steps.js'

const [first, second, unknown] = ['http://first.example', 'http://second.example', 'http://unknown.example']
const banana = '\u{1f34c}'

/** Two nodes, and two images in the cache of the first. */
async function fill(glance: GlanceDatabase): Promise<void> {
  for (const node_reference_url of [first, second]) await glance.nodes.create(admin, { node_reference_url })
  await insert(glance, { image_id: 'a', hits: 3, last_accessed: parseTime('2026-01-02') })
  await insert(glance, { image_id: 'b', hits: 3, last_accessed: parseTime('2026-01-01') })
}

function insert(glance: GlanceDatabase, details: Partial<CacheDetails>): Promise<null> {
  const usual = { node_reference_url: first, image_id: 'a', filesize: 100 }
  return glance.cachedImages.insert(admin, { ...usual, ...details })
}

async function imagesOf(glance: GlanceDatabase, node_reference_url: string): Promise<string[]> {
  return (await glance.cachedImages.getAll(admin, { node_reference_url })).map(({ image_id }) => image_id)
}

rule('a node is found by its URL, and has exactly two fields', async (t, glance) => {
  const made = await glance.nodes.create(nobody, { node_reference_url: first })
  t.strictSame(fieldsOf(made), ['node_reference_id', 'node_reference_url'])
  t.strictSame(await glance.nodes.getByUrl(nobody, { node_reference_url: first }), made)
  const other = await glance.nodes.create(nobody, { node_reference_url: second })
  t.equal(other.node_reference_id, made.node_reference_id + 1)
})

rule('two nodes of one URL are refused', async (t, glance) => {
  await glance.nodes.create(admin, { node_reference_url: first })
  await refused(t, glance.nodes.create(admin, { node_reference_url: first }), 'Duplicate')
})

rule('of 16 who add a node of one URL at once one succeeds', async (t, glance) => {
  const adding = Array.from({ length: 16 }, () => glance.nodes.create(admin, { node_reference_url: first }))
  const outcomes = await Promise.allSettled(adding)
  const kinds = outcomes.map((outcome) => (outcome.status === 'rejected' ? outcome.reason.kind : 'done')).sort()
  t.strictSame(kinds, [...Array.from({ length: 15 }, () => 'Duplicate'), 'done'])
})

rule('a node that is not there is not found', async (t, glance) => {
  for (const node_reference_url of [unknown, '', 'u'.repeat(300)]) {
    await refused(t, glance.nodes.getByUrl(admin, { node_reference_url }), 'NotFound')
    await refused(t, insert(glance, { node_reference_url }), 'NotFound')
  }
})

rule('URLs of nodes that do not fit are refused', async (t, glance) => {
  for (const node_reference_url of ['u'.repeat(256), banana]) {
    await refused(t, glance.nodes.create(admin, { node_reference_url }), 'Invalid')
  }
})

rule('a cached image has exactly its seven fields, its times as seconds', async (t, glance) => {
  await glance.nodes.create(admin, { node_reference_url: first })
  const given = {
    ...{ image_id: 'a', filesize: 2 ** 53 - 1, checksum: 'sum', hits: 7 },
    last_accessed: parseTime('2026-01-02T03:04:05.678901'),
    last_modified: parseTime('2026-01-01T00:00:00'),
  }
  t.equal(await insert(glance, given), null)
  const [{ id, ...others }] = await glance.cachedImages.getAll(admin, { node_reference_url: first })
  t.ok(Number.isInteger(id))
  t.strictSame(others, {
    ...{ image_id: 'a', size: 2 ** 53 - 1, checksum: 'sum', hits: 7 },
    ...{ last_accessed: Date.UTC(2026, 0, 2, 3, 4, 5) / 1000 + 0.678901, last_modified: Date.UTC(2026, 0, 1) / 1000 },
  })
})

rule('a cached image has no hits, no checksum and the time of its caching unless said otherwise', async (t, glance) => {
  await glance.nodes.create(admin, { node_reference_url: first })
  const before = Date.now() / 1000
  await insert(glance, {})
  const [image] = await glance.cachedImages.getAll(admin, { node_reference_url: first })
  t.match(image, { hits: 0, checksum: null, size: 100 })
  t.equal(image.last_accessed, image.last_modified)
  t.ok(image.last_accessed > before - 1 && image.last_accessed < before + 600)
})

rule('an image that is cached already is left as it was', async (t, glance) => {
  await fill(glance)
  const before = await glance.cachedImages.getAll(admin, { node_reference_url: first })
  t.equal(await insert(glance, { image_id: 'a', filesize: 5, hits: 0 }), null)
  t.strictSame(await glance.cachedImages.getAll(admin, { node_reference_url: first }), before)
  await insert(glance, { image_id: 'a', node_reference_url: second })
  t.strictSame(await imagesOf(glance, second), ['a'], 'another node may cache it too')
})

rule('of 16 who insert one image at once all are answered, and one row is made', async (t, glance) => {
  await glance.nodes.create(admin, { node_reference_url: first })
  await Promise.all(Array.from({ length: 16 }, (_, hits) => insert(glance, { hits })))
  t.equal((await imagesOf(glance, first)).length, 1)
})

rule('values of a cached image that do not fit are refused', async (t, glance) => {
  await glance.nodes.create(admin, { node_reference_url: first })
  const wrong = [
    { image_id: 'i'.repeat(37) },
    { image_id: banana },
    { filesize: 1.5 },
    { filesize: 2 ** 60 },
    { hits: 0.5 },
    { checksum: 'c'.repeat(33) },
    { checksum: banana },
  ]
  for (const details of wrong) {
    await refused(t, insert(glance, details), 'Invalid', JSON.stringify(details).slice(0, 40))
  }
  t.strictSame(await imagesOf(glance, first), [])
})

rule('cached images are listed node by node, in the order of their caching', async (t, glance) => {
  await fill(glance)
  t.strictSame(await imagesOf(glance, first), ['a', 'b'])
  t.strictSame(await imagesOf(glance, second), [])
  t.strictSame(await imagesOf(glance, unknown), [])
})

rule('the nodes of an image are those that cache it', async (t, glance) => {
  await fill(glance)
  await insert(glance, { image_id: 'a', node_reference_url: second })
  const nodes = (image_id: string) => glance.cachedImages.getNodes(admin, { image_id })
  t.strictSame(await nodes('a'), [first, second])
  t.strictSame(await nodes('b'), [first])
  t.strictSame(await nodes('none'), [])
  t.strictSame(await nodes('i'.repeat(50)), [])
})

rule('hits are those of an image on a node, 0 where it is not cached', async (t, glance) => {
  await fill(glance)
  const hits = (image_id: string, node_reference_url: string) =>
    glance.cachedImages.getHitCount(admin, { image_id, node_reference_url })
  t.equal(await hits('a', first), 3)
  for (const node of [second, unknown]) t.equal(await hits('a', node), 0)
  for (const image_id of ['none', 'i'.repeat(50)]) t.equal(await hits(image_id, first), 0)
})

rule('a hit is counted, and is the last access', async (t, glance) => {
  await fill(glance)
  const [before] = await glance.cachedImages.getAll(admin, { node_reference_url: first })
  t.equal(await glance.cachedImages.hit(admin, { image_id: 'a', node_reference_url: first }), null)
  const [after, other] = await glance.cachedImages.getAll(admin, { node_reference_url: first })
  t.strictSame({ ...after, last_accessed: before.last_accessed }, { ...before, hits: 4 })
  t.ok(after.last_accessed > before.last_accessed)
  t.equal(other.hits, 3)
})

rule('a hit of what is not cached changes nothing', async (t, glance) => {
  await fill(glance)
  const before = await glance.cachedImages.getAll(admin, { node_reference_url: first })
  for (const [image_id, node_reference_url] of [
    ['a', second],
    ['a', unknown],
    ['none', first],
  ]) {
    t.equal(await glance.cachedImages.hit(admin, { image_id, node_reference_url }), null)
  }
  t.strictSame(await glance.cachedImages.getAll(admin, { node_reference_url: first }), before)
  await refused(t, glance.cachedImages.hit(admin, { image_id: banana, node_reference_url: first }), 'Invalid')
})

rule('of 32 hits at once every one is counted', async (t, glance) => {
  await fill(glance)
  const given = { image_id: 'a', node_reference_url: first }
  await Promise.all(Array.from({ length: 32 }, () => glance.cachedImages.hit(admin, given)))
  t.equal(await glance.cachedImages.getHitCount(admin, given), 35)
})

rule('the least recently accessed image is that of the earliest access on the node', async (t, glance) => {
  await fill(glance)
  const least = (node_reference_url: string) =>
    glance.cachedImages.getLeastRecentlyAccessed(admin, { node_reference_url })
  t.equal(await least(first), 'b')
  await glance.cachedImages.hit(admin, { image_id: 'b', node_reference_url: first })
  t.equal(await least(first), 'a')
  for (const node of [second, unknown]) t.equal(await least(node), null)
})

rule('an image is cached for the node that has it', async (t, glance) => {
  await fill(glance)
  const isCached = (node_reference_url: string, image_id: string) =>
    glance.cachedImages.isCached(admin, { node_reference_url, image_id })
  t.equal(await isCached(first, 'a'), true)
  for (const [node, image_id] of [
    [second, 'a'],
    [unknown, 'a'],
    [first, 'none'],
    [first, 'i'.repeat(50)],
  ]) {
    t.equal(await isCached(node, image_id), false, `${node} ${image_id}`)
  }
})

rule('a cached image is deleted on one node, and where it is not there nothing happens', async (t, glance) => {
  await fill(glance)
  await insert(glance, { image_id: 'a', node_reference_url: second })
  const remove = (image_id: string, node_reference_url: string) =>
    glance.cachedImages.delete(admin, { image_id, node_reference_url })
  t.equal(await remove('a', first), null)
  t.strictSame([await imagesOf(glance, first), await imagesOf(glance, second)], [['b'], ['a']])
  for (const [image_id, node] of [
    ['a', first],
    ['a', unknown],
    ['none', second],
  ]) {
    t.equal(await remove(image_id, node), null)
  }
  t.strictSame([await imagesOf(glance, first), await imagesOf(glance, second)], [['b'], ['a']])
})

rule('all cached images of one node are deleted, and the node stays', async (t, glance) => {
  await fill(glance)
  await insert(glance, { image_id: 'a', node_reference_url: second })
  const removeAll = (node_reference_url: string) => glance.cachedImages.deleteAll(admin, { node_reference_url })
  for (const node of [first, first, unknown]) t.equal(await removeAll(node), null)
  t.strictSame([await imagesOf(glance, first), await imagesOf(glance, second)], [[], ['a']])
  t.ok(await glance.nodes.getByUrl(admin, { node_reference_url: first }))
  await refused(t, removeAll(banana), 'Invalid')
})

rule('cached images are read from indexes', async (t, glance) => {
  await using session = glance.rome.session({ readOnly: true })
  const node = create(NodeReference, { node_reference_id: 1, node_reference_url: first })
  t.strictSame(planSteps(await leastRecentlyAccessed(session, node).explain()), [
    'limit: rows 1',
    'index range: index cached_images.node_reference_id_last_accessed; reads entries and rows; ranges 1',
  ])
  t.strictSame(planSteps(await cachedBy(session, node).explain()), [
    'index range: index cached_images.node_reference_id_last_accessed; reads entries and rows; ranges 1',
  ])
})

rule('functions of the cache are called by their names, with every argument or with few', async (t, glance) => {
  const call = (name: string, given: Record<string, unknown>) => glance.call(name, nobody, given)
  const node = { node_reference_url: first }
  const made = await call('node_reference_create', node)
  t.strictSame(await call('node_reference_get_by_url', node), made)
  const image = { ...node, image_id: 'a' }
  const times = { last_accessed: parseTime('2026-01-01'), last_modified: null }
  t.equal(await call('insert_cache_details', { ...image, filesize: 5, checksum: null, ...times, hits: null }), null)
  t.equal(await call('insert_cache_details', { ...node, image_id: 'b', filesize: 5 }), null)
  t.match(await call('get_cached_images', node), [
    { image_id: 'a', size: 5, last_accessed: Date.UTC(2026, 0, 1) / 1000 },
    { image_id: 'b', size: 5 },
  ])
  t.strictSame(await call('get_cached_nodes', { image_id: 'a' }), [first])
  t.equal(await call('update_hit_count', image), null)
  t.equal(await call('get_hit_count', image), 1)
  t.equal(await call('is_image_cached_for_node', image), true)
  t.equal(await call('get_least_recently_accessed', node), 'b')
  t.equal(await call('delete_cached_image', image), null)
  t.equal(await call('delete_all_cached_images', node), null)
  t.equal(await call('is_image_cached_for_node', image), false)
})

rule('arguments of functions of the cache that are missing or of another type are refused', async (t, glance) => {
  const node = { node_reference_url: first }
  const wrong: [string, Record<string, unknown>][] = [
    ['node_reference_create', {}],
    ['node_reference_get_by_url', { node_reference_url: 5 }],
    ['insert_cache_details', { ...node, image_id: 'a' }],
    ['insert_cache_details', { ...node, image_id: 'a', filesize: 5, last_accessed: 'now' }],
    ['get_cached_images', {}],
    ['get_cached_nodes', node],
    ['get_hit_count', node],
    ['get_least_recently_accessed', {}],
    ['is_image_cached_for_node', node],
    ['update_hit_count', { image_id: 'a' }],
    ['delete_cached_image', { image_id: 'a' }],
    ['delete_all_cached_images', {}],
  ]
  for (const [name, given] of wrong) {
    await refused(t, glance.call(name, admin, given), 'TypeError', `${name} ${JSON.stringify(given)}`)
  }
})
