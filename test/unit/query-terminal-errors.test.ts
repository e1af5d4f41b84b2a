import t from 'tap'
import { count, type Page, type Query, QueryError, RomeError, UsageError } from '../../lib/index.js'
import { addImages, Image, image, openImages, Property, property } from '../support/image-fixture.js'
import { refuses, rejectsAll, wrong } from '../support/mistakes.js'

const rome = await openImages(t)
const session = rome.session()
await addImages(session)
const images = session.query(Image)
const names = session.query(image.name)

/** What is done here with queries of any model. */
type AnyQuery = Pick<Query<unknown>, 'all' | 'page'>

t.test('undefined is refused by the terminals that take values', async (t) => {
  await rejectsAll(t, UsageError, 'ROME_UNDEFINED', {
    'the size of a page': () => images.page({ size: wrong(undefined) }),
    'a key as marker': () => images.paginate({ marker: { id: undefined } }),
    'a value of update()': () => images.everything().update({ name: wrong(undefined) }),
  })
})

t.test('one, oneOrNone and scalar say when there is no result, or more than one', async (t) => {
  const none = names.filter(image.id.eq(99))
  const several = names.filter(image.owner.eq('ada'))
  await rejectsAll(t, QueryError, 'ROME_NO_RESULT', { one: () => none.one() })
  t.equal(await none.oneOrNone(), undefined)
  t.equal(await none.scalar(), undefined)
  t.equal(await none.first(), undefined)
  await rejectsAll(t, QueryError, 'ROME_MULTIPLE_RESULTS', {
    one: () => several.one(),
    oneOrNone: () => several.oneOrNone(),
    scalar: () => several.scalar(),
    'scalar of tuples': () => several.select(image.name, image.id).scalar(),
  })
  t.equal(await several.limit(1).orderBy(image.name).one(), 'alpine', 'a limit says which one')
  t.equal(await several.offset(1).orderBy(image.name).one(), 'cirros')
})

t.test('a subquery in the place of a value selects one value, and has one result', async (t) => {
  refuses(t, QueryError, 'ROME_QUERY_INVALID', {
    'an entity': () => images.asScalar(),
    'two columns': () => session.query(image.name, image.id).asScalar(),
    'an entity in in()': () => image.id.in(wrong(images)),
    'another type in in()': () => image.id.in(wrong(names)),
  })
  const several = session.query(Property).filter(property.name.eq(names.asScalar()))
  await rejectsAll(t, QueryError, 'ROME_MULTIPLE_RESULTS', {
    'one that depends on nothing': () => several.all(),
    'one of each row': () =>
      images.select(session.query(property.name).filter(property.imageId.eq(image.id)).asScalar()).all(),
  })
})

t.test('update and the deletes ask for a predicate, or everything()', async (t) => {
  const before = await images.withDeleted().count()
  await rejectsAll(t, UsageError, 'ROME_NO_PREDICATE', {
    update: () => images.update({ name: 'x' }),
    delete: () => images.delete(),
    softDelete: () => images.softDelete(),
    hardDelete: () => images.hardDelete(),
    'delete where nothing is soft-deleted': () => session.query(Property).delete(),
    'update of deleted rows': () => images.onlyDeleted().update({ name: 'x' }),
  })
  t.equal(await images.withDeleted().count(), before)
})

t.test('update and the deletes are by a filter alone', async (t) => {
  const filtered = images.filter(image.id.gt(0))
  const shapes: Record<string, Query<Image, Image>> = {
    'a join': filtered.join(Property),
    'an order': filtered.orderBy(image.name),
    'a limit': filtered.limit(1),
    'an offset': filtered.offset(1),
    distinct: filtered.distinct(),
    groups: filtered.groupBy(image.owner),
    having: filtered.having(count().gt(1)),
    'a set operation': filtered.union(filtered),
  }
  for (const [what, query] of Object.entries(shapes)) {
    await rejectsAll(t, UsageError, 'ROME_ARGUMENT', {
      [`update with ${what}`]: () => query.update({ name: 'x' }),
      [`delete with ${what}`]: () => query.delete(),
      [`softDelete with ${what}`]: () => query.softDelete(),
      [`hardDelete with ${what}`]: () => query.hardDelete(),
    })
  }
})

t.test('update refuses what it cannot set', async (t) => {
  const filtered = images.filter(image.id.eq(1))
  await rejectsAll(t, UsageError, 'ROME_ARGUMENT', {
    nothing: () => filtered.update({}),
    null: () => filtered.update(wrong(null)),
    'the primary key': () => filtered.update({ id: 9 }),
    'the version': () => filtered.update({ version: 9 }),
    'an expression of another type': () => filtered.update({ name: wrong(image.size) }),
    'softDelete of a model that is erased': () => session.query(Property).everything().softDelete(),
  })
  await rejectsAll(t, RomeError, 'ROME_UNKNOWN_COLUMN', {
    'an unknown column': () => filtered.update(wrong({ nme: 'x' })),
    'a relation': () => filtered.update(wrong({ properties: [] })),
  })
  await rejectsAll(t, QueryError, 'ROME_QUERY_INVALID', {
    'a column of another model': () => filtered.update({ name: property.name }),
  })
  await rejectsAll(t, RomeError, 'ROME_VALUE_TYPE', { 'a number as text': () => filtered.update({ name: wrong(1) }) })
  t.strictSame(await filtered.select(image.name, image.version).one(), ['alpine', 1], 'nothing was changed')
})

t.test('every terminal refuses options that it does not know, and values that are none', async (t) => {
  const filtered = images.filter(image.id.eq(1))
  const terminals: Record<string, (options: never) => unknown> = {
    all: (options) => images.all(options),
    first: (options) => images.first(options),
    one: (options) => filtered.one(options),
    count: (options) => images.count(options),
    stream: async (options) => images.stream(options),
    page: (options) => images.page(options),
    paginate: (options) => images.paginate(options),
    update: (options) => filtered.update({ name: 'x' }, options),
    hardDelete: (options) => filtered.hardDelete(options),
    explain: (options) => images.explain(options),
  }
  for (const [name, terminal] of Object.entries(terminals)) {
    const size = name === 'page' ? { size: 1 } : {}
    await rejectsAll(t, UsageError, 'ROME_ARGUMENT', {
      [`${name} with a misspelt option`]: () => terminal(wrong({ ...size, signel: AbortSignal.abort() })),
      [`${name} with a signal that is none`]: () => terminal(wrong({ ...size, signal: {} })),
      [`${name} with a budget that is none`]: () => terminal(wrong({ ...size, budget: 5 })),
      [`${name} with null`]: () => terminal(wrong(null)),
    })
  }
  await rejectsAll(t, UsageError, 'ROME_ARGUMENT', {
    'page without options': () => images.page(wrong(undefined)),
    'paginate without options': () => images.paginate(wrong(undefined)),
    'a token that is a number': () => images.page({ size: 1, after: wrong(7) }),
    'a token that is null': () => images.page({ size: 1, after: wrong(null) }),
    'sort keys that are a text': () => images.paginate({ sortKeys: wrong('name') }),
  })
  await rejectsAll(t, UsageError, 'ROME_UNDEFINED', {
    'update with no values': () => filtered.update(wrong(undefined)),
  })
})

t.test('page goes with no limit, no offset, no second token', async (t) => {
  const { next } = await images.orderBy(image.id).page({ size: 1 })
  await rejectsAll(t, UsageError, 'ROME_ARGUMENT', {
    limit: () => images.limit(5).page({ size: 1 }),
    offset: () => images.offset(1).page({ size: 1 }),
    'two tokens': () => images.orderBy(image.id).page({ size: 1, after: next, before: next }),
  })
})

t.test('a token is of one query of one store, and of no other bytes', async (t) => {
  const query = images.filter(image.size.gt(0)).orderBy(image.name)
  const token = tokenOf(await query.page({ size: 1 }))
  const otherRome = await openImages(t)
  const otherSession = otherRome.session()
  await addImages(otherSession)
  const others: Record<string, AnyQuery> = {
    'another filter': images.filter(image.size.gt(1)).orderBy(image.name),
    'no filter': images.orderBy(image.name),
    'another order': images.filter(image.size.gt(0)).orderBy(image.id),
    'the other direction': images.filter(image.size.gt(0)).orderBy(image.name.desc()),
    'a further order': query.orderBy(image.owner),
    'another selection': query.select(image.name),
    'another scope': query.withDeleted(),
    'a join': query.join(Property),
    distinct: query.distinct(),
    'a set operation': images.filter(image.size.gt(0)).union(images).orderBy(image.name),
    'another model': session.query(Property).orderBy(property.name),
    'the same query of another store': otherSession.query(Image).filter(image.size.gt(0)).orderBy(image.name),
  }
  for (const [what, other] of Object.entries(others)) {
    await rejectsAll(t, QueryError, 'ROME_PAGE_TOKEN', {
      [`after, ${what}`]: () => other.page({ size: 1, after: token }),
      [`before, ${what}`]: () => other.page({ size: 1, before: token }),
    })
  }
  for (let at = 0; at < token.length; at++) {
    const changed = `${token.slice(0, at)}${token[at] === 'A' ? 'B' : 'A'}${token.slice(at + 1)}`
    await rejectsAll(t, QueryError, 'ROME_PAGE_TOKEN', { [changed]: () => query.page({ size: 1, after: changed }) })
  }
  await rejectsAll(t, QueryError, 'ROME_PAGE_TOKEN', {
    'a part of it': () => query.page({ size: 1, after: token.slice(0, -4) }),
    'more than it': () => query.page({ size: 1, after: `${token}AAAA` }),
    padding: () => query.page({ size: 1, after: `${token}=` }),
    nothing: () => query.page({ size: 1, after: '' }),
  })
  t.strictSame(
    (await query.page({ size: 9, after: token })).items.map(({ name }) => name),
    ['cirros', 'debian'],
  )
})

t.test('paginate refuses unknown markers and sort keys by codes of their own', async (t) => {
  await rejectsAll(t, UsageError, 'ROME_MARKER_NOT_FOUND', {
    'a key that is not there': () => images.paginate({ marker: 99 }),
    'a key of a deleted row': () => images.paginate({ marker: 5 }),
    'a key of a live row among deleted ones': () => images.onlyDeleted().paginate({ marker: 1 }),
  })
  await rejectsAll(t, UsageError, 'ROME_SORT_KEY_UNKNOWN', {
    'an unknown name': () => images.paginate({ sortKeys: [wrong('nme')] }),
    'a relation': () => images.paginate({ sortKeys: [wrong('properties')] }),
    'a column without an order': () => images.paginate({ sortKeys: ['tags'] }),
  })
  await rejectsAll(t, UsageError, 'ROME_ARGUMENT', {
    orderBy: () => images.orderBy(image.id).paginate({}),
    limit: () => images.limit(1).paginate({}),
    offset: () => images.offset(1).paginate({}),
    'a join': () => images.join(Property).paginate({}),
    'a column': () => names.paginate({}),
    'a set operation': () => images.union(images).paginate({}),
    'another direction': () => images.paginate({ sortKeys: ['name'], sortDirs: [wrong('up')] }),
    'a direction too many': () => images.paginate({ sortKeys: ['name'], sortDirs: ['asc', 'desc'] }),
  })
  await rejectsAll(t, RomeError, 'ROME_VALUE_TYPE', { 'a marker of no key': () => images.paginate({ marker: 'x' }) })
})

t.test('an aborted signal ends every terminal, with its reason as cause', async (t) => {
  const reason = new Error('enough')
  const options = { signal: AbortSignal.abort(reason) }
  const filtered = images.filter(image.id.eq(1))
  await rejectsAll(t, RomeError, 'ROME_ABORTED', {
    all: () => images.all(options),
    first: () => images.first(options),
    one: () => filtered.one(options),
    oneOrNone: () => filtered.oneOrNone(options),
    scalar: () => filtered.scalar(options),
    count: () => images.count(options),
    exists: () => images.exists(options),
    stream: () => images.stream(options).next(),
    page: () => images.page({ size: 1, ...options }),
    paginate: () => images.paginate(options),
    update: () => filtered.update({ name: 'x' }, options),
    delete: () => filtered.delete(options),
    softDelete: () => filtered.softDelete(options),
    hardDelete: () => filtered.hardDelete(options),
    explain: () => images.explain(options),
    'explain and analyze': () => images.explain({ analyze: true, ...options }),
  })
  const error = await images.all(options).catch((given: unknown) => given)
  t.equal((error as Error).cause, reason)
  t.equal(await filtered.select(image.name).scalar(), 'alpine', 'nothing was written, and the session is usable')
})

function tokenOf(page: Page<unknown>): string {
  if (page.next === undefined) throw new Error('the page is the last one')
  return page.next
}
