import t from 'tap'
import { column } from '../../lib/decorators/column.js'
import { entity } from '../../lib/decorators/entity.js'
import { unique } from '../../lib/decorators/indexes.js'
import { manyToOne } from '../../lib/decorators/many-to-one.js'
import { primaryKey } from '../../lib/decorators/primary-key.js'
import { deletedAt } from '../../lib/decorators/roles.js'
import type { Engine } from '../../lib/engines/contract.js'
import { memory } from '../../lib/engines/memory/index.js'
import { create } from '../../lib/schema/create.js'
import type { Ref } from '../../lib/schema/ref.js'
import { Rome } from '../../lib/session/rome.js'
import { t as types } from '../../lib/values/t.js'
import { onBothEngines } from '../support/both-engines.js'

@entity('servers')
class Server {
  @primaryKey(types.string()) id!: string
  @deletedAt() deletedAt!: Date | null
}

/** Goes with its server, and so does its address. */
@entity('ports')
@unique('address')
class Port {
  @primaryKey(types.string()) id!: string
  @column(types.string()) serverId!: string
  @column(types.string()) address!: string
  @deletedAt() deletedAt!: Date | null
  @manyToOne(() => Server, { column: 'serverId', onDelete: 'cascade' }) server!: Ref<Server>
}

/** Two servers with a port each, of the same number as the server. */
async function openServers(test: { teardown(work: () => Promise<void>): void }, engine: Engine): Promise<Rome> {
  const rome = await Rome.open({ engine, models: [Server, Port], fullScans: 'allow' })
  test.teardown(() => rome.close())
  await rome.transact((session) => {
    for (const number of [1, 2]) {
      session.add(create(Server, { id: `s${number}` }))
      session.add(create(Port, { id: `p${number}`, serverId: `s${number}`, address: `a${number}` }))
    }
  })
  return rome
}

async function storedPorts(rome: Rome): Promise<string[]> {
  await using session = rome.session()
  const ports = await session.query(Port).withDeleted().all()
  return ports.map(({ id, address, deletedAt }) => `${id} ${address}${deletedAt === null ? '' : ' deleted'}`)
}

for (const [how, rest] of [
  ['hardDelete', []],
  ['delete', ['p1 a1 deleted']],
] as const) {
  onBothEngines(
    `a new row may have a unique value that a cascade of ${how} frees in the same flush`,
    async (t, engine) => {
      const rome = await openServers(t, engine)
      const before = await storedPorts(rome)
      await using session = rome.session()
      const [server, port] = [await session.getOrThrow(Server, 's1'), await session.getOrThrow(Port, 'p1')]
      const replace = async () => {
        session[how](server)
        const added = session.add(create(Port, { id: 'p3', serverId: 's2', address: 'a1' }))
        await session.flush()
        t.equal(session.stateOf(added), 'persistent')
        t.ok(how === 'delete' ? port.deletedAt : session.stateOf(port) === 'deleted', 'the entity follows')
      }
      await t.rejects(
        session.begin(() => replace().then(() => Promise.reject(new Error('no')))),
        { message: 'no' },
      )
      t.equal(session.stateOf(port), 'persistent')
      t.same(await storedPorts(rome), before, 'a rollback takes all of it back')
      await session.begin(replace)
      t.same(await storedPorts(rome), [...rest, 'p2 a2', 'p3 a1'])
      t.equal((await rome.verify()).problemCount, 0)
    },
  )
}

onBothEngines('a new row may have the primary key of one that a cascade erases', async (t, engine) => {
  const rome = await openServers(t, engine)
  await using session = rome.session()
  session.hardDelete(await session.getOrThrow(Server, 's1'))
  const added = session.add(create(Port, { id: 'p1', serverId: 's2', address: 'a1' }))
  await session.flush()
  t.equal(session.stateOf(added), 'persistent')
  await session.commit()
  t.same(await storedPorts(rome), ['p1 a1', 'p2 a2'])
  t.equal((await session.getOrThrow(Port, 'p1')).serverId, 's2')
  t.equal((await rome.verify()).problemCount, 0)
})

onBothEngines('what is not freed is refused, and nothing of the flush is written', async (t, engine) => {
  const rome = await openServers(t, engine)
  const before = await storedPorts(rome)
  await using session = rome.session()
  const [server, port] = [await session.getOrThrow(Server, 's1'), await session.getOrThrow(Port, 'p1')]
  const added = session.add(create(Port, { id: 'p3', serverId: 's2', address: 'a2' }))
  session.hardDelete(server)
  await t.rejects(session.flush(), { code: 'ROME_UNIQUE', context: { values: ['a2'] } })
  t.match([session.stateOf(added), session.stateOf(port)], ['pending', 'persistent'])
  Object.assign(added, { serverId: 's1', address: 'a1' })
  await session.flush()
  t.equal(session.stateOf(added), 'deleted', 'what refers to a row that goes, goes with it')
  await session.rollback()
  t.same(await storedPorts(rome), before)
})

for (const [how, rest] of [
  ['hardDelete', []],
  ['delete', ['p1 a1 deleted']],
] as const) {
  onBothEngines(
    `a row that is changed may have a unique value that a cascade of ${how} frees in the same flush`,
    async (t, engine) => {
      const rome = await openServers(t, engine)
      const before = await storedPorts(rome)
      await using session = rome.session()
      const replace = async () => {
        session[how](await session.getOrThrow(Server, 's1'))
        const port = await session.getOrThrow(Port, 'p2')
        port.address = 'a1'
        session.add(create(Port, { id: 'p3', serverId: 's2', address: 'a2' }))
        await session.flush()
        t.equal(port.address, 'a1')
        t.notOk(session.isModified(port))
      }
      await t.rejects(
        session.begin(() => replace().then(() => Promise.reject(new Error('no')))),
        { message: 'no' },
      )
      t.same(await storedPorts(rome), before, 'a rollback takes all of it back')
      await session.begin(replace)
      t.same(await storedPorts(rome), [...rest, 'p2 a1', 'p3 a2'])
      t.equal((await rome.verify()).problemCount, 0)
    },
  )
}

onBothEngines('a row that leaves what is erased, and takes a value of a row that goes, stays', async (t, engine) => {
  const rome = await openServers(t, engine)
  await rome.transact((session) => session.add(create(Port, { id: 'p3', serverId: 's1', address: 'a3' })))
  await using session = rome.session()
  const [gone, left] = [await session.getOrThrow(Port, 'p1'), await session.getOrThrow(Port, 'p3')]
  session.hardDelete(await session.getOrThrow(Server, 's1'))
  Object.assign(left, { serverId: 's2', address: 'a1' })
  await session.commit()
  t.same([session.stateOf(gone), session.stateOf(left)], ['detached', 'persistent'])
  t.same(await storedPorts(rome), ['p2 a2', 'p3 a1'])
  t.equal((await rome.verify()).problemCount, 0)
})

onBothEngines('a row that takes such a value and goes itself takes it along', async (t, engine) => {
  const rome = await openServers(t, engine)
  await rome.transact((session) => session.add(create(Port, { id: 'p3', serverId: 's1', address: 'a3' })))
  await using session = rome.session()
  const goes = await session.getOrThrow(Port, 'p3')
  session.hardDelete(await session.getOrThrow(Server, 's1'))
  goes.address = 'a1'
  await session.commit()
  t.equal(session.stateOf(goes), 'detached')
  t.same(await storedPorts(rome), ['p2 a2'])
  t.equal((await rome.verify()).problemCount, 0)
})

t.test('a value of a row that goes with one that takes unique values itself is free after the flush', async (t) => {
  const rome = await openServers(t, memory())
  await using session = rome.session()
  const [p1, p2] = [await session.getOrThrow(Port, 'p1'), await session.getOrThrow(Port, 'p2')]
  session.hardDelete(await session.getOrThrow(Server, 's1'))
  Object.assign(p1, { address: 'a9' })
  p2.address = 'a9'
  await t.rejects(session.flush(), { code: 'ROME_UNIQUE' })
  p2.address = 'a2'
  await session.flush()
  p2.address = 'a9'
  await session.commit()
  t.same(await storedPorts(rome), ['p2 a9'])
})
