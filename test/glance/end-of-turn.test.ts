import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import t from 'tap'
import { endOfTurn } from '../../glance/lib/rpc/end-of-turn.js'

t.test('who waits in one turn waits for the same end, and who waits later for another', async (t) => {
  const first = endOfTurn()
  t.equal(endOfTurn(), first)
  await first
  const second = endOfTurn()
  t.not(second, first)
  await second
})

t.test('what has arrived on other connections is read before the turn ends', async (t) => {
  const events: string[] = []
  const accepted: Socket[] = []
  const server = createServer((socket) => {
    accepted.push(socket)
    socket.once('data', async () => {
      events.push('read')
      await endOfTurn()
      events.push('ended')
      socket.end()
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const sockets = Array.from({ length: 4 }, () => connect(port, '127.0.0.1'))
  while (accepted.length < sockets.length) await once(server, 'connection')
  for (const socket of sockets) socket.write('x')
  // All four are there when the loop comes to look.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50)
  await Promise.all(sockets.map((socket) => once(socket.resume(), 'end')))
  t.strictSame(events, ['read', 'read', 'read', 'read', 'ended', 'ended', 'ended', 'ended'])
  server.close()
})
