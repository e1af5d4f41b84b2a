import t from 'tap'
import { and_, create, not_, type RomeSession } from '../../lib/index.js'
import { addImages, Image, image, openImages, Property, property } from '../support/image-fixture.js'

/** A session over the images of the fixture. */
async function withImages(test: Parameters<typeof openImages>[0]): Promise<RomeSession> {
  const session = (await openImages(test)).session()
  await addImages(session)
  return session
}

t.test('in([]) is false and notIn([]) true, of a null as well; a null among values is refused', async (t) => {
  const session = await withImages(t)
  const images = session.query(Image)
  t.equal(await images.filter(image.size.in([])).count(), 0)
  t.equal(await images.filter(image.size.notIn([])).count(), 4, 'the size of one is null')
  t.equal(await images.filter(not_(image.size.in([]))).count(), 4)
  t.equal(await images.filter(image.size.notIn([20])).count(), 2, 'a null is not known to be another value')
  const wrong = null as never
  for (const refused of [
    () => image.size.in([1, wrong]),
    () => image.size.notIn([wrong]),
    () => image.size.eq(wrong),
    () => images.filterBy({ size: wrong }),
  ]) {
    t.throws(refused, { name: 'UsageError', code: 'ROME_NULL_COMPARISON' })
  }
})

t.test(
  'like minds case, takes _ for a code point and backslash for an escape; between includes both ends',
  async (t) => {
    const session = await withImages(t)
    const texts = ['100%', '1000', 'a_c', 'abc', 'a😀c', 'ABC', 'ÉTÉ', 'back\\slash', '']
    session.addAll(texts.map((name, at) => create(Image, { id: 100 + at, name, owner: 'texts', size: at })))
    await session.commit()
    const named = session.query(image.name).filter(image.owner.eq('texts')).orderBy(image.id)
    t.strictSame(await named.filter(image.name.like('a_c')).all(), ['a_c', 'abc', 'a😀c'])
    t.strictSame(await named.filter(image.name.like('a\\_c')).all(), ['a_c'])
    t.strictSame(await named.filter(image.name.like('100\\%')).all(), ['100%'])
    t.strictSame(await named.filter(image.name.like('100%')).all(), ['100%', '1000'])
    t.strictSame(await named.filter(image.name.like('%\\\\%')).all(), ['back\\slash'])
    t.strictSame(await named.filter(image.name.ilike('aBc')).all(), ['abc', 'ABC'])
    t.strictSame(await named.filter(image.name.ilike('été')).all(), ['ÉTÉ'])
    t.strictSame(await named.filter(image.name.like('%')).count(), texts.length)
    t.throws(() => image.name.like('a\\'), { name: 'UsageError' })
    t.equal(await named.filter(image.size.between(1, 3)).count(), 3)
    t.equal(await named.filter(image.size.between(3, 1)).count(), 0, 'crossed bounds leave nothing')
  },
)

t.test('delete follows the model; hardDelete erases; softDelete leaves out what is deleted already', async (t) => {
  const session = await withImages(t)
  const ofBob = session.query(Image).withDeleted().filter(image.owner.eq('bob'))
  t.equal(await ofBob.softDelete(), 2, 'one of three was deleted before')
  t.equal(await ofBob.softDelete(), 0)
  t.equal(await ofBob.delete(), 0, 'delete is softDelete here')
  t.equal(await ofBob.count(), 3, 'all rows are there')
  t.equal(await session.query(Image).filter(image.id.eq(1)).delete(), 1)
  t.equal(await session.query(Image).withDeleted().count(), 5)
  t.equal(await session.query(Property).filter(property.imageId.eq(2)).delete(), 2)
  t.equal(await session.query(Property).withDeleted().count(), 3, 'a model without @deletedAt is erased')
  await t.rejects(session.query(Property).everything().softDelete(), { name: 'UsageError' })
  t.equal(await session.query(Image).filter(image.id.eq(2)).hardDelete(), 1)
  t.equal(await session.query(Image).withDeleted().count(), 4)
})

t.test(
  'withDeleted covers all models of its query, onlyDeleted the root; operands and subqueries have their own',
  async (t) => {
    const session = await withImages(t)
    const pairs = session.query(property.id, image.id).join(Image, property.imageId.eq(image.id)).orderBy(property.id)
    t.strictSame(await pairs.count(), 4, 'a deleted image is hidden where it is joined')
    t.strictSame((await pairs.withDeleted().all()).at(-1), [5, 5])
    const deleted = session.query(image.id, property.id).onlyDeleted().join(Property, property.imageId.eq(image.id))
    t.strictSame(await deleted.all(), [[5, 5]])
    const ids = session.query(image.id)
    t.strictSame(
      await ids
        .onlyDeleted()
        .unionAll(ids.filter(image.id.eq(1)))
        .all(),
      [5, 1],
    )
    const ofImages = session.query(property.id).orderBy(property.id)
    t.strictSame(await ofImages.withDeleted().filter(property.imageId.in(ids)).all(), [1, 2, 3, 4])
    t.strictSame(await ofImages.filter(property.imageId.in(ids.withDeleted())).all(), [1, 2, 3, 4, 5])
    const outer = session.query(property.id, image.id).outerJoin(Image, property.imageId.eq(image.id))
    t.strictSame(await outer.filter(property.id.eq(5)).one(), [5, null], 'hidden before the outer join completes')
  },
)

t.test('create takes the times and the key that Rome would give, so that data can be imported', async (t) => {
  const session = await withImages(t)
  const [createdAt, updatedAt, deletedAt] = [1, 2, 3].map((day) => new Date(Date.UTC(2001, 0, day)))
  session.add(create(Image, { id: 77, name: 'old', owner: 'eve', size: null, createdAt, updatedAt, deletedAt }))
  await session.commit()
  const times = session.query(image.createdAt, image.updatedAt, image.deletedAt).onlyDeleted()
  t.strictSame(await times.filter(image.id.eq(77)).one(), [createdAt, updatedAt, deletedAt])
})

t.test('a referenced row may be soft-deleted, and a live row may refer to a deleted one', async (t) => {
  const session = await withImages(t)
  t.equal(await session.query(Image).filter(image.id.eq(1)).delete(), 1)
  session.add(create(Property, { id: 99, imageId: 1, name: 'late', value: null }))
  await session.commit()
  t.equal(await session.query(Property).filter(property.imageId.eq(1)).count(), 3, 'nothing cascades')
})

t.test('update gives the rows matched, bumps version and time, and entities of the session follow', async (t) => {
  const rome = await openImages(t)
  const session = rome.session()
  await addImages(session)
  const held = await session.getOrThrow(Image, 1)
  const { updatedAt } = held
  await new Promise((resume) => setTimeout(resume, 2))
  const changed = await session.query(Image).filter(image.owner.eq('ada')).update({ name: 'same', owner: 'ada' })
  t.equal(changed, 2, 'rows matched, whether they differ or not')
  t.equal(held.name, 'same')
  t.equal(held.version, 2)
  t.ok(held.updatedAt > updatedAt)
  t.notOk(session.isModified(held))
  await session.commit()
  const again = rome.session().query(Image).filter(image.id.eq(1))
  t.strictSame(await again.select(image.name, image.version).one(), ['same', 2])
  await t.rejects(session.query(Image).filter(image.id.eq(1)).limit(1).update({ name: 'x' }), { name: 'UsageError' })
})

t.test('pages go both ways in the order of the query, by sizes that may change, completed by the key', async (t) => {
  const session = await withImages(t)
  const byOwner = session.query(Image).orderBy(image.owner.desc())
  const all = ids((await byOwner.page({ size: 9 })).items)
  t.strictSame(all, [4, 3, 2, 1], 'the key has the direction of the last order')
  const first = await byOwner.page({ size: 1 })
  t.strictSame(Object.keys(first), ['items', 'next'], 'nothing comes before the first page')
  const rest = await byOwner.page({ size: 3, after: first.next })
  t.strictSame(ids(rest.items), all.slice(1))
  t.equal(rest.next, undefined, 'nothing comes after the last page')
  const back = await byOwner.page({ size: 9, before: rest.previous })
  t.strictSame(ids(back.items), all.slice(0, 1))
  t.equal(back.previous, undefined)
  const last = await byOwner.page({ size: 2, after: rest.previous })
  t.strictSame(ids(last.items), all.slice(2), 'a token marks a place, to go on in either direction')
  const owners = session.query(image.owner, image.status).distinct().orderBy(image.owner, image.status)
  const { items, next } = await owners.page({ size: 2 })
  t.strictSame([...items, ...(await owners.page({ size: 2, after: next })).items], await owners.all())
  await t.rejects(byOwner.limit(1).page({ size: 1 }), { name: 'UsageError' })
})

t.test(
  'paginate looks only at the sort keys of a marker, which is an entity or a key; the key completes them',
  async (t) => {
    const session = await withImages(t)
    const images = session.query(Image)
    t.strictSame(ids(await images.paginate({ limit: 2, sortKeys: ['owner'], sortDirs: ['desc'] })), [4, 3])
    const rest = { limit: 9, sortKeys: ['owner'], sortDirs: 'desc' } as const
    t.strictSame(ids(await images.paginate({ ...rest, marker: 3 })), [2, 1], 'a key')
    t.strictSame(
      ids(await images.paginate({ ...rest, marker: await session.getOrThrow(Image, 3) })),
      [2, 1],
      'an entity',
    )
    const unsaved = Object.assign(Object.create(Image.prototype), { id: 3, owner: 'bob' })
    t.strictSame(ids(await images.paginate({ ...rest, marker: unsaved })), [2, 1], 'an entity of which no row is read')
    t.strictSame(ids(await images.paginate({ sortKeys: ['size'], marker: 3 })), [4], 'nulls are last')
    t.strictSame(ids(await images.paginate({ sortKeys: ['size'], sortDirs: 'desc', marker: 4 })), [3, 1, 2], 'or first')
    t.strictSame(ids(await images.paginate({})), [1, 2, 3, 4], 'by the key alone')
    await t.rejects(images.paginate({ marker: 99 }), { name: 'UsageError', code: 'ROME_MARKER_NOT_FOUND' })
    const unknown = { sortKeys: ['nme' as 'name'] }
    await t.rejects(images.paginate(unknown), { name: 'UsageError', code: 'ROME_SORT_KEY_UNKNOWN' })
    await t.rejects(images.orderBy(image.id).paginate({}), { name: 'UsageError', code: 'ROME_ARGUMENT' })
  },
)

t.test('get gives undefined for what is missing or soft-deleted, where getOrThrow raises', async (t) => {
  const session = await withImages(t)
  t.equal((await session.get(Image, 1))?.name, 'alpine')
  for (const id of [5, 99]) {
    t.equal(await session.get(Image, id), undefined)
    await t.rejects(session.getOrThrow(Image, id), { name: 'QueryError', code: 'ROME_NO_RESULT' })
  }
  t.equal((await session.get(Image, 5, { withDeleted: true }))?.name, 'ghost')
})

t.test('a null compared is neither true nor false: a filter keeps what is true, of the contrary as well', async (t) => {
  const session = await withImages(t)
  const images = session.query(Image)
  const isSmall = image.size.lt(100)
  t.equal(await images.filter(isSmall).count(), 1)
  t.equal(await images.filter(not_(isSmall)).count(), 2)
  t.equal(await images.filter(and_(isSmall, not_(isSmall))).count(), 0)
  t.equal(await images.filter(image.size.isNull()).count(), 1)
})

function ids(images: readonly Image[]): number[] {
  return images.map(({ id }) => id)
}
