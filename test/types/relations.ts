import { column } from '../../lib/decorators/column.js'
import { entity } from '../../lib/decorators/entity.js'
import { index } from '../../lib/decorators/indexes.js'
import { manyToMany } from '../../lib/decorators/many-to-many.js'
import { manyToOne } from '../../lib/decorators/many-to-one.js'
import { oneToMany } from '../../lib/decorators/one-to-many.js'
import { oneToOne } from '../../lib/decorators/one-to-one.js'
import { primaryKey } from '../../lib/decorators/primary-key.js'
import { desc } from '../../lib/expressions/asc-desc.js'
import type { Column } from '../../lib/expressions/column.js'
import type { Predicate } from '../../lib/expressions/expression.js'
import { alias } from '../../lib/schema/alias.js'
import type { Collection, LoadedCollection } from '../../lib/schema/collection.js'
import { create } from '../../lib/schema/create.js'
import { defineEntity } from '../../lib/schema/define-entity.js'
import type { ModelClass } from '../../lib/schema/entity-schema.js'
import type { ColumnName, RelationName } from '../../lib/schema/field-types.js'
import { fields } from '../../lib/schema/fields.js'
import type { Loaded } from '../../lib/schema/loaded.js'
import type { LoadedRef, Ref } from '../../lib/schema/ref.js'
import type { Relation } from '../../lib/schema/relation.js'
import type { RomeSession } from '../../lib/session/session.js'
import { t } from '../../lib/values/t.js'
import { type Equal, expectTrue } from './equal.js'

@entity('images')
export class Image {
  @primaryKey(t.uuid()) id!: string
  @column(t.string()) name!: string
  @oneToMany(
    () => ImageProperty,
    (p) => p.image,
    { orderBy: ['name', desc('value')], orphanRemoval: true },
  )
  properties!: Collection<ImageProperty>
  @oneToOne(
    () => Location,
    (l) => l.image,
    { orphanRemoval: true },
  )
  location!: Ref<Location | null>
  @manyToMany(() => Tag, { through: 'image_tags', orderBy: 'text' }) tags!: Collection<Tag>
  @manyToMany(() => Member, { through: () => Membership, from: (m) => m.image, to: (m) => m.member })
  members!: Collection<Member>
}

@entity('image_properties')
export class ImageProperty {
  @primaryKey(t.uuid()) id!: string
  @column(t.uuid()) imageId!: string
  @column(t.string()) name!: string
  @column(t.text().nullable()) value!: string | null
  @manyToOne(
    () => Image,
    (i) => i.properties,
    { column: 'imageId', onDelete: 'cascade' },
  )
  image!: Ref<Image>
}

@entity('locations')
export class Location {
  @primaryKey(t.uuid()) id!: string
  @column(t.uuid().nullable()) imageId!: string | null
  @oneToOne(
    () => Image,
    (i) => i.location,
    { column: 'imageId', onDelete: 'setNull' },
  )
  image!: Ref<Image | null>
}

@entity('tags')
export class Tag {
  @primaryKey(t.uuid()) id!: string
  @column(t.string()) text!: string
  @manyToMany(
    () => Image,
    (i) => i.tags,
    { orderBy: desc('name') },
  )
  images!: Collection<Image>
}

@entity('members')
export class Member {
  @primaryKey(t.uuid()) id!: string
}

@entity('memberships')
export class Membership {
  @primaryKey(t.uuid()) imageId!: string
  @primaryKey(t.uuid()) memberId!: string
  @manyToOne(() => Image, { column: 'imageId' }) image!: Ref<Image>
  @manyToOne(() => Member, { columns: ['memberId'], cascade: false }) member!: Ref<Member>
}

export class WrongRelations {
  @column(t.uuid()) imageId!: string
  @column(t.uuid().nullable()) otherId!: string | null
  // @ts-expect-error one entity is no collection
  @manyToOne(() => Image, { column: 'imageId' }) collection!: Collection<Image>
  // @ts-expect-error of another model
  @manyToOne(() => Image, { column: 'imageId' }) tag!: Ref<Tag>
  // @ts-expect-error the foreign key is never null
  @manyToOne(() => Image, { column: 'imageId' }) nullable!: Ref<Image | null>
  // @ts-expect-error the foreign key may be null
  @manyToOne(() => Image, { column: 'otherId' }) required!: Ref<Image>
  // @ts-expect-error no such column
  @manyToOne(() => Image, { column: 'imagId' }) misspelt!: Ref<Image>
  // @ts-expect-error no such column among several
  @manyToOne(() => Image, { columns: ['imageId', 'imagId'] }) severalMisspelt!: Ref<Image>
  // @ts-expect-error a relation is no column
  @manyToOne(() => Image, { column: 'collection' }) ofRelation!: Ref<Image>
  // @ts-expect-error the other side leads to another model
  @manyToOne(
    () => Image,
    (i) => i.properties,
    { column: 'imageId' },
  )
  elsewhere!: Ref<Image>
  // @ts-expect-error no such choice
  @manyToOne(() => Image, { column: 'imageId', onDelete: 'ignore' }) onDelete!: Ref<Image>
  // @ts-expect-error without the foreign key
  @manyToOne(() => Image, {}) withoutColumn!: Ref<Image>
  // @ts-expect-error the text of the column is no reference
  @manyToOne(() => Image, { column: 'imageId' }) text!: string
  // @ts-expect-error a bare entity is no reference
  @manyToOne(() => Image, { column: 'imageId' }) bare!: Image
  // @ts-expect-error relations to many are no reference
  @oneToMany(
    () => ImageProperty,
    (p) => p.image,
  )
  ref!: Ref<ImageProperty>
  // @ts-expect-error the properties belong to images
  @oneToMany(
    () => ImageProperty,
    (p) => p.image,
  )
  properties!: Collection<ImageProperty>
  // @ts-expect-error the side without the foreign key may be related to none
  @oneToOne(
    () => Image,
    (i) => i.location,
  )
  always!: Ref<Image>
  // @ts-expect-error nothing between the two
  @manyToMany(() => Tag, {}) tags!: Collection<Tag>
  // @ts-expect-error the middle leads elsewhere
  @manyToMany(() => Tag, { through: () => Membership, from: (m) => m.image, to: (m) => m.member }) to!: Collection<Tag>
}

export const wrongArguments = [
  manyToOne(
    () => Image,
    // @ts-expect-error no such relation of the target
    (i) => i.propertees,
    { column: 'imageId' },
  ),
  manyToOne(
    () => Image,
    // @ts-expect-error a column of the target is no relation
    (i) => i.name,
    { column: 'imageId' },
  ),
  manyToOne(
    () => Image,
    // @ts-expect-error the other side of many-to-one is a collection
    (i) => i.location,
    { column: 'imageId' },
  ),
  oneToMany(
    () => ImageProperty,
    (p) => p.image,
    // @ts-expect-error no such column of the target
    { orderBy: 'nam' },
  ),
]

export class WrongThrough {
  @column(t.uuid()) own!: string
  // @ts-expect-error the middle comes from images
  @manyToMany(() => Member, { through: () => Membership, from: (m) => m.image, to: (m) => m.member })
  members!: Collection<Member>
}

export class WithRelationsOnly extends Image {}

// @ts-expect-error an index is over columns
@index('properties')
// @ts-expect-error and its condition about them
@index('name', { where: (i) => i.properties.some() })
export class WrongIndexes {
  @column(t.string()) name!: string
  @oneToMany(
    () => ImageProperty,
    (p) => p.image,
  )
  properties!: Collection<ImageProperty>
}

export function relationsAreNoColumns(): void {
  expectTrue<Equal<ColumnName<ImageProperty>, 'id' | 'imageId' | 'name' | 'value'>>()
  expectTrue<Equal<RelationName<ImageProperty>, 'image'>>()
  expectTrue<Equal<RelationName<Image>, 'properties' | 'location' | 'tags' | 'members'>>()
  create(ImageProperty, { imageId: 'x' })
  const image = create(Image, { properties: [create(ImageProperty, { name: 'arch' })], location: null })
  create(ImageProperty, { image })
  // @ts-expect-error an entity of another model
  create(ImageProperty, { image: create(Tag, {}) })
  // @ts-expect-error the foreign key is never null
  create(ImageProperty, { image: null })
  // @ts-expect-error one entity is no array of them
  create(Image, { properties: create(ImageProperty, {}) })
}

export function fieldsCarryRelations(): void {
  const image = fields(Image)
  expectTrue<Equal<typeof image.name, Column<string>>>()
  expectTrue<Equal<typeof image.properties, Relation<ImageProperty>>>()
  expectTrue<Equal<typeof image.location, Relation<Location>>>()
  const parent = alias(Image, 'parent')
  expectTrue<Equal<typeof parent.properties, Relation<ImageProperty>>>()
  const isTagged = image.tags.some((tag) => tag.text.eq('x'))
  expectTrue<Equal<typeof isTagged, Predicate>>()
  image.properties.every((p) => p.image.none((i) => i.name.eq(image.name)))
  image.location.some()
  image.tags.none()
  // @ts-expect-error no such column of the target
  image.tags.some((tag) => tag.name.eq('x'))
  // @ts-expect-error a text is no predicate
  image.tags.none((tag) => tag.text)
  // @ts-expect-error every one does what?
  image.tags.every()
  // @ts-expect-error undefined never means anything
  image.tags.some(undefined)
  // @ts-expect-error a relation has no value
  image.tags.eq('x')
}

export async function relationsAreReadOnceTheyAreLoaded(image: Image, property: ImageProperty): Promise<void> {
  const loaded = await image.properties.load()
  expectTrue<Equal<typeof loaded, LoadedCollection<ImageProperty>>>()
  for (const each of loaded) each.name.at(loaded.length)
  image.properties.add(property)
  // @ts-expect-error an entity of another model
  image.properties.add(image)
  // @ts-expect-error it may not be there
  Array.from(image.properties)
  // @ts-expect-error it may not be there
  image.properties.length
  if (image.properties.isLoaded()) image.properties.toArray()
  const owner = await property.image.load()
  expectTrue<Equal<typeof owner, Image>>()
  const location = await image.location.load()
  expectTrue<Equal<typeof location, Location | null>>()
  image.location.set(null)
  // @ts-expect-error the foreign key is never null
  property.image.set(null)
  // @ts-expect-error it may not be there
  property.image.get()
  if (property.image.isLoaded()) property.image.get().name.at(0)
}

export function loadedNarrows(image: Loaded<Image, 'properties' | 'location'>): void {
  for (const property of image.properties) property.value?.at(0)
  expectTrue<Equal<ReturnType<typeof image.location.get>, Location | null>>()
  const plain: Image = image
  plain.name.at(0)
  // @ts-expect-error the tags are not loaded
  image.tags.length
  expectTrue<Equal<Loaded<Image, 'tags'>['tags'] extends LoadedCollection<Tag> ? true : false, true>>()
  expectTrue<Equal<Loaded<Location, 'image'>['image'] extends LoadedRef<Image | null> ? true : false, true>>()
}

export async function includesAreTyped(session: RomeSession): Promise<void> {
  const query = session.query(Image)
  const [image] = await query.include('properties', 'location', 'members').all()
  for (const property of image.properties) property.value?.at(0)
  expectTrue<Equal<ReturnType<typeof image.location.get>, Location | null>>()
  // @ts-expect-error the tags are not included
  image.tags.length
  const [deep] = await query.include('tags.images.location').all()
  for (const tag of deep.tags) for (const other of tag.images) other.location.get()?.imageId?.at(0)
  const [, property] = await session.query(Image, ImageProperty).join('properties').include('tags').one()
  property.name.at(0)
  const [partial] = await query
    .include({
      properties: {
        filter: (p) => p.name.eq('arch'),
        orderBy: (p) => p.name.asc(),
        limit: 3,
        include: { image: true },
      },
      location: true,
    })
    .include('tags')
    .all()
  for (const each of partial.properties) each.image.get().name.at(0)
  partial.location.get()?.imageId
  partial.tags.length
  // @ts-expect-error no such relation
  query.include('propertees')
  // @ts-expect-error no such relation of the target
  query.include('properties.nothing')
  // @ts-expect-error a column is no relation
  query.include('name')
  // @ts-expect-error a reference has no order
  query.include({ location: { limit: 1 } })
  // @ts-expect-error no such column of the target
  query.include({ properties: { filter: (p) => p.nam.eq('x') } })
}

export async function nestedPathsAreTyped(session: RomeSession): Promise<void> {
  const takesDeep = (image: Loaded<Image, 'tags.images.location' | 'properties'>) => image
  const [image] = await session.query(Image).include('tags.images.location', 'tags.images.members', 'properties').all()
  takesDeep(image)
  for (const other of image.tags.toArray()[0].images) {
    other.location.get()?.imageId
    other.members.length
    // @ts-expect-error the tags of these are not included
    other.tags.length
  }
  const [twice] = await session.query(Image).include('tags').include('tags.images').include('tags.images.members').all()
  for (const tag of twice.tags) for (const other of tag.images) other.members.length
  const [both] = await session
    .query(Image)
    .include({ tags: { include: { images: true } } })
    .include('tags.images.location')
    .all()
  for (const tag of both.tags) for (const other of tag.images) other.location.get()
  const [location] = await session.query(Location).include('image.properties').all()
  for (const property of location.image.get()?.properties ?? []) property.value?.at(0)
  // @ts-expect-error a location may be of no image
  location.image.get().properties
  // @ts-expect-error the shallow one has not all that is wanted
  takesDeep((await session.query(Image).include('tags').all())[0])
  const [pair] = await session.query(Image, Tag).join('tags').include('properties.image').all()
  for (const property of pair[0].properties) property.image.get().name.at(0)
}

// Models without decorators: where one leads to the other alone, all types are found out.

const Owner = defineEntity('owners', { id: primaryKey(t.uuid()) })
type Owner = InstanceType<typeof Owner>
const House = defineEntity(
  'houses',
  { id: primaryKey(t.uuid()), ownerId: t.uuid(), tenantId: t.uuid().nullable() },
  {
    relations: {
      owner: manyToOne(() => Owner, { column: 'ownerId', onDelete: 'cascade' }),
      tenant: manyToOne(() => Owner, { column: 'tenantId' }),
      formerOwners: manyToMany(() => Owner, { through: 'former_owners' }),
    },
    indexes: [index('ownerId')],
  },
)

export function definedRelationsAreTyped(house: InstanceType<typeof House>): void {
  expectTrue<Equal<typeof house.owner, Ref<Owner>>>()
  expectTrue<Equal<typeof house.tenant, Ref<Owner | null>>>()
  expectTrue<Equal<typeof house.formerOwners, Collection<Owner>>>()
  expectTrue<Equal<typeof house.tenantId, string | null>>()
  const field = fields(House)
  expectTrue<Equal<typeof field.owner, Relation<Owner>>>()
  create(House, { ownerId: 'x' })
  // @ts-expect-error a new entity is given columns
  create(House, { owner: house.owner })
}

// Where two lead to each other, one says its type.

interface Author {
  id: string
  books: Collection<Book>
}
const Author: ModelClass<Author> = defineEntity(
  'authors',
  { id: primaryKey(t.uuid()) },
  {
    relations: {
      books: oneToMany(
        () => Book,
        (book) => book.author,
        { orderBy: 'title' },
      ),
    },
  },
)
const Book = defineEntity(
  'books',
  { id: primaryKey(t.uuid()), title: t.string(), authorId: t.uuid() },
  { relations: { author: manyToOne(() => Author, { column: 'authorId' }) } },
)
type Book = InstanceType<typeof Book>

export function definedModelsLeadToEachOther(author: Author, book: Book): void {
  expectTrue<Equal<typeof book.author, Ref<Author>>>()
  author.books.add(book)
  fields(Author).books.some((b) => b.author.some((a) => a.id.eq('x')))
}

export const wrongDefinitions = [
  // @ts-expect-error no such column
  defineEntity('wrong', { id: primaryKey(t.uuid()) }, { relations: { o: manyToOne(() => Owner, { column: 'x' }) } }),
  defineEntity(
    'wrong',
    { id: primaryKey(t.uuid()), bookId: t.uuid() },
    {
      relations: {
        // @ts-expect-error the books belong to authors
        books: oneToMany(
          () => Book,
          (book) => book.author,
        ),
      },
    },
  ),
  // @ts-expect-error a column is no relation
  defineEntity('wrong', { id: primaryKey(t.uuid()) }, { relations: { id: primaryKey(t.uuid()) } }),
]
