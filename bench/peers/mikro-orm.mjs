// MikroORM over better-sqlite3: entities of a fork of the entity manager for each unit of work.

import { defineEntity, EntityCaseNamingStrategy, p } from '@mikro-orm/core'
import { MikroORM, raw } from '@mikro-orm/sqlite'
import { limits } from '../data.mjs'
import { createTables, durabilitySwitch, settings, unionInSql } from '../sqlite-store.mjs'

const Image = defineEntity({
  name: 'Image',
  tableName: 'images',
  properties: {
    id: p.text().primary(),
    name: p.text(),
    status: p.text(),
    visibility: p.text(),
    owner: p.text(),
    checksum: p.text().nullable(),
    diskFormat: p.text(),
    containerFormat: p.text(),
    size: p.integer(),
    minDisk: p.integer(),
    minRam: p.integer(),
    isProtected: p.boolean(),
    isHidden: p.boolean(),
    createdAt: p.integer(),
    updatedAt: p.integer().onUpdate(() => Date.now()),
    version: p.integer().version(),
    properties: () => p.oneToMany(ImageProperty).mappedBy('image'),
    tags: () => p.oneToMany(ImageTag).mappedBy('image'),
  },
})

const ImageProperty = defineEntity({
  name: 'ImageProperty',
  tableName: 'image_properties',
  properties: {
    id: p.text().primary(),
    image: () => p.manyToOne(Image).fieldName('imageId').deleteRule('cascade'),
    name: p.text(),
    value: p.text(),
  },
})

const ImageTag = defineEntity({
  name: 'ImageTag',
  tableName: 'image_tags',
  properties: {
    id: p.text().primary(),
    image: () => p.manyToOne(Image).fieldName('imageId').deleteRule('cascade'),
    value: p.text(),
  },
})

const newestFirst = { createdAt: 'desc', id: 'desc' }

export async function openPeer(file) {
  const orm = await MikroORM.init({
    dbName: file,
    entities: [Image, ImageProperty, ImageTag],
    // The columns have the names of the properties.
    namingStrategy: EntityCaseNamingStrategy,
  })
  const connection = orm.em.getConnection()
  for (const sql of `${settings}; ${createTables}`.split(';')) if (sql.trim() !== '') await connection.execute(sql)
  const useDurability = durabilitySwitch((sql) => connection.execute(sql))
  await useDurability('os')
  const fork = () => orm.em.fork()

  return {
    readOne: (id) => fork().findOne(Image, id),
    readMany: async (ids) => {
      const found = new Map((await fork().find(Image, { id: ids })).map((image) => [image.id, image]))
      return ids.map((id) => found.get(id))
    },
    insert: async (inserted, durability) => {
      await useDurability(durability)
      const em = fork()
      for (const { properties = [], tags = [], ...values } of inserted) {
        const image = em.create(Image, values)
        for (const { id, name, value } of properties) em.create(ImageProperty, { id, image, name, value })
        for (const { id, value } of tags) em.create(ImageTag, { id, image, value })
      }
      await em.flush()
    },
    newest: (owner, status) => fork().find(Image, { owner, status }, { orderBy: newestFirst, limit: limits.newest }),
    async *pages(first, owner) {
      const where = owner === undefined ? {} : { owner }
      let after
      for (;;) {
        const cursor = await fork().findByCursor(Image, {
          where,
          first,
          after,
          orderBy: newestFirst,
          includeCount: false,
        })
        yield cursor.items
        if (!cursor.hasNextPage) return
        after = cursor.endCursor
      }
    },
    newestWhole: (owner) =>
      fork().find(Image, { owner }, { orderBy: newestFirst, limit: limits.whole, populate: ['properties', 'tags'] }),
    modify: async (id, minDisk) => {
      await useDurability('os')
      await fork().transactional(async (em) => {
        const image = await em.findOneOrFail(Image, id)
        image.minDisk = minDisk
      })
    },
    either: (owner, status) =>
      fork().find(Image, { $or: [{ owner }, { status }] }, { orderBy: newestFirst, limit: limits.either }),
    union: async (owner, status) => {
      const em = fork()
      const rows = await connection.execute(unionInSql, [owner, status])
      return rows.map((row) => em.map(Image, row))
    },
    countOf: (owner, status) => fork().count(Image, { owner, status }),
    countByStatus: async () => {
      const rows = await fork()
        .createQueryBuilder(Image)
        .select(['status', raw('count(*) as count')])
        .groupBy('status')
        .execute()
      return rows.map(({ status, count }) => [status, count])
    },
    smallerThan: (size) => fork().find(Image, { size: { $lt: size } }),
    remove: async (id) => {
      await useDurability('os')
      const em = fork()
      em.remove(em.getReference(Image, id))
      await em.flush()
    },
    updateWhere: async (owner, status, minDisk) => {
      await useDurability('os')
      const changes = { minDisk, updatedAt: Date.now(), version: raw('version + 1') }
      return fork().nativeUpdate(Image, { owner, status }, changes)
    },
    counts: async () => {
      const em = fork()
      return [await em.count(Image), await em.count(ImageProperty), await em.count(ImageTag)]
    },
    close: () => orm.close(),
  }
}
