// Prisma over better-sqlite3, with the client that `npm run bench` generates from prisma.prisma.
import { PrismaBetterSqlite3 } from '@prisma/adapter-better-sqlite3'
import Database from 'better-sqlite3'
import { limits } from '../data.mjs'
import prismaClient from '../node_modules/.prisma/bench/index.js'
import { createTables, durabilitySwitch, settings, unionInSql } from '../sqlite-store.mjs'

const newestFirst = [{ createdAt: 'desc' }, { id: 'desc' }]

export async function openPeer(file) {
  const database = new Database(file)
  database.exec(`${settings}; ${createTables}`)
  database.close()
  const adapter = new PrismaBetterSqlite3({ url: `file:${file}` }, { timestampFormat: 'unixepoch-ms' })
  const prisma = new prismaClient.PrismaClient({ adapter })
  for (const sql of settings.split(';')) await prisma.$queryRawUnsafe(sql)
  const useDurability = durabilitySwitch((sql) => prisma.$queryRawUnsafe(sql))
  await useDurability('os')

  return {
    readOne: (id) => prisma.image.findUnique({ where: { id } }),
    readMany: async (ids) => {
      const images = await prisma.image.findMany({ where: { id: { in: ids } } })
      const found = new Map(images.map((image) => [image.id, image]))
      return ids.map((id) => found.get(id))
    },
    insert: async (inserted, durability) => {
      await useDurability(durability)
      const rows = inserted.map(rowOf)
      if (rows.length === 1 && inserted[0].properties === undefined) {
        await prisma.image.create({ data: rows[0] })
        return
      }
      await prisma.$transaction([
        prisma.image.createMany({ data: rows }),
        prisma.imageProperty.createMany({ data: inserted.flatMap((image) => image.properties ?? []) }),
        prisma.imageTag.createMany({ data: inserted.flatMap((image) => image.tags ?? []) }),
      ])
    },
    newest: (owner, status) =>
      prisma.image.findMany({ where: { owner, status }, orderBy: newestFirst, take: limits.newest }),
    async *pages(size, owner) {
      let last
      for (;;) {
        // One more than the page tells whether there is a next.
        const rows = await prisma.image.findMany({
          ...(owner !== undefined && { where: { owner } }),
          ...(last !== undefined && { cursor: { id: last.id }, skip: 1 }),
          orderBy: newestFirst,
          take: size + 1,
        })
        const page = rows.slice(0, size)
        yield page
        if (rows.length <= size) return
        last = page.at(-1)
      }
    },
    newestWhole: (owner) =>
      prisma.image.findMany({
        where: { owner },
        orderBy: newestFirst,
        take: limits.whole,
        include: { properties: true, tags: true },
      }),
    modify: async (id, minDisk) => {
      await useDurability('os')
      await prisma.$transaction(async (tx) => {
        const { version } = await tx.image.findUniqueOrThrow({ where: { id } })
        await tx.image.update({
          where: { id, version },
          data: { minDisk, updatedAt: new Date(), version: version + 1 },
        })
      })
    },
    either: (owner, status) =>
      prisma.image.findMany({ where: { OR: [{ owner }, { status }] }, orderBy: newestFirst, take: limits.either }),
    union: (owner, status) => prisma.$queryRawUnsafe(unionInSql, owner, status),
    countOf: (owner, status) => prisma.image.count({ where: { owner, status } }),
    countByStatus: async () => {
      const groups = await prisma.image.groupBy({ by: ['status'], _count: true })
      return groups.map(({ status, _count }) => [status, _count])
    },
    smallerThan: (size) => prisma.image.findMany({ where: { size: { lt: size } } }),
    remove: async (id) => {
      await useDurability('os')
      await prisma.image.delete({ where: { id } })
    },
    updateWhere: async (owner, status, minDisk) => {
      await useDurability('os')
      const data = { minDisk, updatedAt: new Date(), version: { increment: 1 } }
      const { count } = await prisma.image.updateMany({ where: { owner, status }, data })
      return count
    },
    counts: () => Promise.all([prisma.image.count(), prisma.imageProperty.count(), prisma.imageTag.count()]),
    close: () => prisma.$disconnect(),
  }
}

/** Its whole numbers have 32 bits, and larger ones are bigints. */
function rowOf({ properties, tags, ...image }) {
  return {
    ...image,
    size: BigInt(image.size),
    createdAt: new Date(image.createdAt),
    updatedAt: new Date(image.updatedAt),
  }
}
