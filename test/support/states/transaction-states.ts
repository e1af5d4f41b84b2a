import { memory } from '../../../lib/engines/memory/index.js'
import { create } from '../../../lib/schema/create.js'
import { Rome } from '../../../lib/session/rome.js'
import type { RomeSession } from '../../../lib/session/session.js'
import type { SessionSavepoint, SessionTransaction } from '../../../lib/session/session-transaction.js'
import type { Driver } from './driver.js'
import { Thing } from './entity-states.js'

/** A transaction or a savepoint in which an entity was added. */
interface Fixture<Handle> {
  readonly rome: Rome
  readonly session: RomeSession
  readonly entity: Thing
  readonly handle: Handle
}

async function made<Handle>(make: (session: RomeSession) => Promise<Handle>): Promise<Fixture<Handle>> {
  const rome = await Rome.open({ engine: memory(), models: [Thing], fullScans: 'allow' })
  const session = rome.session()
  const handle = await make(session)
  const entity = session.add(create(Thing, { id: 'a' }))
  return { rome, session, entity, handle }
}

const transaction = () => made((session) => session.begin())
const savepoint = () => made((session) => session.savepoint())

async function after<Handle>(
  made: Promise<Fixture<Handle>>,
  step: (fixture: Fixture<Handle>) => unknown,
): Promise<Fixture<Handle>> {
  const fixture = await made
  await step(fixture)
  return fixture
}

/** What was done in it is kept as long as the entity has a place in the session. */
function stateOf({ handle, session, entity }: Fixture<SessionTransaction | SessionSavepoint>): string {
  if (handle.isActive) return 'active'
  const is = session.stateOf(entity)
  if (session.isClosed || is === 'transient') return 'rolled back'
  return is === 'pending' ? 'kept' : 'committed'
}

export const transactionOperations: Driver<Fixture<SessionTransaction>> = {
  states: {
    active: transaction,
    'with an inner begin': () => after(transaction(), ({ session }) => session.begin()),
    'with a savepoint': () => after(transaction(), ({ session }) => session.savepoint()),
    committed: () => after(transaction(), ({ handle }) => handle.commit()),
    'rolled back': () => after(transaction(), ({ handle }) => handle.rollback()),
    'session closed': () => after(transaction(), ({ session }) => session.close()),
  },
  operations: {
    'transaction.commit()': ({ handle }) => handle.commit(),
    'transaction.rollback()': ({ handle }) => handle.rollback(),
    'transaction.isActive': ({ handle }) => handle.isActive,
    'transaction[Symbol.asyncDispose]()': ({ handle }) => handle[Symbol.asyncDispose](),
  },
  outcome: stateOf,
  kept: stateOf,
  close: ({ rome }) => rome.close(),
}

export const savepointOperations: Driver<Fixture<SessionSavepoint>> = {
  states: {
    active: savepoint,
    'with an inner begin': () => after(savepoint(), ({ session }) => session.begin()),
    'with a savepoint': () => after(savepoint(), ({ session }) => session.savepoint()),
    released: () => after(savepoint(), ({ handle }) => handle.release()),
    'rolled back': () => after(savepoint(), ({ handle }) => handle.rollback()),
    'transaction committed': () => after(savepoint(), ({ session }) => session.commit()),
    'transaction rolled back': () => after(savepoint(), ({ session }) => session.rollback()),
    'session closed': () => after(savepoint(), ({ session }) => session.close()),
  },
  operations: {
    'savepoint.release()': ({ handle }) => handle.release(),
    'savepoint.rollback()': ({ handle }) => handle.rollback(),
    'savepoint.isActive': ({ handle }) => handle.isActive,
    'savepoint[Symbol.asyncDispose]()': ({ handle }) => handle[Symbol.asyncDispose](),
  },
  outcome: stateOf,
  kept: stateOf,
  close: ({ rome }) => rome.close(),
}
