import t from 'tap'
import { memory } from '../../lib/engines/memory/index.js'
import { create, QueryError, Rome, UsageError } from '../../lib/index.js'
import {
  addImages,
  heldBy,
  Image,
  image,
  nothingHeld,
  openImages,
  Property,
  property,
  Tag,
} from '../support/image-fixture.js'
import { refuses, rejectsAll, wrong } from '../support/mistakes.js'

const rome = await openImages(t)
const session = rome.session()
await addImages(session)
const images = session.query(Image)

t.test('a budget has known limits, which are positive numbers', async (t) => {
  for (const budget of [{ keys: 0 }, { keys: -1 }, { bytes: Number.NaN }, { timeMs: '5' }, { rows: 5 }, null, 5]) {
    await rejectsAll(t, UsageError, 'ROME_ARGUMENT', {
      [JSON.stringify(budget)]: () => images.all({ budget: wrong(budget) }),
    })
  }
  await rejectsAll(t, UsageError, 'ROME_ARGUMENT', {
    'a budget of Rome.open()': () => Rome.open({ engine: memory(), models: [Tag], budget: { keys: 0 } }),
  })
  t.equal((await images.all({ budget: undefined })).length, 4)
})

t.test(
  'what costs more than its budget ends, with the limit and what was read; the budget of Rome.open too',
  async (t) => {
    const error = await images
      .filter(image.name.gt(''))
      .all({ budget: { keys: 2 } })
      .catch((reason: unknown) => reason)
    t.match(error, { name: 'QueryError', code: 'ROME_BUDGET', context: { reason: 'keys', limit: 2 } })
    const frugal = await openImages(t, { budget: { keys: 2 } })
    await addImages(frugal.session())
    const query = frugal.session().query(Image)
    await t.rejects(query.all(), { code: 'ROME_BUDGET' })
    t.equal((await query.all({ budget: { keys: 100 } })).length, 4, 'the budget of the call is the one that counts')
  },
)

t.test('a signal that fires between two batches ends a stream, and releases what it held', async (t) => {
  const store = await openImages(t)
  const filling = store.session()
  for (let id = 0; id < 3000; id++) filling.add(create(Tag, { id, text: 'x' }))
  await filling.commit()
  const reader = store.session()
  const abort = new AbortController()
  const stream = reader.query(Tag).stream({ signal: abort.signal })
  let given = 0
  const error = await readAll(stream, () => {
    if (++given === 10) abort.abort()
  }).catch((reason: unknown) => reason)
  t.match(error, { name: 'AbortError', code: 'ROME_ABORTED' })
  t.ok(given < 3000, `${given} results were given out`)
  t.strictSame(await stream.next(), { done: true, value: undefined })
  await reader.close()
  t.strictSame(heldBy(store), nothingHeld)
})

t.test('queries of a closed session, and of a closed Rome, are refused', async (t) => {
  const store = await openImages(t)
  const closed = store.session()
  await addImages(closed)
  const query = closed.query(Image)
  const stream = query.stream()
  await stream.next()
  await closed.close()
  refuses(t, UsageError, 'ROME_CLOSED', { query: () => closed.query(Image) })
  await rejectsAll(t, UsageError, 'ROME_CLOSED', {
    all: () => query.all(),
    count: () => query.count(),
    'a new stream': () => query.stream().next(),
    page: () => query.page({ size: 1 }),
    update: () => query.everything().update({ name: 'x' }),
    explain: () => query.explain(),
  })
  t.strictSame(heldBy(store), nothingHeld, 'an open stream holds nothing of a closed session')
  const last = store.session().query(Image)
  await store.close()
  await rejectsAll(t, UsageError, 'ROME_CLOSED', { 'after rome.close()': () => last.all() })
  refuses(t, UsageError, 'ROME_CLOSED', { 'a session of it': () => store.session() })
})

t.test('an engine that was not opened is not read', async (t) => {
  await rejectsAll(t, UsageError, 'ROME_NOT_OPEN', { snapshot: async () => memory().snapshot() })
})

t.test('a stream ends with its transaction', async (t) => {
  const store = await openImages(t)
  const reader = store.session()
  for (let id = 0; id < 3000; id++) reader.add(create(Tag, { id, text: 'x' }))
  await reader.commit()
  for (const end of ['commit', 'rollback'] as const) {
    const stream = reader.query(Tag).stream()
    await stream.next()
    await reader[end]()
    await t.rejects(
      readAll(stream, () => undefined),
      { name: 'UsageError', code: 'ROME_TRANSACTION_STATE' },
      end,
    )
  }
  await reader.close()
  t.strictSame(heldBy(store), nothingHeld)
})

t.test('a session answers one query at a time', async (t) => {
  const first = images.all()
  await t.rejects(images.all(), { code: 'ROME_SESSION_BUSY' })
  t.equal((await first).length, 4)
})

t.test('a refused full scan names the index that would serve, in every terminal', async (t) => {
  const strict = await openImages(t, { fullScans: 'refuse' })
  const reader = strict.session()
  await addImages(reader)
  const query = reader.query(Image).filter(image.name.eq('alpine'))
  await rejectsAll(t, QueryError, 'ROME_FULL_SCAN', {
    all: () => query.all(),
    count: () => query.count(),
    exists: () => query.exists(),
    stream: () => query.stream().next(),
    page: () => query.page({ size: 1 }),
    paginate: () => query.paginate({}),
    update: () => query.update({ owner: 'x' }),
    delete: () => query.delete(),
    'a subquery': () =>
      reader
        .query(Property)
        .filter(property.imageId.in(query.select(image.id)))
        .all(),
    'an operand': () => reader.query(Image).filter(image.owner.eq('ada')).union(query).all(),
  })
  const error = await query
    .filter(image.status.eq('active'))
    .all()
    .catch((reason: unknown) => reason)
  t.match(error, { context: { model: 'images', index: "@index('name', 'status')" } })
  t.match((error as QueryError).context.filter, "name = 'alpine'")
  t.equal(await reader.query(Image).count(), 4, 'all rows are wanted')
  t.equal(await reader.query(Image).filter(image.owner.eq('ada')).count(), 2, 'an index serves')
  t.match(String(await query.explain()), "would be served by @index('name')", 'explain tells and refuses nothing')
})

t.test(
  'what a key or index serves is no full scan, also where the plan reads another index to its limit',
  async (t) => {
    const strict = await openImages(t, { fullScans: 'refuse' })
    const reader = strict.session()
    await addImages(reader)
    const inOrder = reader.query(Image).filter(image.id.lt(300)).orderBy(image.owner, image.size).limit(2)
    t.match(String(await inOrder.explain()), 'whole index')
    t.strictSame(
      (await inOrder.all()).map(({ id }) => id),
      [2, 1],
    )
    const explanation = await inOrder.explain()
    t.equal(explanation.suggestedIndex, undefined)
  },
)

t.test('a warning of a full scan names the index, once for each', async (t) => {
  const warnings: { message: string; context: Readonly<Record<string, unknown>> }[] = []
  const logger = { warn: (message: string, context: object) => warnings.push({ message, context: { ...context } }) }
  const talkative = await openImages(t, { fullScans: 'warn', logger })
  const reader = talkative.session()
  await addImages(reader)
  const byName = reader.query(Image).filter(image.name.eq('alpine'))
  for (let turn = 0; turn < 3; turn++) await byName.all()
  await reader.query(Image).filter(image.name.eq('cirros')).count()
  t.strictSame(
    warnings.map(({ context }) => [context.model, context.index, context.filter]),
    [['images', "@index('name')", "name = 'alpine'"]],
  )
  t.match(warnings[0]?.message, 'index')
  await byName.filter(image.status.eq('active')).all()
  await talkative.session().query(Property).filter(property.value.isNull()).all()
  t.strictSame(
    warnings.map(({ context }) => context.index),
    ["@index('name')", "@index('name', 'status')", "@index('value')"],
  )
})

async function readAll<T>(results: AsyncIterable<T>, visit: (result: T) => void): Promise<void> {
  for await (const result of results) visit(result)
}
