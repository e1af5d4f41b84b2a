// TypeORM over better-sqlite3: repositories of schemas, and query builders where repositories do not reach.
import { DataSource, EntitySchema, In, LessThan } from 'typeorm'
import { limits } from '../data.mjs'
import { createTables, durabilitySwitch, rowsPerInsert, settings, unionInSql } from '../sqlite-store.mjs'

const text = { type: 'text' }
const integer = { type: 'integer' }
const primary = { type: 'text', primary: true }

const Image = new EntitySchema({
  name: 'Image',
  tableName: 'images',
  columns: {
    id: primary,
    name: text,
    status: text,
    visibility: text,
    owner: text,
    checksum: { type: 'text', nullable: true },
    diskFormat: text,
    containerFormat: text,
    size: integer,
    minDisk: integer,
    minRam: integer,
    isProtected: { type: 'boolean' },
    isHidden: { type: 'boolean' },
    createdAt: integer,
    updatedAt: integer,
    version: { type: 'integer', version: true },
  },
  relations: {
    properties: { type: 'one-to-many', target: 'ImageProperty', inverseSide: 'image', cascade: ['insert'] },
    tags: { type: 'one-to-many', target: 'ImageTag', inverseSide: 'image', cascade: ['insert'] },
  },
})
const toImage = (inverseSide) => ({
  image: { type: 'many-to-one', target: 'Image', inverseSide, joinColumn: { name: 'imageId' }, onDelete: 'CASCADE' },
})
const ImageProperty = new EntitySchema({
  name: 'ImageProperty',
  tableName: 'image_properties',
  columns: { id: primary, imageId: text, name: text, value: text },
  relations: toImage('properties'),
})
const ImageTag = new EntitySchema({
  name: 'ImageTag',
  tableName: 'image_tags',
  columns: { id: primary, imageId: text, value: text },
  relations: toImage('tags'),
})

const newestFirst = { createdAt: 'DESC', id: 'DESC' }
export async function openPeer(file) {
  let database
  const source = new DataSource({
    type: 'better-sqlite3',
    database: file,
    entities: [Image, ImageProperty, ImageTag],
    prepareDatabase: (opened) => {
      database = opened
      opened.exec(`${settings}; ${createTables}`)
    },
  })
  await source.initialize()
  const useDurability = durabilitySwitch((sql) => database.exec(sql))
  useDurability('os')
  const images = source.getRepository(Image)
  const insertInto = async (manager, target, rows) => {
    for (let from = 0; from < rows.length; from += rowsPerInsert) {
      // Otherwise it would read all of them again.
      const insert = manager.createQueryBuilder().insert().into(target).updateEntity(false)
      await insert.values(rows.slice(from, from + rowsPerInsert)).execute()
    }
  }

  return {
    readOne: (id) => images.findOneBy({ id }),
    readMany: async (ids) => {
      const found = new Map((await images.findBy({ id: In(ids) })).map((image) => [image.id, image]))
      return ids.map((id) => found.get(id))
    },
    insert: async (inserted, durability) => {
      useDurability(durability)
      const rows = inserted.map(({ properties, tags, ...values }) => values)
      if (rows.length === 1 && inserted[0].properties === undefined) {
        return insertInto(source.manager, Image, rows)
      }
      await source.transaction(async (manager) => {
        await insertInto(manager, Image, rows)
        await insertInto(
          manager,
          ImageProperty,
          inserted.flatMap((image) => image.properties ?? []),
        )
        await insertInto(
          manager,
          ImageTag,
          inserted.flatMap((image) => image.tags ?? []),
        )
      })
    },
    newest: (owner, status) => images.find({ where: { owner, status }, order: newestFirst, take: limits.newest }),
    async *pages(size, owner) {
      let last
      for (;;) {
        const query = images
          .createQueryBuilder('image')
          .orderBy('image.createdAt', 'DESC')
          .addOrderBy('image.id', 'DESC')
        if (owner !== undefined) query.andWhere('image.owner = :owner', { owner })
        if (last !== undefined) query.andWhere('(image.createdAt, image.id) < (:createdAt, :id)', last)
        // One more than the page tells whether there is a next.
        const rows = await query.limit(size + 1).getMany()
        const page = rows.slice(0, size)
        yield page
        if (rows.length <= size) return
        const { createdAt, id } = page.at(-1)
        last = { createdAt, id }
      }
    },
    newestWhole: (owner) =>
      images.find({
        where: { owner },
        order: newestFirst,
        take: limits.whole,
        relations: { properties: true, tags: true },
        relationLoadStrategy: 'query',
      }),
    modify: async (id, minDisk) => {
      useDurability('os')
      await source.transaction(async (manager) => {
        const image = await manager.findOneByOrFail(Image, { id })
        image.minDisk = minDisk
        image.updatedAt = Date.now()
        await manager.save(Image, image)
      })
    },
    either: (owner, status) => images.find({ where: [{ owner }, { status }], order: newestFirst, take: limits.either }),
    union: (owner, status) => source.query(unionInSql, [owner, status]),
    countOf: (owner, status) => images.countBy({ owner, status }),
    countByStatus: async () => {
      const rows = await images
        .createQueryBuilder('image')
        .select('image.status', 'status')
        .addSelect('count(*)', 'count')
        .groupBy('image.status')
        .getRawMany()
      return rows.map(({ status, count }) => [status, Number(count)])
    },
    smallerThan: (size) => images.findBy({ size: LessThan(size) }),
    remove: async (id) => {
      useDurability('os')
      await images.delete(id)
    },
    updateWhere: async (owner, status, minDisk) => {
      useDurability('os')
      const { affected } = await images.update({ owner, status }, { minDisk, updatedAt: Date.now() })
      return affected
    },
    counts: async () => [
      await images.count(),
      await source.getRepository(ImageProperty).count(),
      await source.getRepository(ImageTag).count(),
    ],
    close: () => source.destroy(),
  }
}
