import t from 'tap'
import type { Engine } from '../../lib/engines/contract.js'
import { memory } from '../../lib/engines/memory/index.js'
import { create } from '../../lib/schema/create.js'
import type { Delivery, OutboxConsumer } from '../../lib/session/outbox-consumer.js'
import { OutboxMessage } from '../../lib/session/outbox-message.js'
import type { Rome } from '../../lib/session/rome.js'
import { engines } from '../support/library-fixture.js'
import { models, Note, openRome, stored } from '../support/session-fixture.js'

type Test = Parameters<typeof openRome>[0]

const openOutbox = (test: Test, engine: Engine) => openRome(test, { engine, models: [...models, OutboxMessage] })

async function publish(rome: Rome, ...payloads: (string | number)[]): Promise<void> {
  await rome.transact((session) => {
    for (const payload of payloads) session.publish('test', payload)
  })
}

async function take(consumer: OutboxConsumer, count: number): Promise<Delivery[]> {
  const messages: Delivery[] = []
  while (messages.length < count) {
    const { value, done } = await consumer.next()
    if (done) throw new Error('the consumer has ended')
    messages.push(value)
  }
  return messages
}

const payloads = (messages: Delivery[]) => messages.map(({ payload }) => payload)

for (const [name, engine] of Object.entries(engines)) {
  t.test(`${name}: messages come with the commit of the data, and only then`, async (t) => {
    const rome = await openOutbox(t, engine(t))
    const consumer = rome.consume()
    const waiting = consumer.next()
    const session = rome.session()
    session.add(create(Note, { title: 'rolled back' }))
    session.publish('test', 'never')
    await session.flush()
    await session.rollback()
    await session.begin(async () => {
      const savepoint = await session.savepoint()
      session.publish('test', 'neither')
      await savepoint.rollback()
      session.add(create(Note, { title: 'a' }))
      session.publish('test', { about: ['a'] })
    })
    const { value } = await waiting
    t.match(value, { topic: 'test', payload: { about: ['a'] } })
    t.ok(value?.publishedAt instanceof Date)
    t.ok(await stored(rome, Note, 'a'))
    await consumer.return()
  })

  t.test(`${name}: what was not acknowledged comes again to the next consumer, and nothing else`, async (t) => {
    const rome = await openOutbox(t, engine(t))
    await publish(rome, 1, 2, 3)
    await publish(rome, 4)
    const first = rome.consume()
    const messages = await take(first, 4)
    t.strictSame(payloads(messages), [1, 2, 3, 4])
    await messages[1]?.acknowledge()
    await messages[1]?.acknowledge()
    await first.return()
    const second = rome.consume()
    t.strictSame(payloads(await take(second, 3)), [1, 3, 4])
    const next = second.next()
    await publish(rome, 5)
    t.equal((await next).value?.payload, 5)
    await second.return()
  })

  t.test(`${name}: messages come in the order of their commits, though published in another`, async (t) => {
    const rome = await openOutbox(t, engine(t))
    const live = rome.consume()
    const [early, late] = [rome.session(), rome.session()]
    early.publish('test', 'published first')
    await early.flush()
    late.publish('test', 'committed first')
    await late.commit()
    await early.commit()
    const expected = ['committed first', 'published first']
    t.strictSame(payloads(await take(live, 2)), expected)
    await live.return()
    const again = rome.consume()
    t.strictSame(payloads(await take(again, 2)), expected, 'also those that waited')
    await again.return()
  })

  t.test(`${name}: an acknowledgement in a session is part of its commit`, async (t) => {
    const rome = await openOutbox(t, engine(t))
    await publish(rome, 'work')
    const consumer = rome.consume()
    const [message] = await take(consumer, 1)
    const session = rome.session()
    session.add(create(Note, { title: 'done' }))
    await message?.acknowledge(session)
    await session.rollback()
    t.equal(await session.query(OutboxMessage).count(), 1)
    session.add(create(Note, { title: 'done' }))
    await message?.acknowledge(session)
    await session.commit()
    t.equal(await session.query(OutboxMessage).count(), 0)
    t.ok(await stored(rome, Note, 'done'))
    await consumer.return()
  })

  t.test(`${name}: closing, signal and return end a consumer that waits`, async (t) => {
    const rome = await openOutbox(t, engine(t))
    const controller = new AbortController()
    const [closed, aborted, returned, never] = [
      rome.consume(),
      rome.consume({ signal: controller.signal }),
      rome.consume(),
      rome.consume(),
    ]
    const waiting = [closed.next(), returned.next()]
    const failing = t.rejects(aborted.next(), { code: 'ROME_ABORTED' })
    await new Promise((resolve) => setTimeout(resolve, 20))
    controller.abort()
    await failing
    await returned.return()
    await never.return()
    await rome.close()
    t.strictSame(
      (await Promise.all(waiting)).map(({ done }) => done),
      [true, true],
    )
  })
}

t.test('a consumer gets the topics that it asks for', async (t) => {
  const rome = await openOutbox(t, memory())
  const session = rome.session()
  for (const topic of ['a', 'b', 'c', 'a']) session.publish(topic, topic)
  await session.commit()
  const consumer = rome.consume({ topics: ['a', 'c'] })
  t.strictSame(payloads(await take(consumer, 3)), ['a', 'c', 'a'])
  await consumer.return()
})

t.test('messages are delivered though the log that told of them is gone, also when it goes on meanwhile', async (t) => {
  const rome = await openOutbox(t, memory({ keepLog: { bytes: 3000 } }))
  const numbers = Array.from({ length: 60 }, (_, number) => number)
  for (const number of numbers.slice(0, 30)) await publish(rome, number)
  const consumer = rome.consume()
  const seen = payloads(await take(consumer, 1))
  for (const number of numbers.slice(30)) await publish(rome, number)
  seen.push(...payloads(await take(consumer, 59)))
  t.strictSame(seen, numbers)
  await consumer.return()
})

t.test('without the model of the outbox there is none', async (t) => {
  const rome = await openRome(t)
  const session = rome.session()
  t.throws(() => session.publish('test', 1), { code: 'ROME_SCHEMA_UNKNOWN_MODEL' })
  t.throws(() => rome.consume(), { code: 'ROME_SCHEMA_UNKNOWN_MODEL' })
  const other = await openOutbox(t, memory())
  t.throws(() => other.consume({ topics: 'mail' as unknown as string[] }), { code: 'ROME_ARGUMENT' })
})
