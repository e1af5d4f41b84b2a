import { type Context, context, type Span, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base'
import t, { type Test } from 'tap'
import { level } from '../../lib/engines/level/index.js'
import { memory } from '../../lib/engines/memory/index.js'
import { EngineError, type ErrorContext } from '../../lib/errors/rome-error.js'
import type { LogLevel } from '../../lib/records/logger.js'
import { create } from '../../lib/schema/create.js'
import { fields } from '../../lib/schema/fields.js'
import { Rome } from '../../lib/session/rome.js'
import { projectFiles, readProjectFile } from '../support/project.js'
import { Image, Note, openRome } from '../support/session-fixture.js'
import { temporaryDirectory } from '../support/temporary-directory.js'

const exporter = new InMemorySpanExporter()
const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] })
context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
const tracer = provider.getTracer('test')
t.beforeEach(() => exporter.reset())

const spansNamed = (name: string) => exporter.getFinishedSpans().filter((span) => span.name === name)

/** Who is within whom, as the lines of a tree. */
function tree(spans: readonly ReadableSpan[], within?: string, indent = ''): string[] {
  const known = new Set(spans.map((span) => span.spanContext().spanId))
  return spans
    .filter(
      ({ parentSpanContext }) =>
        (known.has(parentSpanContext?.spanId ?? '') ? parentSpanContext?.spanId : undefined) === within,
    )
    .toSorted((a, b) => a.startTime[0] - b.startTime[0] || a.startTime[1] - b.startTime[1])
    .flatMap((span) => [`${indent}${span.name}`, ...tree(spans, span.spanContext().spanId, `${indent}  `)])
}

t.test('spans of a transaction nest: its reads, its flush, its commit, and that of the engine', async (t) => {
  const rome = await openRome(t, { tracer, fullScans: 'allow' })
  await rome.transact((session) => session.add(create(Note, { title: 'a' })))
  exporter.reset()
  const run = async (span: Span) => {
    await rome.transact(async (session) => {
      const note = await session.getOrThrow(Note, 'a')
      note.count = (await session.query(Note).all()).length
    })
    span.end()
  }
  await tracer.startActiveSpan('request', run)
  t.strictSame(tree(exporter.getFinishedSpans().filter(({ name }) => name !== 'session')), [
    'request',
    '  transact',
    '    transaction',
    '      get notes',
    '      select notes',
    '      flush',
    '      commit',
    '        engine commit',
  ])
  t.equal(spansNamed('session').length, 1)
})

t.test('spans have the attributes of the conventions for databases, and no value of a row', async (t) => {
  const rome = await openRome(t, { tracer, fullScans: 'allow' })
  await using session = rome.session()
  session.addAll([create(Note, { title: 'secret' }), create(Note, { title: 'b' })])
  await session.commit()
  const { body, title } = fields(Note)
  await session.query(Note).filter(title.eq('secret')).all()
  await session.query(Note).filter(body.eq('')).count()
  await session.query(Note).filter(title.eq('secret')).update({ body: 'secret' })
  await session.query(Note).orderBy(title).page({ size: 1 })
  await session.bulkInsert(Note, [{ title: 'secret too' }])
  for await (const _ of session.query(Note)) break
  const attributesOf = (name: string) => spansNamed(name)[0]?.attributes
  t.match(attributesOf('select notes'), {
    'db.system.name': 'rome',
    'db.operation.name': 'select',
    'db.collection.name': 'notes',
    'db.query.summary': 'select notes',
    'db.response.returned_rows': 1,
    'rome.engine': 'memory',
    'rome.keys_read': 1,
  })
  t.match(attributesOf('count notes'), { 'db.operation.name': 'count', 'rome.rows': 2 })
  t.match(attributesOf('update notes'), { 'rome.rows': 1 })
  t.match(attributesOf('session.bulkInsert notes'), { 'rome.rows': 1 })
  t.match(attributesOf('engine commit'), { 'rome.writes': 4 })
  t.equal(typeof attributesOf('commit')?.['rome.version'], 'number')
  t.equal(spansNamed('stream notes').length, 1)
  t.equal(spansNamed('page notes').length, 1)
  t.equal(spansNamed('select notes')[0].kind, SpanKind.CLIENT)
  t.equal(spansNamed('flush')[0].kind, SpanKind.INTERNAL)
  t.notMatch(JSON.stringify(exporter.getFinishedSpans().map(({ name, attributes }) => [name, attributes])), 'secret')
})

t.test('a span of what fails says by which code, and is ended', async (t) => {
  const rome = await openRome(t, { tracer })
  await using session = rome.session()
  session.add(create(Image, { name: 'twice' }))
  session.add(create(Image, { name: 'twice' }))
  await t.rejects(session.commit(), { code: 'ROME_UNIQUE' })
  await t.rejects(
    rome.transact(() => Promise.reject(new TypeError('mine')), { retries: 0 }),
    TypeError,
  )
  await t.rejects(session.begin(() => Promise.reject('text')))
  const failed = (name: string) => spansNamed(name).at(-1) as ReadableSpan
  t.match(failed('flush').attributes, { 'error.type': 'ROME_UNIQUE' })
  t.strictSame(failed('flush').status, { code: SpanStatusCode.ERROR, message: 'ROME_UNIQUE' })
  t.equal(failed('flush').events[0].name, 'exception')
  t.match(failed('transact').attributes, { 'error.type': 'TypeError' })
  t.match(failed('transaction').attributes, { 'error.type': 'string' })
})

t.test('reads of an engine that wait have their spans', async (t) => {
  const directory = temporaryDirectory(t)
  const models = [Note]
  const filled = await Rome.open({ engine: level(directory), models })
  await filled.transact((session) => session.add(create(Note, { title: 'a' })))
  await filled.close()
  const rome = await Rome.open({ engine: level(directory), models, tracer, fullScans: 'allow' })
  await using session = rome.session()
  t.equal((await session.getOrThrow(Note, 'a')).title, 'a')
  t.equal((await session.query(Note).all()).length, 1)
  const [get, select] = [spansNamed('get notes')[0], spansNamed('select notes')[0]]
  const withinOf = (span: ReadableSpan) =>
    exporter
      .getFinishedSpans()
      .filter(({ parentSpanContext }) => parentSpanContext?.spanId === span.spanContext().spanId)
  for (const span of [...withinOf(get), ...withinOf(select)]) t.match(span.name, /^engine /)
  t.ok(withinOf(select).length > 0)
  await session.close()
  await rome.close()
})

t.test('a session has a span from its opening to its end', async (t) => {
  const rome = await openRome(t, { tracer })
  const session = rome.session()
  t.equal(spansNamed('session').length, 0)
  await session.close()
  await session.close()
  t.equal(spansNamed('session').length, 1)
})

t.test('lib never loads OpenTelemetry', async (t) => {
  const sources = projectFiles(/^lib\/.*\.ts$/)
  t.strictSame(
    sources.filter((path) => /from '@opentelemetry|import\('@opentelemetry/.test(readProjectFile(path))),
    [],
  )
  t.equal(JSON.parse(readProjectFile('package.json')).peerDependenciesMeta['@opentelemetry/api'].optional, true)
  const active: Context = context.active()
  t.equal(trace.getSpan(active), undefined)
})

/** A logger that keeps what it was told. */
function recording(methods: readonly LogLevel[] = ['error', 'warn', 'info', 'debug']) {
  const told: { level: LogLevel; message: string; context: ErrorContext }[] = []
  const log = (logLevel: LogLevel) => (message: string, context: ErrorContext) =>
    void told.push({ level: logLevel, message, context })
  const logger = Object.fromEntries(methods.map((name) => [name, log(name)]))
  return { told, logger: { warn: log('warn'), ...logger } }
}

async function workIn(test: Test, logLevel: LogLevel | undefined, logger: ReturnType<typeof recording>['logger']) {
  const rome = await openRome(test, { logger, logLevel })
  await using session = rome.session()
  session.add(create(Note, { title: 'a' }))
  await session.commit()
  await session.query(Note).filterBy({ body: 'x' }).all()
  await rome.close()
}

t.test('a logger is told of its level and above', async (t) => {
  const levelsAt = async (logLevel?: LogLevel) => {
    const { told, logger } = recording()
    await workIn(t, logLevel, logger)
    return [...new Set(told.map(({ level }) => level))].sort()
  }
  t.strictSame(await levelsAt(), ['warn'], 'warnings alone by default')
  t.strictSame(await levelsAt('error'), [])
  t.strictSame(await levelsAt('warn'), ['warn'])
  t.strictSame(await levelsAt('info'), ['info', 'warn'])
  t.strictSame(await levelsAt('debug'), ['debug', 'info', 'warn'])
})

t.test('a logger of the old form, with warnings alone, is enough for every level', async (t) => {
  const { told, logger } = recording(['warn'])
  await workIn(t, 'debug', logger)
  t.match(told, [{ message: /whole table/ }])
})

t.test('the debug log has a line for each operation, with its time and no value of a row', async (t) => {
  const { told, logger } = recording()
  await workIn(t, 'debug', logger)
  const lines = told.filter(({ level }) => level === 'debug')
  t.strictSame(
    lines.map(({ context }) => context.operation),
    ['flush', 'commit', 'select notes', 'session'],
  )
  for (const { message, context } of lines) {
    t.equal(message, 'an operation ended')
    t.equal(typeof context.timeMs, 'number')
  }
})

t.test(
  'a commit that the store refuses is an error of the log, for a logger that has no errors a warning',
  async (t) => {
    for (const methods of [undefined, ['warn'] as const]) {
      const { told, logger } = recording(methods)
      const engine = memory()
      const rome = await openRome(t, { logger, engine })
      await using session = rome.session()
      session.add(create(Note, { title: 'a' }))
      t.intercept(engine, 'commit', {
        value: () => Promise.reject(new EngineError('ROME_DISK_FULL', 'the disk is full', { context: { bytes: 1 } })),
      })
      await t.rejects(session.commit(), { code: 'ROME_DISK_FULL' })
      t.match(told, [
        { level: methods === undefined ? 'error' : 'warn', context: { code: 'ROME_DISK_FULL', bytes: 1 } },
      ])
    }
  },
)

t.test('a transaction that is tried again is told of', async (t) => {
  const { told, logger } = recording()
  const rome = await openRome(t, { logger, logLevel: 'info' })
  await rome.transact((session) => session.add(create(Note, { title: 'a' })))
  await rome.transact(async (session, { attempt }) => {
    const note = await session.getOrThrow(Note, 'a')
    if (attempt === 1) await rome.transact(async (other) => void (await other.getOrThrow(Note, 'a')).count++)
    note.count++
  })
  t.match(
    told.find(({ message }) => message === 'a transaction is tried again'),
    { context: { attempt: 2, code: 'ROME_CONFLICT' } },
  )
})

t.test('statistics count queries, commits, rollbacks, conflicts, claims and what the engine does', async (t) => {
  const { logger } = recording()
  const rome = await openRome(t, { slowQueryMs: 0, logger })
  const [session, other] = [rome.session(), rome.session()]
  session.addAll([create(Note, { title: 'a' }), create(Note, { title: 'b' })])
  await session.commit()
  await session.query(Note).all()
  await session.query(Note).count()
  for await (const _ of session.query(Note)) break
  await session.rollback()
  t.match(rome.stats(), { sessions: 2, queries: 3, slowQueries: 3, commits: 1, rollbacks: 1, conflicts: 0 })
  await session.get(Note, 'a', { forUpdate: true })
  await other.get(Note, 'b', { forUpdate: true })
  t.match(rome.stats(), { claims: 2, claimWaits: 0, deadlocks: 0 })
  const waiting = session.get(Note, 'b', { forUpdate: true })
  await t.rejects(other.get(Note, 'a', { forUpdate: true }), { code: 'ROME_DEADLOCK' })
  await waiting
  t.match(rome.stats(), { claims: 2, claimWaits: 1, deadlocks: 1, rollbacks: 2 })
  t.ok(rome.stats().engine.commits > 0)
})

t.test('wrong options are refused', async (t) => {
  const wrong = { code: 'ROME_ARGUMENT' }
  const open = (options: object) => Rome.open({ engine: memory(), models: [Note], ...options })
  await t.rejects(open({ logLevel: 'all' }), wrong)
  await t.rejects(open({ tracer: {} }), wrong)
  await t.rejects(open({ logger: { debug() {} } }), wrong)
})
