import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { type AddressInfo, connect, createServer } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import t from 'tap'
import { runGlance, startGlance } from '../support/glance-service.js'
import type { Test } from '../support/rpc-fixture.js'
import { temporaryDirectory } from '../support/temporary-directory.js'

t.test('a service that is ready says so in one line, and answers', async (t) => {
  const service = await startGlance(t as Test, '--engine', 'memory:', '--cache-bytes', '1000000')
  t.equal((await fetch(`${service.url}/health`)).status, 200)
  t.same(await service.call('image_get_all'), [])
  t.equal(await service.end('SIGTERM'), 0)
})

t.test('a service listens beyond this machine only with a secret or a trusted proxy', async (t) => {
  const refused = await runGlance('--engine', 'memory:', '--listen', '0.0.0.0:0')
  t.equal(refused.exitCode, 1)
  t.match(refused.stderr, /--secret-file or --trusted-proxy/)
  t.equal(refused.stdout, '')

  const directory = temporaryDirectory(t)
  const secretFile = join(directory, 'secret')
  writeFileSync(secretFile, 'open sesame\n')
  const service = await startGlance(t as Test, '--engine', 'memory:', '--secret-file', secretFile)
  await t.rejects(service.call('image_get_all'), /^401/)
  const headers = { 'X-Identity-Status': 'Confirmed', 'X-Roles': 'admin', 'X-Rpc-Secret': 'open sesame' }
  t.equal((await fetch(`${service.url}/rpc`, { method: 'POST', body: '[]', headers })).status, 200)

  const distrusting = await startGlance(t as Test, '--engine', 'memory:', '--trusted-proxy', '192.0.2.0/24')
  await t.rejects(distrusting.call('image_get_all'), /^403/)
})

t.test('options that make no sense are refused before anything is opened', async (t) => {
  const emptyFile = join(temporaryDirectory(t), 'empty')
  writeFileSync(emptyFile, '\n')
  const cases: readonly [readonly string[], RegExp][] = [
    [['--fancy'], /unknown option/],
    [['--listen', 'nowhere'], /127\.0\.0\.1:9191/],
    [['--engine', 'postgres://x'], /names no engine/],
    [['--engine', 'level:./x?fancy=1'], /fancy is no option/],
    [['--engine', 'memory:', '--unconfirmed', 'maybe'], /Allowed choices/],
    [['--engine', 'memory:', '--commands', '0'], /whole number from 1/],
    [['--engine', 'memory:', '--cache-bytes', '64M'], /whole number from 1/],
    [['--engine', 'memory:', '--trusted-proxy', 'somewhere'], /is no address/],
    [['--engine', 'memory:', '--secret-file', emptyFile], /secret is empty/],
  ]
  await Promise.all(
    cases.map(async ([args, message]) => {
      const { exitCode, stderr, stdout } = await runGlance(...args)
      t.equal(exitCode, 1, args.join(' '))
      t.match(stderr, message)
      t.equal(stdout, '')
    }),
  )
})

t.test('a port that is taken is an error, and the store is closed again', async (t) => {
  const other = createServer().listen(0, '127.0.0.1')
  await once(other, 'listening')
  const { port } = other.address() as AddressInfo
  const { exitCode, stderr } = await runGlance('--engine', 'memory:', '--listen', `127.0.0.1:${port}`)
  t.equal(exitCode, 1)
  t.match(stderr, /EADDRINUSE/)
  other.close()
})

t.test(
  'at SIGTERM a request under way is answered, others are not taken, and the data are there after it',
  async (t) => {
    const engine = `level:${join(temporaryDirectory(t), 'catalogue')}?partitions=4`
    const service = await startGlance(t as Test, '--engine', engine)
    const { port } = new URL(service.url)
    const image = { command: 'image_create', kwargs: { values: { status: 'active', name: 'kept' } } }
    const body = JSON.stringify(Array.from({ length: 100 }, () => image))
    const socket = connect(Number(port), '127.0.0.1')
    await once(socket, 'connect')
    const headers = [
      'Host: catalogue',
      'X-Identity-Status: Confirmed',
      'X-Roles: admin',
      `Content-Length: ${body.length}`,
    ]
    socket.write(`POST /rpc HTTP/1.1\r\n${headers.join('\r\n')}\r\n\r\n${body.slice(0, 10)}`)
    // What was sent has arrived once a later request is answered.
    await service.call('image_get_all')
    const ended = service.end('SIGTERM')
    await refusesConnections(Number(port))
    socket.write(body.slice(10))
    const answer = await text(socket)
    t.match(answer, /^HTTP\/1\.1 200/)
    t.equal(answer.match(/"name":"kept"/g)?.length, 100, 'each of its commands was answered')
    t.equal(await ended, 0)

    const again = await startGlance(t as Test, '--engine', engine)
    t.equal(((await again.call('image_get_all')) as unknown[]).length, 100)
    t.equal(await again.end('SIGINT'), 0)
  },
)

t.test('reset is an unknown command unless the service is in test mode', async (t) => {
  const service = await startGlance(t as Test, '--engine', 'memory:')
  await t.rejects(service.call('reset'), /^404/)
})

t.test('in test mode reset erases everything', async (t) => {
  const service = await startGlance(t as Test, '--engine', 'memory:', '--test-mode')
  for (let round = 0; round < 3; round++) {
    await service.call('image_create', { values: { status: 'active', properties: { arch: 'x86_64' } } })
    t.equal(((await service.call('image_get_all')) as unknown[]).length, 1)
    t.equal(await service.call('reset'), null)
    t.same(await service.call('image_get_all'), [])
  }
})

/** Waits until nobody listens there any more. */
async function refusesConnections(port: number): Promise<void> {
  for (;;) {
    const socket = connect(port, '127.0.0.1')
    const isRefused = await new Promise<boolean>((resolve) => {
      socket.once('connect', () => resolve(false))
      socket.once('error', () => resolve(true))
    })
    socket.destroy()
    if (isRefused) return
  }
}
