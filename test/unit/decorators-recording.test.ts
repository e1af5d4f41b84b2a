import t from 'tap'
import { check } from '../../lib/decorators/check.js'
import { column } from '../../lib/decorators/column.js'
import { entity } from '../../lib/decorators/entity.js'
import { globalScope } from '../../lib/decorators/global-scope.js'
import { index, unique } from '../../lib/decorators/indexes.js'
import { primaryKey } from '../../lib/decorators/primary-key.js'
import { createdAt, deletedAt, updatedAt, version } from '../../lib/decorators/roles.js'
import { desc } from '../../lib/expressions/asc-desc.js'
import type { ModelClass } from '../../lib/schema/entity-schema.js'
import { schemaOf } from '../../lib/schema/schema-of.js'
import { t as types } from '../../lib/values/t.js'

function columnNames(model: ModelClass): string[] {
  return schemaOf(model).columns.map(({ name }) => name)
}

abstract class Identified {
  @primaryKey(types.uuid()) id!: string
}

@index('createdAt')
abstract class Dated extends Identified {
  @createdAt() createdAt!: Date
  @updatedAt() updatedAt!: Date
}

@entity('images')
@index('name')
class Image extends Dated {
  @column(types.string()) name!: string
}

@entity('tags')
class Tag extends Dated {
  @column(types.integer()) weight!: number
}

@entity('special_images')
@unique('name')
class SpecialImage extends Image {
  @column(types.string({ max: 10 })) override name = ''
  @column(types.string()) extra!: string
}

t.test('a model takes over the columns of its base classes, theirs first', async (t) => {
  t.same(columnNames(Image), ['id', 'createdAt', 'updatedAt', 'name'])
  t.same(columnNames(Tag), ['id', 'createdAt', 'updatedAt', 'weight'])
})

t.test('models that share a base class do not change each other', async (t) => {
  t.notOk(columnNames(Tag).includes('name'))
  t.same(
    schemaOf(Image).indexes.map(({ name }) => name),
    ['createdAt', 'name'],
  )
  t.same(
    schemaOf(Tag).indexes.map(({ name }) => name),
    ['createdAt'],
  )
})

t.test('a model may extend a model, with a name of its own', async (t) => {
  t.equal(schemaOf(SpecialImage).name, 'special_images')
  t.equal(schemaOf(Image).name, 'images')
  t.same(columnNames(SpecialImage), ['id', 'createdAt', 'updatedAt', 'name', 'extra'])
  t.same(
    schemaOf(SpecialImage).indexes.map(({ name }) => name),
    ['createdAt', 'name', 'name_unique'],
  )
  t.throws(() => schemaOf(SpecialImage).columns[3]?.type.toRow('longer than ten'), { code: 'ROME_VALUE_RANGE' })
  t.equal(schemaOf(Image).columns[3]?.type.toRow('longer than ten'), 'longer than ten')
})

t.test('indexes and checks are kept in the order of the source', async (t) => {
  @entity('ordered')
  @index('a')
  @index('b')
  @unique('a')
  @check((o) => o.a.gt(0))
  @check((o) => o.b.gt(0))
  class Ordered {
    @primaryKey(types.uuid()) id!: string
    @column(types.integer()) a!: number
    @column(types.integer()) b!: number
  }
  t.same(
    schemaOf(Ordered).indexes.map(({ name }) => name),
    ['a', 'b', 'a_unique'],
  )
  t.same(
    schemaOf(Ordered).checks.map(({ name }) => name),
    ['a_check', 'b_check'],
  )
})

t.test('a composite key is in the order of its declaration', async (t) => {
  @entity('composite')
  class Composite {
    @primaryKey(types.string()) z!: string
    @column(types.integer()) between!: number
    @primaryKey(types.integer()) a!: number
  }
  t.same(
    schemaOf(Composite).primaryKey.map(({ name }) => name),
    ['z', 'a'],
  )
})

t.test('decorators leave the fields alone', async (t) => {
  @entity('initialised')
  class Initialised {
    @primaryKey(types.uuid()) id!: string
    @column(types.string()) name = 'cirros'
    #secret = 5

    secret(): number {
      return this.#secret
    }
  }
  const entityOf = new Initialised()
  t.same(Object.entries(entityOf), [
    ['id', undefined],
    ['name', 'cirros'],
  ])
  t.equal(entityOf.secret(), 5)
  t.same(columnNames(Initialised), ['id', 'name'])
})

t.test('the old decorators of TypeScript are noticed, with the fix', async (t) => {
  const legacy = { name: 'UsageError', code: 'ROME_LEGACY_DECORATORS', message: /experimentalDecorators/ }
  const fieldDecorators = [
    primaryKey(types.uuid()),
    column(types.string()),
    createdAt(),
    updatedAt(),
    deletedAt(),
    version(),
  ]
  for (const decorate of fieldDecorators as unknown as ((target: object, key: string) => void)[]) {
    t.throws(() => decorate(Image.prototype, 'name'), legacy)
  }
  const classDecorators = [entity('x'), globalScope, index('a' as never), unique('a' as never), check(() => 1 as never)]
  for (const decorate of classDecorators as unknown as ((target: object) => void)[]) {
    t.throws(() => decorate(Image), legacy)
  }
})

t.test('a build tool that gives no metadata is noticed', async (t) => {
  const context = { kind: 'field', name: 'name', static: false, private: false, metadata: undefined }
  t.throws(() => column(types.string())(undefined, context as never), {
    name: 'SchemaError',
    code: 'ROME_SCHEMA_INVALID',
    message: /metadata/,
  })
})

t.test('only public fields become columns', async (t) => {
  const argument = { code: 'ROME_ARGUMENT' }
  t.throws(() => {
    class WithStatic {
      @column(types.string()) static shared: string
      id = ''
    }
    return WithStatic
  }, argument)
  t.throws(() => {
    class WithPrivate {
      @column(types.string()) #name = ''
      name(): string {
        return this.#name
      }
    }
    return WithPrivate
  }, argument)
  const accessor = { kind: 'accessor', name: 'name', static: false, private: false, metadata: {} }
  t.throws(() => column(types.string())(undefined, accessor as never), argument)
  const symbol = { kind: 'field', name: Symbol('name'), static: false, private: false, metadata: {} }
  t.throws(() => column(types.string())(undefined, symbol as never), argument)
})

t.test('wrong arguments are refused where they stand', async (t) => {
  const argument = { code: 'ROME_ARGUMENT' }
  t.throws(() => column(undefined as never), argument)
  t.throws(() => primaryKey('uuid' as never), argument)
  t.throws(() => index(...([] as never)), argument)
  t.throws(() => index({ name: 'x' } as never), argument)
  t.throws(() => index({ name: 'x' } as never, 'a' as never), argument)
  t.throws(() => index('a' as never, 5 as never), argument)
  t.throws(() => unique(undefined as never), argument)
  t.throws(() => check(undefined as never), argument)
  t.throws(() => {
    @entity('once')
    @entity('twice')
    class Twice {}
    return Twice
  }, argument)
  t.equal(index(desc('a') as never).length, 2, 'a decorator takes a class and its context')
})
