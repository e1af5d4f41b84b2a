import { type MemoryEngine, memory } from '../../../lib/engines/memory/index.js'
import { create } from '../../../lib/schema/create.js'
import { fields } from '../../../lib/schema/fields.js'
import { OutboxMessage } from '../../../lib/session/outbox-message.js'
import { Rome } from '../../../lib/session/rome.js'
import type { RomeSession } from '../../../lib/session/session.js'
import { SessionTransaction } from '../../../lib/session/session-transaction.js'
import type { Driver } from './driver.js'
import { SoftThing, Thing } from './entity-states.js'

interface SessionFixture {
  readonly rome: Rome
  readonly engine: MemoryEngine
  readonly session: RomeSession
  /** A persistent entity of the session. */
  readonly entity: Thing
  /** What `begin` gave. */
  readonly transaction?: SessionTransaction
  readonly underWay?: UnderWay
}

/** An operation of the session that goes on until it is let. */
interface UnderWay {
  readonly work: Promise<unknown>
  readonly finish: () => void
}

/** Between two transactions. */
async function idle(readOnly = false): Promise<SessionFixture> {
  const engine = memory()
  const rome = await Rome.open({ engine, models: [Thing, SoftThing, OutboxMessage], fullScans: 'allow' })
  await rome.transact((session) => session.add(create(Thing, { id: 'a' })))
  const session = rome.session({ readOnly })
  const entity = await session.getOrThrow(Thing, 'a')
  await session.commit()
  return { rome, engine, session, entity }
}

async function reading(): Promise<SessionFixture> {
  const fixture = await idle()
  await fixture.session.get(Thing, 'a')
  return fixture
}

async function begun(readOnly?: boolean): Promise<SessionFixture> {
  const fixture = await idle()
  return { ...fixture, transaction: await fixture.session.begin({ readOnly }) }
}

async function busy(): Promise<SessionFixture> {
  const fixture = await idle()
  return { ...fixture, underWay: underWay((until) => fixture.session.bulkInsert(Thing, arriving(until))) }
}

async function* arriving(until: Promise<void>) {
  await until
  yield { id: 'busy' }
}

async function inHook(): Promise<SessionFixture> {
  const fixture = await idle()
  const { session, entity } = fixture
  entity.text = 'changed'
  const entered = signal()
  const flushing = underWay((until) => {
    session.on('beforeFlush', () => {
      entered.give()
      return until
    })
    return session.flush()
  })
  await entered.given
  return { ...fixture, underWay: flushing }
}

async function closed(): Promise<SessionFixture> {
  const fixture = await idle()
  await fixture.session.close()
  return fixture
}

function underWay(start: (until: Promise<void>) => Promise<unknown>): UnderWay {
  const { given, give } = signal()
  return { work: start(given), finish: give }
}

function signal(): { readonly given: Promise<void>; readonly give: () => void } {
  let give = () => {}
  const given = new Promise<void>((resolve) => {
    give = resolve
  })
  return { given, give }
}

const another = () => create(Thing, { id: 'b' })
const all = ({ session }: SessionFixture) => session.query(Thing)
const one = ({ session }: SessionFixture) => session.query(Thing).filter(fields(Thing).id.eq('a'))
const nothing = () => undefined

const operations: Driver<SessionFixture>['operations'] = {
  'session.add(entity)': ({ session }) => session.add(another()),
  'session.addAll(entities)': ({ session }) => session.addAll([another()]),
  'session.touch(entity)': ({ session, entity }) => session.touch(entity),
  'session.merge(entity)': ({ session }) => session.merge(another()),
  'session.upsert(Model, values)': ({ session }) => session.upsert(Thing, { id: 'new' }),
  'session.delete(entity)': ({ session, entity }) => session.delete(entity),
  'session.hardDelete(entity)': ({ session, entity }) => session.hardDelete(entity),
  'session.expunge(entity)': ({ session, entity }) => session.expunge(entity),
  'session.expire(entity)': ({ session, entity }) => session.expire(entity),
  'session.expireAll()': ({ session }) => session.expireAll(),
  'session.refresh(entity)': ({ session, entity }) => session.refresh(entity),
  'session.get(Model, key)': ({ session }) => session.get(Thing, 'a'),
  'session.get(Model, key, { forUpdate: true })': ({ session }) => session.get(Thing, 'a', { forUpdate: true }),
  'session.getOrThrow(Model, key)': ({ session }) => session.getOrThrow(Thing, 'a'),
  'session.getMany(Model, keys)': ({ session }) => session.getMany(Thing, ['a', 'b']),
  'session.bulkInsert(Model, rows)': ({ session }) => session.bulkInsert(Thing, [{ id: 'b' }]),
  'session.bulkUpdate(Model, rows)': ({ session }) => session.bulkUpdate(Thing, [{ id: 'a', text: 'new' }]),
  'session.bulkDelete(Model, keys)': ({ session }) => session.bulkDelete(Thing, ['a']),
  'session.flush()': ({ session }) => session.flush(),
  'session.flush(), after add': ({ session }) => {
    session.add(another())
    return session.flush()
  },
  'session.commit()': ({ session }) => session.commit(),
  'session.rollback()': ({ session }) => session.rollback(),
  'session.begin()': ({ session }) => session.begin(),
  'session.begin(work)': ({ session }) => session.begin(nothing),
  "session.begin({ propagation: 'required' }, work)": ({ session }) =>
    session.begin({ propagation: 'required' }, nothing),
  "session.begin({ propagation: 'new' }, work)": ({ session }) => session.begin({ propagation: 'new' }, nothing),
  "session.begin({ propagation: 'never' }, work)": ({ session }) => session.begin({ propagation: 'never' }, nothing),
  'session.begin({ readOnly: true }, work)': ({ session }) => session.begin({ readOnly: true }, nothing),
  "session.begin({ isolation: 'snapshot' }, work)": ({ session }) => session.begin({ isolation: 'snapshot' }, nothing),
  'session.savepoint()': ({ session }) => session.savepoint(),
  'session.on(event, hook)': ({ session }) => session.on('afterCommit', nothing),
  'session.publish(topic, payload)': ({ session }) => session.publish('topic', 'payload'),
  'session.position()': ({ session }) => session.position(),
  'session.query(Model)': ({ session }) => session.query(Thing),
  'session.stateOf(entity)': ({ session, entity }) => session.stateOf(entity),
  'session.isModified(entity)': ({ session, entity }) => session.isModified(entity),
  'session.pending': ({ session }) => session.pending,
  'session.modified': ({ session }) => session.modified,
  'session.deleted': ({ session }) => session.deleted,
  'session.isClosed': ({ session }) => session.isClosed,
  'session.close()': ({ session }) => session.close(),
  'session[Symbol.asyncDispose]()': ({ session }) => session[Symbol.asyncDispose](),
}

const terminals: Driver<SessionFixture>['operations'] = {
  'query.all()': (fixture) => all(fixture).all(),
  'query.first()': (fixture) => all(fixture).first(),
  'query.one()': (fixture) => one(fixture).one(),
  'query.oneOrNone()': (fixture) => one(fixture).oneOrNone(),
  'query.scalar()': (fixture) => one(fixture).select(fields(Thing).text).scalar(),
  'query.count()': (fixture) => all(fixture).count(),
  'query.exists()': (fixture) => all(fixture).exists(),
  'query.stream()': async (fixture) => {
    for await (const _ of all(fixture).stream());
  },
  'query[Symbol.asyncIterator]()': async (fixture) => {
    for await (const _ of all(fixture));
  },
  'query.page({ size })': (fixture) => all(fixture).page({ size: 1 }),
  'query.paginate({ limit })': (fixture) => all(fixture).paginate({ limit: 1 }),
  'query.forUpdate().all()': (fixture) => all(fixture).forUpdate().all(),
  'query.unmanaged().all()': (fixture) => all(fixture).unmanaged().all(),
  'query.update(values)': (fixture) => one(fixture).update({ text: 'new' }),
  'query.delete()': (fixture) => one(fixture).delete(),
  'query.softDelete()': ({ session }) => session.query(SoftThing).everything().softDelete(),
  'query.hardDelete()': (fixture) => one(fixture).hardDelete(),
  'query.explain()': (fixture) => all(fixture).explain(),
}

/** What a session is, in the words of the columns; whatever is under way goes on. */
function stateOf({ engine, session, transaction, underWay }: SessionFixture, given?: unknown): string {
  if (session.isClosed) return 'closed'
  if (underWay !== undefined) return 'allowed'
  const isBegun = transaction?.isActive === true || (given instanceof SessionTransaction && given.isActive)
  if (isBegun) return 'begun'
  return engine.stats().liveSnapshots > 0 ? 'reading' : 'idle'
}

const common: Omit<Driver<SessionFixture>, 'operations'> = {
  states: {
    idle: () => idle(),
    reading,
    begun: () => begun(),
    busy: busy,
    'in a hook': inHook,
    'read-only': () => idle(true),
    'only reading': () => begun(true),
    closed,
  },
  outcome: stateOf,
  kept: stateOf,
  close: ({ rome }) => rome.close(),
}

/** Tries an operation beside what is under way, which it may have to wait for. */
function beside(operation: (fixture: SessionFixture) => unknown) {
  return async (fixture: SessionFixture): Promise<unknown> => {
    const result = (async () => operation(fixture))()
    const settled = result.catch(() => undefined)
    await new Promise((resolve) => setImmediate(resolve))
    fixture.underWay?.finish()
    await Promise.all([settled, fixture.underWay?.work])
    return result
  }
}

const mapped = (all: Driver<SessionFixture>['operations']) =>
  Object.fromEntries(Object.entries(all).map(([name, operation]) => [name, beside(operation)]))

export const sessionOperations: Driver<SessionFixture> = { ...common, operations: mapped(operations) }
export const queryTerminals: Driver<SessionFixture> = { ...common, operations: mapped(terminals) }
