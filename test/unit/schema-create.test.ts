import t from 'tap'
import { primaryKey } from '../../lib/decorators/primary-key.js'
import { createdAt, version } from '../../lib/decorators/roles.js'
import { create } from '../../lib/schema/create.js'
import { defineEntity } from '../../lib/schema/define-entity.js'
import { t as types } from '../../lib/values/t.js'

const Image = defineEntity('images', {
  id: primaryKey(types.uuid()),
  name: types.string({ max: 5 }).nullable(),
  size: types.integer().validate((size) => size % 2 === 0, 'must be even'),
  labels: types.json<{ a?: number }>().default({}),
  createdAt: createdAt(),
  version: version(),
})

t.test('an entity is created with the values given, as they were given', async (t) => {
  const labels = { a: 1 }
  const created = new Date(5)
  const image = create(Image, { id: 'B190A6E0-0000-7000-8000-000000000000', labels, createdAt: created, name: null })
  t.ok(image instanceof Image)
  t.equal(image.labels, labels)
  t.equal(image.createdAt, created)
  t.equal(image.name, null)
  t.equal(image.id, 'B190A6E0-0000-7000-8000-000000000000')
  t.equal(image.size, undefined, 'what was left out waits for its default')
})

t.test('a name that is no column is refused with the names that are', async (t) => {
  t.throws(() => create(Image, { nam: 'x' } as never), {
    name: 'ValidationError',
    code: 'ROME_UNKNOWN_COLUMN',
    context: { model: 'images', column: 'nam', columns: 'id, name, size, labels, createdAt, version' },
  })
  t.throws(() => create(Image, { toString: 'x' } as never), { code: 'ROME_UNKNOWN_COLUMN' })
  t.throws(() => create(Image, JSON.parse('{"__proto__": {}}')), { code: 'ROME_UNKNOWN_COLUMN' })
})

t.test('undefined is refused, and null where the column has none', async (t) => {
  t.throws(() => create(Image, { name: undefined }), {
    name: 'UsageError',
    code: 'ROME_UNDEFINED',
    context: { column: 'name' },
  })
  t.throws(() => create(Image, { size: null as never }), {
    code: 'ROME_VALUE_MISSING',
    context: { model: 'images', column: 'size' },
  })
})

t.test('a wrong value is refused at once, with model and column', async (t) => {
  t.throws(() => create(Image, { size: '5' as never }), {
    name: 'ValidationError',
    code: 'ROME_VALUE_TYPE',
    context: { model: 'images', column: 'size' },
    cause: { code: 'ROME_VALUE_TYPE' },
  })
  t.throws(() => create(Image, { name: 'too long' }), { code: 'ROME_VALUE_RANGE', context: { column: 'name' } })
  t.throws(() => create(Image, { id: 'no uuid' }), { code: 'ROME_VALUE_INVALID' })
  t.throws(() => create(Image, { size: 3 }), { code: 'ROME_VALUE_INVALID', context: { reason: 'must be even' } })
})
