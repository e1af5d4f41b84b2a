// SQLite by hand, through better-sqlite3 or node:sqlite, whose statements are used alike: each is prepared once.
import { columns, limits } from '../data.mjs'
import { createTables, durabilitySwitch, numberFromBoolean, settings, unionInSql } from '../sqlite-store.mjs'

/** `transaction` runs a function within one. */
export function openPeer(database, transaction) {
  database.exec(`${settings}; ${createTables}`)
  const prepare = (sql) => database.prepare(sql)
  const placeholders = columns.map(() => '?').join(', ')
  const newestFirst = 'order by createdAt desc, id desc'
  const statements = {
    one: prepare('select * from images where id = ?'),
    many: prepare('select * from images where id in (select value from json_each(?))'),
    insertImage: prepare(`insert into images (${columns.join(', ')}) values (${placeholders})`),
    insertProperty: prepare('insert into image_properties (id, imageId, name, value) values (?, ?, ?, ?)'),
    insertTag: prepare('insert into image_tags (id, imageId, value) values (?, ?, ?)'),
    newest: prepare(`select * from images where owner = ? and status = ? ${newestFirst} limit ${limits.newest}`),
    first: prepare(`select * from images ${newestFirst} limit ?`),
    next: prepare(`select * from images where (createdAt, id) < (?, ?) ${newestFirst} limit ?`),
    firstOfOwner: prepare(`select * from images where owner = ? ${newestFirst} limit ?`),
    nextOfOwner: prepare(`select * from images where owner = ? and (createdAt, id) < (?, ?) ${newestFirst} limit ?`),
    properties: prepare('select * from image_properties where imageId in (select value from json_each(?))'),
    tags: prepare('select * from image_tags where imageId in (select value from json_each(?))'),
    modify: prepare('update images set minDisk = ?, updatedAt = ?, version = version + 1 where id = ? and version = ?'),
    either: prepare(`select * from images where owner = ? or status = ? ${newestFirst} limit ${limits.either}`),
    union: prepare(unionInSql),
    count: prepare('select count(*) as count from images where owner = ? and status = ?'),
    byStatus: prepare('select status, count(*) as count from images group by status'),
    smaller: prepare('select * from images where size < ?'),
    remove: prepare('delete from images where id = ?'),
    updateWhere: prepare(
      'update images set minDisk = ?, updatedAt = ?, version = version + 1 where owner = ? and status = ?',
    ),
  }
  const useDurability = durabilitySwitch((sql) => database.exec(sql))
  useDurability('os')

  const insertWhole = (image) => {
    statements.insertImage.run(...columns.map((column) => numberFromBoolean(image[column])))
    for (const { id, imageId, name, value } of image.properties ?? []) {
      statements.insertProperty.run(id, imageId, name, value)
    }
    for (const { id, imageId, value } of image.tags ?? []) statements.insertTag.run(id, imageId, value)
  }
  const withParts = (images) => {
    const ids = JSON.stringify(images.map(({ id }) => id))
    const properties = Map.groupBy(statements.properties.all(ids), ({ imageId }) => imageId)
    const tags = Map.groupBy(statements.tags.all(ids), ({ imageId }) => imageId)
    return images.map((image) => ({
      ...image,
      properties: properties.get(image.id) ?? [],
      tags: tags.get(image.id) ?? [],
    }))
  }

  return {
    readOne: (id) => statements.one.get(id),
    readMany: (ids) => {
      const found = new Map(statements.many.all(JSON.stringify(ids)).map((image) => [image.id, image]))
      return ids.map((id) => found.get(id))
    },
    insert: (images, durability) => {
      useDurability(durability)
      transaction(() => images.forEach(insertWhole))
    },
    newest: (owner, status) => statements.newest.all(owner, status),
    async *pages(size, owner) {
      const ofOwner = owner === undefined ? [] : [owner]
      const [first, next] =
        owner === undefined ? [statements.first, statements.next] : [statements.firstOfOwner, statements.nextOfOwner]
      let last
      for (;;) {
        // One more than the page tells whether there is a next.
        const rows =
          last === undefined ? first.all(...ofOwner, size + 1) : next.all(...ofOwner, last.createdAt, last.id, size + 1)
        const page = rows.slice(0, size)
        yield page
        if (rows.length <= size) return
        last = page.at(-1)
      }
    },
    newestWhole: (owner) => withParts(statements.firstOfOwner.all(owner, limits.whole)),
    modify: (id, minDisk) => {
      useDurability('os')
      transaction(() => {
        const { version } = statements.one.get(id)
        statements.modify.run(minDisk, Date.now(), id, version)
      })
    },
    either: (owner, status) => statements.either.all(owner, status),
    union: (owner, status) => statements.union.all(owner, status),
    countOf: (owner, status) => statements.count.get(owner, status).count,
    countByStatus: () => statements.byStatus.all().map(({ status, count }) => [status, count]),
    smallerThan: (size) => statements.smaller.all(size),
    remove: (id) => {
      useDurability('os')
      statements.remove.run(id)
    },
    updateWhere: (owner, status, minDisk) => {
      useDurability('os')
      return Number(statements.updateWhere.run(minDisk, Date.now(), owner, status).changes)
    },
    counts: () =>
      ['images', 'image_properties', 'image_tags'].map(
        (table) => prepare(`select count(*) as count from ${table}`).get().count,
      ),
    close: () => database.close(),
  }
}
