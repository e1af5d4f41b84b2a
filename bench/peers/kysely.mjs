// Kysely over better-sqlite3. Queries are built each time, as in programs that use it; its dialect prepares them.
import Database from 'better-sqlite3'
import { Kysely, ParseJSONResultsPlugin, SqliteDialect } from 'kysely'
import { jsonArrayFrom } from 'kysely/helpers/sqlite'
import { columns, limits } from '../data.mjs'
import { createTables, durabilitySwitch, numberFromBoolean, rowsPerInsert, settings } from '../sqlite-store.mjs'

export function openPeer(file) {
  const database = new Database(file)
  database.exec(`${settings}; ${createTables}`)
  const db = new Kysely({ dialect: new SqliteDialect({ database }) })
  const parsing = db.withPlugin(new ParseJSONResultsPlugin())
  const useDurability = durabilitySwitch((sql) => database.exec(sql))
  useDurability('os')

  const images = () => db.selectFrom('images').selectAll()
  const newestFirst = (query, limit) => query.orderBy('createdAt', 'desc').orderBy('id', 'desc').limit(limit)
  const newestIn = (column, value) =>
    db.selectFrom(newestFirst(images().where(column, '=', value), limits.either).as('newest')).selectAll()
  const whole = (query) =>
    query.select((image) => [
      jsonArrayFrom(
        image.selectFrom('image_properties').select(['name', 'value']).whereRef('imageId', '=', 'images.id'),
      ).as('properties'),
      jsonArrayFrom(image.selectFrom('image_tags').select('value').whereRef('imageId', '=', 'images.id')).as('tags'),
    ])
  const changes = (minDisk) => (image) => ({ minDisk, updatedAt: Date.now(), version: image('version', '+', 1) })

  return {
    readOne: (id) => images().where('id', '=', id).executeTakeFirst(),
    readMany: async (ids) => {
      const found = new Map((await images().where('id', 'in', ids).execute()).map((image) => [image.id, image]))
      return ids.map((id) => found.get(id))
    },
    insert: async (inserted, durability) => {
      const rows = inserted.map((image) =>
        Object.fromEntries(columns.map((column) => [column, numberFromBoolean(image[column])])),
      )
      useDurability(durability)
      if (rows.length === 1 && inserted[0].properties === undefined) {
        await db.insertInto('images').values(rows[0]).execute()
        return
      }
      await db.transaction().execute(async (tx) => {
        const insert = async (table, rows) => {
          for (let from = 0; from < rows.length; from += rowsPerInsert) {
            await tx
              .insertInto(table)
              .values(rows.slice(from, from + rowsPerInsert))
              .execute()
          }
        }
        await insert('images', rows)
        await insert(
          'image_properties',
          inserted.flatMap((image) => image.properties ?? []),
        )
        await insert(
          'image_tags',
          inserted.flatMap((image) => image.tags ?? []),
        )
      })
    },
    newest: (owner, status) =>
      newestFirst(images().where('owner', '=', owner).where('status', '=', status), limits.newest).execute(),
    async *pages(size, owner) {
      const all = owner === undefined ? images() : images().where('owner', '=', owner)
      let last
      for (;;) {
        const rest =
          last === undefined
            ? all
            : all.where(({ eb, refTuple, tuple }) =>
                eb(refTuple('createdAt', 'id'), '<', tuple(last.createdAt, last.id)),
              )
        // One more than the page tells whether there is a next.
        const rows = await newestFirst(rest, size + 1).execute()
        const page = rows.slice(0, size)
        yield page
        if (rows.length <= size) return
        last = page.at(-1)
      }
    },
    newestWhole: (owner) =>
      whole(
        newestFirst(parsing.selectFrom('images').selectAll('images').where('owner', '=', owner), limits.whole),
      ).execute(),
    modify: (id, minDisk) => {
      useDurability('os')
      return db.transaction().execute(async (tx) => {
        const { version } = await tx.selectFrom('images').selectAll().where('id', '=', id).executeTakeFirstOrThrow()
        await tx
          .updateTable('images')
          .set({ minDisk, updatedAt: Date.now(), version: version + 1 })
          .where('id', '=', id)
          .where('version', '=', version)
          .execute()
      })
    },
    either: (owner, status) =>
      newestFirst(
        images().where(({ eb, or }) => or([eb('owner', '=', owner), eb('status', '=', status)])),
        limits.either,
      ).execute(),
    union: (owner, status) =>
      newestFirst(newestIn('owner', owner).union(newestIn('status', status)), limits.either).execute(),
    countOf: async (owner, status) => {
      const { count } = await db
        .selectFrom('images')
        .select(({ fn }) => fn.countAll().as('count'))
        .where('owner', '=', owner)
        .where('status', '=', status)
        .executeTakeFirstOrThrow()
      return count
    },
    countByStatus: async () => {
      const counts = await db
        .selectFrom('images')
        .select(({ fn }) => ['status', fn.countAll().as('count')])
        .groupBy('status')
        .execute()
      return counts.map(({ status, count }) => [status, count])
    },
    smallerThan: (size) => images().where('size', '<', size).execute(),
    remove: async (id) => {
      useDurability('os')
      await db.deleteFrom('images').where('id', '=', id).execute()
    },
    updateWhere: async (owner, status, minDisk) => {
      useDurability('os')
      const { numUpdatedRows } = await db
        .updateTable('images')
        .set(changes(minDisk))
        .where('owner', '=', owner)
        .where('status', '=', status)
        .executeTakeFirstOrThrow()
      return Number(numUpdatedRows)
    },
    counts: () =>
      Promise.all(
        ['images', 'image_properties', 'image_tags'].map(async (table) => {
          const { count } = await db
            .selectFrom(table)
            .select(({ fn }) => fn.countAll().as('count'))
            .executeTakeFirstOrThrow()
          return count
        }),
      ),
    close: () => db.destroy(),
  }
}
