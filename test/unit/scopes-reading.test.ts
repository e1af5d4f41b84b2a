import { count } from '../../lib/expressions/aggregate.js'
import { and_, exists, not_, or_ } from '../../lib/expressions/predicate.js'
import { alias } from '../../lib/schema/alias.js'
import { fields } from '../../lib/schema/fields.js'
import { Rome } from '../../lib/session/rome.js'
import { onBothEngines } from '../support/both-engines.js'
import { Disk, File, fill, idsOf, Label, models, sessionOf, target, unscoped } from '../support/scopes-fixture.js'

const disk = fields(Disk)
const file = fields(File)

onBothEngines('a default scope holds for every query of its model', async (t, engine) => {
  await using rome = await Rome.open({ engine, models, fullScans: 'allow' })
  await fill(rome)
  const ada = sessionOf(rome, 'ada')
  const ids = (disks: readonly Disk[]) => disks.map(({ id }) => id).sort((a, b) => a - b)

  await t.test('whatever the filter, with or_ and not_ too', async (t) => {
    t.same(ids(await ada.query(Disk).all()), [1, 2, 3])
    t.same(
      ids(
        await ada
          .query(Disk)
          .filter(or_(disk.owner.eq('bob'), disk.size.gt(0)))
          .all(),
      ),
      [1, 2, 3],
    )
    t.same(
      ids(
        await ada
          .query(Disk)
          .filter(not_(disk.owner.eq('ada')))
          .all(),
      ),
      [],
    )
    t.same(
      await ada
        .query(Disk)
        .filter(disk.id.in([2, 11, 12]))
        .count(),
      1,
    )
    t.equal(await ada.query(Disk).filterBy({ id: 11 }).exists(), false)
    t.equal(await ada.query(Disk).filterBy({ id: 11 }).first(), undefined)
    t.same(await ada.query(disk.id).orderBy(disk.id.desc()).limit(2).all(), [3, 2])
  })

  await t.test('aggregates, groups and streams count no row outside', async (t) => {
    t.same(await ada.query(Disk).select(count()).all(), [3])
    t.same(await ada.query(disk.owner, count()).groupBy(disk.owner).all(), [['ada', 3]])
    t.same(await ada.query(disk.owner).distinct().all(), ['ada'])
    const streamed: number[] = []
    for await (const { id } of ada.query(Disk).orderBy(disk.id)) streamed.push(id)
    t.same(streamed, [1, 2, 3])
  })

  await t.test('every operand of a set operation', async (t) => {
    const all = ada.query(disk.id)
    t.same(
      await all
        .union(ada.query(disk.id).filter(disk.owner.eq('bob')))
        .orderBy(disk.id)
        .all(),
      [1, 2, 3],
    )
    const everyone = ada.query(disk.id).withoutScope('tenant')
    t.same(await everyone.except(all).orderBy(disk.id).all(), [11, 12, 13], 'one operand is switched off by itself')
  })

  await t.test('every joined model and alias, before an outer join completes with null', async (t) => {
    const original = alias(Disk, 'original')
    const copies = ada.query(disk.id, original.id)
    t.same(await copies.join(original, disk.copyOfId.eq(original.id)).all(), [], "a copy of bob's disk has no original")
    t.same(await copies.outerJoin(original, disk.copyOfId.eq(original.id)).orderBy(disk.id).all(), [
      [1, null],
      [2, null],
      [3, null],
    ])
    t.same(await copies.withoutScope('tenant').join(original, disk.copyOfId.eq(original.id)).orderBy(disk.id).all(), [
      [2, 11],
      [12, 1],
    ])
  })

  await t.test('a scope that asks for related rows, in joins of both kinds', async (t) => {
    const pairs = [
      [1, 10],
      [1, 11],
      [2, 20],
      [2, 21],
      [3, 30],
    ]
    t.same(await ada.query(disk.id, file.id).join(disk.files).orderBy(file.id).all(), pairs)
    t.same(await ada.query(disk.id, file.id).outerJoin(disk.files).orderBy(disk.id, file.id).all(), pairs)
    const files = await ada.query(file.id).outerJoin(file.disk).select(file.id, disk.id).orderBy(file.id).all()
    t.same(
      files,
      [...pairs.map(([diskId, fileId]) => [fileId, diskId]), [110, null], [120, null], [130, null]],
      'public files are seen, not the disks that they are on',
    )
  })

  await t.test('subqueries have their own, quantifiers those of their query', async (t) => {
    const inner = alias(Disk, 'inner')
    const copied = (query = ada.query(inner)) =>
      ada
        .query(disk.id)
        .filter(exists(query.filter(inner.id.eq(disk.copyOfId))))
        .all()
    t.same(await copied(), [])
    t.same(await copied(ada.query(inner).withoutScope('tenant')), [2])
    t.same(
      await ada
        .query(disk.id)
        .filter(disk.copyOfId.in(ada.query(inner.id)))
        .all(),
      [],
    )
    t.same(await ada.query(disk.id).filter(disk.copyOf.some()).all(), [])
    t.same(await ada.query(disk.id).filter(disk.copyOf.some()).withoutScope('tenant').orderBy(disk.id).all(), [2, 12])
    const hidden = disk.files.every((each) => each.isPublic.eq(true))
    t.same(await ada.query(disk.id).filter(hidden).all(), [3], 'a file that is not seen makes nothing false')
    t.same(await ada.query(file.id).filter(file.members.some()).all(), [], 'members have a scope of their own')
  })

  await t.test('named scopes narrow further, with arguments', async (t) => {
    t.same(ids(await ada.query(Disk).scope('large', { from: 2 }).all()), [2, 3])
    t.same(ids(await ada.query(Disk).scope('tenant', { owner: 'bob' }).all()), [], 'the default one goes on to apply')
    t.same(ids(await ada.query(Disk).withoutScope('tenant').scope('tenant', { owner: 'bob' }).all()), [11, 12, 13])
    t.same(await ada.query(Disk).scope('empty').count(), 0)
    const { files } = fields(Disk)
    t.same(
      await ada
        .query(Disk)
        .filter(and_(disk.id.eq(1), files.some()))
        .scope('large', { from: 1 })
        .count(),
      1,
    )
  })
  await ada.close()
})

onBothEngines('what is read by key is hidden outside of the scope, known or not', async (t, engine) => {
  await using rome = await Rome.open({ engine, models, fullScans: 'allow' })
  await fill(rome)
  const ada = sessionOf(rome, 'ada')
  t.equal((await ada.get(Disk, 1))?.id, 1)
  t.equal(await ada.get(Disk, 11), undefined)
  await t.rejects(ada.getOrThrow(Disk, 11), { code: 'ROME_NO_RESULT' })
  const other = await ada.query(Disk).withoutScope('tenant').filterBy({ id: 11 }).one()
  t.equal(await ada.get(Disk, 11), undefined, 'what the session holds is not given out')
  t.same(
    (await ada.getMany(Disk, [11, 1, 99])).map((each) => each?.id),
    [undefined, 1, undefined],
  )
  t.equal(await ada.get(Disk, 11, { withoutScope: ['tenant'] }), other)
  await t.rejects(ada.refresh(other), { code: 'ROME_NO_RESULT' })
  await t.rejects(ada.get(Disk, 11, { withoutScope: ['tennant'] }), { code: 'ROME_SCOPE_UNKNOWN' })

  t.equal((await ada.get(File, 11))?.id, 11, 'by a membership')
  t.equal(await ada.get(File, 31), undefined)
  t.equal((await ada.get(File, 110))?.id, 110, 'by being public')
  t.same(
    (await ada.getMany(File, [31, 11, 111])).map((each) => each?.id),
    [undefined, 11, undefined],
  )

  const mine = await ada.getOrThrow(File, 11)
  const admin = rome.session({ scopes: unscoped })
  await admin.query(File).filter(file.id.eq(11)).hardDelete()
  await admin.commit()
  await ada.commit()
  t.equal(await ada.get(File, 11), undefined)
  t.equal(ada.stateOf(mine), 'deleted', 'the row is gone, not hidden')
  await ada.close()
  await admin.close()
})

onBothEngines('relations hold what is in scope, however they are loaded', async (t, engine) => {
  await using rome = await Rome.open({ engine, models, fullScans: 'allow' })
  await fill(rome)
  const ada = sessionOf(rome, 'ada')
  const [first, second, third] = await ada.query(Disk).orderBy(disk.id).include('files', 'copyOf', 'labels').all()
  t.same(idsOf(first.files), [10, 11])
  t.same(idsOf(third.files), [30], 'a file without a membership is hidden')
  t.equal(target(second.copyOf), null, "bob's disk is hidden")
  t.same(idsOf(second.labels), [1], 'a hidden row between the two relates nothing')

  const again = await ada.query(Disk).withoutScope('visible', 'shown').filterBy({ id: 3 }).include('files').one()
  t.same(idsOf(again.files), [30, 31])
  const linked = await ada.query(Disk).withoutScope('shown').filterBy({ id: 2 }).include('labels').one()
  t.same(idsOf(linked.labels), [1, 2])

  const fresh = sessionOf(rome, 'ada')
  const copy = await fresh.getOrThrow(Disk, 2)
  await fresh.query(Disk).withoutScope('tenant').all()
  t.equal(await copy.copyOf.load(), null, 'also when the session holds the entity')
  t.same(idsOf(await copy.files.load()), [20, 21])
  t.same(idsOf(await (await fresh.query(Label).filterBy({ id: 1 }).one()).disks.load()), [1, 2])
  await fresh.close()

  const off = rome.session({ scopes: { ...unscoped } })
  const seen = await off.getOrThrow(Disk, 2)
  t.equal((await seen.copyOf.load())?.id, 11, 'a session may switch scopes off')
  t.equal(await off.query(Disk).count(), 6)
  await off.close()
  await ada.close()
})

onBothEngines('pages and markers are of one scope', async (t, engine) => {
  await using rome = await Rome.open({ engine, models, fullScans: 'allow' })
  await fill(rome)
  const [ada, bob] = [sessionOf(rome, 'ada'), sessionOf(rome, 'bob')]
  const page = await ada.query(Disk).orderBy(disk.size).page({ size: 2 })
  t.same(
    page.items.map(({ id }) => id),
    [1, 2],
  )
  const next = await sessionOf(rome, 'ada').query(Disk).orderBy(disk.size).page({ size: 2, after: page.next })
  t.same(
    next.items.map(({ id }) => id),
    [3],
  )
  const foreign = bob.query(Disk).orderBy(disk.size).page({ size: 2, after: page.next })
  await t.rejects(foreign, { code: 'ROME_PAGE_TOKEN' }, 'a token of another tenant')
  const wider = ada.query(Disk).withoutScope('tenant').orderBy(disk.size).page({ size: 2, after: page.next })
  await t.rejects(wider, { code: 'ROME_PAGE_TOKEN' }, 'a token of a narrower query')
  const byRelated = await ada.query(Label).filter(fields(Label).disks.some()).page({ size: 1 })
  t.same(
    byRelated.items.map(({ id }) => id),
    [1],
  )

  t.same(
    (await ada.query(Disk).paginate({ limit: 2, marker: 1 })).map(({ id }) => id),
    [2, 3],
  )
  await t.rejects(ada.query(Disk).paginate({ limit: 2, marker: 11 }), { code: 'ROME_MARKER_NOT_FOUND' })
  await rome.close()
})
