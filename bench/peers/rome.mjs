// Rome through its public interface: entities in a session, serializable transactions, prepared queries.
import {
  and_,
  count,
  create,
  createdAt,
  defineEntity,
  fields,
  index,
  manyToOne,
  oneToMany,
  or_,
  param,
  primaryKey,
  Rome,
  t,
  unique,
  updatedAt,
  version,
} from 'rome-orm'
import { containerFormats, diskFormats, limits, statuses, visibilities } from '../data.mjs'

const Image = defineEntity(
  'images',
  {
    id: primaryKey(t.uuid()),
    name: t.string(),
    status: t.enum(...statuses),
    visibility: t.enum(...visibilities),
    owner: t.string(),
    checksum: t.string({ max: 32 }).nullable(),
    diskFormat: t.enum(...diskFormats),
    containerFormat: t.enum(...containerFormats),
    size: t.integer(),
    minDisk: t.integer(),
    minRam: t.integer(),
    isProtected: t.boolean(),
    isHidden: t.boolean(),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
    version: version(),
  },
  {
    indexes: [
      index('owner', 'createdAt'),
      index('status', 'createdAt'),
      index('createdAt'),
      index('owner', 'status', 'createdAt'),
    ],
    relations: {
      properties: oneToMany(
        () => ImageProperty,
        (property) => property.image,
      ),
      tags: oneToMany(
        () => ImageTag,
        (tag) => tag.image,
      ),
    },
  },
)

const ofImage = () => ({ image: manyToOne(() => Image, { column: 'imageId', onDelete: 'cascade' }) })

const ImageProperty = defineEntity(
  'image_properties',
  { id: primaryKey(t.uuid()), imageId: t.uuid(), name: t.string(), value: t.string() },
  { indexes: [unique('imageId', 'name')], relations: ofImage() },
)

const ImageTag = defineEntity(
  'image_tags',
  { id: primaryKey(t.uuid()), imageId: t.uuid(), value: t.string() },
  { indexes: [unique('imageId', 'value')], relations: ofImage() },
)

const image = fields(Image)
const owner = param('owner', t.string())
const status = param('status', t.enum(...statuses))

export async function openPeer(engine, cacheMiB) {
  const models = [Image, ImageProperty, ImageTag]
  const rome = await Rome.open({ engine, models, fullScans: 'allow', cache: { bytes: cacheMiB * 2 ** 20 } })
  // Memory keeps nothing, whatever is asked.
  const isStored = engine.manifest.durabilities.includes('commit')

  const inSession = async (work) => {
    const session = rome.session()
    try {
      return await work(session)
    } finally {
      await session.close()
    }
  }

  // Bound to a session of their own at each use; this one never reads.
  const template = rome.session()
  const newestFirst = template.query(Image).orderBy(image.createdAt.desc(), image.id.desc())
  const ofOwner = newestFirst.filter(image.owner.eq(owner))
  const ofStatus = newestFirst.filter(image.status.eq(status))
  const both = and_(image.owner.eq(owner), image.status.eq(status))
  const queries = {
    newest: newestFirst.filter(both).limit(limits.newest).prepare(),
    ofOwner: ofOwner.prepare(),
    all: newestFirst.prepare(),
    whole: ofOwner.limit(limits.whole).include('properties', 'tags').prepare(),
    either: newestFirst
      .filter(or_(image.owner.eq(owner), image.status.eq(status)))
      .limit(limits.either)
      .prepare(),
    union: ofOwner
      .limit(limits.either)
      .union(ofStatus.limit(limits.either))
      .orderBy(image.createdAt.desc(), image.id.desc())
      .limit(limits.either)
      .prepare(),
    both: template.query(Image).filter(both).prepare(),
    byStatus: template.query(image.status, count()).groupBy(image.status).prepare(),
    smaller: template
      .query(Image)
      .filter(image.size.lt(param('size', t.integer())))
      .prepare(),
  }
  await template.close()
  const all = (query, values) => inSession((session) => query.bind(values, session).all())

  return {
    readOne: (id) => inSession((session) => session.get(Image, id)),
    readMany: (ids) => inSession((session) => session.getMany(Image, ids)),
    insert: (images, durability) =>
      inSession(async (session) => {
        for (const { createdAt, updatedAt, properties = [], tags = [], ...values } of images) {
          session.add(create(Image, { ...values, createdAt: new Date(createdAt), updatedAt: new Date(updatedAt) }))
          for (const property of properties) session.add(create(ImageProperty, property))
          for (const tag of tags) session.add(create(ImageTag, tag))
        }
        await session.commit(isStored ? { durability } : {})
      }),
    newest: (owner, status) => all(queries.newest, { owner, status }),
    async *pages(size, owner) {
      let after
      do {
        const page = await inSession((session) => {
          const query = owner === undefined ? queries.all.bind({}, session) : queries.ofOwner.bind({ owner }, session)
          return query.page(after === undefined ? { size } : { size, after })
        })
        yield page.items
        after = page.next
      } while (after !== undefined)
    },
    newestWhole: (owner) => all(queries.whole, { owner }),
    modify: (id, minDisk) =>
      inSession(async (session) => {
        const found = await session.getOrThrow(Image, id)
        found.minDisk = minDisk
        await session.commit(isStored ? { durability: 'os' } : {})
      }),
    either: (owner, status) => all(queries.either, { owner, status }),
    union: (owner, status) => all(queries.union, { owner, status }),
    countOf: (owner, status) => inSession((session) => queries.both.bind({ owner, status }, session).count()),
    countByStatus: () => all(queries.byStatus, {}),
    smallerThan: (size) => all(queries.smaller, { size }),
    remove: (id) =>
      inSession(async (session) => {
        session.delete(await session.getOrThrow(Image, id))
        await session.commit(isStored ? { durability: 'os' } : {})
      }),
    updateWhere: (owner, status, minDisk) =>
      inSession(async (session) => {
        const count = await queries.both.bind({ owner, status }, session).update({ minDisk })
        await session.commit(isStored ? { durability: 'os' } : {})
        return count
      }),
    counts: () =>
      inSession(async (session) => {
        const counts = []
        for (const model of models) counts.push(await session.query(model).count())
        return counts
      }),
    close: () => rome.close(),
  }
}
