import t from 'tap'
import { memory } from '../../lib/engines/memory/index.js'
import {
  alias,
  avg,
  column,
  count,
  create,
  desc,
  entity,
  exists,
  fields,
  index,
  type ModelClass,
  max,
  min,
  primaryKey,
  Rome,
  type RomeSession,
  schemaOf,
  sum,
  t as types,
  unique,
} from '../../lib/index.js'
import { addImages, Image, image, openImages, Property, property, Tag } from '../support/image-fixture.js'

@entity('values')
@index('text')
@index('kind', desc('whole'), { include: ['float'], name: 'by_kind' })
@unique('code')
class Value {
  @primaryKey(types.string()) id!: string
  @column(types.string().nullable()) text!: string | null
  @column(types.enum('queued', 'active', 'killed').nullable()) kind!: 'queued' | 'active' | 'killed' | null
  @column(types.integer().nullable()) whole!: number | null
  @column(types.float().nullable()) float!: number | null
  @column(types.bigint().nullable()) big!: bigint | null
  @column(types.decimal().nullable()) exact!: string | null
  @column(types.integer().nullable()) code!: number | null
}

const value = fields(Value)
const allNull = { text: null, kind: null, whole: null, float: null, big: null, exact: null, code: null }

type Row = Partial<Omit<Value, 'id'>> & { readonly id: string }

async function openValues(test: WithTeardown, rows: readonly Row[]): Promise<RomeSession> {
  const rome = await open(test, [Value])
  const session = rome.session()
  session.addAll(rows.map((row) => create(Value, { ...allNull, ...row })))
  await session.commit()
  return session
}

/** A session over the images of the fixture. */
async function withImages(test: WithTeardown): Promise<RomeSession> {
  const session = (await openImages(test)).session()
  await addImages(session)
  return session
}

t.test(
  'text orders by code point, whether sorted or read from an index, and may be empty or hold U+0000',
  async (t) => {
    // UTF-16 would put the character beyond the BMP before U+FFFD.
    const ordered = ['', '\0', '\0a', 'A', 'Z', 'a', 'a\0', 'e\u0301', 'z', '\u00e9', '\uFFFD', '\u{1F600}'].sort(
      byCodePoints,
    )
    const session = await openValues(
      t,
      ordered.map((text) => ({ id: text, text })),
    )
    const texts = session.query(value.text)
    t.strictSame(await texts.orderBy(value.text).all(), ordered, 'by the index')
    t.strictSame(await session.query(value.id).orderBy(value.id.desc()).all(), ordered.toReversed(), 'by the key')
    t.strictSame(await texts.orderBy(value.whole, value.text).all(), ordered, 'sorted')
    t.equal(await texts.filter(value.text.eq('\u00e9')).count(), 1, 'nothing is normalised')
    t.equal((await session.query(Value).filter(value.id.eq('')).one()).text, '', 'the empty text is a key')
    t.throws(() => value.text.eq('\uD800'), { name: 'ValidationError' })
    t.throws(() => value.text.startsWith('\uDC00'), { name: 'UsageError' })
  },
)

t.test('enums order by their text, not by their declaration', async (t) => {
  const session = await openValues(t, [
    { id: 'q', kind: 'queued' },
    { id: 'k', kind: 'killed' },
    { id: 'a', kind: 'active' },
  ])
  t.strictSame(await session.query(value.kind).orderBy(value.kind).all(), ['active', 'killed', 'queued'])
  t.strictSame(await session.query(value.kind).filter(value.kind.gt('active')).orderBy(value.id).all(), [
    'killed',
    'queued',
  ])
  t.strictSame(await session.query(max(value.kind), min(value.kind)).one(), ['queued', 'active'])
})

t.test('-0 is 0, numbers are finite, integers are safe, and decimals are told apart by their value', async (t) => {
  const session = await openValues(t, [
    { id: 'a', float: -0, whole: 0, exact: '1.50' },
    { id: 'b', float: 0, whole: 0, exact: '1.5' },
  ])
  t.strictSame(await session.query(value.float).distinct().all(), [0])
  t.strictSame(await session.query(value.exact).distinct().all(), ['1.5'])
  t.equal(await session.query(Value).filter(value.float.eq(-0)).count(), 2)
  t.equal(await session.query(Value).filter(value.exact.eq('01.500')).count(), 2)
  for (const wrong of [Number.NaN, Number.POSITIVE_INFINITY]) {
    t.throws(() => value.float.eq(wrong), { name: 'ValidationError' })
  }
  t.throws(() => value.whole.eq(2 ** 53), { name: 'ValidationError' })
  t.throws(() => value.whole.eq(0.5), { name: 'ValidationError' })
})

t.test('nulls are equal in distinct, groups and set operations, and different in unique indexes', async (t) => {
  const session = await openValues(t, [{ id: 'a' }, { id: 'b' }, { id: 'c', text: 'x', code: 1 }])
  const texts = session.query(value.text)
  t.strictSame(await texts.distinct().orderBy(value.text).all(), ['x', null])
  t.strictSame(await session.query(value.text, count()).groupBy(value.text).orderBy(value.text).all(), [
    ['x', 1],
    [null, 2],
  ])
  t.strictSame(await texts.union(texts).orderBy(value.text).all(), ['x', null])
  t.strictSame(await texts.intersect(texts.filter(value.text.isNull())).all(), [null])
  t.strictSame(await texts.except(texts.filter(value.text.isNull())).all(), ['x'])
  session.add(create(Value, { ...allNull, id: 'd', code: 1 }))
  await t.rejects(session.commit(), { code: 'ROME_UNIQUE' }, 'while two rows with a null code are there')
})

t.test('one selected thing gives bare values, several give tuples, and no row is undefined, unlike null', async (t) => {
  const session = await withImages(t)
  const sizeOf = (id: number) => session.query(image.size).filter(image.id.eq(id))
  t.strictSame(await session.query(image.name).filter(image.id.eq(1)).all(), ['alpine'])
  t.strictSame(await session.query(image.name, image.size).filter(image.id.eq(1)).all(), [['alpine', 130]])
  const [entity, name] = await session.query(Image, image.name).filter(image.id.eq(1)).one()
  t.ok(entity instanceof Image && name === 'alpine')
  for (const read of ['first', 'oneOrNone', 'scalar'] as const) {
    t.equal(await sizeOf(99)[read](), undefined, `${read} of no row`)
    t.equal(await sizeOf(4)[read](), null, `${read} of a null`)
  }
})

t.test('a joined root is given once, and counted once; with more selected there is a result a match', async (t) => {
  const session = await withImages(t)
  const roots = session.query(Image).join(Property).orderBy(image.id)
  t.strictSame(idsOf(await roots.all()), [1, 2])
  t.equal(await roots.count(), 2)
  t.strictSame(idsOf(await roots.limit(1).all()), [1], 'a limit counts roots')
  t.strictSame(idsOf(await roots.offset(1).limit(1).all()), [2])
  t.equal(await roots.select(image.name).count(), 4)
  t.equal(await roots.select(Image, Property).count(), 4)
  const outer = session.query(Image, Property).outerJoin(Property, property.imageId.eq(image.id))
  const missing = await outer.filter(image.id.gte(3)).orderBy(image.id).all()
  t.strictSame(
    missing.map(([found, none]) => [found.id, none]),
    [
      [3, null],
      [4, null],
    ],
  )
})

t.test('one raises for none and for several, oneOrNone and scalar for several, first for neither', async (t) => {
  const session = await withImages(t)
  const none = session.query(image.name).filter(image.id.eq(99))
  const several = session.query(image.name)
  await t.rejects(none.one(), { name: 'QueryError', code: 'ROME_NO_RESULT' })
  for (const read of ['one', 'oneOrNone', 'scalar'] as const) {
    await t.rejects(several[read](), { name: 'QueryError', code: 'ROME_MULTIPLE_RESULTS' }, read)
  }
  t.equal(await several.orderBy(image.name).first(), 'alpine')
})

t.test('count and exists tell of what all would give, with limit, offset, distinct, joins and sets', async (t) => {
  const session = await withImages(t)
  const images = session.query(Image)
  const queries = {
    limit: images.limit(3),
    'a limit of 0': images.limit(0),
    'an offset without a limit': images.offset(3),
    'an offset beyond the end': images.offset(9),
    'limit and offset': images.offset(1).limit(9),
    distinct: session.query(image.owner).distinct(),
    'distinct with a limit': session.query(image.owner).distinct().limit(1),
    'a join': images.join(Property),
    'a join of columns': session.query(image.name).join(Property).offset(1),
    groups: session.query(image.owner).groupBy(image.owner).having(count().gt(2)),
    union: images.union(images).limit(3),
    unionAll: session.query(image.owner).unionAll(session.query(image.owner)).offset(1),
  }
  for (const [what, query] of Object.entries(queries)) {
    const { length } = await query.all()
    t.equal(await query.count(), length, `count with ${what}`)
    t.equal(await query.exists(), length > 0, `exists with ${what}`)
  }
  t.strictSame(await images.limit(0).all(), [])
  const byId = images.orderBy(image.id)
  t.equal((await byId.offset(2).first())?.id, 3, 'first honours the offset')
  t.strictSame(idsOf(await byId.offset(2).all()), [3, 4], 'an offset needs no limit')
})

t.test('a stream is iterated without awaiting it, and so is a query', async (t) => {
  const session = await withImages(t)
  const query = session.query(image.id).orderBy(image.id)
  const stream = query.stream()
  t.notOk('then' in stream)
  t.equal(typeof stream[Symbol.asyncIterator], 'function')
  const [byStream, byQuery]: number[][] = [[], []]
  for await (const id of stream) byStream.push(id)
  for await (const id of query) byQuery.push(id)
  t.strictSame([byStream, byQuery], [await query.all(), [1, 2, 3, 4]])
})

t.test('a query whose selection does not show its root names it', async (t) => {
  const session = await withImages(t)
  t.strictSame(await session.query(Image).select(count(), max(image.size)).one(), [4, 1100])
  t.throws(() => session.query(count()), { code: 'ROME_QUERY_INVALID' })
  t.equal(await session.query(max(image.size)).scalar(), 1100, 'an aggregate of a column shows it')
})

t.test(
  'filters and havings add up, orders and groups append, limit and offset replace, nothing is changed',
  async (t) => {
    const session = await withImages(t)
    const all = session.query(image.id)
    const filtered = all.filter(image.owner.eq('ada')).filter(image.size.gt(50))
    t.strictSame(await filtered.all(), [1])
    t.strictSame(await all.orderBy(image.owner.desc()).orderBy(image.id.desc()).all(), [4, 3, 2, 1])
    t.strictSame(await all.orderBy(image.id).limit(1).limit(3).offset(3).offset(1).all(), [2, 3, 4])
    const groups = session.query(image.owner, image.status, count()).groupBy(image.owner).groupBy(image.status)
    t.equal(await groups.count(), 3)
    t.strictSame(await groups.having(count().gt(1)).having(image.owner.eq('bob')).all(), [['bob', 'active', 2]])
    t.equal(await all.count(), 4, 'the query they were made of is as it was')
  },
)

t.test(
  'a join is by the one relation, by a relation, by its name or by a condition, and so is an outer one',
  async (t) => {
    const session = await withImages(t)
    const images = session.query(Image).filter(property.value.eq('x86'))
    const condition = property.imageId.eq(image.id)
    const ways = {
      'the one relation': images.join(Property),
      'a relation': images.join(image.properties),
      'its name': images.join('properties'),
      'a condition': images.join(Property, condition),
      'an outer join by the one relation': images.outerJoin(Property),
      'an outer join by a relation': images.outerJoin(image.properties),
      'an outer join by its name': images.outerJoin('properties'),
      'an outer join by a condition': images.outerJoin(Property, condition),
    }
    for (const [what, query] of Object.entries(ways)) t.strictSame(idsOf(await query.all()), [1], what)
    t.throws(() => session.query(Image).join(Tag), { code: 'ROME_QUERY_INVALID', context: { relations: [] } })
    const other = alias(Image, 'other')
    const pairs = session.query(image.id, other.id).join(other, other.owner.eq(image.owner))
    t.strictSame(await pairs.filter(image.id.lt(other.id)).orderBy(image.id).all(), [
      [1, 2],
      [3, 4],
    ])
    t.strictSame(idsOf(await session.query(other).filter(other.size.gt(100)).orderBy(other.id).all()), [1, 3])
  },
)

t.test(
  'a comparison takes a value or an expression, and a model inside a subquery is the subquery’s own',
  async (t) => {
    const session = await withImages(t)
    const ids = session.query(image.id).orderBy(image.id)
    t.strictSame(await ids.filter(image.size.gt(image.id)).all(), [1, 2, 3])
    const related = session.query(Property).filter(property.imageId.eq(image.id))
    t.strictSame(await ids.filter(exists(related)).all(), [1, 2], 'image is the outer one')
    const any = session.query(Image).filter(image.name.eq('debian'))
    t.strictSame(await ids.filter(exists(any)).all(), [1, 2, 3, 4], 'image is the inner one')
    const outer = alias(Image, 'outer')
    const larger = session.query(Image).filter(image.size.gt(outer.size))
    t.strictSame(await session.query(outer.id).filter(exists(larger)).orderBy(outer.id).all(), [1, 2])
  },
)

t.test(
  'some, every and none are about related rows; every is false by what is unknown and true over nothing',
  async (t) => {
    const session = await withImages(t)
    const ids = session.query(image.id).orderBy(image.id)
    const { properties } = image
    t.strictSame(await ids.filter(properties.some((p) => p.name.eq('arch'))).all(), [1, 2])
    t.strictSame(await ids.filter(properties.none((p) => p.value.eq('x86'))).all(), [2, 3, 4])
    t.strictSame(await ids.filter(properties.every((p) => p.value.ne('x86'))).all(), [3, 4], 'a value of 2 is null')
    t.strictSame(await ids.filter(properties.every((p) => p.name.like('%'))).all(), [1, 2, 3, 4])
    t.strictSame(
      await session.query(property.id).filter(property.image.some()).orderBy(property.id).all(),
      [1, 2, 3, 4],
    )
  },
)

t.test('aggregates over nothing are null and counts 0; sums and averages keep to their types', async (t) => {
  const session = await openValues(t, [
    { id: 'a', whole: 1, float: 0.5, big: 10n, exact: '0.1', text: 'x' },
    { id: 'b', whole: 2, float: 1, big: 11n, exact: '0.2', text: 'x' },
    { id: 'c' },
  ])
  const nothing = session.query(Value).filter(value.id.eq('none'))
  t.strictSame(
    await nothing.select(count(), count(value.text), sum(value.whole), avg(value.big), min(value.text)).one(),
    [0, 0, null, null, null],
  )
  const all = session.query(Value)
  t.strictSame(await all.select(count(), count(value.text), count(value.text).distinct()).one(), [3, 2, 1])
  t.strictSame(await all.select(sum(value.whole), sum(value.float), sum(value.big), sum(value.exact)).one(), [
    3,
    1.5,
    21n,
    '0.3',
  ])
  t.strictSame(await all.select(avg(value.whole), avg(value.float), avg(value.big), avg(value.exact)).one(), [
    1.5,
    0.75,
    '10.5',
    '0.15',
  ])
  const groups = session.query(value.text, count()).groupBy(value.text)
  t.strictSame(await groups.having(max(value.whole).gt(1)).all(), [['x', 2]], 'aggregates are compared')
  t.strictSame((await groups.orderBy(sum(value.whole).desc()).all()).at(-1), ['x', 2], 'and ordered by, nulls first')
  await session.query(Value).everything().update({ whole: Number.MAX_SAFE_INTEGER })
  await t.rejects(all.select(sum(value.whole)).one(), { code: 'ROME_QUERY_INVALID' })
})

t.test('an index names its columns, descending ones by desc, and its options last', (t) => {
  const [byKind] = schemaOf(Value).indexes.filter(({ name }) => name === 'by_kind')
  t.strictSame(
    byKind?.columns.map(({ column, isDescending }) => [column.name, isDescending]),
    [
      ['kind', false],
      ['whole', true],
    ],
  )
  t.strictSame(
    byKind?.include.map(({ name }) => name),
    ['float'],
  )
  t.end()
})

t.test(
  'an order by what is not selected under distinct, and a selection of what is not grouped, are errors',
  async (t) => {
    const session = await withImages(t)
    const error = { name: 'QueryError', code: 'ROME_QUERY_INVALID' }
    await t.rejects(session.query(image.owner).distinct().orderBy(image.name).all(), error)
    await t.rejects(session.query(image.name, count()).groupBy(image.owner).all(), error)
  },
)

t.test('set operations associate to the left; operands keep their own filter, order, limit and scope', async (t) => {
  const session = await withImages(t)
  const ids = session.query(image.id)
  const [one, two, three] = [1, 2, 3].map((id) => ids.filter(image.id.eq(id)))
  t.strictSame(await one.union(two).except(one).all(), [2], '(1 ∪ 2) − 1')
  t.strictSame((await one.union(two.except(one)).all()).sort(), [1, 2], '1 ∪ (2 − 1)')
  const newest = ids.orderBy(image.id.desc()).limit(1)
  const deleted = ids.onlyDeleted()
  t.strictSame(await three.unionAll(newest).unionAll(deleted).orderBy(image.id).all(), [3, 4, 5])
  const all = ids.unionAll(ids)
  t.strictSame(await all.filter(image.id.gt(2)).orderBy(image.id.desc()).limit(3).all(), [4, 4, 3])
})

interface WithTeardown {
  teardown(work: () => Promise<void>): void
}

async function open(test: WithTeardown, models: readonly ModelClass[]): Promise<Rome> {
  const rome = await Rome.open({ engine: memory(), models, fullScans: 'allow' })
  test.teardown(() => rome.close())
  return rome
}

function idsOf(entities: readonly { readonly id: number }[]): number[] {
  return entities.map(({ id }) => id)
}

function byCodePoints(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b))
}
