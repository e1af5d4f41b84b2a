import t from 'tap'
import { column } from '../../lib/decorators/column.js'
import { entity } from '../../lib/decorators/entity.js'
import { unique } from '../../lib/decorators/indexes.js'
import { manyToOne } from '../../lib/decorators/many-to-one.js'
import { oneToMany } from '../../lib/decorators/one-to-many.js'
import { primaryKey } from '../../lib/decorators/primary-key.js'
import { scope } from '../../lib/decorators/scope.js'
import { memory } from '../../lib/engines/memory/index.js'
import type { Collection } from '../../lib/schema/collection.js'
import { create } from '../../lib/schema/create.js'
import { fields } from '../../lib/schema/fields.js'
import type { Ref } from '../../lib/schema/ref.js'
import { Rome } from '../../lib/session/rome.js'
import { t as types } from '../../lib/values/t.js'
import { onBothEngines } from '../support/both-engines.js'
import { Disk, DiskLabel, File, fill, Label, models, sessionOf, unscoped } from '../support/scopes-fixture.js'

const disk = fields(Disk)

onBothEngines('update and delete by query touch rows in scope alone', async (t, engine) => {
  await using rome = await Rome.open({ engine, models, fullScans: 'allow' })
  await fill(rome)
  await using ada = sessionOf(rome, 'ada')
  const everyone = () => ada.query(disk.id, disk.size).withoutScope('tenant').orderBy(disk.id)
  t.equal(await ada.query(Disk).everything().update({ size: 9 }), 3)
  t.equal(
    await ada
      .query(Disk)
      .filter(disk.id.in([1, 11]))
      .delete(),
    1,
  )
  t.same(await everyone().all(), [
    [2, 9],
    [3, 9],
    [11, 1],
    [12, 2],
    [13, 3],
  ])
  await t.rejects(ada.query(Disk).update({ size: 1 }), { code: 'ROME_NO_PREDICATE' }, 'a scope is no predicate')
  t.equal(await ada.query(Disk).withoutScope('tenant').everything().softDelete(), 5)
})

onBothEngines('a checked scope refuses rows outside of it, inserted or changed', async (t, engine) => {
  await using rome = await Rome.open({ engine, models, fullScans: 'allow' })
  await fill(rome)
  await using ada = sessionOf(rome, 'ada')
  const refusal = { name: 'ConstraintError', code: 'ROME_SCOPE_CHECK', context: { model: 'disks', scope: 'tenant' } }
  const stray = ada.add(create(Disk, { id: 5, owner: 'bob', name: 'stray' }))
  await t.rejects(ada.flush(), refusal)
  stray.owner = 'ada'
  await ada.commit()

  const own = await ada.getOrThrow(Disk, 1)
  own.owner = 'bob'
  await t.rejects(ada.flush(), refusal)
  own.owner = 'ada'
  await ada.flush()
  await t.rejects(ada.query(Disk).filter(disk.id.eq(1)).update({ owner: 'bob' }), refusal)
  t.equal(await ada.query(Disk).count(), 4, 'nothing was changed')

  const foreign = await ada.query(Disk).withoutScope('tenant').filterBy({ id: 11 }).one()
  foreign.size = 100
  await t.rejects(ada.flush(), refusal, 'a row that was seen without the scope is not written within it')
  await ada.rollback()
  ada.delete(await ada.query(Disk).withoutScope('tenant').filterBy({ id: 13 }).one())
  await ada.commit()

  await using admin = rome.session({ scopes: unscoped })
  admin.add(create(Disk, { id: 6, owner: 'cay', name: 'by an admin' }))
  await admin.commit()
})

onBothEngines('writes in bulk see and check the same rows', async (t, engine) => {
  await using rome = await Rome.open({ engine, models, fullScans: 'allow' })
  await fill(rome)
  await using ada = sessionOf(rome, 'ada')
  const refusal = { code: 'ROME_SCOPE_CHECK' }
  await t.rejects(ada.bulkInsert(Disk, [{ id: 5, owner: 'bob', name: 'stray' }]), refusal)
  await t.rejects(ada.bulkUpdate(Disk, [{ id: 1, owner: 'bob' }]), refusal)
  await t.rejects(ada.bulkUpdate(Disk, [{ id: 11, size: 7 }]), { code: 'ROME_NO_RESULT' })
  t.equal(await ada.bulkDelete(Disk, [1, 11]), 1)
  t.equal(await ada.bulkDelete(File, [31, 21], { hard: true }), 1, 'by a scope that asks for related rows')
  t.same(await ada.query(disk.id).withoutScope('tenant').orderBy(disk.id).all(), [2, 3, 11, 12, 13])
})

onBothEngines('a scope that checks nothing lets a row leave it', async (t, engine) => {
  await using rome = await Rome.open({ engine, models, fullScans: 'allow' })
  await fill(rome)
  await using ada = sessionOf(rome, 'ada')
  const link = await ada.getOrThrow(DiskLabel, { diskId: 1, labelId: 1 })
  link.isShown = false
  await ada.flush()
  t.equal(await ada.get(DiskLabel, { diskId: 1, labelId: 1 }), undefined)
  t.equal(ada.stateOf(link), 'persistent', 'the session goes on to follow the entity')
  t.same(await ada.query(fields(DiskLabel).diskId).all(), [2, 11])
  link.isShown = true
  await ada.commit()
  t.equal(await ada.get(DiskLabel, { diskId: 1, labelId: 1 }), link)
})

onBothEngines(
  'keys, unique values, foreign keys and links are of stored rows, whoever sees them',
  async (t, engine) => {
    await using rome = await Rome.open({ engine, models, fullScans: 'allow' })
    await fill(rome)
    await using ada = sessionOf(rome, 'ada')
    ada.add(create(Disk, { id: 11, owner: 'ada', name: 'the key of another tenant' }))
    await t.rejects(ada.flush(), { code: 'ROME_PRIMARY_KEY_EXISTS' })
    await ada.rollback()

    ada.add(create(Disk, { id: 7, owner: 'ada', name: 'a copy', copyOfId: 13 }))
    await ada.flush()
    t.same(await ada.query(disk.id).filter(disk.copyOf.some()).all(), [], 'it refers to a row that it does not see')
    await ada.rollback()
    const original = await ada.getOrThrow(Disk, 1)
    ada.hardDelete(original)
    await t.rejects(ada.flush(), { code: 'ROME_FOREIGN_KEY' }, 'a hidden row refers to it')
    await ada.rollback()

    const label = await ada.query(Label).filterBy({ id: 2 }).one()
    const [first] = await ada.query(Disk).orderBy(disk.id).limit(1).all()
    first.labels.add(label)
    await ada.commit()
    t.equal(await ada.query(DiskLabel).withoutScope('shown').count(), 6, 'the hidden link was found, and no other made')
  },
)

t.test('unique values are unique beyond the scope', async (t) => {
  @entity('accounts')
  @unique('email')
  @scope('tenant', (account, { owner }: { owner: string }) => account.owner.eq(owner), { default: true })
  class Account {
    @primaryKey(types.integer()) id!: number
    @column(types.string()) owner!: string
    @column(types.string()) email!: string
  }
  await using rome = await Rome.open({ engine: memory(), models: [Account] })
  await using session = rome.session({ scopes: { tenant: { owner: 'ada' } } })
  session.add(create(Account, { id: 1, owner: 'bob', email: 'bob@example.org' }))
  await session.flush()
  session.add(create(Account, { id: 2, owner: 'ada', email: 'bob@example.org' }))
  await t.rejects(session.flush(), { code: 'ROME_UNIQUE' })
})

onBothEngines('refresh wrote what it was to forget, where a scope asks for related rows', async (t, engine) => {
  await using rome = await Rome.open({ engine, models, fullScans: 'allow' })
  await fill(rome)
  await using ada = sessionOf(rome, 'ada')
  const [file, disk] = [await ada.getOrThrow(File, 10), await ada.getOrThrow(Disk, 2)]
  file.diskId = 2
  disk.size = 9
  await ada.refresh(file)
  t.equal(file.diskId, 1)
  t.notOk(ada.isModified(file))
  await ada.commit()
  await using check = rome.session({ scopes: unscoped })
  t.equal((await check.getOrThrow(File, 10)).diskId, 1)
  t.equal((await check.getOrThrow(Disk, 2)).size, 9)
})

@entity('teams')
class Team {
  @primaryKey(types.integer()) id!: number
}

/** Stays without its team, and is seen by those whom a grant names. */
@entity('plans')
@scope('granted', (plan, { user }: { user: string }) => plan.grants.some((grant) => grant.user.eq(user)), {
  default: true,
})
class Plan {
  @primaryKey(types.integer()) id!: number
  @column(types.integer().nullable()) teamId!: number | null
  @column(types.string()) title!: string
  @manyToOne(() => Team, { column: 'teamId', onDelete: 'setNull' }) team!: Ref<Team | null>
  @oneToMany(
    () => Grant,
    (grant) => grant.plan,
  )
  grants!: Collection<Grant>
}

@entity('grants')
class Grant {
  @primaryKey(types.integer()) id!: number
  @column(types.integer()) planId!: number
  @column(types.string()) user!: string
  @manyToOne(
    () => Plan,
    (plan) => plan.grants,
    { column: 'planId', onDelete: 'cascade' },
  )
  plan!: Ref<Plan>
}

onBothEngines('merge read rows before a scope had the flush change them', async (t, engine) => {
  await using rome = await Rome.open({ engine, models: [Team, Plan, Grant], fullScans: 'allow' })
  await rome.transact(
    (session) =>
      session.addAll([
        create(Team, { id: 1 }),
        create(Plan, { id: 1, teamId: 1, title: 'old' }),
        create(Grant, { id: 1, planId: 1, user: 'ada' }),
      ]),
    { scopes: { granted: false } },
  )
  const scopes = { granted: { user: 'ada' } }
  const plan = await rome.transact((session) => session.getOrThrow(Plan, 1), { scopes })
  plan.title = 'new'
  await using session = rome.session({ scopes })
  session.hardDelete(await session.getOrThrow(Team, 1))
  const merged = await session.merge(plan)
  t.match(merged, { teamId: null, title: 'new' })
  await session.commit()
  t.match(await session.getOrThrow(Plan, 1), { teamId: null, title: 'new' })
  t.same((await rome.verify()).problems, [])
})
