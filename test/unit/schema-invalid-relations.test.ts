import t from 'tap'
import { unique } from '../../lib/decorators/indexes.js'
import { manyToMany } from '../../lib/decorators/many-to-many.js'
import { manyToOne } from '../../lib/decorators/many-to-one.js'
import { oneToMany } from '../../lib/decorators/one-to-many.js'
import { oneToOne } from '../../lib/decorators/one-to-one.js'
import { primaryKey } from '../../lib/decorators/primary-key.js'
import { defineEntity } from '../../lib/schema/define-entity.js'
import type { ModelClass } from '../../lib/schema/entity-schema.js'
import type { DeclaresRelation, RelationShape } from '../../lib/schema/relation-declaration.js'
import { schemaOf } from '../../lib/schema/schema-of.js'
import { sealRelations } from '../../lib/schema/seal-relations.js'
import { t as types } from '../../lib/values/t.js'

const id = primaryKey(types.uuid())

const columns = {
  id,
  otherId: types.uuid(),
  nullableId: types.uuid().nullable(),
  number: types.integer(),
  labels: types.json<string[]>(),
}

type Relations = Readonly<Record<string, unknown>>

/** A model with relations that the types may not allow. */
function modelOf(name: string, relations: Relations = {}): ModelClass {
  return defineEntity(name, columns, { relations: relations as Record<string, DeclaresRelation<never>> })
}

/** A relation of some model, by a name that the types do not know. */
function named(name: string): (relations: object) => never {
  return (relations) => (relations as Record<string, never>)[name] as never
}

const lax = { manyToOne, oneToMany, oneToOne, manyToMany } as unknown as Record<
  'manyToOne' | 'oneToMany' | 'oneToOne' | 'manyToMany',
  (...args: unknown[]) => DeclaresRelation<RelationShape>
>

function seal(...models: readonly ModelClass[]): () => unknown {
  return () => sealRelations(models.map((model) => schemaOf(model)))
}

function invalid(model: string, relation: string, message: RegExp, context: Record<string, unknown> = {}) {
  return { name: 'SchemaError', code: 'ROME_SCHEMA_INVALID', message, context: { model, relation, ...context } }
}

t.test('what a model alone can tell is refused when it is sealed', async (t) => {
  const target = () => Target
  const Target = modelOf('targets')
  t.throws(
    () => schemaOf(modelOf('m', { other: lax.manyToOne(target, { column: 'othrId' }) })),
    invalid('m', 'other', /no column/, { column: 'othrId', columns: 'id, otherId, nullableId, number, labels' }),
  )
  t.throws(
    () => schemaOf(modelOf('m', { other: lax.manyToOne(target, { column: 'otherId', onDelete: 'setNull' }) })),
    invalid('m', 'other', /make it nullable/, { column: 'otherId' }),
  )
  t.throws(
    () => schemaOf(modelOf('m', { number: lax.manyToOne(target, { column: 'otherId' }) })),
    invalid('m', 'number', /a column or a relation/),
  )
  t.throws(
    () => schemaOf(modelOf('m', { constructor: lax.manyToOne(target, { column: 'otherId' }) })),
    invalid('m', 'constructor', /cannot have this name/),
  )
})

t.test('a target has to be a model that is opened with it', async (t) => {
  const Target = modelOf('targets')
  const Model = modelOf('m', { other: lax.manyToOne(() => Target, { column: 'otherId' }) })
  t.throws(seal(Model), invalid('m', 'other', /not opened/, { target: 'targets', opened: 'm' }))
  t.doesNotThrow(seal(Model, Target))
  const Middle = modelOf('middles', {
    from: lax.manyToOne(() => Through, { column: 'otherId' }),
    to: lax.manyToOne(() => Target, { column: 'otherId' }),
  })
  const through = { through: () => Middle, from: named('from'), to: named('to') }
  const Through = modelOf('through', { others: lax.manyToMany(() => Target, through) })
  t.throws(seal(Through, Target), invalid('through', 'others', /not opened/, { target: 'middles' }))
  const NoModel = modelOf('m', { other: lax.manyToOne(() => class {}, { column: 'otherId' }) })
  t.throws(seal(NoModel), { ...invalid('m', 'other', /@entity/), cause: { code: 'ROME_SCHEMA_UNKNOWN_MODEL' } })
  const TooEarly = modelOf('m', { other: lax.manyToOne(() => Later, { column: 'otherId' }) })
  t.throws(seal(TooEarly), invalid('m', 'other', /@entity/, { reason: /Later/ }))
  const Later = modelOf('later')
})

t.test('a foreign key is like the key that it refers to', async (t) => {
  const Target = modelOf('targets')
  const Typed = modelOf('m', { other: lax.manyToOne(() => Target, { column: 'number' }) })
  t.throws(
    seal(Typed, Target),
    invalid('m', 'other', /has the type of the key/, {
      column: 'number',
      type: 'integer',
      target: 'targets.id',
      targetType: 'uuid',
    }),
  )
  const Long = modelOf('m', { other: lax.manyToOne(() => Target, { columns: ['otherId', 'number'] }) })
  t.throws(seal(Long, Target), invalid('m', 'other', /each column of the primary key/, { primaryKey: 'id' }))
})

t.test('the other side has to be there, and to lead back', async (t) => {
  const Child = modelOf('children', { parent: lax.manyToOne(() => Parent, { column: 'otherId' }) })
  const parentWith = (relation: unknown): ModelClass => {
    Parent = modelOf('parents', { children: relation })
    return Parent
  }
  let Parent = modelOf('parents')
  const missing = parentWith(lax.oneToMany(() => Child, named('parnt')))
  t.throws(seal(missing, Child), invalid('parents', 'children', /gives no relation/, { relations: 'parent' }))

  const Other = modelOf('others')
  const Elsewhere = modelOf('elsewhere', { other: lax.manyToOne(() => Other, { column: 'otherId' }) })
  const Wrong = modelOf('wrong', { children: lax.oneToMany(() => Elsewhere, named('other')) })
  t.throws(
    seal(Wrong, Elsewhere, Other),
    invalid('wrong', 'children', /leads elsewhere/, { inverse: 'elsewhere.other' }),
  )

  const Contrary = modelOf('contrary', { parent: lax.manyToOne(() => Torn, named('second'), { column: 'otherId' }) })
  const Torn: ModelClass = modelOf('torn', {
    first: lax.oneToMany(() => Contrary, named('parent')),
    second: lax.oneToMany(() => Contrary, named('parent')),
  })
  t.throws(seal(Torn, Contrary), invalid('torn', 'first', /leads elsewhere/, { inverse: 'contrary.parent' }))

  const Shared = modelOf('shared', { parent: lax.manyToOne(() => Double, { column: 'otherId' }) })
  const Double: ModelClass = modelOf('double', {
    first: lax.oneToMany(() => Shared, named('parent')),
    second: lax.oneToMany(() => Shared, named('parent')),
  })
  t.throws(seal(Shared, Double), invalid('shared', 'parent', /two sides/, { inverses: 'first, second' }))
})

t.test('the two sides have to fit', async (t) => {
  const Child = modelOf('children', { parent: lax.manyToOne(() => Parent, { column: 'otherId' }) })
  const Parent: ModelClass = modelOf('parents', { child: lax.oneToOne(() => Child, named('parent')) })
  t.throws(
    seal(Parent, Child),
    invalid('parents', 'child', /do not fit/, { kind: 'oneToOne', inverseKind: 'manyToOne' }),
  )
  const Left = modelOf('lefts', { rights: lax.manyToMany(() => Right, named('lefts')) })
  const Right: ModelClass = modelOf('rights', { lefts: lax.manyToMany(() => Left, named('rights')) })
  t.throws(seal(Left, Right), invalid('lefts', 'rights', /do not fit/))
})

t.test('one-to-one needs a unique foreign key', async (t) => {
  const relations = { other: oneToOne(() => Target, { column: 'otherId' }) }
  const Target = defineEntity('targets', { id })
  const Many = defineEntity('m', { id, otherId: types.uuid() }, { relations })
  t.throws(seal(Many, Target), invalid('m', 'other', /add @unique/, { columns: 'otherId' }))
  const Partial = defineEntity(
    'm',
    { id, otherId: types.uuid() },
    { relations, indexes: [unique('otherId', { where: (m) => m.otherId.ne('0190a6e0-0000-7000-8000-000000000000') })] },
  )
  t.throws(seal(Partial, Target), invalid('m', 'other', /add @unique/))
  const One = defineEntity('m', { id, otherId: types.uuid() }, { relations, indexes: [unique('otherId')] })
  t.doesNotThrow(seal(One, Target))
  const Shared = defineEntity('m', { id }, { relations: { other: oneToOne(() => Target, { column: 'id' }) } })
  t.doesNotThrow(seal(Shared, Target), 'the primary key is unique')
})

t.test('a model between two has a relation to each side', async (t) => {
  const Left: ModelClass = modelOf('lefts', {
    rights: lax.manyToMany(() => Right, { through: () => Middle, from: named('left'), to: named('left') }),
  })
  const Right = modelOf('rights')
  const Middle = modelOf('middles', { left: lax.manyToOne(() => Left, { column: 'otherId' }) })
  t.throws(seal(Left, Right, Middle), invalid('lefts', 'rights', /manyToOne/, { through: 'middles', relation: 'left' }))
  const Self: ModelClass = modelOf('selves', {
    friends: lax.manyToMany(() => Self, { through: () => Friendship, from: named('one'), to: named('one') }),
  })
  const Friendship = modelOf('friendships', { one: lax.manyToOne(() => Self, { column: 'otherId' }) })
  t.throws(seal(Self, Friendship), invalid('selves', 'friends', /two relations/, { through: 'friendships' }))
})

t.test('only one side names the model between two', async (t) => {
  const Left: ModelClass = modelOf('lefts', { rights: lax.manyToMany(() => Right, { through: 'left_rights' }) })
  const Right = modelOf('rights', { lefts: lax.manyToMany(() => Left, { through: 'left_rights' }) })
  t.throws(seal(Left, Right), invalid('rights', 'lefts', /instead/, { through: 'left_rights' }))
  const Taken: ModelClass = modelOf('taken', { others: lax.manyToMany(() => Taken, { through: 'targets' }) })
  t.throws(seal(Taken, modelOf('targets')), { code: 'ROME_SCHEMA_DUPLICATE', context: { name: 'targets' } })
})

t.test('a collection is ordered by columns of its entities that have an order', async (t) => {
  for (const orderBy of ['nmber', 'labels']) {
    const Left: ModelClass = modelOf('lefts', {
      rights: lax.manyToMany(() => Left, { through: 'left_rights', orderBy }),
    })
    t.throws(seal(Left), invalid('lefts', 'rights', /has an order/, { column: orderBy }))
  }
})

t.test('wrong arguments are refused where they stand', async (t) => {
  const argument = { name: 'UsageError', code: 'ROME_ARGUMENT' }
  const Target = modelOf('targets')
  const target = () => Target
  t.throws(() => lax.manyToOne(Target.name, { column: 'a' }), argument)
  t.throws(() => lax.manyToOne(target), argument)
  t.throws(() => lax.manyToOne(target, { column: 5 }), argument)
  t.throws(() => lax.manyToOne(target, { columns: [] }), argument)
  t.throws(() => lax.manyToOne(target, named('x')), argument)
  t.throws(() => lax.manyToOne(target, { column: 'a', onDelete: 'ignore' }), {
    ...argument,
    context: { onDelete: 'ignore' },
  })
  t.throws(() => lax.oneToMany(target), argument)
  t.throws(() => lax.oneToMany(target, 'parent'), argument)
  t.throws(() => lax.oneToOne(target), argument)
  t.throws(() => lax.manyToMany(target), argument)
  t.throws(() => lax.manyToMany(target, { through: 5 }), argument)
  t.throws(() => lax.manyToMany(target, { through: target, from: named('x') }), argument)
  const legacy = oneToMany(target, named('x')) as unknown as (target: object, key: string) => void
  t.throws(() => legacy({}, 'children'), { code: 'ROME_LEGACY_DECORATORS' })
  const accessor = { kind: 'accessor', name: 'children', static: false, private: false, metadata: {} }
  t.throws(() => oneToMany(target, named('x'))(undefined, accessor as never), argument)
})
