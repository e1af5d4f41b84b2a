import t from 'tap'
import { column } from '../../lib/decorators/column.js'
import { entity } from '../../lib/decorators/entity.js'
import { primaryKey } from '../../lib/decorators/primary-key.js'
import { createdAt, deletedAt } from '../../lib/decorators/roles.js'
import { create } from '../../lib/schema/create.js'
import { assignRow, changedPositions, entityDiffersFrom, newEntity, rowOf } from '../../lib/schema/row-mapping.js'
import { schemaOf } from '../../lib/schema/schema-of.js'
import { t as types } from '../../lib/values/t.js'
import { Timestamp } from '../../lib/values/timestamp.js'

@entity('things')
class Thing {
  @primaryKey(types.uuid()) id!: string
  @column(types.string()) name!: string
  @column(types.decimal().nullable()) price!: string | null
  @column(types.bigint().default(9n)) size!: bigint
  @column(types.bytes().nullable()) data!: Uint8Array | null
  @column(types.json<{ tags: string[] }>().nullable()) labels!: { tags: string[] } | null
  @column(types.datetime({ precision: 6 }).nullable()) seenAt!: Timestamp | null
  @column(
    types
      .integer()
      .nullable()
      .validate((rank) => rank !== 13),
  )
  rank!: number | null
  @createdAt() createdAt!: Date
  @deletedAt() deletedAt!: Date | null
}

const schema = schemaOf(Thing)
const id = '0190a6e0-0000-7000-8000-000000000000'

function thing(): Thing {
  return create(Thing, {
    id,
    name: 'a',
    price: '1.5',
    data: new Uint8Array([1]),
    labels: { tags: ['x'] },
    seenAt: Timestamp.from(1_000_001n),
    createdAt: new Date(5),
  })
}

t.test('the row of an entity has canonical values, defaults and nulls', async (t) => {
  const entity = thing()
  entity.id = id.toUpperCase()
  entity.price = '1.50'
  t.same(rowOf(schema, entity), [id, 'a', '1.5', 9n, new Uint8Array([1]), { tags: ['x'] }, 1_000_001n, null, 5, null])
})

t.test('a key that was not given is made up when the row is', async (t) => {
  const entity = create(Thing, { name: 'a' })
  t.match(rowOf(schema, entity)[0], /^[0-9a-f-]{36}$/)
})

t.test('a column without value and default is missed by name', async (t) => {
  const missing = { name: 'ValidationError', code: 'ROME_VALUE_MISSING', context: { model: 'things', column: 'name' } }
  t.throws(() => rowOf(schema, new Thing()), missing)
  const entity = thing()
  entity.name = null as never
  t.throws(() => rowOf(schema, entity), missing)
})

t.test('a value that type or validator refuse is refused by name', async (t) => {
  const entity = thing()
  entity.name = 5 as never
  t.throws(() => rowOf(schema, entity), { code: 'ROME_VALUE_TYPE', context: { model: 'things', column: 'name' } })
  entity.name = 'a'
  entity.rank = 13
  t.throws(() => rowOf(schema, entity), { code: 'ROME_VALUE_INVALID', context: { column: 'rank' } })
})

t.test('an entity made of a row has its values, in objects of its own', async (t) => {
  const row = rowOf(schema, thing())
  const entity = newEntity(schema, row)
  t.ok(entity instanceof Thing)
  t.same(rowOf(schema, entity), row)
  t.same(entity.createdAt, new Date(5))
  t.equal(entity.seenAt?.microseconds, 1_000_001n)
  t.equal(entity.rank, null)
  t.not(entity.data, row[4])
  t.not(entity.labels, row[5])
  t.notOk(entityDiffersFrom(schema, entity, row))
  t.same(changedPositions(schema, entity, row), [])
})

t.test('assigning a row to an entity refreshes every column', async (t) => {
  const row = rowOf(schema, thing())
  const entity = new Thing()
  entity.rank = 5
  assignRow(schema, entity, row)
  t.same(rowOf(schema, entity), row)
})

t.test('another way of writing the same value is no change', async (t) => {
  const row = rowOf(schema, thing())
  const entity = newEntity(schema, row)
  entity.id = id.toUpperCase()
  entity.price = '01.50'
  entity.createdAt = new Date(5)
  entity.seenAt = Timestamp.from(1_000_001n)
  entity.labels = { tags: ['x'] }
  entity.data = new Uint8Array([1])
  entity.deletedAt = undefined as never
  t.notOk(entityDiffersFrom(schema, entity, row))
})

t.test('changes are found, inside of mutable values too', async (t) => {
  const row = rowOf(schema, thing())
  const changes: [number, (entity: Thing) => void][] = [
    [0, (entity) => (entity.id = '0190a6e0-0000-7000-8000-000000000001')],
    [1, (entity) => (entity.name = 'b')],
    [1, (entity) => (entity.name = 5 as never)],
    [1, (entity) => (entity.name = null as never)],
    [2, (entity) => (entity.price = null)],
    [3, (entity) => (entity.size = 8n)],
    [4, (entity) => entity.data?.set([2])],
    [5, (entity) => entity.labels?.tags.push('y')],
    [6, (entity) => (entity.seenAt = Timestamp.from(1_000_002n))],
    [7, (entity) => (entity.rank = 0)],
    [8, (entity) => entity.createdAt.setTime(6)],
    [9, (entity) => (entity.deletedAt = new Date(0))],
  ]
  for (const [position, change] of changes) {
    const entity = newEntity(schema, row)
    change(entity)
    t.ok(entityDiffersFrom(schema, entity, row), `column ${position}`)
    t.same(changedPositions(schema, entity, row), [position])
  }
  const entity = newEntity(schema, row)
  entity.rank = 1
  entity.name = 'b'
  t.same(changedPositions(schema, entity, row), [1, 7])
})
