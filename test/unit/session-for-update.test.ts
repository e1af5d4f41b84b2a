import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { index } from '../../lib/decorators/indexes.js'
import { primaryKey } from '../../lib/decorators/primary-key.js'
import type { Engine } from '../../lib/engines/contract.js'
import { level } from '../../lib/engines/level/index.js'
import { memory } from '../../lib/engines/memory/index.js'
import { ConflictError } from '../../lib/errors/rome-error.js'
import { count } from '../../lib/expressions/aggregate.js'
import { exists } from '../../lib/expressions/predicate.js'
import { create } from '../../lib/schema/create.js'
import { defineEntity } from '../../lib/schema/define-entity.js'
import { fields } from '../../lib/schema/fields.js'
import { Rome, type RomeOptions } from '../../lib/session/rome.js'
import type { RomeSession } from '../../lib/session/session.js'
import { t as types } from '../../lib/values/t.js'
import { temporaryDirectory } from '../support/temporary-directory.js'

const Counter = defineEntity('counters', { name: primaryKey(types.string()), value: types.integer().default(0) })
const Job = defineEntity(
  'jobs',
  { id: primaryKey(types.integer()), state: types.enum('queued', 'done'), doneBy: types.string().nullable() },
  { indexes: [index('state', 'id')] },
)
const counter = fields(Counter)
const job = fields(Job)

const engines: Readonly<Record<string, (test: Test) => Engine>> = {
  memory: () => memory(),
  level: (test) => level(temporaryDirectory(test), { partitions: 2, durability: 'os' }),
}

async function open(test: Test, engine: Engine = memory(), options: Partial<RomeOptions> = {}): Promise<Rome> {
  const rome = await Rome.open({ engine, models: [Counter, Job], ...options })
  test.teardown(() => rome.close())
  await rome.transact((session) => session.addAll(['a', 'b', 'c'].map((name) => create(Counter, { name }))))
  return rome
}

const storedValue = async (rome: Rome, name: string): Promise<number> => {
  await using session = rome.session()
  return (await session.getOrThrow(Counter, name)).value
}

/** Whether a promise is settled by now, others having had their turns. */
async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  let settled = false
  promise.then(
    () => {
      settled = true
    },
    () => {
      settled = true
    },
  )
  await sleep(5)
  return settled
}

const reads: Readonly<Record<string, (session: RomeSession, forUpdate: boolean) => Promise<{ value: number }>>> = {
  get: (session, forUpdate) => session.getOrThrow(Counter, 'a', { forUpdate }),
  'a query': (session, forUpdate) => {
    const query = session.query(Counter).filter(counter.name.eq('a'))
    return (forUpdate ? query.forUpdate() : query).one()
  },
}

for (const [engineName, makeEngine] of Object.entries(engines)) {
  for (const [readName, read] of Object.entries(reads)) {
    for (const isolation of ['serializable', 'snapshot'] as const) {
      t.test(`${engineName}, ${isolation}: counting up by ${readName} for update never conflicts`, async (t) => {
        const rome = await open(t, makeEngine(t), { isolation })
        const countUp = async () => {
          await using session = rome.session()
          for (let round = 0; round < 5; round++) {
            ;(await read(session, true)).value++
            await session.commit()
          }
        }
        await Promise.all(Array.from({ length: 20 }, countUp))
        t.equal(await storedValue(rome, 'a'), 100)
        t.match(rome.stats(), { conflicts: 0, retries: 0 })
        t.equal(rome.store.claims?.size, 0)
      })
    }
  }

  t.test(`${engineName}: without a claim there are conflicts, which are tried again`, async (t) => {
    const rome = await open(t, makeEngine(t))
    const countUp = () =>
      rome.transact(
        async (session) => {
          ;(await session.getOrThrow(Counter, 'a')).value++
        },
        { retries: 50, backoff: { firstMs: 1, maxMs: 20 } },
      )
    await Promise.all(Array.from({ length: 20 }, countUp))
    t.equal(await storedValue(rome, 'a'), 20)
    t.ok(rome.stats().conflicts > 0, `${rome.stats().conflicts} conflicts`)
  })

  t.test(`${engineName}: workers that skip claimed rows take each job once, without a conflict`, async (t) => {
    const rome = await open(t, makeEngine(t))
    const jobs = 40
    await rome.transact((session) => {
      for (let id = 0; id < jobs; id++) session.add(create(Job, { id, state: 'queued' }))
    })
    const done: number[] = []
    const worker = async (_: unknown, number: number) => {
      await using session = rome.session()
      const queued = session.query(Job).filter(job.state.eq('queued')).orderBy(job.id)
      for (;;) {
        const taken = await queued
          .forUpdate({ skipLocked: true })
          .limit(1 + (number % 2))
          .all()
        if (taken.length === 0) return
        await sleep(1)
        for (const next of taken) Object.assign(next, { state: 'done', doneBy: `worker ${number}` })
        await session.commit()
        done.push(...taken.map(({ id }) => id))
      }
    }
    await Promise.all(Array.from({ length: 6 }, worker))
    t.equal(done.length, jobs)
    t.equal(new Set(done).size, jobs, 'nobody did the work of another')
    t.match(rome.stats(), { conflicts: 0 })
  })

  t.test(`${engineName}: a commit that writes a claimed row waits until the claim ends`, async (t) => {
    const rome = await open(t, makeEngine(t))
    const [claimer, reading, blind] = [rome.session(), rome.session(), rome.session({ isolation: 'snapshot' })]
    const theirs = await reading.getOrThrow(Counter, 'a')
    const mine = await claimer.getOrThrow(Counter, 'a', { forUpdate: true })
    theirs.value = 50
    const refused = reading.commit()
    blind.add(create(Counter, { name: 'd' }))
    await blind.commit()
    t.notOk(await isSettled(refused), 'it waits, and a commit of another row does not')
    t.equal(await storedValue(rome, 'a'), 0, 'readers do not wait')
    mine.value = 1
    await claimer.commit()
    await t.rejects(refused, { code: 'ROME_CONFLICT', context: { model: 'counters', key: { name: 'a' } } })
    t.equal(await storedValue(rome, 'a'), 1)
  })
}

t.test('those who wait for a row get it in the order in which they came', async (t) => {
  const rome = await open(t)
  const order: number[] = []
  const first = rome.session()
  await first.get(Counter, 'a', { forUpdate: true })
  const waiting = Array.from({ length: 5 }, async (_, number) => {
    await using session = rome.session()
    await session.get(Counter, 'a', { forUpdate: true })
    order.push(number)
    await sleep(1)
  })
  await first.close()
  await Promise.all(waiting)
  t.strictSame(order, [0, 1, 2, 3, 4])
})

t.test('a claim ends with commit, rollback, a failed commit and close, and a savepoint keeps it', async (t) => {
  const rome = await open(t)
  const session = rome.session()
  const isFree = async () => {
    await using other = rome.session()
    return (await other.query(Counter).filter(counter.name.eq('a')).forUpdate({ skipLocked: true }).all()).length === 1
  }
  const claim = () => session.get(Counter, 'a', { forUpdate: true })

  await claim()
  t.notOk(await isFree())
  await session.commit()
  t.ok(await isFree())

  await claim()
  await session.rollback()
  t.ok(await isFree())

  await session.begin(async () => {
    const savepoint = await session.savepoint()
    await claim()
    await savepoint.rollback()
    t.notOk(await isFree(), 'what was read since a savepoint stays read, and claimed')
  })
  t.ok(await isFree())

  await t.rejects(
    session.begin(async () => {
      await session.get(Counter, 'b')
      await claim()
      await rome.transact(async (other) => {
        ;(await other.getOrThrow(Counter, 'b')).value++
      })
      session.add(create(Counter, { name: 'lost' }))
    }),
    ConflictError,
  )
  t.ok(await isFree())

  await claim()
  await session.close()
  t.ok(await isFree())
  t.equal(rome.store.claims?.size, 0)
})

t.test('without waiting, and after waiting too long, a claimed row is an error that names it', async (t) => {
  const rome = await open(t, memory(), { lockTimeoutMs: 20 })
  const [holder, other] = [rome.session(), rome.session()]
  await holder.get(Counter, 'a', { forUpdate: true })
  const claimed = { code: 'ROME_ROW_CLAIMED', retryable: true, context: { model: 'counters', key: { name: 'a' } } }
  await t.rejects(other.get(Counter, 'a', { forUpdate: { wait: false } }), { ...claimed, context: { waitedMs: 0 } })
  await t.rejects(other.query(Counter).forUpdate({ wait: false }).all(), claimed)
  t.equal(rome.store.claims?.size, 1, 'the rows claimed before the one that was not free are free again')
  await t.rejects(other.get(Counter, 'a', { forUpdate: true }), { ...claimed, context: { waitedMs: 20 } })
  ;(await other.getOrThrow(Counter, 'a')).value = 5
  await t.rejects(other.commit(), claimed, 'a commit does not wait longer either')
  t.strictSame((await other.query(Counter).forUpdate({ skipLocked: true }).orderBy(counter.name).all()).length, 2)
  await holder.close()
  t.equal((await other.getOrThrow(Counter, 'a', { forUpdate: { wait: false } })).value, 0)
})

t.test('a signal ends the waiting', async (t) => {
  const rome = await open(t)
  const [holder, other] = [rome.session(), rome.session()]
  await holder.get(Counter, 'a', { forUpdate: true })
  const aborted = { code: 'ROME_ABORTED' }
  const signalled = async (wait: (signal: AbortSignal) => Promise<unknown>) => {
    const controller = new AbortController()
    const waiting = wait(controller.signal)
    t.notOk(await isSettled(waiting))
    controller.abort()
    await t.rejects(waiting, aborted)
  }
  await signalled((signal) => other.get(Counter, 'a', { forUpdate: true, signal }))
  await signalled((signal) => other.query(Counter).forUpdate().all({ signal }))
  await t.rejects(other.get(Counter, 'a', { forUpdate: true, signal: AbortSignal.abort() }), aborted)
  ;(await other.getOrThrow(Counter, 'a')).value = 5
  await signalled((signal) => other.commit({ signal }))
  await holder.commit()
  await other.get(Counter, 'a', { forUpdate: { wait: false } })
})

t.test('a circle of waiting is found at once, and the others go on', async (t) => {
  const rome = await open(t)
  const [one, two, three] = [rome.session(), rome.session(), rome.session()]
  await one.get(Counter, 'a', { forUpdate: true })
  await two.get(Counter, 'b', { forUpdate: true })
  await three.get(Counter, 'c', { forUpdate: true })
  const oneWaits = one.get(Counter, 'b', { forUpdate: true })
  const twoWaits = two.get(Counter, 'c', { forUpdate: true })
  await sleep(1)
  await t.rejects(three.get(Counter, 'a', { forUpdate: true }), {
    code: 'ROME_DEADLOCK',
    retryable: true,
    context: { model: 'counters', key: { name: 'a' } },
  })
  t.ok(await twoWaits, 'the one that closed the circle was rolled back, which freed its row')
  await two.close()
  t.ok(await oneWaits)
})

t.test('a commit may close a circle too', async (t) => {
  const rome = await open(t)
  const [one, two] = [rome.session({ isolation: 'snapshot' }), rome.session({ isolation: 'snapshot' })]
  const ofOne = await one.getOrThrow(Counter, 'b')
  const ofTwo = await two.getOrThrow(Counter, 'a')
  await one.get(Counter, 'a', { forUpdate: true })
  await two.get(Counter, 'b', { forUpdate: true })
  ofOne.value = 1
  ofTwo.value = 2
  const first = one.commit()
  await sleep(1)
  await t.rejects(two.commit(), { code: 'ROME_DEADLOCK' })
  await first
  t.equal(await storedValue(rome, 'b'), 1)
})

t.test('in a transaction that has read before, a row that was changed since is a conflict at once', async (t) => {
  const rome = await open(t)
  const session = rome.session()
  await session.begin(async () => {
    await session.get(Counter, 'b')
    await rome.transact(async (other) => {
      ;(await other.getOrThrow(Counter, 'a')).value = 7
    })
    await t.rejects(session.get(Counter, 'a', { forUpdate: true }), {
      code: 'ROME_CONFLICT',
      context: { model: 'counters', key: { name: 'a' } },
    })
    t.equal(rome.store.claims?.size, 0)
    t.equal((await session.getOrThrow(Counter, 'c', { forUpdate: true })).value, 0, 'others can be claimed')
  })
  t.equal((await session.getOrThrow(Counter, 'a', { forUpdate: true })).value, 7)
})

t.test('whoever has waited for a row reads all that was committed meanwhile', async (t) => {
  const rome = await open(t)
  const addOne = async () => {
    await using session = rome.session()
    await session.get(Counter, 'a', { forUpdate: true })
    ;(await session.getOrThrow(Counter, 'b')).value++
    await session.commit()
  }
  await Promise.all(Array.from({ length: 10 }, addOne))
  t.equal(await storedValue(rome, 'b'), 10)
  t.match(rome.stats(), { conflicts: 0 })
})

t.test('a query for update gives rows as they are after it has waited, and those that match by then', async (t) => {
  const rome = await open(t)
  const [holder, other] = [rome.session(), rome.session()]
  const [a] = await holder.query(Counter).filter(counter.value.eq(0)).orderBy(counter.name).forUpdate().all()
  const waiting = other.query(Counter).filter(counter.value.eq(0)).orderBy(counter.name).forUpdate().all()
  t.notOk(await isSettled(waiting))
  a.value = 1
  holder.add(create(Counter, { name: 'new' }))
  await holder.commit()
  t.strictSame(
    (await waiting).map(({ name }) => name),
    ['b', 'c', 'new'],
  )
  t.equal(rome.store.claims?.size, 3, 'the row that matches no more is not claimed any more')
  other.add(create(Counter, { name: 'newer' }))
  await other.commit()
})

t.test('a claim of a key at which there is no row keeps others from inserting one', async (t) => {
  const rome = await open(t)
  const [claimer, other] = [rome.session(), rome.session()]
  t.equal(await claimer.get(Counter, 'd', { forUpdate: true }), undefined)
  other.add(create(Counter, { name: 'd', value: 2 }))
  const refused = other.commit()
  t.notOk(await isSettled(refused))
  claimer.add(create(Counter, { name: 'd', value: 1 }))
  await claimer.commit()
  await t.rejects(refused, { code: 'ROME_CONFLICT' })
  t.equal(await storedValue(rome, 'd'), 1)
})

t.test(
  'where others write the store too, a row for update is validated by the commit of every isolation',
  async (t) => {
    const engine = memory()
    const shared = Object.assign(Object.create(engine), { manifest: { ...engine.manifest, exclusive: false } })
    for (const method of ['open', 'snapshot', 'commit', 'stats', 'close', 'partitionsOf', 'outcome'] as const) {
      Object.assign(shared, { [method]: engine[method].bind(engine) })
    }
    const rome = await open(t, shared)
    t.equal(rome.store.claims, undefined)
    const session = rome.session({ isolation: 'snapshot' })
    for (const read of Object.values(reads)) {
      for (const forUpdate of [false, true]) {
        await read(session, forUpdate)
        session.add(create(Counter, { name: `decided ${forUpdate} ${await storedValue(rome, 'a')}` }))
        await rome.transact(async (other) => {
          ;(await other.getOrThrow(Counter, 'a')).value++
        })
        if (forUpdate) await t.rejects(session.commit(), { code: 'ROME_CONFLICT' })
        else await session.commit()
      }
    }
    const unsupported = { code: 'ROME_OPTION_NOT_SUPPORTED' }
    await t.rejects(session.get(Counter, 'a', { forUpdate: { wait: false } }), unsupported)
    await t.rejects(session.query(Counter).forUpdate({ wait: false }).all(), unsupported)
    await t.rejects(session.query(Counter).forUpdate({ skipLocked: true }).all(), unsupported)
  },
)

t.test('what cannot be claimed is refused', async (t) => {
  const rome = await open(t)
  const session = rome.session()
  const query = session.query(Counter)
  const invalid = { code: 'ROME_QUERY_INVALID' }
  t.throws(() => session.query(counter.name).forUpdate(), invalid)
  t.throws(() => session.query(counter.value, count()).groupBy(counter.value).forUpdate(), invalid)
  t.throws(() => query.union(query).forUpdate(), invalid)
  const wrong = { code: 'ROME_ARGUMENT' }
  t.throws(() => query.forUpdate({ nowait: true } as object), wrong)
  t.throws(() => query.forUpdate({ wait: 5 } as object), wrong)
  t.throws(() => query.forUpdate({ wait: true, skipLocked: true }), wrong)
  await t.rejects(session.get(Counter, 'a', { forUpdate: { skipLocked: true } as object }), wrong)
  await t.rejects(session.get(Counter, 'a', { forUpdate: 'yes' as unknown as true }), wrong)
  await t.rejects(Rome.open({ engine: memory(), models: [Counter], lockTimeoutMs: -1 }), wrong)
  const claimed = query.forUpdate()
  t.throws(() => claimed.union(query), wrong)
  t.throws(() => exists(claimed), wrong)
  t.throws(() => claimed.stream(), wrong)
  const terminals: (() => Promise<unknown>)[] = [
    () => claimed.count(),
    () => claimed.exists(),
    () => claimed.page({ size: 1 }),
    () => claimed.paginate({ limit: 1 }),
    () => claimed.everything().update({ value: 1 }),
    () => claimed.everything().delete(),
    () => query.forUpdate({ skipLocked: true }).offset(1).all(),
  ]
  for (const terminal of terminals) await t.rejects(async () => terminal(), wrong)
})
