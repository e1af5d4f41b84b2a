import t from 'tap'
import { index, unique } from '../../lib/decorators/indexes.js'
import { primaryKey } from '../../lib/decorators/primary-key.js'
import { deletedAt } from '../../lib/decorators/roles.js'
import { memory } from '../../lib/engines/memory/index.js'
import { count, max } from '../../lib/expressions/aggregate.js'
import { and_, or_ } from '../../lib/expressions/predicate.js'
import type { ExplainOptions } from '../../lib/query/explain.js'
import type { ExplainedStep, Explanation } from '../../lib/query/plan/explanation.js'
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
      index('checksum', { where: (row) => row.checksum.isNotNull(), include: ['size'] }),
      unique('name'),
    ],
  },
)
const image = fields(Image)
const rows = 4000
const owners = 20

/** How many keys the last query read: every query is slow enough to be reported. */
let keysRead: unknown
const rome = await Rome.open({
  engine: memory({ partitions: 4 }),
  models: [Image],
  fullScans: 'allow',
  slowQueryMs: 0,
  logger: {
    warn: (_, context) => {
      keysRead = context.keys
    },
  },
})
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

/** The steps of a plan from the top, with what running it cost. */
async function analyzed(query: Explained) {
  const explanation = await query.explain({ analyze: true })
  const steps: ExplainedStep[] = []
  const walk = (step: ExplainedStep): void => {
    steps.push(step)
    step.inputs.forEach(walk)
  }
  walk(explanation.plan)
  return {
    text: String(explanation),
    names: steps.map(({ step }) => step),
    /** The steps that read. */
    sources: steps.filter(({ inputs }) => inputs.length === 0),
    rows: explanation.plan.actual?.rows,
    keysRead: steps.reduce((sum, { actual }) => sum + (actual?.keysRead ?? 0), 0),
    suggestedIndex: explanation.suggestedIndex,
  }
}

const ofOwner = image.owner.eq('owner 3')
const isActive = image.status.eq('active')

t.test('a primary key is read by itself', async (t) => {
  const one = await analyzed(session.query(Image).filter(image.id.eq(7)))
  t.strictSame([one.sources[0].step, one.keysRead, one.rows], ['primary key', 1, 1])
  const several = await analyzed(session.query(Image).filter(image.id.in([7, 9, rows + 1])))
  t.strictSame([several.sources[0].detail.keys, several.keysRead, several.rows], [3, 3, 2])
})

t.test('a run of primary keys reads no row beside it', async (t) => {
  const plan = await analyzed(session.query(Image).filter(image.id.between(10, 19)))
  t.strictSame([plan.sources[0].step, plan.keysRead], ['primary key range', 10])
})

t.test('a filter that nothing can pass reads nothing', async (t) => {
  for (const filter of [
    and_(image.id.eq(1), image.id.eq(2)),
    image.createdAt.between(new Date(9), new Date(3)),
    image.id.in([]),
  ]) {
    const plan = await analyzed(session.query(Image).filter(filter))
    t.strictSame(plan.names, ['nothing'])
  }
})

t.test(
  'the newest 20 of an owner and a status read 20 entries and their rows, in one partition, without a sort',
  async (t) => {
    for (const order of [[image.createdAt.desc()], [image.createdAt.desc(), image.id.desc()]]) {
      const plan = await analyzed(
        session
          .query(Image)
          .filter(ofOwner, isActive)
          .orderBy(...order)
          .limit(20),
      )
      t.strictSame(plan.names, ['limit', 'index range'])
      t.match(plan.sources[0].detail, { index: 'images.owner_status_createdAt', ranges: 1, direction: 'backwards' })
      t.equal((plan.sources[0].detail.partitions as number[]).length, 1)
      t.strictSame([plan.rows, plan.keysRead], [20, 40])
    }
  },
)

t.test('an order that the index gives in part is sorted in groups, which a limit ends early', async (t) => {
  const plan = await analyzed(
    session.query(Image).filter(ofOwner, isActive).orderBy(image.createdAt, image.name).limit(5),
  )
  t.strictSame(plan.names, ['limit', 'sort groups', 'index range'])
  t.match(plan.text, 'presorted by createdAt')
  t.ok(plan.keysRead <= 2 * 4 * 5, `${plan.keysRead} keys read for 5 rows`)
})

t.test('what comes after a row by two columns is read without rows to spare', async (t) => {
  const from = new Date(1.7e12 + 1_000_000)
  const isNotBefore = or_(image.createdAt.eq(from), image.createdAt.lt(from))
  const isAfter = or_(image.createdAt.lt(from), and_(image.createdAt.eq(from), image.id.lt(3001)))
  const plan = await analyzed(
    session.query(Image).filter(isNotBefore, isAfter).orderBy(image.createdAt.desc(), image.id.desc()).limit(20),
  )
  t.strictSame(plan.names, ['limit', 'filter', 'index range'])
  // Three rows have the time to begin at.
  t.ok(plan.rows === 20 && plan.keysRead <= 2 * (20 + 3), `${plan.keysRead} keys read for ${plan.rows} rows`)
})

t.test('several values before an order are merged: each range is read as far as the limit wants', async (t) => {
  const owners = image.owner.in(['owner 1', 'owner 2', 'owner 3'])
  const plan = await analyzed(session.query(Image).filter(owners, isActive).orderBy(image.createdAt.desc()).limit(10))
  t.strictSame(plan.names, ['limit', 'index range'])
  t.match(plan.sources[0].detail, { ranges: 3, 'merged by': 'createdAt desc' })
  t.ok(plan.keysRead <= 3 * 2 * 10, `${plan.keysRead} keys read for 10 rows of three ranges`)
})

t.test('the newest of all read as many entries as are wanted, of all partitions', async (t) => {
  for (const order of [image.createdAt.desc(), image.createdAt.desc().nullsLast(), image.createdAt]) {
    const plan = await analyzed(session.query(Image).orderBy(order).limit(20))
    t.strictSame(plan.names, ['limit', 'whole index'])
    t.strictSame([plan.sources[0].detail.index, plan.sources[0].detail.partitions], ['images.createdAt', [0, 1, 2, 3]])
    t.strictSame([plan.rows, plan.keysRead], [20, 40])
  }
})

t.test('a run of values reads the entries in it', async (t) => {
  const late = await analyzed(session.query(Image).filter(image.createdAt.gte(new Date(1.7e12 + 1_300_000))))
  t.strictSame(late.names, ['index range'])
  t.equal(late.keysRead, 2 * (late.rows ?? 0))
})

t.test('the beginning of a text is a run of the index, and a pattern uses its beginning', async (t) => {
  const start = await analyzed(session.query(Image).filter(image.name.startsWith('image 39')))
  t.strictSame([start.names, start.sources[0].detail.index], [['index range'], 'images.name_unique'])
  t.equal(start.keysRead, 2 * (start.rows ?? 0))
  const pattern = await analyzed(session.query(Image).filter(image.name.like('image 39%0')))
  t.strictSame(pattern.names, ['filter', 'index range'])
  t.equal(pattern.keysRead, start.keysRead)
})

t.test('a unique value is one entry in one partition', async (t) => {
  const plan = await analyzed(session.query(Image).filter(image.name.eq('image 39')))
  t.strictSame([plan.names, plan.sources[0].estimatedRows, plan.keysRead], [['index range'], 1, 2])
  t.equal((plan.sources[0].detail.partitions as number[]).length, 1)
})

t.test('a partial index serves a filter that implies its predicate, and no other', async (t) => {
  const implied = await analyzed(session.query(Image).filter(image.checksum.eq('sum 30')))
  t.strictSame([implied.sources[0].detail.index, implied.keysRead], ['images.checksum_partial', 2])
  const other = await analyzed(session.query(Image).filter(image.checksum.isNull()))
  t.strictSame(
    other.sources.map(({ step }) => step),
    ['whole table'],
  )
})

t.test('columns that the entries hold are read from them alone', async (t) => {
  const plan = await analyzed(session.query(image.checksum, image.size).filter(image.checksum.gt('sum 39')))
  t.match(plan.sources[0].detail, { index: 'images.checksum_partial', reads: 'entries only' })
  t.equal(plan.keysRead, plan.rows)
})

t.test('an or over two indexes reads from both, no row twice', async (t) => {
  const byName = image.name.eq('image 30')
  const killed = and_(image.owner.eq('owner 1'), image.status.eq('killed'))
  const plan = await analyzed(session.query(Image).filter(or_(byName, killed)))
  t.strictSame(plan.names, ['one after the other', 'index range', 'filter', 'index range'])
  t.strictSame(
    plan.sources.map(({ detail }) => detail.index),
    ['images.name_unique', 'images.owner_status_createdAt'],
  )
  t.match(plan.text, "where not (name = 'image 30')")
  t.equal(plan.keysRead, 2 * (plan.rows ?? 0))
})

t.test('an or in the order of both indexes is merged and ends at the limit', async (t) => {
  const killed = and_(image.owner.eq('owner 1'), image.status.eq('killed'))
  const active = and_(ofOwner, isActive)
  const plan = await analyzed(session.query(Image).filter(or_(killed, active)).orderBy(image.createdAt).limit(5))
  t.strictSame(plan.names, ['limit', 'merge', 'index range', 'filter', 'index range'])
  t.ok(plan.keysRead <= 60, `${plan.keysRead} keys read for 5 rows`)
})

t.test('a count, groups and an extreme by an index read entries only', async (t) => {
  const counted = await analyzed(session.query(Image).select(count()).filter(ofOwner, isActive))
  t.match(counted.sources[0].detail, { index: 'images.owner_status_createdAt', reads: 'entries only' })
  t.equal(counted.keysRead, await session.query(Image).filter(ofOwner, isActive).count())
  const grouped = await analyzed(session.query(image.status, count()).filter(ofOwner).groupBy(image.status))
  t.equal(grouped.sources[0].detail.reads, 'entries only')
  t.equal(grouped.keysRead, await session.query(Image).filter(ofOwner).count())
  const latest = await analyzed(session.query(Image).select(max(image.createdAt)).filter(ofOwner, isActive))
  t.equal(latest.sources[0].detail.reads, 'entries only')
})

t.test('soft-deleted rows are not met by the usual query, and alone by onlyDeleted', async (t) => {
  const ofNine = image.owner.eq('owner 9')
  const live = await analyzed(session.query(Image).filter(ofNine))
  const deleted = await analyzed(session.query(Image).onlyDeleted().filter(ofNine))
  t.strictSame([live.names, deleted.names], [['index range'], ['index range']])
  t.equal((live.rows ?? 0) + (deleted.rows ?? 0), rows / owners)
  t.strictSame([live.keysRead, deleted.keysRead], [2 * (live.rows ?? 0), 2 * (deleted.rows ?? 0)])
})

t.test('live and deleted rows in one order are merged', async (t) => {
  const query = session.query(Image).withDeleted().filter(image.owner.eq('owner 9'), isActive)
  const plan = await analyzed(query.orderBy(image.createdAt).limit(5))
  t.strictSame(plan.names, ['limit', 'index range'])
  t.match(plan.sources[0].detail, { ranges: 2, 'merged by': 'createdAt' })
  t.ok(plan.keysRead <= 2 * 2 * 5, `${plan.keysRead} keys read for 5 rows of two ranges`)
})

t.test('a set operation reads what each of its queries reads', async (t) => {
  const first = session.query(Image).filter(image.name.eq('image 1'))
  const plan = await analyzed(first.union(session.query(Image).filter(image.name.eq('image 2'))))
  t.strictSame([plan.names, plan.keysRead], [['union', 'index range', 'index range'], 4])
})

t.test('a filter without an index reads the whole table and says which index would serve', async (t) => {
  const plan = await analyzed(session.query(Image).filter(image.size.eq(5n)))
  t.strictSame([plan.names, plan.keysRead], [['filter', 'whole table'], rows])
  t.equal(plan.suggestedIndex, "@index('size')")
  const served = await analyzed(session.query(Image).filter(image.name.eq('image 5')))
  t.equal(served.suggestedIndex, undefined)
})

t.test('an offset reads what it leaves out, a page does not', async (t) => {
  const ordered = session.query(Image).orderBy(image.createdAt.desc())
  const skipping = await analyzed(ordered.offset(500).limit(10))
  t.equal(skipping.keysRead, 2 * 510)
  const costs: unknown[] = []
  let token: string | undefined
  for (let page = 1; page <= 300; page++) {
    token = (await ordered.page({ size: 10, after: token })).next
    costs.push(keysRead)
  }
  const [first, second] = costs
  t.equal(first, 2 * (10 + 1), 'the rows of a page, and one to know whether there are more')
  t.ok(Number(second) <= 2 * (10 + 5), `${second} keys for 10 rows, and to know what is before and after them`)
  t.strictSame(new Set(costs.slice(1)), new Set([second]), 'wherever the page is')
})

t.test('a few keys are read one by one, whatever is guessed of an index that was not analyzed', async (t) => {
  const ofOwner = [image.owner.eq('owner 3'), image.status.eq('active')]
  const ids = Array.from({ length: 200 }, (_, at) => at * owners + 3)
  const isFound = (id: number) => id % 40 < owners && id % 50 !== 49
  const byKey = session.query(Image).filter(image.id.in(ids), ...ofOwner)
  t.match(String(await byKey.explain()), /^\s*primary key: model images; keys 200/m)
  t.equal((await byKey.all()).length, ids.filter(isFound).length)
  const byName = session.query(image.name).filter(image.name.in(ids.map((id) => `image ${id}`)), ...ofOwner)
  t.match(String(await byName.explain()), /images.name_unique; .*ranges 200/)
  t.equal((await byName.all()).length, ids.filter(isFound).length)
  const many = Array.from({ length: 2000 }, (_, at) => at * 2 + 1)
  const byIndex = session.query(Image).filter(image.id.in(many), ...ofOwner)
  t.match(
    String(await byIndex.explain()),
    /images.owner_status_createdAt/,
    'of many, the index is guessed to be better',
  )
  t.equal((await byIndex.all()).length, many.filter((id) => id % owners === 3 && isFound(id)).length)
})
