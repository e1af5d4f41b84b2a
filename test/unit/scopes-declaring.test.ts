import t from 'tap'
import { column } from '../../lib/decorators/column.js'
import { entity } from '../../lib/decorators/entity.js'
import { manyToOne } from '../../lib/decorators/many-to-one.js'
import { primaryKey } from '../../lib/decorators/primary-key.js'
import { scope } from '../../lib/decorators/scope.js'
import { memory } from '../../lib/engines/memory/index.js'
import { count } from '../../lib/expressions/aggregate.js'
import { alias } from '../../lib/schema/alias.js'
import { create } from '../../lib/schema/create.js'
import { defineEntity } from '../../lib/schema/define-entity.js'
import { fields } from '../../lib/schema/fields.js'
import type { Ref } from '../../lib/schema/ref.js'
import { schemaOf } from '../../lib/schema/schema-of.js'
import { Rome } from '../../lib/session/rome.js'
import { t as types } from '../../lib/values/t.js'
import { Disk, fill, Label, models, sessionOf, unscoped } from '../support/scopes-fixture.js'

const columns = { id: primaryKey(types.integer()), owner: types.string() }
const disk = fields(Disk)

async function filled(test: { teardown(work: () => Promise<void>): void }): Promise<Rome> {
  const rome = await Rome.open({ engine: memory({ partitions: 1 }), models, fullScans: 'allow' })
  test.teardown(() => rome.close())
  await fill(rome)
  return rome
}

t.test('a default scope without its arguments is refused, whatever reads the model', async (t) => {
  const rome = await filled(t)
  const session = rome.session()
  const refusal = { name: 'UsageError', code: 'ROME_SCOPE_ARGUMENTS', context: { model: 'disks', scope: 'tenant' } }
  await t.rejects(session.query(Disk).all(), refusal)
  await t.rejects(session.query(Disk).count(), refusal)
  await t.rejects(session.query(Disk).explain(), refusal)
  await t.rejects(session.query(Disk).page({ size: 1 }), refusal)
  await t.rejects(session.query(Disk).stream().next(), refusal)
  await t.rejects(session.query(Disk).everything().delete(), refusal)
  await t.rejects(session.query(Label).join(fields(Label).disks).all(), refusal)
  await t.rejects(session.query(Label).filter(fields(Label).disks.some()).all(), refusal)
  await t.rejects(session.query(Label).include('disks').all(), refusal)
  await t.rejects(session.get(Disk, 1), refusal)
  await t.rejects(session.getMany(Disk, [1]), refusal)
  t.equal(await session.query(Disk).withoutScope('tenant').count(), 6)
  t.equal(await session.query(Label).filter(fields(Label).disks.some()).withoutScope('tenant').count(), 1)
  session.add(create(Disk, { id: 9, owner: 'ada', name: 'new' }))
  await t.rejects(session.flush(), refusal, 'nor is a row written that could not be checked')
})

t.test('names and arguments of scopes are checked', async (t) => {
  const rome = await filled(t)
  const open = (scopes: object) => () => rome.session({ scopes: scopes as Record<string, object> })
  t.throws(open({ tennant: { owner: 'ada' } }), { code: 'ROME_SCOPE_UNKNOWN', context: { scope: 'tennant' } })
  t.throws(open({ large: { from: 1 } }), { code: 'ROME_SCOPE_UNKNOWN' }, 'a session gives those of default scopes')
  t.throws(open({ tenant: undefined }), { code: 'ROME_UNDEFINED' })
  t.throws(open({ tenant: true }), { code: 'ROME_ARGUMENT' })
  t.throws(open({ tenant: null }), { code: 'ROME_ARGUMENT' })
  const given = { owner: 'ada' }
  const own = rome.session({ scopes: { tenant: given } })
  given.owner = 'bob'
  t.same(await own.query(disk.owner).distinct().all(), ['ada'], 'a session keeps what it was given')
  const misspelt = rome.session({ scopes: { tenant: { ownr: 'ada' } } })
  await t.rejects(misspelt.query(Disk).all(), { code: 'ROME_UNDEFINED' })
  const mistyped = rome.session({ scopes: { tenant: { owner: 5 } } })
  await t.rejects(mistyped.query(Disk).all(), { name: 'ValidationError' })

  const ada = sessionOf(rome, 'ada')
  t.throws(() => ada.query(Disk).withoutScope('tennant'), { code: 'ROME_SCOPE_UNKNOWN' })
  t.throws(() => ada.query(Disk).withoutScope('large'), { code: 'ROME_SCOPE_UNKNOWN' })
  t.throws(() => ada.query(Label).scope('large', { from: 1 }), { code: 'ROME_SCOPE_UNKNOWN' })
  t.throws(() => ada.query(Disk).scope('large'), { code: 'ROME_SCOPE_ARGUMENTS' })
  const both = ada.query(Disk).union(ada.query(Disk))
  t.throws(() => both.scope('empty'), { code: 'ROME_QUERY_INVALID' })
  t.throws(() => both.withoutScope('tenant'), { code: 'ROME_QUERY_INVALID' })
  await using plain = await Rome.open({ engine: memory(), models: [defineEntity('plain', columns)] })
  t.throws(() => plain.session({ scopes: { tenant: {} } }), { code: 'ROME_SCOPE_UNKNOWN' })
})

t.test('a scope that is not well-formed is refused with its model', (t) => {
  const legacy = scope as unknown as (...given: unknown[]) => unknown
  t.throws(() => legacy('', () => disk.id.eq(1)), { code: 'ROME_ARGUMENT' })
  t.throws(() => legacy('one'), { code: 'ROME_ARGUMENT' })
  t.throws(() => legacy('one', () => disk.id.eq(1), { always: true }), { code: 'ROME_ARGUMENT' })
  const model = (...scopes: ReturnType<typeof scope<{ id: number; owner: string }>>[]) =>
    schemaOf(defineEntity('m', columns, { scopes }))
  const one = scope<{ id: number; owner: string }>('one', (m) => m.id.eq(1))
  t.throws(() => model(one, one), { code: 'ROME_SCHEMA_INVALID' }, 'two of a name')
  t.throws(() => model(scope('one', (m) => m.id.eq(1), { check: true })), { code: 'ROME_SCHEMA_INVALID' })
  const { source, scopes } = model(
    scope('foreign', () => disk.id.eq(1)),
    scope('counted', () => count().eq(1)),
  )
  for (const { predicateOver } of scopes) t.throws(() => predicateOver(source, {}), { code: 'ROME_SCHEMA_INVALID' })

  @entity('nodes')
  @scope('asking', (node) => node.parent.some(), { default: true, check: true })
  class Node {
    @primaryKey(types.integer()) id!: number
    @column(types.integer().nullable()) parentId!: number | null
    @manyToOne(() => Node, { column: 'parentId' }) parent!: Ref<Node | null>
  }
  const [asking] = schemaOf(Node).scopes
  t.throws(() => asking.predicateOver(schemaOf(Node).source, {}), { code: 'ROME_SCHEMA_INVALID' })
  t.end()
})

t.test('a subclass has the scopes of its base', (t) => {
  @scope('mine', (row) => row.owner.eq('ada'), { default: true })
  abstract class Owned {
    @primaryKey(types.integer()) id!: number
    @column(types.string()) owner!: string
  }
  @entity('houses')
  @scope('first', (row) => row.id.eq(1))
  class House extends Owned {}
  t.same(
    schemaOf(House).scopes.map(({ name, isDefault }) => [name, isDefault]),
    [
      ['mine', true],
      ['first', false],
    ],
  )
  t.end()
})

t.test('explain names the scopes, which indexes serve as any predicate', async (t) => {
  const rome = await filled(t)
  const ada = sessionOf(rome, 'ada')
  const original = alias(Disk, 'original')
  t.equal(
    String(await ada.query(Disk).orderBy(disk.id).limit(2).explain()),
    `limit: rows 2 (about 2 rows)
  index range: index disks.owner; reads entries and rows; ranges 1; partitions 0 (about 10 rows)
scope tenant of disks`,
  )
  const joined = await ada
    .query(Disk)
    .scope('large', { from: 2 })
    .join(original, disk.copyOfId.eq(original.id))
    .explain()
  t.same(joined.scopes, [
    { model: 'disks', scope: 'large' },
    { model: 'disks', scope: 'tenant' },
    { model: 'original', scope: 'tenant' },
  ])
  t.same(JSON.parse(JSON.stringify(joined)).scopes, joined.scopes)
  const off = await ada.query(Disk).withoutScope('tenant').explain()
  t.same(off.scopes, [])
  t.notMatch(String(off), 'scope')
  t.same((await rome.session({ scopes: unscoped }).query(Disk).explain()).scopes, [])
  const inside = await ada.query(Label).filter(fields(Label).disks.some()).explain()
  t.same(inside.scopes, [
    { model: 'disks in between', scope: 'shown' },
    { model: 'disks', scope: 'tenant' },
  ])
})

t.test('transact gives every try the scopes', async (t) => {
  const rome = await filled(t)
  const scopes = { tenant: { owner: 'bob' } }
  t.equal(await rome.transact((session) => session.query(Disk).count(), { scopes }), 3)
  await t.rejects(
    rome.transact((session) => session.begin({ scopes } as object, () => 1), { scopes }),
    { code: 'ROME_ARGUMENT' },
    'a transaction has the scopes of its session',
  )
})
