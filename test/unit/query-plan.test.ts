import t from 'tap'
import { index, unique } from '../../lib/decorators/indexes.js'
import { primaryKey } from '../../lib/decorators/primary-key.js'
import { deletedAt } from '../../lib/decorators/roles.js'
import { memory } from '../../lib/engines/memory/index.js'
import { count, max } from '../../lib/expressions/aggregate.js'
import { and_, or_ } from '../../lib/expressions/predicate.js'
import type { ExplainedStep, Explanation } from '../../lib/query/plan/explanation.js'
import type { ExplainOptions } from '../../lib/query/explain.js'
import { create } from '../../lib/schema/create.js'
import { defineEntity } from '../../lib/schema/define-entity.js'
import { fields } from '../../lib/schema/fields.js'
import { Rome } from '../../lib/session/rome.js'
import { t as type } from '../../lib/values/t.js'

const Image = defineEntity(
  'images',
  {
    id: primaryKey(type.integer()),
    name: type.string(),
    owner: type.string(),
    status: type.enum('queued', 'active', 'killed'),
    size: type.bigint().nullable(),
    checksum: type.string().nullable(),
    createdAt: type.datetime(),
    deletedAt: deletedAt(),
  },
  {
    indexes: [
      index('owner', 'status', 'createdAt'),
      index('createdAt'),
      index('checksum', { where: row => row.checksum.isNotNull(), include: ['size'] }),
      unique('name'),
    ],
  },
)
const image = fields(Image)
const rows = 4000
const owners = 20

const rome = await Rome.open({ engine: memory({ partitions: 4 }), models: [Image], fullScans: 'allow' })
t.teardown(() => rome.close())
const session = rome.session()
for (let id = 0; id < rows; id++) {
  session.add(
    create(Image, {
      id,
      name: `image ${id}`,
      owner: `owner ${id % owners}`,
      status: id % 40 < owners ? 'active' : id % 80 < 60 ? 'queued' : 'killed',
      size: id % 7 === 0 ? null : BigInt(id % 100),
      checksum: id % 10 === 0 ? `sum ${id}` : null,
      // Each time three times, so that orders by it have ties.
      createdAt: new Date(1.7e12 + Math.floor(id / 3) * 1000),
      deletedAt: id % 50 === 49 ? new Date(0) : null,
    }),
  )
}
await session.commit()

interface Explained {
  explain(options?: ExplainOptions): Promise<Explanation>
}

for (const [n,q] of Object.entries<Explained>({
  pk: session.query(Image).filter(image.id.eq(7)),
  pks: session.query(Image).filter(image.id.in([7, 9, 100000])),
  pkrange: session.query(Image).filter(image.id.between(10, 19)),
  newest: session.query(Image).filter(image.owner.eq('owner 3'), image.status.eq('active')).orderBy(image.createdAt.desc()).limit(20),
  newestTotal: session.query(Image).filterBy({ owner: 'owner 3', status: 'active' }).orderBy(image.createdAt.desc(), image.id.desc()).limit(20),
  inOrder: session.query(Image).filter(image.owner.in(['owner 1', 'owner 2', 'owner 3']), image.status.eq('active')).orderBy(image.createdAt.desc()).limit(10),
  or: session.query(Image).filter(or_(image.checksum.eq('sum 30'), and_(image.owner.eq('owner 1'), image.status.eq('killed')))),
  orOrder: session.query(Image).filter(or_(image.name.eq('image 30'), and_(image.owner.eq('owner 1'), image.status.eq('killed')))).orderBy(image.createdAt).limit(5),
  newestAll: session.query(Image).orderBy(image.createdAt.desc()).limit(20),
  range: session.query(Image).filter(image.createdAt.gte(new Date(1.7e12 + 1300_000))),
  prefix: session.query(Image).filter(image.name.startsWith('image 39')),
  like: session.query(Image).filter(image.name.like('image 39%0')),
  unique: session.query(Image).filter(image.name.eq('image 39')),
  partial: session.query(Image).filter(image.checksum.startsWith('sum 1')),
  covered: session.query(image.checksum, image.size).filter(image.checksum.gt('sum 39')),
  count: session.query(Image).select(count()).filter(image.owner.eq('owner 3'), image.status.eq('active')),
  group: session.query(image.status, count()).filter(image.owner.eq('owner 3')).groupBy(image.status),
  max: session.query(Image).select(max(image.createdAt)).filter(image.owner.eq('owner 3'), image.status.eq('active')),
  nothing: session.query(Image).filter(image.id.eq(1), image.id.eq(2)),
  crossed: session.query(Image).filter(image.id.between(9, 3)),
  scan: session.query(Image).filter(image.size.eq(5n)),
  groups: session.query(Image).filter(image.owner.eq('owner 3'), image.status.eq('active')).orderBy(image.createdAt, image.name).limit(5),
  deleted: session.query(Image).onlyDeleted().filter(image.owner.eq('owner 9')),
  withDeleted: session.query(Image).withDeleted().filter(image.owner.eq('owner 9'), image.status.eq('active')).orderBy(image.createdAt).limit(5),
  union: session.query(Image).filter(image.name.eq('image 1')).union(session.query(Image).filter(image.name.eq('image 2'))),
  offset: session.query(Image).orderBy(image.createdAt).offset(30).limit(10),
  nullsFirst: session.query(Image).orderBy(image.createdAt.desc().nullsLast()).limit(10),
  isnull: session.query(Image).filter(image.checksum.isNull()),
})) console.log(n + '\n' + await q.explain({ analyze: true }))
