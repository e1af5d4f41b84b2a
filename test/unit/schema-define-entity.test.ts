import t from 'tap'
import { check } from '../../lib/decorators/check.js'
import { column } from '../../lib/decorators/column.js'
import { entity } from '../../lib/decorators/entity.js'
import { index, unique } from '../../lib/decorators/indexes.js'
import { primaryKey } from '../../lib/decorators/primary-key.js'
import { createdAt, deletedAt, updatedAt, version } from '../../lib/decorators/roles.js'
import { desc } from '../../lib/expressions/asc-desc.js'
import { describeExpression } from '../../lib/expressions/describe.js'
import { defineEntity } from '../../lib/schema/define-entity.js'
import type { EntitySchema } from '../../lib/schema/entity-schema.js'
import { schemaOf } from '../../lib/schema/schema-of.js'
import { t as types } from '../../lib/values/t.js'

const DefinedImage = defineEntity(
  'images',
  {
    id: primaryKey(types.uuid()),
    name: types.string({ max: 20 }).nullable(),
    size: column(types.bigint(), { name: 'bytes' }),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
    deletedAt: deletedAt(),
    version: version(),
  },
  {
    indexes: [index('name', desc('createdAt')), unique('size', { where: (i) => i.size.gt(0n), include: ['name'] })],
    checks: [check((i) => i.size.gte(0n))],
  },
)

@entity('images')
@index('name', desc('createdAt'))
@unique('size', { where: (i) => i.size.gt(0n), include: ['name'] })
@check((i) => i.size.gte(0n))
class DecoratedImage {
  @primaryKey(types.uuid()) id!: string
  @column(types.string({ max: 20 }).nullable()) name!: string | null
  @column(types.bigint(), { name: 'bytes' }) size!: bigint
  @createdAt() createdAt!: Date
  @updatedAt() updatedAt!: Date
  @deletedAt() deletedAt!: Date | null
  @version() version!: number
}

/** What a schema says, without the functions and identities that differ between equal ones. */
function contentOf(schema: EntitySchema): unknown {
  return {
    name: schema.name,
    columns: schema.columns.map((column) => ({
      ...column,
      type: column.type.kind,
      makeDefault: column.makeDefault !== undefined,
    })),
    primaryKey: schema.primaryKey.map(({ name }) => name),
    indexes: schema.indexes.map(({ name, columns, isUnique, where, include }) => ({
      name,
      isUnique,
      columns: columns.map(({ column, isDescending }) => [column.name, isDescending]),
      where: where && describeExpression(where),
      include: include.map((column) => column.name),
    })),
    checks: schema.checks.map(({ name, predicate }) => [name, describeExpression(predicate)]),
    roles: [schema.createdAt, schema.updatedAt, schema.deletedAt, schema.version].map((column) => column?.name),
  }
}

t.test('a model defined without decorators has the same schema as a decorated one', async (t) => {
  t.same(contentOf(schemaOf(DefinedImage)), contentOf(schemaOf(DecoratedImage)))
})

t.test('its class is named after the model, and its entities have all properties', async (t) => {
  t.equal(DefinedImage.name, 'images')
  const image = new DefinedImage()
  t.same(Object.keys(image), ['id', 'name', 'size', 'createdAt', 'updatedAt', 'deletedAt', 'version'])
  t.ok(Object.values(image).every((value) => value === undefined))
})

t.test('what is no column is refused', async (t) => {
  t.throws(() => defineEntity('m', { id: {} as never }), { code: 'ROME_ARGUMENT', context: { column: 'id' } })
  t.throws(() => defineEntity('m', { id: undefined as never }), { code: 'ROME_ARGUMENT' })
  t.throws(() => defineEntity('m', { id: 'string' as never }), { code: 'ROME_ARGUMENT' })
})

t.test('declarations can be shared between models', async (t) => {
  const shared = { id: primaryKey(types.uuid()), createdAt: createdAt() }
  const One = defineEntity('one', { ...shared, name: types.string() })
  const Two = defineEntity('two', shared)
  t.equal(schemaOf(One).columns.length, 3)
  t.equal(schemaOf(Two).columns.length, 2)
})
