import t from 'tap'
import { encodeDocument } from '../../lib/codec/document.js'
import { keyToBytes } from '../../lib/codec/key.js'
import { index, unique } from '../../lib/decorators/indexes.js'
import { primaryKey } from '../../lib/decorators/primary-key.js'
import { createdAt, deletedAt, version } from '../../lib/decorators/roles.js'
import { memory } from '../../lib/engines/memory/index.js'
import { desc } from '../../lib/expressions/asc-desc.js'
import { catalogueKey } from '../../lib/records/catalogue.js'
import { verifyStore } from '../../lib/records/verify.js'
import { defineEntity } from '../../lib/schema/define-entity.js'
import { t as types } from '../../lib/values/t.js'
import { insertRows, keyOfHex, openStore, rawOf, readRows, writeRaw } from '../support/records-fixture.js'

/*
 * A whole store, byte for byte. Stores in the field hold these bytes: a test that fails here means that a change makes
 * them unreadable, gives out other ids, or builds all indexes again.
 */

const Image = defineEntity(
  'images',
  {
    id: primaryKey(types.integer()),
    name: types.string({ max: 50 }).nullable(),
    status: types.enum('queued', 'active'),
    size: types.bigint().nullable(),
    createdAt: createdAt(),
    deletedAt: deletedAt(),
    version: version(),
  },
  {
    indexes: [
      unique('name'),
      index('status', desc('createdAt'), { include: ['size'] }),
      index('size', { where: (image) => image.size.gt(5n) }),
    ],
  },
)
const Tag = defineEntity('tags', { image: primaryKey(types.integer()), text: primaryKey(types.string()) })

const images = [
  { id: 1, name: 'cirros', status: 'active', size: 2n ** 40n, createdAt: new Date(1e12), deletedAt: null, version: 1 },
  { id: 2, name: null, status: 'queued', size: null, createdAt: new Date(0), deletedAt: null, version: 3 },
  {
    id: -3,
    name: 'cirros',
    status: 'active',
    size: 5n,
    createdAt: new Date(-1),
    deletedAt: new Date(1e12),
    version: 1,
  },
]
const tags = [{ image: 1, text: 'é' }]

const required = { parameters: {}, isNullable: false }
const nullable = { parameters: {}, isNullable: true }
const where = [
  '{"kind":"compare","operator":"gt","left":{"kind":"column","source":"images","column":"size","type":"bigint"},',
  '"right":{"kind":"literal","value":"{\\"bigint\\":\\"5\\"}","type":"bigint"}}',
].join('')

const catalogue = {
  format: 1,
  secret: 'ab',
  nextId: 6,
  tables: {
    images: {
      id: 1,
      primaryKey: ['id'],
      schemaVersion: 1,
      columns: {
        id: { id: 0, kind: 'integer', ...required },
        name: { id: 1, kind: 'string', ...nullable },
        status: { id: 2, kind: 'enum', ...required, enumIds: { queued: 1, active: 2 } },
        size: { id: 3, kind: 'bigint', ...nullable },
        createdAt: { id: 4, kind: 'datetime', ...required },
        deletedAt: { id: 5, kind: 'datetime', ...nullable },
        version: { id: 6, kind: 'integer', ...required },
      },
      nextColumnId: 7,
      indexes: {
        name_unique: {
          id: 2,
          signature: '{"columns":[["name","asc"]],"unique":true,"include":[],"deletedAt":"deletedAt"}',
          state: 'ready',
        },
        status_createdAt_desc: {
          id: 3,
          signature: [
            '{"columns":[["status","asc"],["createdAt","desc"]],"unique":false,',
            '"include":["size"],"deletedAt":"deletedAt"}',
          ].join(''),
          state: 'ready',
        },
        size_partial: {
          id: 4,
          signature: [
            '{"columns":[["size","asc"]],"unique":false,',
            `"where":${JSON.stringify(where)},"include":[],"deletedAt":"deletedAt"}`,
          ].join(''),
          state: 'ready',
        },
      },
    },
    tags: {
      id: 5,
      primaryKey: ['image', 'text'],
      schemaVersion: 1,
      columns: {
        image: { id: 0, kind: 'integer', ...required },
        text: { id: 1, kind: 'string', ...required },
      },
      nextColumnId: 2,
      indexes: {},
    },
  },
  droppedIndexes: [],
}

/** Keys and values of rows, of entries, and of the entries of soft-deleted rows. */
const stored: readonly (readonly [string, string])[] = [
  ['02000113fc', '8ec6dbe5010000000197fda6636972726f7302d30000000000000005ffcb426d1a94a200000001'],
  ['0200011501', 'd43bdea401000000019701a6636972726f7302d30000010000000000cb426d1a94a2000000c001'],
  ['0200011502', '2a2deec701000000019702c001c000c003'],
  ['020005150102c3a900', '794e346501000000019201a2c3a9'],
  ['03000202636972726f7300', '9ec92b4e91c4021501'],
  ['030002fe1502', 'fbbec264'],
  ['0300030261637469766500e6172b5aefff1501', '62e94bb192c0d30000010000000000'],
  ['0300030271756575656400eb1502', '12d80b5c92c0c0'],
  ['0300041a0100000000001501', 'b056aa16'],
  ['04000202636972726f730013fc', 'b30f3e9a'],
  ['0400030261637469766500ec0113fc', '31ac12e092c0d30000000000000005'],
]

t.test('a store is written as these bytes', async (t) => {
  const store = await openStore(t, [Image, Tag])
  await insertRows(store, Image, images)
  await insertRows(store, Tag, tags)
  t.match(store.catalogue.secret, /^[0-9a-f]{64}$/)
  t.equal(JSON.stringify({ ...store.catalogue, secret: 'ab' }), JSON.stringify(catalogue))
  const found = new Map(
    (await Promise.all(['\x02', '\x03', '\x04'].map((space) => rawOf(store.engine, space)))).flatMap((each) => [
      ...each,
    ]),
  )
  const hex = Array.from(found, ([key, value]) => [keyToBytes(key).toString('hex'), Buffer.from(value).toString('hex')])
  t.strictSame(hex, stored)
})

t.test('a store of these bytes is read as it was meant, and not written', async (t) => {
  const engine = memory()
  await engine.open()
  await writeRaw(engine, [
    { key: catalogueKey, value: encodeDocument(catalogueKey, catalogue) },
    ...stored.map(([key, value]) => ({ key: keyOfHex(key), value: Buffer.from(value, 'hex') })),
  ])
  const store = await openStore(t, [Image, Tag], engine)
  t.equal(engine.stats().commits, 1)
  t.same(await readRows(store, Image), [images[2], images[0], images[1]])
  t.same(await readRows(store, Tag), tags)
  t.match(await verifyStore(store), { rows: 4, entries: 7, problemCount: 0 })
})
