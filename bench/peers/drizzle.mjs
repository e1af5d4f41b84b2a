// Drizzle over better-sqlite3, with its prepared queries where a query is the same each time.
import Database from 'better-sqlite3'
import { and, count, desc, eq, getTableColumns, lt, or, relations, sql } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/better-sqlite3'
import { integer, sqliteTable, text, union } from 'drizzle-orm/sqlite-core'
import { limits } from '../data.mjs'
import { createTables, durabilitySwitch, rowsPerInsert, settings } from '../sqlite-store.mjs'

const boolean = () => integer({ mode: 'boolean' }).notNull()

const images = sqliteTable('images', {
  id: text().primaryKey(),
  name: text().notNull(),
  status: text().notNull(),
  visibility: text().notNull(),
  owner: text().notNull(),
  checksum: text(),
  diskFormat: text().notNull(),
  containerFormat: text().notNull(),
  size: integer().notNull(),
  minDisk: integer().notNull(),
  minRam: integer().notNull(),
  isProtected: boolean(),
  isHidden: boolean(),
  createdAt: integer().notNull(),
  updatedAt: integer().notNull(),
  version: integer().notNull(),
})
const properties = sqliteTable('image_properties', {
  id: text().primaryKey(),
  imageId: text().notNull(),
  name: text().notNull(),
  value: text().notNull(),
})
const tags = sqliteTable('image_tags', {
  id: text().primaryKey(),
  imageId: text().notNull(),
  value: text().notNull(),
})
const toImage = (part) =>
  relations(part, ({ one }) => ({ image: one(images, { fields: [part.imageId], references: [images.id] }) }))
const schema = {
  images,
  properties,
  tags,
  imageRelations: relations(images, ({ many }) => ({ properties: many(properties), tags: many(tags) })),
  propertyRelations: toImage(properties),
  tagRelations: toImage(tags),
}

export function openPeer(file) {
  const database = new Database(file)
  database.exec(`${settings}; ${createTables}`)
  const db = drizzle(database, { schema })
  const useDurability = durabilitySwitch((sql) => database.exec(sql))
  useDurability('os')

  const parameter = sql.placeholder
  const newestFirst = [desc(images.createdAt), desc(images.id)]
  const isOwner = eq(images.owner, parameter('owner'))
  const isStatus = eq(images.status, parameter('status'))
  const ofOwnerAndStatus = and(isOwner, isStatus)
  const isAfter = sql`(${images.createdAt}, ${images.id}) < (${parameter('createdAt')}, ${parameter('id')})`
  const select = () => db.select().from(images)
  const newestOf = (condition, limit = parameter('limit')) =>
    select()
      .where(condition)
      .orderBy(...newestFirst)
      .limit(limit)
  /** SQLite has an order and a limit within a union only for what a query selects from. */
  const limited = (condition, name) => {
    const part = newestOf(condition, limits.either).as(name)
    return db.select().from(part)
  }
  const columnsOfUnion = getTableColumns(images)
  const queries = {
    one: select()
      .where(eq(images.id, parameter('id')))
      .prepare(),
    many: select()
      .where(sql`${images.id} in (select value from json_each(${parameter('ids')}))`)
      .prepare(),
    newest: newestOf(ofOwnerAndStatus, limits.newest).prepare(),
    first: newestOf().prepare(),
    next: newestOf(isAfter).prepare(),
    firstOfOwner: newestOf(isOwner).prepare(),
    nextOfOwner: newestOf(and(isOwner, isAfter)).prepare(),
    whole: db.query.images
      .findMany({ where: isOwner, orderBy: newestFirst, limit: limits.whole, with: { properties: true, tags: true } })
      .prepare(),
    either: newestOf(or(isOwner, isStatus), limits.either).prepare(),
    union: union(limited(isOwner, 'of_owner'), limited(isStatus, 'of_status'))
      .orderBy(desc(sql.identifier(columnsOfUnion.createdAt.name)), desc(sql.identifier(columnsOfUnion.id.name)))
      .limit(limits.either)
      .prepare(),
    count: db.select({ count: count() }).from(images).where(ofOwnerAndStatus).prepare(),
    byStatus: db.select({ status: images.status, count: count() }).from(images).groupBy(images.status).prepare(),
    smaller: select()
      .where(lt(images.size, parameter('size')))
      .prepare(),
  }
  const changes = (minDisk) => ({ minDisk, updatedAt: Date.now(), version: sql`${images.version} + 1` })

  return {
    readOne: (id) => queries.one.get({ id }),
    readMany: (ids) => {
      const found = new Map(queries.many.all({ ids: JSON.stringify(ids) }).map((image) => [image.id, image]))
      return ids.map((id) => found.get(id))
    },
    insert: (inserted, durability) => {
      useDurability(durability)
      db.transaction(
        (tx) => {
          const insert = (table, rows) => {
            for (let from = 0; from < rows.length; from += rowsPerInsert) {
              tx.insert(table)
                .values(rows.slice(from, from + rowsPerInsert))
                .run()
            }
          }
          insert(images, inserted)
          insert(
            properties,
            inserted.flatMap((image) => image.properties ?? []),
          )
          insert(
            tags,
            inserted.flatMap((image) => image.tags ?? []),
          )
        },
        { behavior: 'immediate' },
      )
    },
    newest: (owner, status) => queries.newest.all({ owner, status }),
    async *pages(size, owner) {
      const [first, next] =
        owner === undefined ? [queries.first, queries.next] : [queries.firstOfOwner, queries.nextOfOwner]
      let last
      for (;;) {
        // One more than the page tells whether there is a next.
        const limit = size + 1
        const rows =
          last === undefined
            ? first.all({ owner, limit })
            : next.all({ owner, createdAt: last.createdAt, id: last.id, limit })
        const page = rows.slice(0, size)
        yield page
        if (rows.length <= size) return
        last = page.at(-1)
      }
    },
    newestWhole: (owner) => queries.whole.execute({ owner }),
    modify: (id, minDisk) => {
      useDurability('os')
      db.transaction(
        (tx) => {
          const { version } = queries.one.get({ id })
          tx.update(images)
            .set({ minDisk, updatedAt: Date.now(), version: version + 1 })
            .where(and(eq(images.id, id), eq(images.version, version)))
            .run()
        },
        { behavior: 'immediate' },
      )
    },
    either: (owner, status) => queries.either.all({ owner, status }),
    union: (owner, status) => queries.union.all({ owner, status }),
    countOf: (owner, status) => queries.count.get({ owner, status }).count,
    countByStatus: () => queries.byStatus.all().map(({ status, count }) => [status, count]),
    smallerThan: (size) => queries.smaller.all({ size }),
    remove: (id) => {
      useDurability('os')
      db.delete(images).where(eq(images.id, id)).run()
    },
    updateWhere: (owner, status, minDisk) => {
      useDurability('os')
      const condition = and(eq(images.owner, owner), eq(images.status, status))
      return db.update(images).set(changes(minDisk)).where(condition).run().changes
    },
    counts: () => [images, properties, tags].map((table) => db.select({ count: count() }).from(table).get().count),
    close: () => database.close(),
  }
}
