import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { entity } from '../../lib/decorators/entity.js'
import { primaryKey } from '../../lib/decorators/primary-key.js'
import type { CommitRequest, Engine } from '../../lib/engines/contract.js'
import { memory } from '../../lib/engines/memory/index.js'
import { CommitUnknownError, ConflictError, EngineError } from '../../lib/errors/rome-error.js'
import { create } from '../../lib/schema/create.js'
import { clearGlobalScope, registerGlobal } from '../../lib/schema/registry.js'
import { type Retry, retryOnConflict } from '../../lib/session/retry.js'
import { Rome } from '../../lib/session/rome.js'
import { RomeSession } from '../../lib/session/session.js'
import { t as types } from '../../lib/values/t.js'
import { Image, liveSnapshots, models, Note, openRome, stored } from '../support/session-fixture.js'

/** Memory whose commits first go through `before`. */
function interceptedMemory(before: (request: CommitRequest, engine: Engine) => Promise<void>): Engine {
  const engine = memory()
  const commit = engine.commit.bind(engine)
  engine.commit = async (request) => {
    await before(request, engine)
    return commit(request)
  }
  return engine
}

t.test('open takes the models of the global scope when none are named', async (t) => {
  clearGlobalScope()
  registerGlobal(Note)
  const rome = await Rome.open({ engine: memory() })
  t.teardown(() => rome.close())
  const session = new RomeSession(rome)
  session.add(create(Note, { title: 'a' }))
  t.throws(() => session.add(create(Image, { name: 'a' })), { code: 'ROME_SCHEMA_UNKNOWN_MODEL' })
  await t.rejects(session.get(Image, 'a'), { code: 'ROME_SCHEMA_UNKNOWN_MODEL' })
  clearGlobalScope()
})

t.test('open refuses unknown options, wrong values and two models of one name', async (t) => {
  const engine = memory()
  const wrong = { code: 'ROME_ARGUMENT' }
  await t.rejects(Rome.open(undefined as never), wrong)
  await t.rejects(Rome.open({} as never), wrong)
  await t.rejects(Rome.open({ engine: {} as never }), wrong)
  await t.rejects(Rome.open({ engine, model: [] } as never), { ...wrong, context: { option: 'model' } })
  await t.rejects(Rome.open({ engine, models: Note as never }), wrong)
  await t.rejects(Rome.open({ engine, fullScans: 'maybe' as never }), wrong)
  await t.rejects(Rome.open({ engine, logger: {} as never }), wrong)
  await t.rejects(Rome.open({ engine, clock: 5 as never }), wrong)
  @entity('notes')
  class Twin {
    @primaryKey(types.string()) id!: string
  }
  await t.rejects(Rome.open({ engine, models: [Note, Twin] }), { code: 'ROME_SCHEMA_DUPLICATE' })
  await t.rejects(Rome.open({ engine, models: [class {}] }), { code: 'ROME_SCHEMA_UNKNOWN_MODEL' })
  const rome = await Rome.open({ engine, models: [...models, Note], fullScans: undefined })
  await t.rejects(
    rome.transact(() => 1, { retry: 1 } as object),
    wrong,
  )
  await rome.close()
})

t.test('an open that fails closes the engine', async (t) => {
  const engine = interceptedMemory(async () => {
    throw new EngineError('ROME_ENGINE', 'no')
  })
  await t.rejects(Rome.open({ engine, models }), { code: 'ROME_ENGINE' })
  t.throws(() => engine.snapshot(), { code: 'ROME_CLOSED' })
})

t.test('warnings go to the process unless a logger is given', async (t) => {
  const rome = await openRome(t)
  const warned = new Promise<Error>((resolve) => process.once('warning', resolve))
  rome.logger.warn('a sentence', { model: 'notes' })
  t.match(await warned, { name: 'RomeWarning', message: 'a sentence' })
  const told: string[] = []
  const logger = { warn: (message: string) => void told.push(message) }
  const other = await openRome(t, { logger, fullScans: 'refuse' })
  other.session().logger.warn('mine', {})
  t.strictSame(told, ['mine'])
  t.equal(other.session().fullScans, 'refuse')
  t.ok(rome.session().clock() instanceof Date)
})

t.test('close closes the sessions and the engine, once, and refuses what comes after', async (t) => {
  const rome = await openRome(t)
  const session = rome.session()
  const note = session.add(create(Note, { title: 'a' }))
  await session.flush()
  t.equal(rome.stats().sessions, 1)
  const [first, second] = [rome.close(), rome.close()]
  t.equal(first, second)
  const closed = { code: 'ROME_CLOSED' }
  t.throws(() => rome.session(), closed)
  await first
  t.equal(session.isClosed, true)
  t.equal(session.stateOf(note), 'transient')
  t.equal(rome.stats().sessions, 0)
  await t.rejects(
    rome.transact(() => 1),
    closed,
  )
  await t.rejects(rome.outcome('x'), closed)
  t.throws(() => rome.store.engine.snapshot(), closed)
  await rome[Symbol.asyncDispose]()
})

t.test('transact commits, gives the result, and closes its session', async (t) => {
  const rome = await openRome(t)
  let used: RomeSession | undefined
  const title = await rome.transact(async (session, { attempt }) => {
    used = session
    t.equal(attempt, 1)
    return session.add(create(Note, { title: 'a' })).title
  })
  t.equal(title, 'a')
  t.equal(used?.isClosed, true)
  t.has(rome.stats(), { sessions: 0, commits: 1, conflicts: 0, retries: 0 })
  t.ok(await stored(rome, Note, 'a'))
})

t.test('transact throws what its function throws, unchanged, and rolls back', async (t) => {
  const rome = await openRome(t)
  const error = new Error('mine')
  let runs = 0
  await t.rejects(
    rome.transact(async (session) => {
      runs++
      session.add(create(Note, { title: 'a' }))
      await session.flush()
      throw error
    }),
    error,
  )
  t.equal(runs, 1)
  t.equal(await stored(rome, Note, 'a'), undefined)
  t.equal(liveSnapshots(rome), 0)
})

t.test('increments at the same time are all counted', async (t) => {
  const rome = await openRome(t)
  await rome.transact((session) => session.add(create(Note, { title: 'a' })))
  const increment = () =>
    rome.transact(
      async (session) => {
        const note = await session.getOrThrow(Note, 'a')
        await sleep(1)
        note.count++
      },
      { retries: 1000, backoff: { firstMs: 1, maxMs: 20 } },
    )
  await Promise.all(Array.from({ length: 20 }, increment))
  t.equal((await stored(rome, Note, 'a'))?.count, 20)
  t.ok(rome.stats().retries > 0)
})

t.test('transact gives up after its retries with the last conflict', async (t) => {
  const rome = await openRome(t)
  const attempts: number[] = []
  const retried: Retry[] = []
  await t.rejects(
    rome.transact(
      async (session, { attempt }) => {
        attempts.push(attempt)
        await session.get(Note, 'a')
        session.add(create(Note, { title: `try ${attempt}` }))
        await rome
          .transact((other) => other.add(create(Note, { title: 'a', body: String(attempt) })))
          .catch(() => undefined)
        await rome.transact(async (other) => other.delete(await other.getOrThrow(Note, 'a')))
      },
      { retries: 2, backoff: { firstMs: 1 }, onRetry: (retry) => retried.push(retry) },
    ),
    ConflictError,
  )
  t.same(attempts, [1, 2, 3])
  t.same(
    retried.map(({ attempt }) => attempt),
    [2, 3],
  )
  t.ok(retried.every(({ error, delayMs }) => error instanceof ConflictError && delayMs >= 0 && delayMs <= 2))
  t.equal(rome.stats().retries, 2)
})

t.test('a commit of unknown outcome is never retried, and its outcome can be asked for', async (t) => {
  let isLost = false
  const engine = interceptedMemory(async (request) => {
    if (!isLost) return
    throw new CommitUnknownError('ROME_COMMIT_UNKNOWN', 'ask rome.outcome()', { context: { commitId: request.id } })
  })
  const rome = await openRome(t, { engine })
  isLost = true
  let runs = 0
  const error = await rome
    .transact((session) => {
      runs++
      return session.add(create(Note, { title: 'a' }))
    })
    .then(
      () => undefined,
      (error: CommitUnknownError) => error,
    )
  t.equal(runs, 1)
  t.same(await rome.outcome(String(error?.context.commitId)), { state: 'aborted' })
  await t.rejects(rome.outcome(undefined as never), { code: 'ROME_ARGUMENT' })

  const session = rome.session()
  const note = session.add(create(Note, { title: 'a' }))
  await t.rejects(session.commit(), { code: 'ROME_COMMIT_UNKNOWN' })
  t.equal(session.stateOf(note), 'transient', 'rolled back and usable')
  isLost = false
  session.add(note)
  await session.commit()
})

t.test('retryOnConflict runs any function, and nothing but conflicts make it run again', async (t) => {
  let runs = 0
  const conflict = new ConflictError('ROME_CONFLICT', 'again')
  t.equal(
    await retryOnConflict(
      ({ attempt }) => {
        runs++
        if (attempt < 3) throw conflict
        return attempt
      },
      { backoff: { firstMs: 0 } },
    ),
    3,
  )
  t.equal(runs, 3)
  await t.rejects(
    retryOnConflict(() => Promise.reject(conflict), { retries: 0 }),
    conflict,
  )
  await t.rejects(
    retryOnConflict(() => Promise.reject(new Error('other'))),
    { message: 'other' },
  )
  for (const options of [
    { retries: -1 },
    { retries: 1.5 },
    { backoff: { firstMs: NaN } },
    { backoff: { maxMs: '5' as never } },
    { backoff: 5 as never },
    { tries: 5 } as object,
  ]) {
    await t.rejects(
      retryOnConflict(() => 1, options),
      { code: 'ROME_ARGUMENT' },
    )
  }
})

t.test('a signal ends the waiting between tries', async (t) => {
  const controller = new AbortController()
  const conflict = new ConflictError('ROME_CONFLICT', 'again')
  const options = {
    signal: controller.signal,
    backoff: { firstMs: 60_000, maxMs: 60_000 },
    onRetry: () => controller.abort(new Error('enough')),
  }
  await t.rejects(
    retryOnConflict(() => Promise.reject(conflict), options),
    { code: 'ROME_ABORTED', cause: { message: 'enough' } },
  )
  await t.rejects(
    retryOnConflict(() => 1, options),
    { code: 'ROME_ABORTED' },
  )
})
