import { once } from 'node:events'
import { type AddressInfo, connect } from 'node:net'
import { text } from 'node:stream/consumers'
import t from 'tap'
import { createRpcServer, GlanceDatabase, type RpcOptions } from '../../glance/lib/index.js'
import { level } from '../../lib/engines/level/index.js'
import { memory } from '../../lib/engines/memory/index.js'
import { temporaryDirectory } from './temporary-directory.js'

export type Test = typeof t

/** A command as it goes over the wire. */
export interface WireCommand {
  readonly command: string
  readonly kwargs?: Readonly<Record<string, unknown>> | null
}

/** What came back. */
export interface WireAnswer {
  readonly status: number
  readonly type: string | null
  readonly body: string
}

export const asAdmin = { 'X-Identity-Status': 'Confirmed', 'X-Roles': 'admin' }
export const asTenant = (tenant: string) => ({
  'X-Identity-Status': 'Confirmed',
  'X-Tenant-Id': tenant,
  'X-Roles': 'member',
})

/** A service that listens, and a client of it. */
export class RpcFixture {
  readonly glance: GlanceDatabase
  readonly port: number

  constructor(glance: GlanceDatabase, port: number) {
    this.glance = glance
    this.port = port
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`
  }

  /** Posts a body as it is. */
  async post(body: string | Uint8Array, headers: Record<string, string> = asAdmin): Promise<WireAnswer> {
    const answer = await fetch(`${this.url}/rpc`, {
      method: 'POST',
      body: typeof body === 'string' ? body : Buffer.from(body),
      headers,
    })
    return { status: answer.status, type: answer.headers.get('content-type'), body: await answer.text() }
  }

  /** What commands answer, one by one. */
  async run(commands: readonly WireCommand[], headers: Record<string, string> = asAdmin): Promise<unknown[]> {
    const { status, body } = await this.post(JSON.stringify(commands), headers)
    if (status !== 200) throw new Error(`${status}: ${body}`)
    return JSON.parse(body) as unknown[]
  }

  /** What one command answers. */
  async call(command: string, kwargs: Record<string, unknown> = {}, headers = asAdmin): Promise<unknown> {
    return (await this.run([{ command, kwargs }], headers))[0]
  }

  /** Sends bytes as they are, ends, and gives all that comes back. */
  async send(bytes: string): Promise<string> {
    const socket = connect(this.port, '127.0.0.1')
    await once(socket, 'connect')
    socket.end(bytes)
    return text(socket)
  }
}

/** Runs a test against a service over memory, and over LevelDB with four partitions. */
export function overBoth(title: string, options: RpcOptions, check: (t: Test, rpc: RpcFixture) => Promise<void>): void {
  for (const name of ['memory', 'level'] as const) {
    t.test(`${title}, over ${name}`, async (test) => {
      const engine = name === 'memory' ? memory() : level(temporaryDirectory(test), { partitions: 4, durability: 'os' })
      const glance = await GlanceDatabase.open({ engine })
      const server = createRpcServer(glance, options)
      test.teardown(async () => {
        await server.close()
        await glance.close()
      })
      await server.listen({ host: '127.0.0.1', port: 0 })
      await check(test as Test, new RpcFixture(glance, (server.server.address() as AddressInfo).port))
    })
  }
}

/** The class of an error entry, and nothing for any other answer. */
export function errorClass(answer: unknown): string | undefined {
  return (answer as { _error?: { cls: string; val: string } } | null)?._error?.cls
}
