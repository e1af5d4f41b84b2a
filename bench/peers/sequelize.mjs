// Sequelize over sqlite3, the driver that it knows.
import { DataTypes, Op, QueryTypes, Sequelize, Transaction } from 'sequelize'
import sqlite3 from 'sqlite3'
import { limits } from '../data.mjs'
import { createTables, settings, synchronous, unionInSql } from '../sqlite-store.mjs'

// Each attribute is an object of its own, in which Sequelize notes its name.
const text = () => ({ type: DataTypes.TEXT, allowNull: false })
const integer = () => ({ type: DataTypes.INTEGER, allowNull: false })
const boolean = () => ({ type: DataTypes.BOOLEAN, allowNull: false })
const primary = () => ({ type: DataTypes.TEXT, primaryKey: true })

const newestFirst = [
  ['createdAt', 'DESC'],
  ['id', 'DESC'],
]

export async function openPeer(file) {
  let durabilityNow = 'os'
  /** It opens a connection for each transaction, and calls no hook then. */
  class Database extends sqlite3.Database {
    constructor(path, mode, opened) {
      super(path, mode, (error) => {
        if (error) opened(error)
        else this.exec(`pragma busy_timeout = 10000; ${settings}; ${synchronous(durabilityNow)}`, opened)
      })
    }
  }
  const dialectModule = { ...sqlite3, Database }
  const sequelize = new Sequelize({ dialect: 'sqlite', dialectModule, storage: file, logging: false })
  for (const sql of createTables.split(';')) if (sql.trim() !== '') await sequelize.query(sql)
  const useDurability = async (durability) => {
    if (durability === durabilityNow) return
    durabilityNow = durability
    await sequelize.query(synchronous(durability))
  }

  const define = (name, tableName, columns) => sequelize.define(name, columns, { tableName, timestamps: false })
  const Image = define('Image', 'images', {
    id: primary(),
    name: text(),
    status: text(),
    visibility: text(),
    owner: text(),
    checksum: { type: DataTypes.TEXT },
    diskFormat: text(),
    containerFormat: text(),
    size: integer(),
    minDisk: integer(),
    minRam: integer(),
    isProtected: boolean(),
    isHidden: boolean(),
    createdAt: integer(),
    updatedAt: integer(),
    version: integer(),
  })
  const ImageProperty = define('ImageProperty', 'image_properties', {
    id: primary(),
    imageId: text(),
    name: text(),
    value: text(),
  })
  const ImageTag = define('ImageTag', 'image_tags', { id: primary(), imageId: text(), value: text() })
  Image.hasMany(ImageProperty, { as: 'properties', foreignKey: 'imageId', onDelete: 'cascade' })
  Image.hasMany(ImageTag, { as: 'tags', foreignKey: 'imageId', onDelete: 'cascade' })

  const inTransaction = (work) => sequelize.transaction({ type: Transaction.TYPES.IMMEDIATE }, work)

  return {
    readOne: (id) => Image.findByPk(id),
    readMany: async (ids) => {
      const found = new Map((await Image.findAll({ where: { id: ids } })).map((image) => [image.id, image]))
      return ids.map((id) => found.get(id))
    },
    insert: async (inserted, durability) => {
      await useDurability(durability)
      if (inserted.length === 1 && inserted[0].properties === undefined) {
        await Image.create(inserted[0])
        return
      }
      await inTransaction(async (transaction) => {
        await Image.bulkCreate(inserted, { transaction })
        await ImageProperty.bulkCreate(
          inserted.flatMap((image) => image.properties ?? []),
          { transaction },
        )
        await ImageTag.bulkCreate(
          inserted.flatMap((image) => image.tags ?? []),
          { transaction },
        )
      })
    },
    newest: (owner, status) => Image.findAll({ where: { owner, status }, order: newestFirst, limit: limits.newest }),
    async *pages(size, owner) {
      const ofOwner = owner === undefined ? {} : { owner }
      let last
      for (;;) {
        const { createdAt, id } = last ?? {}
        const isAfter = [{ createdAt: { [Op.lt]: createdAt } }, { createdAt, id: { [Op.lt]: id } }]
        const where = last === undefined ? ofOwner : { ...ofOwner, [Op.or]: isAfter }
        // One more than the page tells whether there is a next.
        const rows = await Image.findAll({ where, order: newestFirst, limit: size + 1 })
        const page = rows.slice(0, size)
        yield page
        if (rows.length <= size) return
        last = page.at(-1)
      }
    },
    newestWhole: (owner) =>
      Image.findAll({
        where: { owner },
        order: newestFirst,
        limit: limits.whole,
        include: [
          { association: 'properties', separate: true },
          { association: 'tags', separate: true },
        ],
      }),
    modify: async (id, minDisk) => {
      await useDurability('os')
      await inTransaction(async (transaction) => {
        const image = await Image.findByPk(id, { transaction, rejectOnEmpty: true })
        await image.update({ minDisk, updatedAt: Date.now(), version: image.version + 1 }, { transaction })
      })
    },
    either: (owner, status) =>
      Image.findAll({ where: { [Op.or]: [{ owner }, { status }] }, order: newestFirst, limit: limits.either }),
    union: (owner, status) =>
      sequelize.query(unionInSql, { replacements: [owner, status], type: QueryTypes.SELECT, model: Image }),
    countOf: (owner, status) => Image.count({ where: { owner, status } }),
    countByStatus: async () => {
      const groups = await Image.count({ attributes: ['status'], group: 'status' })
      return groups.map(({ status, count }) => [status, count])
    },
    smallerThan: (size) => Image.findAll({ where: { size: { [Op.lt]: size } } }),
    remove: async (id) => {
      await useDurability('os')
      await Image.destroy({ where: { id } })
    },
    updateWhere: async (owner, status, minDisk) => {
      await useDurability('os')
      const changes = { minDisk, updatedAt: Date.now(), version: sequelize.literal('version + 1') }
      const [count] = await Image.update(changes, { where: { owner, status } })
      return count
    },
    counts: async () => [await Image.count(), await ImageProperty.count(), await ImageTag.count()],
    close: () => sequelize.close(),
  }
}
