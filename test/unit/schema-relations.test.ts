import t from 'tap'
import { column } from '../../lib/decorators/column.js'
import { entity } from '../../lib/decorators/entity.js'
import { unique } from '../../lib/decorators/indexes.js'
import { manyToMany } from '../../lib/decorators/many-to-many.js'
import { manyToOne } from '../../lib/decorators/many-to-one.js'
import { oneToMany } from '../../lib/decorators/one-to-many.js'
import { oneToOne } from '../../lib/decorators/one-to-one.js'
import { primaryKey } from '../../lib/decorators/primary-key.js'
import { desc } from '../../lib/expressions/asc-desc.js'
import type { Collection } from '../../lib/schema/collection.js'
import { create } from '../../lib/schema/create.js'
import { defineEntity } from '../../lib/schema/define-entity.js'
import type { EntitySchema, ModelClass, RelationDefinition } from '../../lib/schema/entity-schema.js'
import type { Ref } from '../../lib/schema/ref.js'
import { newEntity, rowOf } from '../../lib/schema/row-mapping.js'
import { schemaOf } from '../../lib/schema/schema-of.js'
import { sealRelations } from '../../lib/schema/seal-relations.js'
import { t as types } from '../../lib/values/t.js'

@entity('images')
class Image {
  @primaryKey(types.uuid()) id!: string
  @column(types.string()) name!: string
  @oneToMany(
    () => ImageProperty,
    (p) => p.image,
    { orderBy: ['name', desc('value')], orphanRemoval: true },
  )
  properties!: Collection<ImageProperty>
  @oneToOne(
    () => Location,
    (l) => l.image,
  )
  location!: Ref<Location | null>
  @manyToMany(() => Tag, { through: 'image_tags' }) tags!: Collection<Tag>
  @manyToMany(() => Member, { through: () => Membership, from: (m) => m.image, to: (m) => m.member, cascade: false })
  members!: Collection<Member>
}

@entity('image_properties')
class ImageProperty {
  @primaryKey(types.uuid()) id!: string
  @column(types.uuid()) imageId!: string
  @column(types.string()) name!: string
  @column(types.string().nullable()) value!: string | null
  @manyToOne(
    () => Image,
    (i) => i.properties,
    { column: 'imageId', onDelete: 'cascade' },
  )
  image!: Ref<Image>
}

@entity('locations')
@unique('imageId')
class Location {
  @primaryKey(types.uuid()) id!: string
  @column(types.uuid().nullable()) imageId!: string | null
  @oneToOne(() => Image, { column: 'imageId', onDelete: 'setNull' }) image!: Ref<Image | null>
}

@entity('tags')
class Tag {
  @primaryKey(types.string(), { name: 'tag_text' }) text!: string
  @manyToMany(
    () => Image,
    (i) => i.tags,
    { orderBy: 'name' },
  )
  images!: Collection<Image>
}

@entity('members')
class Member {
  @primaryKey(types.uuid()) id!: string
}

@entity('memberships')
class Membership {
  @primaryKey(types.uuid()) imageId!: string
  @primaryKey(types.uuid()) memberId!: string
  @manyToOne(() => Image, { column: 'imageId', onDelete: 'cascade' }) image!: Ref<Image>
  @manyToOne(() => Member, { column: 'memberId' }) member!: Ref<Member>
}

const models: readonly ModelClass[] = [Image, ImageProperty, Location, Tag, Member, Membership]

function relationOf(model: ModelClass, name: string): RelationDefinition {
  const relation = schemaOf(model).relationByName.get(name)
  if (relation === undefined) throw new Error(`no relation ${name}`)
  return relation
}

function pairs({ columns }: RelationDefinition): string[] {
  return columns.map(({ own, target }) => `${own.name} = ${target.name}`)
}

function sealed(...models: readonly ModelClass[]): readonly EntitySchema[] {
  return sealRelations(models.map((model) => schemaOf(model)))
}

t.test('a schema holds the relations in order of declaration, and no columns for them', async (t) => {
  const schema = schemaOf(Image)
  t.same(
    schema.relations.map(({ name, kind, isOwner, isNullable }) => [name, kind, isOwner, isNullable]),
    [
      ['properties', 'oneToMany', false, false],
      ['location', 'oneToOne', false, true],
      ['tags', 'manyToMany', true, false],
      ['members', 'manyToMany', true, false],
    ],
  )
  t.same([...schema.columnByName.keys()], ['id', 'name'])
  t.equal(schema.relationByName.get('tags'), schema.relations[2])
  t.ok(Object.isFrozen(schema.relations) && schema.relations.every(Object.isFrozen))
  t.ok(schema.relations.every((relation) => relation.schema === schema))
})

t.test('the two sides know each other and the columns that are equal', async (t) => {
  const properties = relationOf(Image, 'properties')
  const image = relationOf(ImageProperty, 'image')
  t.equal(properties.target, schemaOf(ImageProperty))
  t.equal(image.target, schemaOf(Image))
  t.equal(properties.inverse, image)
  t.equal(image.inverse, properties)
  t.same(pairs(image), ['imageId = id'])
  t.same(pairs(properties), ['id = imageId'])
  t.equal(image.columns, image.columns, 'looked up once')
  t.equal(image.columns[0]?.own, schemaOf(ImageProperty).columns[1])
  t.ok(image.isOwner)
  t.same(
    [image, properties, relationOf(Location, 'image')].map(({ onDelete }) => onDelete),
    ['cascade', undefined, 'setNull'],
  )
})

t.test('a side that names no other finds the one that names it', async (t) => {
  const image = relationOf(Location, 'image')
  t.equal(image.inverse, relationOf(Image, 'location'))
  t.ok(image.isNullable, 'by its nullable column')
  t.equal(relationOf(Membership, 'member').inverse, undefined)
  t.equal(relationOf(Image, 'members').inverse, undefined)
})

t.test('the options are kept', async (t) => {
  const properties = relationOf(Image, 'properties')
  t.same(
    properties.orderBy.map(({ column, isDescending }) => [column.name, isDescending]),
    [
      ['name', false],
      ['value', true],
    ],
  )
  t.ok(properties.orphanRemoval)
  t.notOk(relationOf(Image, 'tags').orphanRemoval)
  t.ok(properties.cascadesAdd)
  t.notOk(relationOf(Image, 'members').cascadesAdd)
  t.equal(relationOf(Membership, 'member').onDelete, 'restrict')
})

t.test('a many-to-many relation goes through a model that was written', async (t) => {
  const members = relationOf(Image, 'members')
  t.same(members.columns, [])
  t.equal(members.through?.schema, schemaOf(Membership))
  t.equal(members.through?.from, relationOf(Membership, 'image'))
  t.equal(members.through?.to, relationOf(Membership, 'member'))
  t.notOk(members.through?.isImplicit)
})

t.test('a many-to-many relation goes through a model that is made of its name and the two keys', async (t) => {
  const there = relationOf(Image, 'tags').through
  const back = relationOf(Tag, 'images').through
  if (there === undefined || back === undefined) throw new Error('a many-to-many relation has a middle')
  const middle = there.schema
  t.ok(there.isImplicit && back.isImplicit)
  t.equal(middle.name, 'image_tags')
  t.same(
    middle.columns.map(({ name, type, isNullable }) => [name, type.kind, isNullable]),
    [
      ['fromId', 'uuid', false],
      ['toTag_text', 'string', false],
    ],
  )
  t.same(middle.primaryKey, middle.columns)
  t.same(
    middle.indexes.map((index) => index.columns.map((indexed) => indexed.column.name)),
    [['toTag_text']],
  )
  t.equal(back.schema, middle)
  t.equal(back.from, there.to)
  t.equal(back.to, there.from)
  t.equal(there.from.target, schemaOf(Image))
  t.same(pairs(there.from), ['fromId = id'])
  t.same(pairs(there.to), ['toTag_text = text'])
  t.same([there.from.onDelete, there.to.onDelete], ['cascade', 'cascade'])
  t.same(rowOf(middle, create(middle.model, { fromId: '0190a6e0-0000-7000-8000-000000000000', toTag_text: 'x' })), [
    '0190a6e0-0000-7000-8000-000000000000',
    'x',
  ])
})

t.test('models that fit are sealed, with the models between them', async (t) => {
  const schemas = sealed(...models)
  t.same(
    schemas.map(({ name }) => name),
    ['images', 'image_properties', 'locations', 'tags', 'members', 'memberships', 'image_tags'],
  )
  t.same(sealed(...models), schemas, 'each time the same')
})

t.test('a model may lead to itself, by a key of several columns', async (t) => {
  @entity('parts')
  class Part {
    @primaryKey(types.string()) shelf!: string
    @primaryKey(types.integer()) number!: number
    @column(types.string()) wholeShelf!: string
    @column(types.integer().nullable()) wholeNumber!: number | null
    @manyToOne(() => Part, { columns: ['wholeShelf', 'wholeNumber'] }) whole!: Ref<Part | null>
    @oneToMany(
      () => Part,
      (p) => p.whole,
    )
    parts!: Collection<Part>
    @manyToMany(() => Part, { through: 'part_likenesses' }) like!: Collection<Part>
    @manyToMany(
      () => Part,
      (p) => p.like,
    )
    likened!: Collection<Part>
  }
  t.equal(sealed(Part).length, 2)
  t.same(pairs(relationOf(Part, 'whole')), ['wholeShelf = shelf', 'wholeNumber = number'])
  t.equal(relationOf(Part, 'whole').inverse, relationOf(Part, 'parts'))
  t.ok(relationOf(Part, 'whole').isNullable)
  t.same(
    relationOf(Part, 'like').through?.schema.columns.map(({ name }) => name),
    ['fromShelf', 'fromNumber', 'toShelf', 'toNumber'],
  )
  t.equal(relationOf(Part, 'like').inverse, relationOf(Part, 'likened'))
})

t.test('a relation is taken over from a base class', async (t) => {
  abstract class OfImage {
    @column(types.uuid()) imageId!: string
    @manyToOne(() => Image, { column: 'imageId' }) image!: Ref<Image>
  }
  @entity('notes')
  class Note extends OfImage {
    @primaryKey(types.uuid()) id!: string
  }
  @entity('comments')
  class Comment extends OfImage {
    @primaryKey(types.uuid()) id!: string
  }
  t.equal(relationOf(Note, 'image').schema, schemaOf(Note))
  t.equal(relationOf(Comment, 'image').schema, schemaOf(Comment))
  t.equal(relationOf(Note, 'image').columns[0]?.own, schemaOf(Note).columnByName.get('imageId'))
})

t.test('a model is sealed without asking for the models that it leads to', async (t) => {
  let asked = 0
  const Lazy = defineEntity(
    'lazy',
    { id: primaryKey(types.uuid()), imageId: types.uuid() },
    {
      relations: {
        image: manyToOne(
          () => {
            asked++
            return Image
          },
          { column: 'imageId' },
        ),
      },
    },
  )
  const { relations } = schemaOf(Lazy)
  t.equal(asked, 0)
  t.equal(relations[0]?.target, schemaOf(Image))
  t.equal(relations[0]?.target, schemaOf(Image))
  t.equal(asked, 1)
})

t.test('a row knows nothing of relations, and every entity has their properties', async (t) => {
  const id = '0190a6e0-0000-7000-8000-000000000000'
  const image = create(Image, { id, name: 'cirros' })
  t.equal(image.properties.isLoaded(), true, 'those of a new entity are loaded')
  t.same(rowOf(schemaOf(Image), image), [id, 'cirros'])
  t.equal(newEntity(schemaOf(Image), [id, 'cirros']).tags.isLoaded(), true)
  t.equal(JSON.stringify(image), JSON.stringify({ id, name: 'cirros' }))
})

t.test('a model defined without decorators has the same relations', async (t) => {
  const Owner = defineEntity('owners', { id: primaryKey(types.uuid()) })
  const House = defineEntity(
    'houses',
    { id: primaryKey(types.uuid()), ownerId: types.uuid().nullable() },
    {
      relations: {
        owner: manyToOne(() => Owner, { column: 'ownerId', onDelete: 'setNull' }),
        guests: manyToMany(() => Owner, { through: 'guests' }),
      },
    },
  )
  t.same(
    sealed(Owner, House).map(({ name }) => name),
    ['owners', 'houses', 'guests'],
  )
  t.same(pairs(relationOf(House, 'owner')), ['ownerId = id'])
  t.same(Object.keys(new House()), ['id', 'ownerId', 'owner', 'guests'])
  const relations = { owner: primaryKey(types.uuid()) as never }
  t.throws(() => defineEntity('m', { id: primaryKey(types.uuid()) }, { relations }), {
    code: 'ROME_ARGUMENT',
    context: { model: 'm', relation: 'owner' },
  })
})
