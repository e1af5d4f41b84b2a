import t from 'tap'
import { primaryKey } from '../../lib/decorators/primary-key.js'
import { Column } from '../../lib/expressions/column.js'
import { sourcesOf } from '../../lib/expressions/walk.js'
import { alias } from '../../lib/schema/alias.js'
import { defineEntity } from '../../lib/schema/define-entity.js'
import { fields } from '../../lib/schema/fields.js'
import { isAlias, sourceOf } from '../../lib/schema/model-like.js'
import { schemaOf } from '../../lib/schema/schema-of.js'
import { t as types } from '../../lib/values/t.js'

const Part = defineEntity('parts', { id: primaryKey(types.uuid()), wholeId: types.uuid().nullable() })

t.test('fields gives the columns of a model, frozen and always the same', async (t) => {
  const part = fields(Part)
  t.equal(fields(Part), part)
  t.ok(Object.isFrozen(part))
  t.same(Object.keys(part), ['id', 'wholeId'])
  t.ok(part.id instanceof Column)
  t.equal(part.id.column, schemaOf(Part).columns[0])
  t.equal(part.id.source, schemaOf(Part).source)
  t.equal((part as { toString?: unknown }).toString, undefined, 'nothing is inherited that could be taken for a column')
})

t.test('an alias carries the columns of a source of its own', async (t) => {
  const whole = alias(Part, 'whole')
  t.ok(Object.isFrozen(whole))
  t.same(Object.keys(whole), ['id', 'wholeId'])
  t.equal(whole.id.source.name, 'whole')
  t.equal(whole.id.column, fields(Part).id.column)
  t.equal(fields(whole), whole)
  t.equal(sourcesOf(fields(Part).wholeId.eq(whole.id).node).size, 2)
  t.not(alias(Part, 'whole').id.source, whole.id.source)
})

t.test('a model and an alias are sources of the same schema', async (t) => {
  const whole = alias(Part, 'whole')
  t.equal(sourceOf(Part), schemaOf(Part).source)
  t.equal(sourceOf(whole), whole.id.source)
  t.equal(sourceOf(whole).schema, schemaOf(Part))
  t.equal(sourceOf(alias(whole, 'again')).schema, schemaOf(Part))
  t.ok(isAlias(whole))
  t.notOk(isAlias(Part))
})

t.test('what is neither model nor alias is refused', async (t) => {
  t.throws(() => sourceOf(undefined as never), { code: 'ROME_ARGUMENT' })
  t.throws(() => sourceOf(null as never), { code: 'ROME_ARGUMENT' })
  t.throws(() => fields('parts' as never), { code: 'ROME_ARGUMENT' })
  t.throws(() => fields(class {}), { code: 'ROME_SCHEMA_UNKNOWN_MODEL' })
  t.throws(() => alias(Part, ''), { code: 'ROME_ARGUMENT' })
})
