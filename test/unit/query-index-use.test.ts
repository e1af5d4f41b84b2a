import t from 'tap'
import type { Engine } from '../../lib/engines/contract.js'
import { level } from '../../lib/engines/level/index.js'
import { memory } from '../../lib/engines/memory/index.js'
import {
  and_,
  create,
  defineEntity,
  deletedAt,
  desc,
  fields,
  index,
  max,
  min,
  not_,
  primaryKey,
  type QueryError,
  Rome,
  type RomeSession,
  t as types,
  unique,
} from '../../lib/index.js'
import { temporaryDirectory } from '../support/temporary-directory.js'

const Item = defineEntity(
  'items',
  { id: primaryKey(types.integer()), kind: types.string(), color: types.string(), size: types.integer().nullable() },
  { indexes: [index('kind', 'size'), index('color')] },
)
const item = fields(Item)

async function withItems(
  t: { teardown(work: () => Promise<void>): void },
  rows: number,
  engine: Engine = memory(),
): Promise<{ rome: Rome; session: RomeSession }> {
  const rome = await Rome.open({ engine, models: [Item], fullScans: 'allow' })
  t.teardown(() => rome.close())
  const session = rome.session()
  for (let id = 0; id < rows; id++) {
    session.add(create(Item, { id, kind: `k${id % 5}`, color: `c${id % 7}`, size: id % 11 === 0 ? null : id }))
  }
  await session.commit()
  return { rome, session }
}

t.test('the ends of an index tell the least and greatest value', async (t) => {
  const { session } = await withItems(t, 2000)
  const query = session.query(min(item.size), max(item.size)).filter(item.kind.eq('k3'))
  t.strictSame(await query.all(), [[3, 1998]])
  const { plan } = await query.explain({ analyze: true })
  t.ok(keysRead(plan) < 50, `read ${keysRead(plan)} keys`)
  t.strictSame(await session.query(max(item.size)).filter(item.kind.eq('none')).all(), [null])
})

t.test('distinct values that begin an analyzed index are sought, not read through', async (t) => {
  const { rome, session } = await withItems(t, 5000)
  await rome.analyze()
  const query = session.query(item.kind).distinct().orderBy(item.kind)
  t.strictSame(await query.all(), ['k0', 'k1', 'k2', 'k3', 'k4'])
  t.match(String(await query.explain()), 'index prefixes')
  t.ok(keysRead((await query.explain({ analyze: true })).plan) <= 6)
  const grouped = session.query(item.kind).groupBy(item.kind).orderBy(item.kind.desc())
  t.strictSame(await grouped.all(), ['k4', 'k3', 'k2', 'k1', 'k0'])
})

t.test('an analysis decides between indexes, and intersects two that leave many rows', async (t) => {
  const { rome, session } = await withItems(t, 20_000)
  await rome.analyze()
  const query = session.query(Item).filter(and_(item.kind.eq('k1'), item.color.eq('c2')))
  const plan = String(await query.explain())
  t.match(plan, 'index intersection')
  const found = await query.all()
  t.equal(
    found.length,
    (await session.query(Item).filter(item.id.gte(0)).all()).filter(
      ({ kind, color }) => kind === 'k1' && color === 'c2',
    ).length,
  )
  for (const { kind, color } of found) t.ok(kind === 'k1' && color === 'c2')
})

t.test('numbers of rows are kept over transactions and savepoints', async (t) => {
  const { rome, session } = await withItems(t, 100)
  const rows = () => rome.store.statistics.rowsOf(rome.store.tables[Symbol.iterator]().next().value?.id ?? 0)
  t.equal(rows(), 100)
  await session.query(Item).filter(item.id.lt(40)).hardDelete()
  await session.commit()
  t.equal(rows(), 60)
  session.add(create(Item, { id: 1, kind: 'k', color: 'c', size: 1 }))
  await session.flush()
  await session.rollback()
  t.equal(rows(), 60)
})

t.test('an analysis follows the writes after it', async (t) => {
  const { rome, session } = await withItems(t, 1000)
  await rome.analyze()
  const [table] = rome.store.tables
  const byKind = () => rome.store.statistics.indexOf(table.indexes[0].id)
  t.equal(byKind()?.entries, 1000)
  for (let id = 1000; id < 3000; id++) session.add(create(Item, { id, kind: 'new', color: 'c', size: id }))
  await session.commit()
  t.equal(byKind()?.entries, 3000)
  const sampled = byKind()?.sample ?? []
  const share = sampled.filter((key) => key.includes('new')).length / sampled.length
  t.ok(share > 0.5 && share < 0.8, `two thirds are new, and ${share} of the sample`)
  t.strictSame([...sampled].sort(), sampled)
  await session.query(Item).filter(item.kind.eq('new')).hardDelete()
  await session.commit()
  t.equal(byKind()?.entries, 1000)
  t.equal((byKind()?.sample ?? []).filter((key) => key.includes('new')).length, 0)
})

t.test('a budget ends a query with its reason, and a page with a token to go on from', async (t) => {
  const { session } = await withItems(t, 3000)
  await t.rejects(session.query(Item).all({ budget: { keys: 100 } }), {
    code: 'ROME_BUDGET',
    context: { reason: 'keys', limit: 100 },
  })
  await t.rejects(session.query(Item).all({ budget: { bytes: 1000 } }), {
    code: 'ROME_BUDGET',
    context: { reason: 'bytes' },
  })
  await t.rejects(session.query(Item).all({ budget: { timeMs: 0.0001 } }), {
    code: 'ROME_BUDGET',
    context: { reason: 'timeMs' },
  })
  await t.rejects(session.query(Item).all({ budget: { rows: 1 } as object }), { code: 'ROME_ARGUMENT' })
  const wanted = session.query(Item).filter(item.size.gt(2900)).orderBy(item.id)
  const seen: number[] = []
  let after: string | undefined
  let stops = 0
  do {
    const page = await wanted.page({ size: 20, after, budget: { keys: 50 } })
    seen.push(...page.items.map(({ id }) => id))
    if (page.stopped !== undefined) stops++
    after = page.next
  } while (after !== undefined)
  t.ok(stops > 0)
  t.strictSame(
    seen,
    (await wanted.all()).map(({ id }) => id),
  )
})

t.test('a budget of keys is exact: so many suffice, one less does not, and no more are read', async (t) => {
  const engines = { memory: memory({ partitions: 2 }), level: level(temporaryDirectory(t), { partitions: 2 }) }
  for (const [name, engine] of Object.entries(engines)) {
    const { rome, session } = await withItems(t, 700, engine)
    const queries = {
      'a table': session.query(Item).filter(item.size.gt(100)),
      'an index and rows': session.query(Item).filter(item.kind.eq('k1')),
      keys: session.query(Item).filter(item.id.in([...Array(400).keys()])),
      'ranges that are merged': session
        .query(Item)
        .filter(item.kind.in(['k1', 'k2']))
        .orderBy(item.size),
    }
    for (const [what, query] of Object.entries(queries)) {
      const keys = keysRead((await query.explain({ analyze: true })).plan)
      t.ok((await query.all({ budget: { keys } })).length > 0, `${what} in ${name}: ${keys} keys suffice`)
      for (const most of [1, 2, 31, 33, keys - 1].filter((count) => count < keys)) {
        const before = rome.store.engine.stats().keysScanned
        const error = await query.all({ budget: { keys: most } }).catch((reason: unknown) => reason)
        t.match(error, { code: 'ROME_BUDGET', context: { reason: 'keys', limit: most } }, `${what}: ${most}`)
        t.ok(Number((error as QueryError).context.keys) <= most, 'none beyond are counted')
        const scanned = rome.store.engine.stats().keysScanned - before
        t.ok(scanned <= most + 2, `the engine gave ${scanned} for ${most}: one beyond for each range`)
      }
    }
    for (const budget of [{ keys: 2 }, { keys: 3 }, { keys: 7 }, { keys: 50 }]) {
      const ordered = session.query(Item).filter(item.kind.eq('k3'), item.id.modulo(3).eq(0)).orderBy(item.size)
      const seen: number[] = []
      let page = await ordered.page({ size: 20, budget })
      for (let pages = 0; pages < 500; pages++) {
        seen.push(...page.items.map(({ id }) => id))
        if (page.next === undefined) break
        page = await ordered.page({ size: 20, after: page.next, budget })
      }
      t.strictSame(
        seen,
        (await ordered.all()).map(({ id }) => id),
        `pages of ${budget.keys} keys give the whole`,
      )
    }
    await rome.close()
  }
})

t.test('what an analysis tells of a filter decides how far an order is read for a limit', async (t) => {
  const Job = defineEntity(
    'jobs',
    {
      id: primaryKey(types.integer()),
      status: types.enum('done', 'failed', 'new'),
      owner: types.string(),
      at: types.integer(),
    },
    { indexes: [index('status'), index('owner', 'at')] },
  )
  const job = fields(Job)
  const rome = await Rome.open({ engine: memory(), models: [Job], fullScans: 'allow' })
  t.teardown(() => rome.close())
  const session = rome.session()
  for (let id = 0; id < 4000; id++) {
    session.add(create(Job, { id, status: id % 1000 === 7 ? 'failed' : 'done', owner: `o${id % 2}`, at: id }))
  }
  await session.commit()
  const newest = (status: 'done' | 'failed') =>
    session.query(Job).filter(job.status.eq(status), job.owner.eq('o1')).orderBy(job.at.desc()).limit(5)
  const failed = newest('failed')
  const before = keysRead((await failed.explain({ analyze: true })).plan)
  await rome.analyze()
  const explained = await failed.explain({ analyze: true })
  t.match(String(explained), 'jobs.status')
  t.ok(keysRead(explained.plan) < 20 && before > 200, `${keysRead(explained.plan)} keys are read, ${before} before`)
  t.match(String(await newest('done').explain()), 'jobs.owner_at', 'most of what is in order passes')
})

t.test('slow queries are reported to the logger, by every terminal, also when they fail', async (t) => {
  const warned: string[] = []
  const contexts: Readonly<Record<string, unknown>>[] = []
  const rome = await Rome.open({
    engine: memory(),
    models: [Item],
    slowQueryMs: 0,
    logger: {
      warn: (message, context) => {
        warned.push(message)
        contexts.push(context)
      },
    },
  })
  t.teardown(() => rome.close())
  const session = rome.session()
  for (let id = 0; id < 3; id++) session.add(create(Item, { id, kind: 'k', color: 'c', size: id }))
  await session.commit()
  const query = session.query(Item).filter(item.id.gte(0))
  const terminals = [
    () => query.all(),
    () => query.count(),
    () => query.page({ size: 5 }),
    () => query.paginate({ limit: 5 }),
    async () => {
      for await (const _ of query.stream());
    },
    async () => {
      for await (const _ of query.stream()) break
    },
    () => t.rejects(query.all({ budget: { keys: 1 } }), { code: 'ROME_BUDGET' }),
    () =>
      t.rejects(
        async () => {
          for await (const _ of query.stream({ budget: { keys: 1 } }));
        },
        { code: 'ROME_BUDGET' },
      ),
    () => query.update({ color: 'red' }),
    () => query.hardDelete(),
  ]
  for (const [index, terminal] of terminals.entries()) {
    await terminal()
    t.equal(warned.length, index + 1)
    t.match(warned[index], 'slow')
  }
  t.strictSame(
    contexts.flatMap(({ error }) => error ?? []),
    ['ROME_BUDGET', 'ROME_BUDGET'],
  )
})

t.test(
  'rows of ranges that are merged come in order, also where the filter leaves one value of a column',
  async (t) => {
    const Note = defineEntity(
      'notes',
      { id: primaryKey(types.string()), a: types.integer().nullable(), b: types.integer(), deletedAt: deletedAt() },
      { indexes: [index('b'), index('b', 'a')] },
    )
    const rome = await Rome.open({ engine: memory(), models: [Note], fullScans: 'allow' })
    t.teardown(() => rome.close())
    const session = rome.session()
    const note = fields(Note)
    for (const [id, a, isDeleted] of [
      ['1', null, true],
      ['2', null, false],
      ['3', 0, false],
      ['4', null, true],
      ['5', 0, true],
    ] as const) {
      session.add(create(Note, { id, a, b: 0, deletedAt: isDeleted ? new Date(0) : null }))
    }
    await session.commit()
    for (const order of [note.id.desc(), note.id.asc()]) {
      const some = session.query(note.id).withDeleted().filter(not_(note.a.isNotNull()))
      const found = await some.orderBy(note.b, note.a.desc(), order).limit(9).all()
      t.same(found, order.isDescending ? ['4', '2', '1'] : ['1', '2', '4'])
    }
  },
)

function keysRead(step: {
  readonly actual?: { readonly keysRead: number }
  readonly inputs: readonly object[]
}): number {
  return (
    (step.actual?.keysRead ?? 0) + step.inputs.reduce((sum: number, input) => sum + keysRead(input as typeof step), 0)
  )
}

t.test('pages over a unique index neither skip nor repeat rows whose value a deleted row has too', async (t) => {
  const Named = defineEntity(
    'named',
    { id: primaryKey(types.integer()), b: types.integer().nullable(), deletedAt: deletedAt() },
    { indexes: [unique('b')] },
  )
  const rome = await Rome.open({ engine: memory(), models: [Named], fullScans: 'allow' })
  t.teardown(() => rome.close())
  const rows: [number, number | null, Date | null][] = [
    [1, 5, new Date(0)],
    [2, 5, null],
    [3, 5, new Date(0)],
    [4, 6, null],
    [5, null, null],
    [6, null, new Date(0)],
    [7, null, null],
  ]
  await rome.transact((s) => s.addAll(rows.map(([id, b, at]) => create(Named, { id, b, deletedAt: at }))))
  await using session = rome.session()
  const { b } = fields(Named)
  for (const order of [b, desc(b)]) {
    const query = session.query(Named).withDeleted().orderBy(order)
    const all = (await query.all()).map(({ id }) => id)
    const seen: number[] = []
    for (let after: string | undefined, rounds = 0; rounds < 10; rounds++) {
      const page = await query.page(after === undefined ? { size: 1 } : { size: 1, after })
      seen.push(...page.items.map(({ id }) => id))
      after = page.next
      if (after === undefined) break
    }
    t.same(seen.toSorted(), [1, 2, 3, 4, 5, 6, 7], 'every row once')
    t.same(seen.length, all.length)
  }
})

t.test('what entries tell is the same each time they are read, whatever of it is wanted', async (t) => {
  const Part = defineEntity(
    'parts',
    {
      shelf: primaryKey(types.string()),
      place: primaryKey(types.integer()),
      kind: types.string(),
      serial: types.integer(),
      label: types.bytes(),
      notes: types.json<{ readonly n: number }>().nullable(),
    },
    {
      indexes: [
        unique('serial', { include: ['label', 'notes'] }),
        index('kind', desc('serial'), { include: ['notes', 'label'] }),
      ],
    },
  )
  const part = fields(Part)
  for (const engine of [memory(), level(temporaryDirectory(t), { partitions: 2, durability: 'os' })]) {
    const rome = await Rome.open({ engine, models: [Part] })
    t.teardown(() => rome.close())
    await rome.transact((session) => {
      for (let n = 0; n < 4; n++) {
        const label = Uint8Array.of(n, 255)
        const notes = n % 2 === 0 ? { n } : null
        session.add(create(Part, { shelf: `s${n % 3}`, place: n, kind: 'k', serial: 10 * n, label, notes }))
      }
    })
    const plain = (rows: readonly unknown[]) => JSON.parse(JSON.stringify(rows))
    for (let round = 0; round < 3; round++) {
      await using session = rome.session()
      const bySerial = session
        .query(part.label, part.shelf, part.notes, part.place)
        .filter(part.serial.in([10, 20]))
        .orderBy(part.serial)
      t.match(String(await bySerial.explain()), 'reads entries only')
      t.strictSame(
        plain(await bySerial.all()),
        plain([
          [Uint8Array.of(1, 255), 's1', null, 1],
          [Uint8Array.of(2, 255), 's2', { n: 2 }, 2],
        ]),
      )
      const byKind = session
        .query(part.serial, part.notes)
        .filter(part.kind.eq('k'))
        .orderBy(part.serial.desc())
        .limit(2)
      t.match(String(await byKind.explain()), 'reads entries only')
      t.strictSame(await byKind.all(), [
        [30, null],
        [20, { n: 2 }],
      ])
      t.strictSame(await session.query(part.place).filter(part.kind.eq('k')).orderBy(part.serial).all(), [0, 1, 2, 3])
    }
    t.equal((await rome.verify()).problemCount, 0, 'memory says what is stored')
  }
})
