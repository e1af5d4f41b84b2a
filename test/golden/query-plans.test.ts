import t from 'tap'
import type { Engine } from '../../lib/engines/contract.js'
import { level } from '../../lib/engines/level/index.js'
import { memory } from '../../lib/engines/memory/index.js'
import {
  alias,
  and_,
  count,
  create,
  defineEntity,
  deletedAt,
  type Explanation,
  exists,
  fields,
  index,
  max,
  or_,
  param,
  primaryKey,
  Rome,
  type RomeSession,
  sum,
  t as types,
  unique,
} from '../../lib/index.js'
import { matchesGolden } from '../support/golden.js'
import { temporaryDirectory } from '../support/temporary-directory.js'

// The whole text of the plans of the commonest queries, on every engine: whoever changes one of them sees it.

const Owner = defineEntity('owners', { id: primaryKey(types.integer()), name: types.string() })
const Image = defineEntity(
  'images',
  {
    id: primaryKey(types.integer()),
    ownerId: types.integer(),
    name: types.string(),
    status: types.enum('queued', 'active', 'killed'),
    size: types.integer().nullable(),
    createdAt: types.datetime(),
    deletedAt: deletedAt(),
  },
  {
    indexes: [
      index('ownerId', 'status', 'createdAt'),
      index('createdAt'),
      index('status', { include: ['size'] }),
      unique('name'),
    ],
  },
)
const image = fields(Image)
const owner = fields(Owner)
const other = alias(Image, 'other')
const ofOwner = image.ownerId.eq(3)
const isActive = image.status.eq('active')

const shapes: Readonly<Record<string, (session: RomeSession) => { explain(): Promise<Explanation> }>> = {
  'a row by its primary key': (s) => s.query(Image).filter(image.id.eq(7)),
  'rows by several keys': (s) => s.query(Image).filter(image.id.in([1, 5, 9])),
  'a run of primary keys': (s) => s.query(Image).filter(image.id.between(10, 19)).orderBy(image.id.desc()),
  'a unique value': (s) => s.query(Image).filter(image.name.eq('image 7')),
  'the newest of an owner and a status': (s) =>
    s.query(Image).filter(ofOwner, isActive).orderBy(image.createdAt.desc()).limit(20),
  'the newest of all': (s) => s.query(Image).orderBy(image.createdAt.desc()).limit(20),
  'all of one owner, in an order without an index': (s) => s.query(Image).filter(ofOwner).orderBy(image.size),
  'several values, in the order of what follows them': (s) =>
    s
      .query(Image)
      .filter(image.ownerId.in([1, 2]), isActive)
      .orderBy(image.createdAt)
      .limit(5),
  'a run of times': (s) => s.query(Image).filter(image.createdAt.gte(new Date(1.7e12))),
  'the beginning of a text': (s) => s.query(Image).filter(image.name.startsWith('image 1')),
  'one of two conditions': (s) => s.query(Image).filter(or_(image.name.eq('image 3'), and_(ofOwner, isActive))),
  'a filter without an index': (s) => s.query(Image).filter(image.size.gt(100)),
  'columns that an index holds': (s) => s.query(image.size).filter(image.status.eq('killed')),
  'a count by an index': (s) => s.query(Image).select(count()).filter(ofOwner),
  'the greatest value of an index': (s) => s.query(Image).select(max(image.createdAt)),
  'groups with a condition': (s) =>
    s.query(image.status, count(), sum(image.size)).groupBy(image.status).having(count().gt(3)),
  'distinct values in order': (s) => s.query(image.ownerId).distinct().orderBy(image.ownerId),
  'a join by the key of the other model': (s) =>
    s.query(Image, Owner).join(Owner, owner.id.eq(image.ownerId)).filter(image.id.lt(5)),
  'an outer join by an index': (s) =>
    s.query(Owner, Image).outerJoin(Image, image.ownerId.eq(owner.id)).filter(owner.id.eq(3)),
  'a model joined with itself': (s) =>
    s.query(Image, other).join(other, other.ownerId.eq(image.ownerId)).filter(image.id.eq(7)),
  'rows with a related one': (s) =>
    s.query(Owner).filter(exists(s.query(Image).filter(image.ownerId.eq(owner.id), isActive))),
  'rows by what another query gives': (s) =>
    s.query(Image).filter(image.ownerId.in(s.query(owner.id).filter(owner.id.lt(3)))),
  'two queries combined': (s) =>
    s
      .query(Image)
      .filter(ofOwner)
      .union(s.query(Image).filter(image.name.eq('image 1')))
      .orderBy(image.id)
      .limit(3),
  'only deleted rows': (s) => s.query(Image).onlyDeleted().filter(ofOwner),
  'a prepared query': (s) =>
    s
      .query(Image)
      .filter(image.ownerId.eq(param('owner', types.integer())), isActive)
      .orderBy(image.createdAt.desc())
      .limit(20)
      .prepare()
      .bind({ owner: 3 }),
}

async function open(engine: Engine): Promise<Rome> {
  const rome = await Rome.open({ engine, models: [Owner, Image], fullScans: 'allow' })
  t.teardown(() => rome.close())
  await rome.transact((session) => {
    for (let id = 0; id < 20; id++) session.add(create(Owner, { id, name: `owner ${id}` }))
    for (let id = 0; id < 400; id++) {
      session.add(
        create(Image, {
          id,
          ownerId: id % 20,
          name: `image ${id}`,
          status: id % 5 === 0 ? 'queued' : 'active',
          size: id % 7 === 0 ? null : id,
          createdAt: new Date(1.7e12 + id * 1000),
        }),
      )
    }
  })
  return rome
}

for (const [name, makeEngine] of Object.entries({
  memory: () => memory({ partitions: 4 }),
  LevelDB: () => level(temporaryDirectory(t), { partitions: 4 }),
})) {
  t.test(`the plans of the commonest queries, on ${name}`, async (t) => {
    const rome = await open(makeEngine())
    const session = rome.session()
    const explained: string[] = []
    for (const [what, of] of Object.entries(shapes)) explained.push(`# ${what}\n\n${await of(session).explain()}\n`)
    matchesGolden(t, explained.join('\n'), 'query-plans.txt')
  })
}
