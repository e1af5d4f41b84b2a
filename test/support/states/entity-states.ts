import { column } from '../../../lib/decorators/column.js'
import { entity } from '../../../lib/decorators/entity.js'
import { primaryKey } from '../../../lib/decorators/primary-key.js'
import { deletedAt } from '../../../lib/decorators/roles.js'
import { memory } from '../../../lib/engines/memory/index.js'
import { create } from '../../../lib/schema/create.js'
import { fields } from '../../../lib/schema/fields.js'
import { Rome } from '../../../lib/session/rome.js'
import type { RomeSession } from '../../../lib/session/session.js'
import { t } from '../../../lib/values/t.js'
import type { Driver } from './driver.js'

/** Erased when it is deleted. */
@entity('things')
export class Thing {
  @primaryKey(t.string()) id!: string
  @column(t.string().default('')) text!: string
}

/** Soft-deleted. */
@entity('soft_things')
export class SoftThing {
  @primaryKey(t.string()) id!: string
  @column(t.string().default('')) text!: string
  @deletedAt() deletedAt!: Date | null
}

interface EntityFixture {
  readonly rome: Rome
  readonly session: RomeSession
  readonly model: typeof Thing
  readonly entity: Thing
}

/** An entity of the model that was committed, in the session that did it. */
async function persistent(model: typeof Thing): Promise<EntityFixture> {
  const rome = await Rome.open({ engine: memory(), models: [Thing, SoftThing], fullScans: 'allow' })
  const session = rome.session()
  const entity = session.add(create(model, { id: 'a' }))
  await session.commit()
  return { rome, session, model, entity }
}

async function transient(): Promise<EntityFixture> {
  const rome = await Rome.open({ engine: memory(), models: [Thing, SoftThing], fullScans: 'allow' })
  return { rome, session: rome.session(), model: Thing, entity: create(Thing, { id: 'a' }) }
}

/** After a step. */
async function after(made: Promise<EntityFixture>, step: (fixture: EntityFixture) => unknown): Promise<EntityFixture> {
  const fixture = await made
  await step(fixture)
  return fixture
}

const remove = ({ session, entity }: EntityFixture) => session.delete(entity)
const removeAndFlush = (fixture: EntityFixture) => {
  remove(fixture)
  return fixture.session.flush()
}

const states: Driver<EntityFixture>['states'] = {
  transient,
  pending: () => after(transient(), ({ session, entity }) => session.add(entity)),
  persistent: () => persistent(Thing),
  marked: () => after(persistent(Thing), remove),
  erased: () => after(persistent(Thing), removeAndFlush),
  hidden: () => after(persistent(SoftThing), removeAndFlush),
  detached: () =>
    after(persistent(Thing), async ({ session, entity }) => {
      session.expunge(entity)
      await session.commit()
    }),
  elsewhere: async () => {
    const fixture = await persistent(Thing)
    return { ...fixture, session: fixture.rome.session() }
  },
}

const byKey = ({ session, model }: EntityFixture) => session.query(model).filter(fields(model).id.eq('a'))

const changes: Driver<EntityFixture>['operations'] = {
  'session.add(entity)': ({ session, entity }) => session.add(entity),
  'session.addAll([entity])': ({ session, entity }) => session.addAll([entity]),
  'session.touch(entity)': ({ session, entity }) => session.touch(entity),
  'session.merge(entity)': ({ session, entity }) => session.merge(entity),
  'session.merge(Model, values)': ({ session, model }) => session.merge(model, { id: 'a' }),
  'session.upsert(Model, values)': ({ session, model }) => session.upsert(model, { id: 'a' }),
  'session.delete(entity)': ({ session, entity }) => session.delete(entity),
  'session.hardDelete(entity)': ({ session, entity }) => session.hardDelete(entity),
  'session.expunge(entity)': ({ session, entity }) => session.expunge(entity),
  'session.refresh(entity)': ({ session, entity }) => session.refresh(entity),
  'session.expire(entity)': ({ session, entity }) => session.expire(entity),
  'session.expireAll()': ({ session }) => session.expireAll(),
  'session.stateOf(entity)': ({ session, entity }) => session.stateOf(entity),
  'session.isModified(entity)': ({ session, entity }) => session.isModified(entity),
  'session.get(Model, key)': ({ session, model }) => session.get(model, 'a'),
  'session.query(Model).all()': ({ session, model }) => session.query(model).all(),
  'session.flush()': ({ session }) => session.flush(),
  'session.commit()': ({ session }) => session.commit(),
  'session.rollback()': ({ session }) => session.rollback(),
  'session.close()': ({ session }) => session.close(),
  'session.begin(work), which deletes it and throws': ({ session, entity }) =>
    session
      .begin(() => {
        session.delete(entity)
        throw new Error('undo')
      })
      .catch(() => undefined),
  'savepoint.rollback(), after it was added since': async ({ session, entity }) => {
    const savepoint = await session.savepoint()
    session.add(entity)
    await savepoint.rollback()
  },
  'session.bulkInsert(Model, [row])': ({ session, model }) => session.bulkInsert(model, [{ id: 'a' }]),
  'session.bulkUpdate(Model, [row])': ({ session, model }) => session.bulkUpdate(model, [{ id: 'a', text: 'new' }]),
  'session.bulkDelete(Model, [key])': ({ session, model }) => session.bulkDelete(model, ['a']),
  'query.update(values)': (fixture) => byKey(fixture).update({ text: 'new' }),
  'query.delete()': (fixture) => byKey(fixture).delete(),
  'query.hardDelete()': (fixture) => byKey(fixture).withDeleted().hardDelete(),
}

const common: Pick<Driver<EntityFixture>, 'states' | 'kept' | 'close'> = {
  states,
  kept: ({ session, entity }) => session.stateOf(entity),
  close: ({ rome }) => rome.close(),
}

/** What becomes of the entity. */
export const entityChanges: Driver<EntityFixture> = {
  ...common,
  operations: changes,
  outcome: ({ session, entity }) => session.stateOf(entity),
}

const withDeleted = { withDeleted: true }

/** What is given back for its row. */
export const entitiesGiven: Driver<EntityFixture> = {
  ...common,
  operations: {
    'session.merge(entity)': ({ session, entity }) => session.merge(entity),
    'session.merge(Model, values)': ({ session, model }) => session.merge(model, { id: 'a' }),
    'session.upsert(Model, values)': ({ session, model }) => session.upsert(model, { id: 'a' }),
    'session.get(Model, key)': ({ session, model }) => session.get(model, 'a'),
    'session.get(Model, key, { withDeleted: true })': ({ session, model }) => session.get(model, 'a', withDeleted),
    'session.get(Model, key, { forUpdate: true })': ({ session, model }) =>
      session.get(model, 'a', { forUpdate: true }),
    'session.getOrThrow(Model, key)': ({ session, model }) => session.getOrThrow(model, 'a'),
    'session.getMany(Model, [key])': async ({ session, model }) => (await session.getMany(model, ['a']))[0],
    'session.query(Model).first()': ({ session, model }) => session.query(model).first(),
    'session.query(Model).one()': ({ session, model }) => session.query(model).one(),
    'session.query(Model).withDeleted().first()': ({ session, model }) => session.query(model).withDeleted().first(),
    'session.query(Model).unmanaged().first()': ({ session, model }) => session.query(model).unmanaged().first(),
  },
  outcome: ({ entity }, result) => (result === undefined ? 'none' : result === entity ? 'the entity' : 'another'),
}
