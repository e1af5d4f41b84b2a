import { once } from 'node:events'
import { connect } from 'node:net'
import { asAdmin, errorClass, overBoth, type RpcFixture, type Test } from '../support/rpc-fixture.js'

/*
 * Whatever comes over the wire: a proper answer, nothing changed, and the service goes on.
 */

async function goesOn(t: Test, rpc: RpcFixture): Promise<void> {
  t.same(await rpc.call('image_get_all'), [], 'nothing was changed, and the service goes on')
}

const head = 'POST /rpc HTTP/1.1\r\nHost: x\r\nX-Identity-Status: Confirmed\r\nX-Roles: admin\r\n'

overBoth('JSON that is cut off anywhere is refused', {}, async (t, rpc) => {
  const whole = JSON.stringify([
    { command: 'image_create', kwargs: { values: { name: 'a\u{1F600}', status: 'active' } } },
  ])
  for (let length = 0; length < whole.length; length += 3) {
    t.equal((await rpc.post(whole.slice(0, length))).status, 400, whole.slice(0, length))
  }
  await goesOn(t, rpc)
})

overBoth('bytes that are no text are refused', {}, async (t, rpc) => {
  for (const bytes of [[0xff, 0xfe], [0x5b, 0x22, 0xc3, 0x28, 0x22, 0x5d], [0]]) {
    t.equal((await rpc.post(Uint8Array.from(bytes))).status, 400)
  }
  await goesOn(t, rpc)
})

overBoth('values of the wrong type are refused, each by its own entry', {}, async (t, rpc) => {
  const wrong: unknown[] = [5, 'x', true, [], [[]], { a: 1 }, '\0', '\ud800', -1, 1.5, 9e15, { _type: 'date' }]
  for (const value of wrong) {
    for (const column of [
      'status',
      'size',
      'created_at',
      'min_ram',
      'visibility',
      'deleted',
      'properties',
      'tags',
      'id',
    ]) {
      const body = JSON.stringify([
        { command: 'image_create', kwargs: { values: { status: 'active', [column]: value } } },
      ])
      const { status, body: answer } = await rpc.post(body)
      t.equal(status, 200, body)
      const [entry] = JSON.parse(answer) as unknown[]
      t.not(errorClass(entry), 'glance.common.exception.RPCError', `${body} ${answer}`)
      if (errorClass(entry) === undefined) {
        await rpc.call('image_destroy', { image_id: (entry as { id: string }).id })
        await rpc.call('purge_deleted_rows', { age_in_days: 0, max_rows: -1 })
        await rpc.call('purge_deleted_rows_from_images', { age_in_days: 0, max_rows: -1 })
      }
    }
  }
  t.same(await rpc.call('image_get_all', { filters: { deleted: false } }), [])
})

overBoth('numbers that JSON cannot carry exactly are refused', {}, async (t, rpc) => {
  for (const number of ['9007199254740993', '1e400', '-1e400', '123456789012345678901234567890']) {
    const body = `[{"command": "image_create", "kwargs": {"values": {"status": "active", "size": ${number}}}}]`
    t.equal((await rpc.post(body)).status, 400, number)
  }
  await goesOn(t, rpc)
})

overBoth('deep nesting is refused', {}, async (t, rpc) => {
  for (const depth of [70, 10_000, 400_000]) {
    const value = '['.repeat(depth) + ']'.repeat(depth)
    const body = `[{"command": "image_create", "kwargs": {"values": {"status": "active", "name": ${value}}}}]`
    t.equal((await rpc.post(body)).status, 400, String(depth))
    t.equal((await rpc.post(value)).status, 400, String(depth))
  }
  await goesOn(t, rpc)
})

overBoth('names that JavaScript knows are names like others', {}, async (t, rpc) => {
  const polluting = '[{"command": "image_get_all", "kwargs": {"__proto__": {"limit": 1}}}]'
  t.equal(errorClass(JSON.parse((await rpc.post(polluting)).body)[0]), 'builtins.TypeError')
  for (const name of ['__proto__', 'constructor', 'toString', 'hasOwnProperty']) {
    const values = `{"status": "active", "properties": {"${name}": "x"}}`
    const body = `[{"command": "image_create", "kwargs": {"values": ${values}}}]`
    const [created] = JSON.parse((await rpc.post(body)).body) as { id: string; properties: { name: string }[] }[]
    t.same(
      created?.properties.map((property) => property.name),
      [name],
    )
  }
  t.equal(({} as { limit?: number }).limit, undefined)
})

overBoth(
  'too large bodies and too many commands are refused',
  { bodyBytesMax: 10_000, commandsMax: 5 },
  async (t, rpc) => {
    const large = JSON.stringify([
      { command: 'image_create', kwargs: { values: { status: 'active', name: 'x'.repeat(20_000) } } },
    ])
    t.equal((await rpc.post(large)).status, 413)
    const create = { command: 'image_create', kwargs: { values: { status: 'active' } } }
    t.equal((await rpc.post(JSON.stringify(new Array(6).fill(create)))).status, 413)
    await goesOn(t, rpc)
  },
)

overBoth('connections that are left half open do not hold the service', { requestMsMax: 1000 }, async (t, rpc) => {
  const sockets = Array.from({ length: 20 }, () => connect(rpc.port, '127.0.0.1').on('error', () => undefined))
  for (const [at, socket] of sockets.entries()) {
    await once(socket, 'connect')
    socket.write(`${head}Content-Length: 500\r\n\r\n[{"command"`.slice(0, 20 + at * 8))
  }
  await goesOn(t, rpc)
  for (const socket of sockets.slice(0, 10)) socket.destroy()
  await goesOn(t, rpc)
  for (const socket of sockets) socket.destroy()
})

overBoth('what is no HTTP is answered by 400, and longer headers than are read by 431', {}, async (t, rpc) => {
  t.match(await rpc.send('nonsense\r\n\r\n'), /^HTTP\/1\.1 400 /)
  t.match(await rpc.send(`${head}X-Long: ${'x'.repeat(100_000)}\r\n\r\n`), /^(?:HTTP\/1\.1 431 |$)/)
  t.match(await rpc.send(`${head}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n[]`), /^HTTP\/1\.1 400 /)
  await goesOn(t, rpc)
})

overBoth('a request whose body never comes does not run', {}, async (t, rpc) => {
  const body = JSON.stringify([{ command: 'image_create', kwargs: { values: { status: 'active' } } }])
  await rpc.send(`${head}Connection: close\r\nContent-Length: ${body.length + 1}\r\n\r\n${body}`)
  await goesOn(t, rpc)
})

overBoth('32 clients at once each get their own answers', {}, async (t, rpc) => {
  const id = '00000000-0000-4000-8000-000000000001'
  await rpc.call('image_create', { values: { id, status: 'queued' } })
  const claims = await Promise.all(
    Array.from({ length: 32 }, () =>
      rpc.call('image_update', { image_id: id, values: { status: 'saving' }, from_state: 'queued' }, asAdmin),
    ),
  )
  t.equal(claims.filter((claim) => errorClass(claim) === undefined).length, 1, 'one of them took the image')
  t.ok(claims.every((claim) => [undefined, 'glance.common.exception.Conflict'].includes(errorClass(claim))))
  const set = await Promise.all(
    Array.from({ length: 32 }, (_, at) =>
      rpc.call('image_set_property_atomic', { image_id: id, name: 'holder', value: `${at}` }),
    ),
  )
  t.equal(set.filter((each) => errorClass(each) === undefined).length, 1, 'one of them set the property')
})
