import t from 'tap'
import { check } from '../../lib/decorators/check.js'
import { column } from '../../lib/decorators/column.js'
import { entity } from '../../lib/decorators/entity.js'
import { index, unique } from '../../lib/decorators/indexes.js'
import { primaryKey } from '../../lib/decorators/primary-key.js'
import { createdAt, deletedAt, updatedAt, version } from '../../lib/decorators/roles.js'
import { count } from '../../lib/expressions/aggregate.js'
import { desc } from '../../lib/expressions/asc-desc.js'
import { describeExpression } from '../../lib/expressions/describe.js'
import type { Predicate } from '../../lib/expressions/expression.js'
import { defineEntity } from '../../lib/schema/define-entity.js'
import { fields } from '../../lib/schema/fields.js'
import { schemaOf } from '../../lib/schema/schema-of.js'
import { t as types } from '../../lib/values/t.js'
import { Timestamp } from '../../lib/values/timestamp.js'

const invalid = { name: 'SchemaError', code: 'ROME_SCHEMA_INVALID' }
const id = primaryKey(types.uuid())

@entity('images')
@index('owner', desc('createdAt'))
@index('checksum', { where: (i) => i.checksum.isNotNull(), include: ['owner'] })
@unique('owner', 'checksum')
@check((i) => i.size.gte(0))
@check((i) => i.owner.ne(''), { name: 'has_owner' })
class Image {
  @primaryKey(types.uuid()) id!: string
  @column(types.string()) owner!: string
  @column(types.string().nullable(), { name: 'sum' }) checksum!: string | null
  @column(types.integer().default(7)) size!: number
  @createdAt() createdAt!: Date
  @updatedAt(types.datetime({ precision: 6 })) updatedAt!: Timestamp
  @deletedAt() deletedAt!: Date | null
  @version() version!: number
}

t.test('a schema holds the columns in order of declaration', async (t) => {
  const schema = schemaOf(Image)
  t.equal(schema.name, 'images')
  t.equal(schema.model, Image)
  t.same(
    schema.columns.map(({ name, position, isNullable }) => [name, position, isNullable]),
    [
      ['id', 0, false],
      ['owner', 1, false],
      ['checksum', 2, true],
      ['size', 3, false],
      ['createdAt', 4, false],
      ['updatedAt', 5, false],
      ['deletedAt', 6, true],
      ['version', 7, false],
    ],
  )
  t.same(schema.primaryKey, [schema.columns[0]])
  t.equal(schema.columnByName.get('size'), schema.columns[3])
  t.equal(schema.columns[2]?.storedName, 'sum')
  t.equal(schema.createdAt, schema.columns[4])
  t.equal(schema.updatedAt, schema.columns[5])
  t.equal(schema.deletedAt, schema.columns[6])
  t.equal(schema.version, schema.columns[7])
  t.equal(schema.source.schema, schema)
  t.equal(schema.source.name, 'images')
})

t.test('a schema is sealed once and frozen', async (t) => {
  const schema = schemaOf(Image)
  t.equal(schemaOf(Image), schema)
  const parts = [schema, schema.columns, schema.columns[0], schema.primaryKey, schema.indexes, schema.indexes[0]]
  for (const part of [...parts, schema.checks, schema.checks[0], schema.source]) t.ok(Object.isFrozen(part))
})

t.test('indexes are named after stored names, order, uniqueness and condition', async (t) => {
  const { indexes } = schemaOf(Image)
  t.same(
    indexes.map(({ name, isUnique }) => [name, isUnique]),
    [
      ['owner_createdAt_desc', false],
      ['sum_partial', false],
      ['owner_sum_unique', true],
    ],
  )
  t.same(
    indexes[0]?.columns.map(({ column, isDescending }) => [column.name, isDescending]),
    [
      ['owner', false],
      ['createdAt', true],
    ],
  )
  const partial = indexes[1]
  t.equal(partial?.where && describeExpression(partial.where), 'checksum is not null')
  t.same(partial?.include, [schemaOf(Image).columns[1]])
  t.equal(indexes[0]?.where, undefined)
})

t.test('checks are named after their columns', async (t) => {
  t.same(
    schemaOf(Image).checks.map(({ name, predicate }) => [name, describeExpression(predicate)]),
    [
      ['size_check', 'size >= 0'],
      ['has_owner', "owner <> ''"],
    ],
  )
})

t.test('Rome fills in keys, times and versions, and the defaults of columns', async (t) => {
  const defaults = new Map(schemaOf(Image).columns.map(({ name, makeDefault }) => [name, makeDefault]))
  t.match(defaults.get('id')?.(), /^[0-9a-f]{8}-[0-9a-f]{4}-7/)
  t.not(defaults.get('id')?.(), defaults.get('id')?.())
  t.ok(defaults.get('createdAt')?.() instanceof Date)
  t.ok(defaults.get('updatedAt')?.() instanceof Timestamp)
  t.equal(defaults.get('version')?.(), 1)
  t.equal(defaults.get('size')?.(), 7)
  t.equal(defaults.get('deletedAt'), undefined)
  t.equal(defaults.get('owner'), undefined)
})

t.test('the columns of a composite key are given by the program', async (t) => {
  const Tag = defineEntity('tags', { imageId: primaryKey(types.uuid()), name: primaryKey(types.string()) })
  const { primaryKey: key } = schemaOf(Tag)
  t.same(
    key.map(({ name, makeDefault }) => [name, makeDefault]),
    [
      ['imageId', undefined],
      ['name', undefined],
    ],
  )
})

t.test('a class that is no model is refused with the fix', async (t) => {
  class Plain {}
  const unknown = { name: 'SchemaError', code: 'ROME_SCHEMA_UNKNOWN_MODEL', message: /@entity/ }
  t.throws(() => schemaOf(Plain), unknown)
  t.throws(() => schemaOf(undefined as never), unknown)
  class Subclass extends Image {}
  t.throws(() => schemaOf(Subclass), unknown, 'a subclass of a model needs a name of its own')
})

t.test('a model needs a name that can be stored', async (t) => {
  for (const name of ['', '1image', 'image-s', 'ïmages', ' images', 'a'.repeat(129), undefined as never]) {
    t.throws(() => schemaOf(defineEntity(name, { id })), invalid, String(name))
  }
  t.equal(schemaOf(defineEntity('glance.Images_2', { id })).name, 'glance.Images_2')
  t.equal(schemaOf(defineEntity('a'.repeat(128), { id })).name.length, 128)
})

t.test('a model needs a primary key that can be one', async (t) => {
  t.throws(() => schemaOf(defineEntity('m', { name: types.string() })), { ...invalid, context: { model: 'm' } })
  t.throws(() => schemaOf(defineEntity('m', { id: primaryKey(types.uuid().nullable()) })), {
    ...invalid,
    context: { model: 'm', column: 'id' },
  })
  t.throws(() => schemaOf(defineEntity('m', { id: primaryKey(types.json()) })), {
    ...invalid,
    context: { column: 'id', type: 'json' },
  })
})

t.test('stored names of columns are distinct and storable', async (t) => {
  const twice = { id, name: types.string(), title: column(types.string(), { name: 'name' }) }
  t.throws(() => schemaOf(defineEntity('m', twice)), { ...invalid, context: { column: 'title', storedName: 'name' } })
  t.throws(() => schemaOf(defineEntity('m', { id, a: column(types.string(), { name: '' }) })), invalid)
  t.throws(() => schemaOf(defineEntity('m', { id, constructor: types.string() })), {
    ...invalid,
    context: { column: 'constructor' },
  })
})

t.test('a role has one column, of a type that fits it', async (t) => {
  const twice = { id, a: createdAt(), b: createdAt() }
  t.throws(() => schemaOf(defineEntity('m', twice)), { ...invalid, context: { role: 'createdAt', column: 'b' } })
  t.throws(() => schemaOf(defineEntity('m', { id, a: createdAt(types.string() as never) })), {
    ...invalid,
    context: { column: 'a', type: 'string' },
  })
  t.throws(() => schemaOf(defineEntity('m', { id, a: updatedAt(types.datetime().nullable()) })), {
    ...invalid,
    context: { column: 'a', role: 'updatedAt' },
  })
})

t.test('an index names columns of its model, each once, with an order', async (t) => {
  const columns = { id, name: types.string(), labels: types.json() }
  const withIndex = (declared: unknown) => () =>
    schemaOf(defineEntity('m', columns, { indexes: [declared as ReturnType<typeof index<never>>] }))
  t.throws(withIndex(index<Record<string, string>>('nam')), { ...invalid, context: { column: 'nam' } })
  t.throws(withIndex(index<Record<string, string>>('name', { include: ['nam'] })), {
    ...invalid,
    context: { column: 'nam' },
  })
  t.throws(withIndex(index<Record<string, string>>('labels')), { ...invalid, context: { column: 'labels' } })
  t.throws(withIndex(index<Record<string, string>>('name', desc('name'))), { ...invalid, context: { column: 'name' } })
  t.throws(withIndex(index<Record<string, string>>('name', { include: ['name'] })), invalid)
  t.throws(withIndex(index<Record<string, string>>('name', { name: '' })), invalid)
})

t.test('names of indexes and of checks are unique in their model', async (t) => {
  const columns = { id, name: types.string() }
  t.throws(() => schemaOf(defineEntity('m', columns, { indexes: [index('name'), index('name')] })), {
    ...invalid,
    context: { index: 'name' },
  })
  const named = defineEntity('m', columns, { indexes: [index('name'), index('name', { name: 'second' })] })
  t.equal(schemaOf(named).indexes.length, 2)
  t.throws(
    () =>
      schemaOf(defineEntity('m', columns, { checks: [check((m) => m.name.ne('a')), check((m) => m.name.ne('b'))] })),
    { ...invalid, context: { check: 'name_check' } },
  )
})

t.test('a where or check is a predicate about one row of its model', async (t) => {
  const columns = { id, name: types.string() }
  const withCheck = (predicate: () => Predicate) => () =>
    schemaOf(defineEntity('m', columns, { checks: [check(predicate)] }))
  t.throws(
    withCheck(() => fields(Image).size.gt(1)),
    { ...invalid, context: { model: 'm', source: 'images' } },
  )
  t.throws(
    withCheck(() => count().gt(1)),
    invalid,
  )
  t.throws(
    withCheck(() => true as never),
    { ...invalid, cause: { code: 'ROME_ARGUMENT' } },
  )
  t.throws(
    withCheck(() => undefined as never),
    { ...invalid, cause: { code: 'ROME_UNDEFINED' } },
  )
  t.throws(() => schemaOf(defineEntity('m', columns, { indexes: [index('name', { where: () => count().gt(1) })] })), {
    ...invalid,
    context: { index: 'name_partial' },
  })
})

t.test('a where cannot ask for the fields of the model that is being sealed', async (t) => {
  const Selfish: ReturnType<typeof make> = make()
  function make() {
    return defineEntity('selfish', { id, name: types.string() }, { checks: [check((): Predicate => nameIsThere())] })
  }
  function nameIsThere(): Predicate {
    return fields(Selfish).name.isNotNull()
  }
  t.throws(() => schemaOf(Selfish), { ...invalid, cause: { code: 'ROME_SCHEMA_INVALID', message: /called with/ } })
})

t.test('the constructor of a model is tried when the model is sealed', async (t) => {
  @entity('throwing')
  class Throwing {
    @primaryKey(types.uuid()) id!: string
    constructor() {
      throw new Error('no entity for you')
    }
  }
  t.throws(() => schemaOf(Throwing), { ...invalid, cause: { message: 'no entity for you' } })

  @entity('frozen')
  class Frozen {
    @primaryKey(types.uuid()) id!: string
    constructor() {
      Object.freeze(this)
    }
  }
  t.throws(() => schemaOf(Frozen), { ...invalid, context: { model: 'frozen', column: 'id' } })

  class WithArguments {
    @primaryKey(types.uuid()) id!: string
    constructor(id: string) {
      this.id = id
    }
  }
  const asModel = WithArguments as unknown as new () => WithArguments
  entity('with_arguments')(asModel, contextOf(WithArguments))
  t.throws(() => schemaOf(asModel), { ...invalid, message: /no arguments/ })
})

t.test('a field that a build tool dropped is noticed', async (t) => {
  @entity('dropped')
  class Dropped {
    @primaryKey(types.uuid()) id!: string
    @column(types.string()) name!: string
    constructor() {
      delete (this as { name?: string }).name
    }
  }
  t.throws(() => schemaOf(Dropped), { ...invalid, context: { model: 'dropped', column: 'name' } })
})

/** What a decorator of the class would be called with. */
function contextOf(model: object): ClassDecoratorContext {
  const { [Symbol.metadata]: metadata } = model as { [Symbol.metadata]: DecoratorMetadataObject }
  return {
    kind: 'class',
    name: 'Model',
    metadata,
    addInitializer: () => {},
  }
}
