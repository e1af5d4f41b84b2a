#!/usr/bin/env node
import { readFileSync } from 'node:fs'
import { Command, InvalidArgumentError, Option } from 'commander'
import { GlanceDatabase } from '../database/glance-database.js'
import { isLoopback } from '../rpc/access-rule.js'
import { engineOfUrl } from '../rpc/engine-of-url.js'
import { createRpcServer } from '../rpc/rpc-server.js'

interface Address {
  readonly host: string
  readonly port: number
}

interface Options {
  readonly listen: Address
  readonly engine: string
  readonly cacheBytes?: number
  readonly testMode?: boolean
  readonly unconfirmed: 'refuse' | 'admin'
  readonly secretFile?: string
  readonly trustedProxy?: readonly string[]
  readonly bodyBytes: number
  readonly commands: number
  readonly requestMs: number
  readonly logLevel: string
}

const program = new Command('rome-glance')
  .description("Serves Glance's database functions over HTTP: POST /rpc, GET /health, GET /metrics.")
  .option('--listen <host:port>', 'where it listens', address, { host: '127.0.0.1', port: 9191 })
  .option('--engine <url>', 'memory: or level:./catalogue?partitions=4', 'level:./catalogue?partitions=4')
  .option('--cache-bytes <count>', 'of memory for what was read; 64 MiB when absent', positive)
  .option('--test-mode', 'offers the command reset, which erases everything')
  .addOption(
    new Option('--unconfirmed <policy>', 'requests without X-Identity-Status: Confirmed')
      .choices(['refuse', 'admin'])
      .default('refuse'),
  )
  .option('--secret-file <path>', 'a file with what the header X-Rpc-Secret must say')
  .option('--trusted-proxy <address...>', 'addresses or networks that requests must come from')
  .option('--body-bytes <count>', 'the largest body', positive, 4 * 1024 * 1024)
  .option('--commands <count>', 'the most commands of a request', positive, 1000)
  .option('--request-ms <count>', 'how long a request may take', positive, 30_000)
  .addOption(
    new Option('--log-level <level>', 'what is logged, as JSON lines on the standard error')
      .choices(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'])
      .default('info'),
  )

const options = program.parse().opts<Options>()
try {
  await serve(options)
} catch (error) {
  console.error(`rome-glance: ${error instanceof Error ? error.message : String(error)}`)
  process.exitCode = 1
}

async function serve(given: Options): Promise<void> {
  const { host, port } = given.listen
  const secret = given.secretFile === undefined ? undefined : readFileSync(given.secretFile, 'utf8').trim()
  if (secret === '') throw new Error('the file of the secret is empty')
  // Identity comes from headers: whoever reaches the service can be anybody.
  if (!isLoopback(host) && secret === undefined && given.trustedProxy === undefined) {
    throw new Error('give --secret-file or --trusted-proxy to listen elsewhere than on this machine alone')
  }
  const glance = await GlanceDatabase.open({
    engine: engineOfUrl(given.engine),
    cache: given.cacheBytes === undefined ? undefined : { bytes: given.cacheBytes },
  })
  try {
    const server = createRpcServer(glance, {
      secret,
      trustedProxies: given.trustedProxy,
      unconfirmed: given.unconfirmed,
      isTest: given.testMode,
      bodyBytesMax: given.bodyBytes,
      commandsMax: given.commands,
      requestMsMax: given.requestMs,
      logLevel: given.logLevel,
    })
    const stopped = new Promise<string>((resolve) => {
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve(signal))
    })
    const url = await server.listen({ host, port, listenTextResolver: (address) => `listening on ${address}` })
    console.log(`listening on ${url}`)
    const signal = await stopped
    server.log.info({ signal }, 'stopping: requests under way are finished first')
    await server.close()
  } finally {
    await glance.close()
  }
}

function address(text: string): Address {
  const [, host = '', port = ''] = /^(?:\[?([^\]]*)\]?:)?(\d+)$/.exec(text) ?? []
  if (port === '' || Number(port) > 65_535) throw new InvalidArgumentError('Write 127.0.0.1:9191.')
  return { host: host || '127.0.0.1', port: Number(port) }
}

function positive(text: string): number {
  const count = Number(text)
  if (!Number.isSafeInteger(count) || count < 1) throw new InvalidArgumentError('Give a whole number from 1 upwards.')
  return count
}
