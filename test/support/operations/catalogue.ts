import { MemoryEngine } from '../../../lib/engines/memory/index.js'
import {
  type Collection,
  column,
  create,
  entity,
  fields,
  index,
  manyToOne,
  oneToMany,
  primaryKey,
  type Ref,
  Rome,
  t,
} from '../../../lib/index.js'

/** How many entities of these models were made. */
export const made = { entities: 0 }

class Counted {
  constructor() {
    made.entities++
  }
}

@entity('images')
@index('owner', 'createdAt')
@index('status', 'createdAt')
@index('createdAt')
@index('owner', 'status', 'createdAt')
export class Image extends Counted {
  @primaryKey(t.integer()) id!: number
  @column(t.string()) owner!: string
  @column(t.string()) status!: string
  @column(t.integer()) size!: number
  @column(t.datetime()) createdAt!: Date
  @oneToMany(
    () => Property,
    (property) => property.image,
  )
  properties!: Collection<Property>
  @oneToMany(
    () => Tag,
    (tag) => tag.image,
  )
  tags!: Collection<Tag>
}

@entity('properties')
@index('imageId')
export class Property extends Counted {
  @primaryKey(t.integer()) id!: number
  @column(t.integer()) imageId!: number
  @column(t.string()) name!: string
  @manyToOne(
    () => Image,
    (image) => image.properties,
    { column: 'imageId', onDelete: 'cascade' },
  )
  image!: Ref<Image>
}

@entity('tags')
@index('imageId')
export class Tag extends Counted {
  @primaryKey(t.integer()) id!: number
  @column(t.integer()) imageId!: number
  @column(t.string()) text!: string
  @manyToOne(
    () => Image,
    (image) => image.tags,
    { column: 'imageId', onDelete: 'cascade' },
  )
  image!: Ref<Image>
}

export const image = fields(Image)
export const models = [Image, Property, Tag]

/** Every owner has so many images, however many there are. */
const imagesPerOwner = 50
/** The images with properties and tags. */
const imagesWithRelated = 1000
const propertiesPerImage = 3
const tagsPerImage = 2

/** The values of an image. */
export function imageValues(id: number) {
  return {
    id,
    owner: ownerOf(id),
    status: ['active', 'active', 'active', 'queued', 'killed'][id % 5],
    size: (id * 7919) % 1000,
    createdAt: new Date(1.7e12 + id * 1000),
  }
}

export function ownerOf(id: number): string {
  return `owner ${Math.floor(id / imagesPerOwner)}`
}

/** A store with so many images, to be loaded into engines. */
export async function storeOf(images: number) {
  const engine = new MemoryEngine()
  const rome = await Rome.open({ engine, models, cache: { bytes: 0 } })
  const rows = <T>(count: number, make: (at: number) => T): T[] => Array.from({ length: count }, (_, at) => make(at))
  const related = Math.min(images, imagesWithRelated)
  await rome.transact((session) => session.bulkInsert(Image, rows(images, imageValues)))
  await rome.transact(async (session) => {
    session.addAll(
      rows(related * propertiesPerImage, (at) =>
        create(Property, { id: at, imageId: Math.floor(at / propertiesPerImage), name: `name ${at}` }),
      ),
    )
    session.addAll(
      rows(related * tagsPerImage, (at) =>
        create(Tag, { id: at, imageId: Math.floor(at / tagsPerImage), text: `tag ${at}` }),
      ),
    )
  })
  const dump = engine.dump()
  await rome.close()
  return dump
}
