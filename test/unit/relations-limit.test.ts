import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { column } from '../../lib/decorators/column.js'
import { entity } from '../../lib/decorators/entity.js'
import { index } from '../../lib/decorators/indexes.js'
import { manyToMany } from '../../lib/decorators/many-to-many.js'
import { manyToOne } from '../../lib/decorators/many-to-one.js'
import { oneToMany } from '../../lib/decorators/one-to-many.js'
import { primaryKey } from '../../lib/decorators/primary-key.js'
import { deletedAt } from '../../lib/decorators/roles.js'
import type { Engine } from '../../lib/engines/contract.js'
import { memory } from '../../lib/engines/memory/index.js'
import { desc } from '../../lib/expressions/asc-desc.js'
import { param } from '../../lib/expressions/parameter.js'
import type { Collection, LoadedCollection } from '../../lib/schema/collection.js'
import { create } from '../../lib/schema/create.js'
import { fields } from '../../lib/schema/fields.js'
import type { Ref } from '../../lib/schema/ref.js'
import { Rome } from '../../lib/session/rome.js'
import { t as types } from '../../lib/values/t.js'
import { onBothEngines } from '../support/both-engines.js'
import { seed } from '../support/seed.js'

@entity('threads')
class Thread {
  @primaryKey(types.integer()) id!: number
  @oneToMany(
    () => Post,
    (post) => post.thread,
    { orderBy: [desc('score'), 'id'] },
  )
  posts!: Collection<Post>
}

@entity('posts')
@index('threadId', desc('score'))
@index('threadId', 'author', 'id')
class Post {
  @primaryKey(types.integer()) id!: number
  @column(types.integer()) threadId!: number
  @column(types.integer().nullable()) score!: number | null
  @column(types.string()) author!: string
  @deletedAt() deletedAt!: Date | null
  @manyToOne(
    () => Thread,
    (thread) => thread.posts,
    { column: 'threadId' },
  )
  thread!: Ref<Thread>
  @manyToMany(() => Thread, { through: 'post_threads', orderBy: 'id' }) mentions!: Collection<Thread>
}

const models = [Thread, Post]
const thread = fields(Thread)

async function filled(engine: Engine, threads: number, posts: number): Promise<Rome> {
  const rome = await Rome.open({ engine, models, fullScans: 'allow' })
  await rome.transact((session) => {
    for (let id = 0; id < threads; id++) {
      session.add(create(Thread, { id }))
      for (let at = 0; at < posts; at++) {
        const author = at % 2 === 0 ? 'even' : 'odd'
        const isDeleted = at === posts - 1
        const score = at === 1 ? null : at
        session.add(
          create(Post, { id: id * 1000 + at, threadId: id, score, author, deletedAt: isDeleted ? new Date(0) : null }),
        )
      }
    }
  })
  return rome
}

const ids = (collection: Collection<Post>) => (collection as LoadedCollection<Post>).toArray().map(({ id }) => id)

onBothEngines(
  'include with a limit reads so many rows of each collection where an index has the order',
  async (t, engine) => {
    await using rome = await filled(engine, 70, 40)
    await using session = rome.session()
    const first = session
      .query(Thread)
      .orderBy(thread.id)
      .include({ posts: { limit: 2 } })
    // 70 threads, and of each two entries and two rows; reading it all would be 2800 entries and rows.
    const threads = await first.all({ budget: { keys: 70 + 70 * 8 } })
    t.same(ids(threads[3].posts), [3001, 3038], 'nulls come first, and what is deleted does not')
    t.equal((threads[3].posts as LoadedCollection<Post>).isPartial, true)
    t.match(String(await first.explain()), /\ninclude posts: rows 2 of each; read by posts.threadId_score_desc$/)

    const byAuthor = first.include({ posts: { limit: 1, orderBy: (post) => [post.author.desc(), post.id.desc()] } })
    const [last] = await byAuthor.all({ budget: { keys: 70 + 70 * 8 } })
    t.same(ids(last.posts), [37])
    t.same((await byAuthor.explain()).includes, [{ relation: 'posts', limit: 1, readBy: 'posts.threadId_author_id' }])

    const filtered = first.include({
      posts: { limit: 2, filter: (post) => post.author.eq('odd'), orderBy: (post) => post.id },
    })
    t.same(ids((await filtered.limit(1).all())[0].posts), [1, 3])
    const all = session
      .query(Thread)
      .withDeleted()
      .include({ posts: { limit: 2, orderBy: (post) => post.id.desc() } })
    t.same(ids((await all.orderBy(thread.id).all())[1].posts), [1039, 1038])
  },
)

t.test('include with a limit reads all where no index has the order, and says so', async (t) => {
  await using rome = await filled(memory(), 3, 10)
  await using session = rome.session()
  const unserved = [
    session.query(Thread).include({ posts: { limit: 2, orderBy: (post) => post.score.asc().nullsFirst() } }),
    session.query(Thread).include({ posts: { limit: 2, orderBy: (post) => post.score.desc().nullsLast() } }),
    session.query(Thread).include({ posts: { limit: 2, filter: (post) => post.mentions.none() } }),
  ]
  const expected = [
    [1, 0],
    [8, 7],
    [1, 8],
  ]
  for (const [at, query] of unserved.entries()) {
    t.same(ids((await query.orderBy(thread.id).all())[0].posts), expected[at])
    t.match(String(await query.explain()), /include posts: rows 2 of each; all are read/)
  }
  const nested = session.query(Post).include({ thread: { include: { posts: { limit: 1 } } }, mentions: { limit: 1 } })
  t.same((await nested.explain()).includes, [
    { relation: 'thread' },
    { relation: 'thread.posts', limit: 1, readBy: 'posts.threadId_score_desc' },
    { relation: 'mentions', limit: 1 },
  ])
})

t.test('parameters stand in what is included', async (t) => {
  await using rome = await filled(memory(), 2, 10)
  await using session = rome.session()
  const prepared = session
    .query(Thread)
    .filter(thread.id.lt(param('below', types.integer())))
    .include({
      posts: {
        filter: (post) => post.author.eq(param('author', types.string())),
        orderBy: (post) => post.id,
        limit: 2,
        include: { mentions: { filter: (each) => each.id.eq(param('mention', types.integer())) } },
      },
    })
    .prepare()
  const post = await session.getOrThrow(Post, 2)
  const mentioned = await session.query(Thread).orderBy(thread.id).all()
  post.mentions.add(...mentioned)
  await session.commit()
  for (const [author, mention, found] of [
    ['even', 1, [0, 2]],
    ['odd', 0, [1, 3]],
    ['even', 0, [0, 2]],
  ] as const) {
    const [only] = await prepared.bind({ below: 1, author, mention }).all()
    t.same(ids(only.posts), found)
    const seen = only.posts.toArray().find(({ id }) => id === 2)?.mentions as LoadedCollection<Thread> | undefined
    if (author === 'even')
      t.same(
        seen?.toArray().map(({ id }) => id),
        [mention],
      )
  }
  t.throws(() => prepared.bind({ below: 1, author: 'odd' }), { code: 'ROME_UNDEFINED' })
  t.throws(() => prepared.bind({ below: 1, author: 'odd', mention: 1, more: 1 }), { code: 'ROME_ARGUMENT' })
})

t.test('by limit or whole, include gives the same', async () => {
  const orders = [
    (post: ReturnType<typeof fields<Post>>) => [post.score.desc(), post.id.asc()],
    (post: ReturnType<typeof fields<Post>>) => [post.score.asc(), post.id.desc()],
    (post: ReturnType<typeof fields<Post>>) => [post.author.asc(), post.id.asc()],
    (post: ReturnType<typeof fields<Post>>) => [post.author.desc(), post.id.desc()],
    (post: ReturnType<typeof fields<Post>>) => [post.id.desc()],
  ]
  const post = fc.record({
    threadId: fc.integer({ min: 0, max: 3 }),
    score: fc.option(fc.integer({ min: 0, max: 3 }), { nil: null }),
    author: fc.constantFrom('a', 'b'),
    isDeleted: fc.boolean(),
  })
  await fc.assert(
    fc.asyncProperty(
      fc.array(post, { maxLength: 30 }),
      fc.constantFrom(...orders),
      fc.integer({ min: 0, max: 4 }),
      fc.boolean(),
      async (posts, orderBy, limit, withDeleted) => {
        await using rome = await Rome.open({ engine: memory({ partitions: 2 }), models, fullScans: 'allow' })
        await using session = rome.session()
        for (const id of [0, 1, 2, 3]) session.add(create(Thread, { id }))
        posts.forEach(({ isDeleted, ...values }, id) => {
          session.add(create(Post, { id, ...values, deletedAt: isDeleted ? new Date(0) : null }))
        })
        const all = session.query(Thread).orderBy(thread.id)
        const query = withDeleted ? all.withDeleted() : all
        const whole = await query.include({ posts: { orderBy } }).all()
        const expected = whole.map((each) => ids(each.posts).slice(0, limit))
        const cut = await query.include({ posts: { orderBy, limit } }).all()
        assert.deepEqual(
          cut.map((each) => ids(each.posts)),
          expected,
        )
      },
    ),
    { seed, numRuns: 100 },
  )
})
