import type { Engine } from '../../lib/engines/contract.js'
import {
  alias,
  and_,
  count,
  create,
  defineEntity,
  type Expression,
  exists,
  fields,
  index,
  or_,
  primaryKey,
  type Query,
  Rome,
  type RomeOptions,
  type RomeSession,
  sum,
  t,
} from '../../lib/index.js'
import type { JoinPlan, PlanNode } from '../../lib/query/plan/plan-node.js'

const Item = defineEntity(
  'items',
  { id: primaryKey(t.integer()), kind: t.string(), color: t.string(), size: t.integer().nullable() },
  { indexes: [index('kind', 'size'), index('color')] },
)
const Part = defineEntity(
  'parts',
  { id: primaryKey(t.integer()), itemId: t.integer(), weight: t.integer() },
  { indexes: [index('itemId')] },
)
export const item = fields(Item)
export const part = fields(Part)

const items = 400
const parts = 500

/** A store whose tables are of more than one batch, analyzed, with the models that the cases are about. */
export async function openItems(options: Omit<RomeOptions, 'models'> & { engine: Engine }): Promise<Rome> {
  const rome = await Rome.open({ fullScans: 'allow', ...options, models: [Item, Part] })
  await rome.transact((session) => {
    for (let id = 0; id < items; id++) {
      const size = id % 11 === 0 ? null : (id * 7) % 50
      session.add(create(Item, { id, kind: `kind ${id % 4}`, color: `color ${id % 7}`, size }))
    }
    for (let id = 0; id < parts; id++) session.add(create(Part, { id, itemId: (id * 2) % items, weight: id % 13 }))
  })
  await rome.analyze()
  return rome
}

/** A query, the expressions that order its results totally, and how many rows the planner shall believe in. */
export interface PlanCase {
  readonly query: (session: RomeSession) => Query<unknown, never>
  readonly order: readonly Expression<unknown>[]
  readonly isPageable?: false
  readonly believedRows?: number
}

const byId = [item.id]
const few = [2, 4, 6, 8, 10, 11]
const ofKind = (kind: number) => item.kind.eq(`kind ${kind}`)
const ofItem = part.itemId.eq(item.id)
const other = alias(Item, 'other')
const isBefore = item.id.lt(other.id)
const twin = alias(Part, 'twin')
const ofTwin = twin.itemId.eq(part.itemId)

/** Queries that together take every kind of step. */
export const planCases: Readonly<Record<string, PlanCase>> = {
  'nothing at all': of((s) => s.query(Item).filter(item.id.in([])), byId),
  keys: of((s) => s.query(Item).filter(item.id.in(Array.from({ length: 300 }, (_, at) => items - at))), byId),
  'a run of keys': of((s) => s.query(Item).filter(item.id.between(50, 350)), byId),
  'a whole table': of((s) => s.query(Item), byId),
  'a whole index': of((s) => s.query(item.kind, item.size, item.id), [item.kind, item.size, item.id]),
  'a run of an index': of((s) => s.query(Item).filter(ofKind(1), item.size.gt(10)), [item.size, item.id]),
  'runs of an index, merged': of(
    (s) => s.query(Item).filter(item.kind.in(['kind 1', 'kind 3'])),
    [item.size, item.kind, item.id],
  ),
  'beginnings of an index': of((s) => s.query(item.kind).distinct(), [item.kind]),
  'two indexes': of((s) => s.query(Item).filter(ofKind(1), item.color.eq('color 2')), byId),
  alternatives: of((s) => s.query(Item).filter(or_(ofKind(2), item.color.eq('color 5'))), byId),
  'alternatives, merged': of(
    (s) => s.query(Item).filter(or_(and_(ofKind(1), item.size.gt(3)), and_(ofKind(2), item.size.lt(40)))),
    [item.size, item.id],
  ),
  'a filter over a table': of((s) => s.query(Item).filter(item.size.gt(10)), [item.color, item.id]),
  'a sort': of((s) => s.query(Item), [item.color, item.size, item.id]),
  'a sort of groups': of((s) => s.query(Item).filter(ofKind(0)), [item.size, item.color, item.id]),
  'columns and calculations': of((s) => s.query(item.id, item.size.plus(1), item.color), [item.size.plus(1), item.id]),
  'distinct values': of((s) => s.query(item.kind, item.color).distinct(), [item.kind, item.color]),
  groups: of((s) => s.query(item.color, item.size, count()).groupBy(item.color, item.size), [item.size, item.color]),
  'groups that are kept': of(
    (s) => s.query(part.itemId, sum(part.weight)).groupBy(part.itemId).having(count().gt(2)),
    [part.itemId],
  ),
  'a lookup of keys': of((s) => s.query(Part, Item).join(Item, ofItem).filter(part.id.lt(40)), [part.id]),
  'a lookup in an index': of((s) => s.query(Item, Part).join(Part, ofItem).filter(item.id.in(few)), [item.id, part.id]),
  'a lookup for an outer join': of(
    (s) => s.query(Item, Part).outerJoin(Part, ofItem).filter(item.id.in(few)),
    [item.id, part.id],
  ),
  'a lookup of what exists': of(
    (s) => s.query(Item).filter(item.id.in(few), exists(s.query(Part).filter(ofItem))),
    byId,
  ),
  'a hash join': of(
    (s) => s.query(Item, Part).join(Part, part.weight.eq(item.size)).filter(part.id.lt(40)),
    [item.id, part.id],
  ),
  'an outer hash join': of((s) => s.query(Item, Part).outerJoin(Part, ofItem), [item.id, part.id]),
  'what exists, by hash': of(
    (s) => s.query(Item).filter(exists(s.query(Part).filter(ofItem, part.weight.eq(3)))),
    byId,
  ),
  'a merge join': {
    ...of((s) => s.query(part.id, twin.id).join(twin, ofTwin).filter(part.id.lt(300)), [part.itemId, part.id, twin.id]),
    believedRows: 2e6,
  },
  'an outer merge join': {
    ...of((s) => s.query(Item, Part).outerJoin(Part, ofItem), [item.id, part.id]),
    believedRows: 2e6,
  },
  'what exists, by merging': {
    ...of((s) => s.query(Item).filter(exists(s.query(Part).filter(ofItem))), byId),
    believedRows: 2e6,
  },
  'a loop over pairs': of(
    (s) => s.query(item.id, other.id).join(other, isBefore).filter(item.id.lt(20), other.id.lt(30)),
    [item.id, other.id],
  ),
  'a loop over pairs of an outer join': of(
    (s) =>
      s
        .query(item.id, other.id)
        .outerJoin(other, and_(isBefore, other.id.lt(5)))
        .filter(item.id.lt(9)),
    [item.id, other.id],
  ),
  'what exists, by a loop': of(
    (s) => s.query(Item).filter(item.id.lt(99), exists(s.query(Part).filter(part.id.gt(item.id), part.id.lt(50)))),
    byId,
  ),
  'roots of a join': of((s) => s.query(Item).join(Part, ofItem), [item.size, item.id]),
  'a subquery of each row': of((s) => {
    const heaviest = s.query(part.weight).filter(ofItem).orderBy(part.weight.desc(), part.id).limit(1)
    return s.query(item.id, heaviest.asScalar()).filter(item.id.lt(60))
  }, byId),
  union: of((s) => ids(s, 1).union(ids(s, 2)), byId),
  'union of what is limited': of((s) => s.query(Item).orderBy(item.color, item.id).limit(50).union(ofOne(s)), byId),
  unionAll: { ...of((s) => ids(s, 1).unionAll(ids(s, 2)), byId), isPageable: false },
  intersect: of((s) => s.query(Item).intersect(ofOne(s)), byId),
  except: of((s) => s.query(Item).except(ofOne(s)), byId),
}

const joinMethods: readonly JoinPlan['method'][] = ['lookup', 'hash', 'merge', 'loop']

/** The steps of an explanation, by the kind of plan node that they stand for. A new kind does not compile without. */
export const stepsOfKind: Readonly<Record<PlanNode['kind'], readonly string[]>> = {
  nothing: ['nothing'],
  keys: ['primary key'],
  rows: ['whole table', 'primary key range'],
  entries: ['whole index', 'index range'],
  prefixes: ['index prefixes'],
  intersection: ['index intersection'],
  concat: ['one after the other', 'merge'],
  lookup: ['primary key of each row', 'index range of each row'],
  join: ['', 'left ', 'mark '].flatMap((kind) => joinMethods.map((method) => `${kind}${method} join`)),
  each: ['subquery of each row'],
  filter: ['filter'],
  sort: ['sort', 'sort groups', 'top'],
  limit: ['limit'],
  project: ['select'],
  distinct: ['distinct'],
  aggregate: ['group'],
  set: ['union', 'unionAll', 'intersect', 'except'],
}

function of<Root extends object>(
  query: (session: RomeSession) => Query<unknown, Root>,
  order: readonly Expression<unknown>[],
): PlanCase {
  // The cases are read, paged and streamed alike, whatever their root is.
  return { query: query as unknown as PlanCase['query'], order }
}

function ids(session: RomeSession, kind: number) {
  return session.query(item.id).filter(ofKind(kind))
}

function ofOne(session: RomeSession) {
  return session.query(Item).filter(ofKind(1))
}
