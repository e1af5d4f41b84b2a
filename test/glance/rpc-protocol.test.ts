import { asAdmin, asTenant, errorClass, overBoth } from '../support/rpc-fixture.js'

const id = '8c0f7b52-0d8a-4a7e-9a3e-2f1f5f0f6a10'
const time = { _type: 'datetime', _value: '2026-01-02T03:04:05.678901' }

const cirros = {
  ...{ id, name: 'cirros', status: 'queued', owner: '7f3a', disk_format: 'qcow2', container_format: 'bare' },
  properties: { arch: 'x86_64' },
  locations: [{ url: 'file:///images/1', metadata: { store: 'fast' }, status: 'active' }],
  created_at: time,
  updated_at: time,
}

overBoth('an image made over the wire comes back as it is written in the protocol', {}, async (t, rpc) => {
  const created = await rpc.call('image_create', { v1_mode: false, values: cirros })
  const [found] = await rpc.run([
    { command: 'image_get', kwargs: { image_id: id, force_show_deleted: false, v1_mode: false } },
  ])
  t.match(found, {
    ...{ id, name: 'cirros', status: 'queued', visibility: 'shared', owner: '7f3a', size: null, virtual_size: null },
    ...{ checksum: null, os_hash_algo: null, os_hash_value: null, disk_format: 'qcow2', container_format: 'bare' },
    ...{ min_disk: 0, min_ram: 0, protected: false, os_hidden: false, deleted: false, deleted_at: null },
    created_at: time,
    updated_at: time,
    locations: [{ id: 1, url: 'file:///images/1', metadata: { store: 'fast' }, status: 'active' }],
    properties: [{ image_id: id, name: 'arch', value: 'x86_64', deleted: false, deleted_at: null }],
  })
  t.match(created, { id, created_at: time })
})

overBoth('times are read with any fraction and zone, and written without a zone', {}, async (t, rpc) => {
  const given: [string, string][] = [
    ['2001-02-03T04:05:06', '2001-02-03T04:05:06'],
    ['2001-02-03T04:05:06.000000', '2001-02-03T04:05:06'],
    ['2001-02-03T04:05:06.5Z', '2001-02-03T04:05:06.500000'],
    ['2001-02-03T04:05:06.1234567+02:00', '2001-02-03T02:05:06.123456'],
  ]
  for (const [at, [_value, written]] of given.entries()) {
    const image = await rpc.call('image_create', {
      values: { name: `${at}`, status: 'active', created_at: { _type: 'datetime', _value } },
    })
    t.same((image as { created_at: unknown }).created_at, { _type: 'datetime', _value: written })
  }
})

overBoth('commands run in their order, and those after a failed one run all the same', {}, async (t, rpc) => {
  const [missing, created, tags, nothing] = await rpc.run([
    { command: 'image_get', kwargs: { image_id: 'nope' } },
    { command: 'image_create', kwargs: { values: cirros } },
    { command: 'image_tag_create', kwargs: { image_id: id, value: 'lts' } },
    { command: 'image_tag_set_all', kwargs: { image_id: id, tags: [] } },
  ])
  t.equal(errorClass(missing), 'glance.common.exception.ImageNotFound')
  t.match((missing as { _error: { val: string } })._error.val, /./)
  t.match(created, { id })
  t.equal(tags, 'lts')
  t.equal(nothing, null)
  t.same(await rpc.run([]), [])
})

overBoth('kwargs may be absent, null or empty, and a session is ignored', {}, async (t, rpc) => {
  for (const kwargs of [undefined, null, {}, { session: null }, [], '', 0, false]) {
    const { status, body } = await rpc.post(JSON.stringify([{ command: 'image_get_all', kwargs }]))
    t.equal(status, 200, JSON.stringify(kwargs))
    t.same(JSON.parse(body), [[]])
  }
})

overBoth('wrong arguments are error entries of the class TypeError', {}, async (t, rpc) => {
  for (const kwargs of [{}, { image_id: id, fancy: 1 }, { image_id: 5 }]) {
    t.equal(errorClass(await rpc.call('image_get', kwargs)), 'builtins.TypeError', JSON.stringify(kwargs))
  }
})

overBoth('what is no list of known commands is refused before any command runs', {}, async (t, rpc) => {
  const create = { command: 'image_create', kwargs: { values: cirros } }
  const refused: [string, number][] = [
    ['', 400],
    ['[', 400],
    ['{}', 400],
    ['null', 400],
    ['"image_get"', 400],
    [JSON.stringify([create, 5]), 400],
    [JSON.stringify([create, []]), 400],
    [JSON.stringify([create, {}]), 400],
    [JSON.stringify([create, { command: '' }]), 400],
    [JSON.stringify([create, { command: 7 }]), 400],
    [JSON.stringify([create, { command: 'image_get', kwargs: [1] }]), 400],
    [JSON.stringify([create, { command: 'image_get', kwargs: 'x' }]), 400],
    [JSON.stringify([create, { command: 'image_fancy' }]), 404],
    [JSON.stringify([create, { command: '_private' }]), 404],
    [JSON.stringify([create, { command: 'constructor' }]), 404],
    [JSON.stringify([create, { command: 'is_image_visible' }]), 404],
    [JSON.stringify([create, { command: 'reset' }]), 404],
  ]
  for (const [body, status] of refused) {
    const answer = await rpc.post(body)
    t.equal(answer.status, status, body)
    t.match(answer.type, 'text/plain')
    t.not(answer.body, '')
  }
  t.same(await rpc.call('image_get_all'), [], 'nothing was created')
})

overBoth('no type of content is needed, and none is minded', {}, async (t, rpc) => {
  const body = JSON.stringify([{ command: 'image_get_all' }])
  for (const type of ['application/json', 'text/plain', 'application/x-www-form-urlencoded', 'nonsense/x']) {
    t.equal((await rpc.post(body, { ...asAdmin, 'Content-Type': type })).status, 200, type)
  }
  const plain = await rpc.send(
    `POST /rpc HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-Identity-Status: Confirmed\r\nX-Roles: admin\r\n` +
      `Content-Length: ${body.length}\r\n\r\n${body}`,
  )
  t.match(plain, /^HTTP\/1\.1 200 /)
  t.match(plain, /\r\n\r\n\[\[\]\]$/)
})

overBoth('who is asking is said by headers', {}, async (t, rpc) => {
  await rpc.call('image_create', { values: { ...cirros, visibility: 'private' } })
  const seenBy = async (headers: Record<string, string>) => (await rpc.run([{ command: 'image_get_all' }], headers))[0]
  t.equal(((await seenBy(asTenant('7f3a'))) as unknown[]).length, 1, 'the owner')
  t.equal(((await seenBy(asTenant('other'))) as unknown[]).length, 0, 'another tenant')
  t.equal(((await seenBy(asTenant(''))) as unknown[]).length, 0, 'an empty tenant is none')
  const roles = { 'X-Identity-Status': 'Confirmed', 'X-Roles': 'member, Admin ', 'X-Auth-Token': 'misleading' }
  t.equal(((await seenBy(roles)) as unknown[]).length, 1, 'an admin')
  const project = { 'X-Identity-Status': 'Confirmed', 'X-Project-Id': '7f3a' }
  t.equal(((await seenBy(project)) as unknown[]).length, 1, 'the tenant by its newer name')
})

overBoth('an identity that nobody confirmed is refused', {}, async (t, rpc) => {
  for (const headers of [{} as Record<string, string>, { 'X-Identity-Status': 'Invalid', 'X-Roles': 'admin' }]) {
    t.equal((await rpc.post('[]', headers)).status, 401)
  }
})

overBoth('or taken for an admin where the service was told so', { unconfirmed: 'admin' }, async (t, rpc) => {
  await rpc.run([{ command: 'image_create', kwargs: { values: { ...cirros, visibility: 'private' } } }], {})
  t.equal(((await rpc.run([{ command: 'image_get_all' }], {}))[0] as unknown[]).length, 1)
})

overBoth('reset erases everything, in test mode alone', { isTest: true }, async (t, rpc) => {
  await rpc.call('image_create', { values: cirros })
  t.equal(await rpc.call('reset'), null)
  t.same(await rpc.call('image_get_all'), [])
  t.match(await rpc.call('image_create', { values: cirros }), { id }, 'the same id may come again')
})

overBoth('only who knows the secret is answered', { secret: 'open sesame' }, async (t, rpc) => {
  t.equal((await rpc.post('[]')).status, 401)
  t.equal((await rpc.post('[]', { ...asAdmin, 'X-Rpc-Secret': 'sesame' })).status, 401)
  t.equal((await rpc.post('[]', { ...asAdmin, 'X-Rpc-Secret': 'open sesame' })).status, 200)
  t.equal((await fetch(`${rpc.url}/metrics`)).status, 401)
})

overBoth('only trusted proxies are answered', { trustedProxies: ['192.0.2.0/24'] }, async (t, rpc) => {
  t.equal((await rpc.post('[]')).status, 403)
})

overBoth(
  'a proxy within a trusted network is answered',
  { trustedProxies: ['10.0.0.1', '127.0.0.0/8'] },
  async (t, rpc) => {
    t.equal((await rpc.post('[]')).status, 200)
  },
)

overBoth('health and metrics tell how the service is', {}, async (t, rpc) => {
  await rpc.run([{ command: 'image_get_all' }, { command: 'image_get', kwargs: { image_id: 'nope' } }])
  const health = await fetch(`${rpc.url}/health`)
  t.equal(health.status, 200)
  t.same(await health.json(), { status: 'ok' })
  const metrics = await (await fetch(`${rpc.url}/metrics`)).text()
  t.match(metrics, 'glance_rpc_commands_total{command="image_get_all",outcome="done"} 1')
  t.match(metrics, 'glance_rpc_commands_total{command="image_get",outcome="refused"} 1')
  t.match(metrics, /rome_commits \d/)
  t.match(metrics, /rome_cache_bytes_max [1-9]/)
  t.match(metrics, /rome_cache_misses \d/)
  t.equal((await fetch(`${rpc.url}/elsewhere`)).status, 404)
  t.equal((await fetch(`${rpc.url}/rpc`)).status, 404)
})
