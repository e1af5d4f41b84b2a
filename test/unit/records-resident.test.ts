import { setTimeout as after } from 'node:timers/promises'
import t from 'tap'
import { index, unique } from '../../lib/decorators/indexes.js'
import { primaryKey } from '../../lib/decorators/primary-key.js'
import { memory } from '../../lib/engines/memory/index.js'
import { create } from '../../lib/schema/create.js'
import { defineEntity } from '../../lib/schema/define-entity.js'
import { fields } from '../../lib/schema/fields.js'
import { Rome } from '../../lib/session/rome.js'
import type { RomeSession } from '../../lib/session/session.js'
import { t as types } from '../../lib/values/t.js'
import { onBothEngines } from '../support/both-engines.js'

const Item = defineEntity(
  'items',
  { id: primaryKey(types.integer()), group: types.integer(), text: types.text() },
  { indexes: [index('group', 'id')] },
)
const item = fields(Item)
const items = 2000

const newItem = (id: number) => create(Item, { id, group: id % 10, text: `text ${id}`.repeat(5) })

async function fill(rome: Rome): Promise<void> {
  for (let first = 0; first < items; first += 500) {
    await rome.transact((session) => session.addAll(Array.from({ length: 500 }, (_, at) => newItem(first + at))))
  }
}

onBothEngines('a row is read from the engine once, and from memory then', async (t, engine) => {
  const rome = await Rome.open({ engine, models: [Item] })
  t.teardown(() => rome.close())
  await fill(rome)
  const gets = () => rome.store.engine.stats().gets
  const read = () => rome.transact(async (session) => (await session.get(Item, 1234))?.text)
  const text = await read()
  const before = gets()
  t.equal(await read(), text)
  t.equal(gets(), before)
  await rome.transact(async (session) => {
    const found = await session.getOrThrow(Item, 1234)
    found.text = 'another'
  })
  t.equal(await read(), 'another', 'a commit is followed')
  t.equal(gets(), before)
})

t.test('the budget is kept whatever is read, and answers stay right', async (t) => {
  const bytes = 100_000
  const rome = await Rome.open({ engine: memory(), models: [Item], cache: { bytes }, fullScans: 'allow' })
  t.teardown(() => rome.close())
  await fill(rome)
  await using session = rome.session()
  for (let round = 0; round < 3; round++) {
    for (let id = round; id < items; id += 17) {
      const found = await session.getOrThrow(Item, id)
      t.equal(found.text, newItem(id).text)
    }
    for (let group = 0; group < 10; group++) {
      t.equal((await session.query(Item).filter(item.group.eq(group)).unmanaged().all()).length, items / 10)
    }
    t.equal((await session.query(Item).unmanaged().all()).length, items)
    const { cache } = rome.stats()
    t.ok(cache !== undefined && cache.bytes > bytes / 2 && cache.bytes <= bytes, `${cache?.bytes} bytes`)
  }
  t.ok((rome.stats().cache?.evictions ?? 0) > 0)
})

t.test('without a budget nothing is kept', async (t) => {
  const rome = await Rome.open({ engine: memory(), models: [Item], cache: { bytes: 0 } })
  t.teardown(() => rome.close())
  t.equal(rome.stats().cache, undefined)
})

t.test('a budget that is none is refused', async (t) => {
  for (const bytes of [-1, Number.NaN, '1', undefined]) {
    const opening = Rome.open({ engine: memory(), models: [Item], cache: { bytes: bytes as number } })
    await t.rejects(opening, { code: 'ROME_ARGUMENT' }, String(bytes))
  }
})

t.test('memory that is loaded anew holds nothing of what was before', async (t) => {
  const engine = memory()
  const rome = await Rome.open({ engine, models: [Item], fullScans: 'allow' })
  t.teardown(() => rome.close())
  const empty = engine.dump()
  await rome.transact((session) => session.add(newItem(1)))
  t.equal((await rome.transact((session) => session.query(Item).all())).length, 1)
  engine.load(empty)
  t.equal((await rome.transact((session) => session.query(Item).all())).length, 0)
  t.equal(await rome.transact((session) => session.get(Item, 1)), undefined)
})

t.test('tables and indexes that are missed often are read into memory meanwhile', async (t) => {
  const engine = memory()
  const rome = await Rome.open({ engine, models: [Item], cache: { bytes: 50_000_000 } })
  t.teardown(() => rome.close())
  await fill(rome)
  engine.load(engine.dump())
  t.equal(rome.stats().cache?.rows, 0, 'memory is empty')
  for (let id = 0; id < 200; id++) await rome.transact((session) => session.get(Item, id * 10))
  // The last of them is there shortly before its reading ends.
  const isReading = () => (rome.stats().cache?.rows ?? 0) < items || engine.stats().liveSnapshots > 0
  for (let waits = 0; isReading() && waits < 500; waits++) await after(10)
  t.equal(rome.stats().cache?.rows, items)
  const gets = engine.stats().gets
  t.equal(await rome.transact((session) => session.get(Item, 1999)).then((found) => found?.id), 1999)
  t.equal(engine.stats().gets, gets)
  t.equal(engine.stats().liveSnapshots, 0)
})

t.test('an index that was read here and there is read into memory in few reads', async (t) => {
  const engine = memory()
  const rome = await Rome.open({ engine, models: [Item], cache: { bytes: 50_000_000 } })
  t.teardown(() => rome.close())
  await fill(rome)
  engine.load(engine.dump())
  const { scans } = engine.stats()
  const ranges = 200
  for (let at = 0; at < ranges; at++) {
    // Of its group it is the only one there.
    const isOne = [item.group.eq(at % 10), item.id.between(at * 10, at * 10 + 9)]
    t.equal(
      await rome.transact((session) =>
        session
          .query(item.group)
          .filter(...isOne)
          .scalar(),
      ),
      at % 10,
    )
  }
  for (let waits = 0; (rome.stats().cache?.entries ?? 0) < items && waits < 500; waits++) await after(10)
  t.equal(rome.stats().cache?.entries, items)
  const few = ranges + 20
  t.ok(engine.stats().scans - scans <= few, `${engine.stats().scans - scans} scans, ${ranges} of them for the answers`)
})

const Book = defineEntity(
  'books',
  { shelf: primaryKey(types.string()), id: primaryKey(types.integer()), title: types.string(), pages: types.integer() },
  { indexes: [unique('title', { include: ['pages'] }), index('pages', { include: ['title'] })] },
)
const book = fields(Book)

onBothEngines(
  'an entry that has told its columns leads to its row as well, and the other way round',
  async (t, engine) => {
    const rome = await Rome.open({ engine, models: [Book], cache: { bytes: 1_000_000 } })
    t.teardown(() => rome.close())
    const titles = ['Emma', 'Persuasion']
    for (const filter of [book.title.in(titles), book.pages.between(0, 100)]) {
      const columns = (session: RomeSession) =>
        session.query(book.pages, book.shelf, book.title, book.id).filter(filter).orderBy(book.id).all()
      const rows = async (session: RomeSession) =>
        (await session.query(Book).filter(filter).orderBy(book.id).all()).map((each) => [
          each.pages,
          each.shelf,
          each.title,
          each.id,
        ])
      for (const order of [
        [columns, rows, columns],
        [rows, columns, rows],
      ]) {
        // Entries of which nothing has been told yet.
        await rome.transact((session) => session.query(Book).everything().hardDelete())
        await rome.transact((session) =>
          session.addAll(titles.map((title, id) => create(Book, { shelf: 'novels', id, title, pages: 100 * id }))),
        )
        for (const read of order) {
          await using session = rome.session()
          t.strictSame(await read(session), [
            [0, 'novels', 'Emma', 0],
            [100, 'novels', 'Persuasion', 1],
          ])
        }
      }
    }
  },
)

const Word = defineEntity(
  'words',
  { id: primaryKey(types.integer()), kind: types.integer(), text: types.string() },
  { indexes: [index('kind', 'text')] },
)
const word = fields(Word)

onBothEngines('ranges that end far behind a part of memory are read to their end', async (t, engine) => {
  const rome = await Rome.open({ engine, models: [Word], cache: { bytes: 1_000_000 } })
  t.teardown(() => rome.close())
  const texts = Array.from({ length: 300 }, (_, at) => `m${String(at).padStart(4, '0')}`)
  await rome.transact((session) =>
    session.addAll(
      [0, 1, 2].flatMap((kind) => texts.map((text, at) => create(Word, { id: 1000 * kind + at, kind, text }))),
    ),
  )
  for (const state of ['empty', 'full']) {
    await using session = rome.session()
    const found = session.query(word.text).filter(word.kind.in([0, 2]), word.text.gte('m0100'), word.text.lt('n'))
    t.match(String(await found.explain()), /index range: .*ranges 2/)
    t.strictSame((await found.all()).sort(), [...texts.slice(100), ...texts.slice(100)].sort(), `memory is ${state}`)
    t.equal((await session.query(word.kind).filter(word.kind.gte(0)).all()).length, 900)
  }
})
