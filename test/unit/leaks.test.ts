import t, { type Test } from 'tap'
import type { Engine } from '../../lib/engines/contract.js'
import { level } from '../../lib/engines/level/index.js'
import { memory } from '../../lib/engines/memory/index.js'
import type { UsageError } from '../../lib/errors/rome-error.js'
import type { OpenResource } from '../../lib/records/open-resources.js'
import { create } from '../../lib/schema/create.js'
import { Rome } from '../../lib/session/rome.js'
import { models, Note } from '../support/session-fixture.js'
import { temporaryDirectory } from '../support/temporary-directory.js'

const engines: Readonly<Record<string, (test: Test) => Engine>> = {
  memory: () => memory(),
  level: (test) => level(temporaryDirectory(test), { durability: 'os' }),
}

const open = async (engine: Engine) => {
  // Without a cache, so that scans are those of the engine.
  const rome = await Rome.open({ engine, models, fullScans: 'allow', cache: { bytes: 0 }, debug: { leaks: true } })
  await rome.transact((session) => {
    for (let number = 0; number < 5000; number++) session.add(create(Note, { title: `${number}` }))
  })
  return rome
}
const kindsOf = (resources: readonly OpenResource[]) => resources.map(({ kind }) => kind).sort()

for (const [name, makeEngine] of Object.entries(engines)) {
  t.test(`on ${name}, nothing is left open by what ends by itself`, async (t) => {
    const rome = await open(makeEngine(t))
    await using session = rome.session()
    t.equal(await session.query(Note).count(), 5000)
    for await (const _ of session.query(Note)) break
    await session.query(Note).page({ size: 10 })
    await session.begin(() => session.get(Note, '1', { forUpdate: true }))
    await t.rejects(session.begin(() => Promise.reject(new Error('undo'))))
    await t.rejects(session.query(Note).all({ budget: { keys: 1 } }), { code: 'ROME_BUDGET' })
    await session.rollback()
    await rome.verify()
    await rome.analyze()
    t.strictSame(kindsOf(rome.openResources()), ['session'])
    await session.close()
    t.strictSame(rome.openResources(), [])
    await rome.close()
  })

  t.test(`on ${name}, what is left open fails the close, with the lines that opened it`, async (t) => {
    const rome = await open(makeEngine(t))
    const session = rome.session()
    const stream = session.query(Note).stream()
    await stream.next()
    t.strictSame(kindsOf(rome.openResources()), ['scan', 'session', 'snapshot', 'stream'])
    for (const { kind, openedAt } of rome.openResources()) {
      t.match(openedAt[0] ?? '', /leaks\.test\.[jt]s:\d+/, `the line that opened the ${kind}`)
    }
    const closing = rome.close()
    await t.rejects(closing, { code: 'ROME_LEAK', message: /leaks\.test/ })
    const { context } = (await closing.catch((error: UsageError) => error)) as UsageError
    t.strictSame(kindsOf(context.resources as OpenResource[]), ['scan', 'session', 'snapshot', 'stream'])
    t.equal(session.isClosed, true, 'it was closed all the same')
    await t.rejects(rome.close(), { code: 'ROME_LEAK' })
  })
}

t.test('a stream that is dropped is a leak as long as its session is open', async (t) => {
  const rome = await open(memory())
  const session = rome.session()
  await session.query(Note).stream().next()
  await session.rollback()
  t.ok(kindsOf(rome.openResources()).includes('stream'))
  await session.close()
  t.strictSame(rome.openResources(), [])
  await rome.close()
})

t.test('nothing is noted unless it is asked for', async (t) => {
  const rome = await Rome.open({ engine: memory(), models, debug: { leaks: false } })
  t.throws(() => rome.openResources(), { code: 'ROME_ARGUMENT' })
  rome.session()
  await rome.close()
  await t.rejects(Rome.open({ engine: memory(), models, debug: { leak: true } as object }), { code: 'ROME_ARGUMENT' })
})
