import t from 'tap'
import {
  alias,
  and_,
  avg,
  count,
  exists,
  max,
  min,
  not_,
  or_,
  type Query,
  QueryError,
  sum,
  UsageError,
} from '../../lib/index.js'
import { addImages, Image, image, openImages, Property, property, Tag, tag } from '../support/image-fixture.js'
import { caught, refuses, rejectsAll, wrong } from '../support/mistakes.js'

const rome = await openImages(t)
const session = rome.session()
await addImages(session)
const images = session.query(Image)
const names = session.query(image.name)

/** What is done here with queries of any model. */
type AnyQuery = Pick<Query<unknown>, 'all' | 'page'>

t.test('undefined is refused wherever a query is built', (t) => {
  refuses(t, UsageError, 'ROME_UNDEFINED', {
    'query()': () => session.query(wrong(undefined)),
    'the second thing selected': () => session.query(image.name, wrong(undefined)),
    'select()': () => images.select(wrong(undefined)),
    'filter()': () => images.filter(wrong(undefined)),
    'the second filter': () => images.filter(image.id.eq(1), wrong(undefined)),
    'a value of filterBy()': () => images.filterBy({ name: wrong(undefined) }),
    'the condition of join()': () => images.join(Property, wrong(undefined)),
    'orderBy()': () => images.orderBy(wrong(undefined)),
    'the second order': () => images.orderBy(image.name, wrong(undefined)),
    'groupBy()': () => names.groupBy(wrong(undefined)),
    'having()': () => names.groupBy(image.name).having(wrong(undefined)),
    'limit()': () => images.limit(wrong(undefined)),
    'offset()': () => images.offset(wrong(undefined)),
    'eq()': () => image.name.eq(wrong(undefined)),
    'the lower bound': () => image.size.between(wrong(undefined), 1),
    'the upper bound': () => image.size.between(1, wrong(undefined)),
    'in()': () => image.name.in(wrong(undefined)),
    'a value of in()': () => image.name.in([wrong(undefined)]),
    'a value of notIn()': () => image.name.notIn([wrong(undefined)]),
    'like()': () => image.name.like(wrong(undefined)),
    'ilike()': () => image.name.ilike(wrong(undefined)),
    'startsWith()': () => image.name.startsWith(wrong(undefined)),
    'and_()': () => and_(wrong(undefined)),
    'or_()': () => or_(image.id.eq(1), wrong(undefined)),
    'not_()': () => not_(wrong(undefined)),
    'exists()': () => exists(wrong(undefined)),
    'count()': () => count(wrong(undefined)),
    'sum()': () => sum(wrong(undefined)),
    'avg()': () => avg(wrong(undefined)),
    'min()': () => min(wrong(undefined)),
    'max()': () => max(wrong(undefined)),
    'some()': () => image.properties.some(wrong(undefined)),
    'a join of nothing': () => images.join(wrong(undefined)),
    'an outer join of nothing': () => images.outerJoin(wrong(undefined)),
    'a set operation with nothing': () => images.except(wrong(undefined)),
    'filterBy() of nothing': () => images.filterBy(wrong(undefined)),
  })
  t.end()
})

t.test('null is no value to compare with, and says what to ask instead', (t) => {
  refuses(t, UsageError, 'ROME_NULL_COMPARISON', {
    'eq()': () => image.size.eq(wrong(null)),
    'ne()': () => image.size.ne(wrong(null)),
    'lt()': () => image.size.lt(wrong(null)),
    'a bound': () => image.size.between(1, wrong(null)),
    'a value of in()': () => image.size.in([1, wrong(null)]),
    'a value of notIn()': () => image.size.notIn([wrong(null)]),
    'a value of filterBy()': () => images.filterBy({ size: wrong(null) }),
    'like()': () => image.name.like(wrong(null)),
    'contains()': () => image.name.contains(wrong(null)),
  })
  t.match(caught(() => image.size.eq(wrong(null)))?.message, 'isNull()')
  t.end()
})

t.test('what is no model, predicate, order or query is refused in its place', (t) => {
  refuses(t, UsageError, 'ROME_ARGUMENT', {
    'a filter': () => images.filter(wrong(null)),
    'no filter at all': () => images.filter(),
    'a truth as filter': () => images.filter(wrong(true)),
    'a column that is no predicate as filter': () => images.filter(wrong(image.name)),
    'a having': () => names.having(wrong(null)),
    'a join': () => images.join(wrong(null)),
    'a class that is no alias as join': () => images.join(wrong({})),
    'the condition of a join': () => images.join(Property, wrong(null)),
    'an order': () => images.orderBy(wrong(null)),
    'no order at all': () => images.orderBy(),
    'a name as order': () => images.orderBy(wrong('name')),
    'a set operation': () => images.union(wrong(null)),
    'an array as set operation': () => images.intersect(wrong([])),
    'filterBy()': () => images.filterBy(wrong(null)),
    'filterBy() without a column': () => images.filterBy({}),
    'and_() without a predicate': () => and_(),
    'or_()': () => or_(wrong(null)),
    'exists()': () => exists(wrong(null)),
    'in() of a text': () => image.name.in(wrong('alpine')),
    'sum()': () => sum(wrong(null)),
    'a group that is a name': () => names.groupBy(wrong('name')),
    'a lone backslash at the end of a pattern': () => image.name.like('a\\'),
    'count() of distinct rows': () => count().distinct(),
  })
  t.end()
})

t.test('a limit, an offset, a size is a whole number that is not negative', async (t) => {
  const noCounts = [-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53, '10', 10n, null, true, {}, [1]]
  for (const count of noCounts) {
    refuses(t, UsageError, 'ROME_ARGUMENT', {
      [`limit(${String(count)})`]: () => images.limit(wrong(count)),
      [`offset(${String(count)})`]: () => images.offset(wrong(count)),
    })
    await rejectsAll(t, UsageError, 'ROME_ARGUMENT', {
      [`a page of ${String(count)}`]: () => images.page({ size: wrong(count) }),
      [`paginate with limit ${String(count)}`]: () => images.paginate({ limit: wrong(count) }),
    })
  }
  await t.rejects(images.page({ size: 0 }), { code: 'ROME_ARGUMENT' }, 'a page has at least one item')
  t.strictSame(await images.limit(0).all(), [])
})

t.test('filterBy refuses names that are no columns', (t) => {
  refuses(t, UsageError, 'ROME_UNKNOWN_COLUMN', {
    'an unknown name': () => images.filterBy(wrong({ nme: 'x' })),
    'a relation': () => images.filterBy(wrong({ properties: [] })),
    'a name of every object': () => images.filterBy(wrong({ toString: 'x' })),
  })
  t.end()
})

t.test('columns of models that are not read are refused, whatever they are for', async (t) => {
  const other = alias(Image, 'other')
  const owners = session.query(image.owner, count()).groupBy(image.owner)
  const queries: Record<string, AnyQuery> = {
    filter: images.filter(property.name.eq('os')),
    'a column of an alias': images.filter(other.name.eq('alpine')),
    select: images.select(image.name, property.name),
    'a selected model': session.query(Image, Property),
    orderBy: images.orderBy(property.name),
    groupBy: images.select(count()).groupBy(property.name),
    having: owners.having(max(property.name).gt('a')),
    'an aggregate': images.select(max(property.name)),
    'an order of groups': owners.orderBy(max(property.name)),
    'the condition of a join': images.join(Property, property.imageId.eq(tag.id)),
    'an order of distinct rows': names.distinct().orderBy(property.name),
    'a filter after a set operation': names.union(names).filter(property.name.eq('os')),
    'a quantifier': images.filter(other.properties.some()),
  }
  for (const [what, query] of Object.entries(queries)) {
    await rejectsAll(t, QueryError, 'ROME_QUERY_INVALID', { [what]: () => query.all() })
  }
  await rejectsAll(t, QueryError, 'ROME_QUERY_INVALID', {
    'a filter of update': () => images.filter(property.name.eq('os')).update({ name: 'x' }),
    'a filter of delete': () => images.filter(property.name.eq('os')).delete(),
    count: () => images.filter(property.name.eq('os')).count(),
    stream: () => images.filter(property.name.eq('os')).stream().next(),
    page: () => images.filter(property.name.eq('os')).page({ size: 1 }),
    explain: () => images.filter(property.name.eq('os')).explain(),
  })
})

t.test('a model is joined once, by the relation that leads to it', (t) => {
  refuses(t, QueryError, 'ROME_QUERY_INVALID', {
    'the root again': () => images.join(Image, image.id.eq(1)),
    'a model twice': () => images.join(Property).join(Property),
    'a model that no relation leads to': () => images.join(Tag),
    'a relation that is not there': () => images.join(wrong('property')),
    'an aggregate as condition': () => images.join(Tag, count().gt(1)),
    'a selection without a model': () => session.query(wrong(count())),
  })
  const unknown = Object.assign(class Unknown {}, {})
  t.throws(() => session.query(wrong(unknown)), { name: 'SchemaError' })
  t.end()
})

t.test('a column beside groups or aggregates has no one value', async (t) => {
  const owners = session.query(image.owner, count()).groupBy(image.owner)
  const queries: Record<string, AnyQuery> = {
    'an ungrouped column': session.query(image.name, count()).groupBy(image.owner),
    'a column beside an aggregate': session.query(image.name, count()),
    'a model beside groups': session.query(Image, count()).groupBy(image.owner),
    'an ungrouped order': owners.orderBy(image.name),
    'an ungrouped having': owners.having(image.name.eq('alpine')),
    'an expression of an ungrouped column': session.query(image.size.plus(1)).groupBy(image.owner),
  }
  for (const [what, query] of Object.entries(queries)) {
    await rejectsAll(t, QueryError, 'ROME_QUERY_INVALID', { [what]: () => query.all() })
  }
  refuses(t, QueryError, 'ROME_QUERY_INVALID', {
    'an aggregate in filter()': () => images.filter(count().gt(1)),
    'an aggregate in groupBy()': () => names.groupBy(max(image.name)),
    'an aggregate of an aggregate': () => sum(wrong(max(image.size))),
    'a sum of text': () => sum(image.name),
    'an order of JSON': () => image.tags.asc(),
    'a maximum of JSON': () => max(image.tags),
  })
})

t.test('under distinct and after set operations only what was selected can be ordered and filtered by', async (t) => {
  const queries: Record<string, AnyQuery> = {
    'an unselected order under distinct': names.distinct().orderBy(image.id),
    'an unselected order of distinct tuples': session.query(image.name, image.owner).distinct().orderBy(image.size),
    'an unselected order after union': names.union(names).orderBy(image.id),
    'an unselected filter after union': names.union(names).filter(image.id.eq(1)),
    'pages of distinct columns without an order of all of them': session
      .query(image.name, image.owner)
      .distinct()
      .orderBy(image.name),
  }
  const read = (query: AnyQuery) => query.page({ size: 1 })
  for (const [what, query] of Object.entries(queries)) {
    await rejectsAll(t, QueryError, 'ROME_QUERY_INVALID', { [what]: () => read(query) })
  }
})

t.test('set operations combine queries of one shape and one session', (t) => {
  refuses(t, QueryError, 'ROME_QUERY_INVALID', {
    'a model and a column': () => images.union(wrong(names)),
    'two models': () => images.union(wrong(session.query(Property))),
    'more columns': () => names.unionAll(wrong(session.query(image.name, image.id))),
    'columns of other types': () => names.intersect(wrong(session.query(image.id))),
    'columns in another order': () =>
      session.query(image.name, image.id).except(wrong(session.query(image.id, image.name))),
    'select() after it': () => names.union(names).select(image.id),
    'join() after it': () => images.union(images).join(Property),
    'groupBy() after it': () => names.union(names).groupBy(image.name),
    'having() after it': () => names.union(names).having(count().gt(1)),
    'withDeleted() after it': () => images.union(images).withDeleted(),
    'onlyDeleted() after it': () => images.union(images).onlyDeleted(),
  })
  refuses(t, UsageError, 'ROME_ARGUMENT', {
    'a query of another session': () => images.union(rome.session().query(Image)),
  })
  t.end()
})
