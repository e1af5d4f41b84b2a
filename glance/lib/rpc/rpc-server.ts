import Fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from 'fastify'
import type { GlanceDatabase } from '../database/glance-database.js'
import { GlanceError } from '../errors/glance-error.js'
import { Image } from '../models/image.js'
import { type AccessOptions, accessRule } from './access-rule.js'
import { callerOf, type UnconfirmedPolicy } from './caller-of-headers.js'
import { endOfTurn } from './end-of-turn.js'
import { errorEntry, notRunEntry } from './error-entry.js'
import { HttpError } from './http-error.js'
import { type RequestedCommand, readCommands } from './request-commands.js'
import { RpcMetrics } from './rpc-metrics.js'
import { toWire } from './wire-values.js'

/** How the service behaves. */
export interface RpcOptions extends AccessOptions {
  /** What becomes of requests without `X-Identity-Status: Confirmed`; `refuse` when absent. */
  readonly unconfirmed?: UnconfirmedPolicy | undefined
  /** Offers the command `reset`, which erases everything. */
  readonly isTest?: boolean | undefined
  /** The largest body, in bytes; 4 MiB when absent. */
  readonly bodyBytesMax?: number | undefined
  /** The most commands of one request; 1000 when absent. */
  readonly commandsMax?: number | undefined
  /** How long a request may take to arrive, and its commands to begin; 30 000 when absent. */
  readonly requestMsMax?: number | undefined
  /** The least level that is logged, as JSON lines on the standard error; nothing is when absent. */
  readonly logLevel?: string | undefined
}

const bodyBytesMaxDefault = 4 * 1024 * 1024
const commandsMaxDefault = 1000
const requestMsMaxDefault = 30_000

/**
 * The RPC service over a catalogue: `POST /rpc`, `GET /health`, `GET /metrics`. It does not listen yet; `close()` waits
 * for the requests under way and leaves the catalogue open.
 *
 * @example
 * ```ts
 * import { createRpcServer, GlanceDatabase } from '@rome-orm/glance'
 * import { memory } from 'rome-orm/engines/memory'
 *
 * await using glance = await GlanceDatabase.open({ engine: memory() })
 * const server = createRpcServer(glance, { unconfirmed: 'refuse' })
 * const answer = await server.inject({ method: 'POST', url: '/rpc', payload: '[]' })
 * console.log(answer.statusCode)
 * await server.close()
 * ```
 */
export function createRpcServer(glance: GlanceDatabase, options: RpcOptions = {}): FastifyInstance {
  const requestMsMax = options.requestMsMax ?? requestMsMaxDefault
  const server = Fastify({
    bodyLimit: options.bodyBytesMax ?? bodyBytesMaxDefault,
    requestTimeout: requestMsMax,
    forceCloseConnections: 'idle',
    logController: new LogController({ disableRequestLogging: true }),
    logger: options.logLevel === undefined ? false : { level: options.logLevel, stream: process.stderr },
  })
  const metrics = new RpcMetrics(glance)
  const checkAccess = accessRule(options)
  const isReset = (name: string): boolean => name === 'reset' && options.isTest === true
  const limits = {
    commandsMax: options.commandsMax ?? commandsMaxDefault,
    isKnown: (name: string) => glance.commands.has(name) || isReset(name),
  }

  // A connection that is kept after its last answer would hold the end of the service back.
  let isClosing = false
  server.addHook('preClose', async () => {
    isClosing = true
  })
  server.addHook('onSend', (_request, reply, payload, done) => {
    if (isClosing) reply.header('connection', 'close')
    done(null, payload)
  })

  // Clients of Glance send no type: whatever comes is taken for JSON.
  server.removeAllContentTypeParsers()
  server.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
  server.setErrorHandler<Error & { statusCode?: number }>((error, request, reply) => {
    const status = error.statusCode ?? 500
    if (status >= 500) request.log.error({ err: error }, 'a request failed')
    const text = status >= 500 && !(error instanceof HttpError) ? 'the service failed: its log says why' : error.message
    return reply.code(status).type('text/plain').send(text)
  })
  server.setNotFoundHandler((_request, reply) => reply.code(404).type('text/plain').send('there is nothing here'))

  const runCommand = async (command: RequestedCommand, call: () => Promise<unknown>, log: FastifyBaseLogger) => {
    const startedAt = performance.now()
    try {
      const result = toWire(await call())
      metrics.observe(command.name, 'done', performance.now() - startedAt)
      return result ?? null
    } catch (error) {
      const isRefusal = error instanceof GlanceError
      metrics.observe(command.name, isRefusal ? 'refused' : 'failed', performance.now() - startedAt)
      if (!isRefusal) log.error({ err: error, command: command.name }, 'a command failed')
      return errorEntry(error)
    }
  }

  server.post('/rpc', async (request, reply) => {
    checkAccess(request.raw)
    const caller = callerOf(request.headers, options.unconfirmed ?? 'refuse')
    const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0)
    const commands = readCommands(body, limits)
    const deadline = performance.now() + requestMsMax
    const results: unknown[] = []
    await endOfTurn()
    for (const command of commands) {
      if (performance.now() > deadline) results.push(notRunEntry('the request took too long: this command was not run'))
      else {
        const call = () => (isReset(command.name) ? glance.reset() : glance.call(command.name, caller, command.given))
        results.push(await runCommand(command, call, request.log))
      }
    }
    return reply.type('application/json').send(JSON.stringify(results))
  })

  server.get('/health', async (_request, reply) => {
    await glance.rome.transact((session) => session.get(Image, nobody))
    return reply.send({ status: 'ok' })
  })

  server.get('/metrics', async (request, reply) => {
    checkAccess(request.raw)
    return reply.type(metrics.contentType).send(await metrics.text())
  })

  return server
}

/** An image that is not there: looking for it shows that the store answers. */
const nobody = '00000000-0000-0000-0000-000000000000'
