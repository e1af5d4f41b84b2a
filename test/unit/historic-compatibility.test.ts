import t from 'tap'
import { level } from '../../lib/engines/level/index.js'
import { memory } from '../../lib/engines/memory/index.js'
import {
  alias,
  and_,
  ConflictError,
  column,
  count,
  create,
  DBDeadlock,
  deletedAt,
  entity,
  fields,
  index,
  manyToOne,
  max,
  or_,
  primaryKey,
  type Ref,
  Rome,
  sum,
  t as types,
} from '../../lib/index.js'
import { temporaryDirectory } from '../support/temporary-directory.js'

// What a cloud's compute service asked of the first ROME, which let it do without a SQL database.

@entity('compute_nodes')
class ComputeNode {
  @primaryKey(types.integer()) id!: number
  @column(types.string()) host!: string
  @column(types.integer()) vcpus!: number
  @column(types.integer().default(0)) vcpusUsed!: number
}

@entity('instances')
@index('nodeId')
class Instance {
  @primaryKey(types.integer()) id!: number
  @column(types.string()) name!: string
  @column(types.string()) project!: string
  @column(types.enum('building', 'active', 'error')) state!: 'building' | 'active' | 'error'
  @column(types.integer()) memoryMb!: number
  @column(types.integer().nullable()) nodeId!: number | null
  @column(types.integer().nullable()) originId!: number | null
  @deletedAt() deletedAt!: Date | null
  @manyToOne(() => ComputeNode, { column: 'nodeId' }) node!: Ref<ComputeNode | null>
}

@entity('fixed_ips')
@index('instanceId')
class FixedIp {
  @primaryKey(types.string()) address!: string
  @column(types.integer().nullable()) instanceId!: number | null
  @column(types.boolean().default(false)) isLeased!: boolean
}

@entity('quotas')
class Quota {
  @primaryKey(types.string()) project!: string
  @column(types.integer()) instances!: number
}

const node = fields(ComputeNode)
const instance = fields(Instance)
const fixedIp = fields(FixedIp)

const stores = {
  'in memory': () => memory(),
  'in partitions of LevelDB': () => level(temporaryDirectory(t), { partitions: 3, durability: 'os' }),
} as const

for (const [where, engine] of Object.entries(stores)) {
  t.test(where, async (t) => {
    const rome = await Rome.open({
      engine: engine(),
      models: [ComputeNode, Instance, FixedIp, Quota],
      fullScans: 'allow',
    })
    t.teardown(() => rome.close())
    await rome.transact(async (session) => {
      session.addAll([
        create(ComputeNode, { id: 1, host: 'rennes-1', vcpus: 8 }),
        create(ComputeNode, { id: 2, host: 'nantes-1', vcpus: 16 }),
        create(ComputeNode, { id: 3, host: 'nantes-2', vcpus: 16 }),
      ])
      await session.flush()
      const rows = [
        [1, 'web-1', 'blue', 'active', 512, 1, null],
        [2, 'web-2', 'blue', 'active', 1024, 2, 1],
        [3, 'db', 'blue', 'error', 4096, 2, null],
        [4, 'web-1', 'red', 'building', 512, null, 2],
        [5, 'cache', 'red', 'active', 2048, 1, null],
      ] as const
      for (const [id, name, project, state, memoryMb, nodeId, originId] of rows) {
        session.add(create(Instance, { id, name, project, state, memoryMb, nodeId, originId }))
      }
      session.addAll([
        create(FixedIp, { address: '10.0.0.1', instanceId: 1, isLeased: true }),
        create(FixedIp, { address: '10.0.0.2', instanceId: 1 }),
        create(FixedIp, { address: '10.0.0.3', instanceId: 3 }),
        create(FixedIp, { address: '10.0.0.4', instanceId: null }),
        create(Quota, { project: 'blue', instances: 10 }),
      ])
    })
    const session = rome.session()
    t.teardown(() => session.close())
    const instances = session.query(Instance).orderBy(instance.id)
    const names = session.query(instance.name).orderBy(instance.id)

    await t.test('where clauses nest and, or, in and like', async (t) => {
      const wanted = or_(
        and_(instance.project.eq('blue'), or_(instance.state.in(['error', 'building']), instance.memoryMb.lt(600))),
        and_(instance.project.eq('red'), instance.name.like('ca%')),
      )
      t.strictSame(await names.filter(wanted).all(), ['web-1', 'db', 'cache'])
      t.strictSame(
        await names
          .filter(instance.name.like('%-_'))
          .filter(instance.nodeId.in([2, 3]))
          .all(),
        ['web-2'],
      )
      t.strictSame(await names.filter(instance.name.ilike('WEB-%'), instance.nodeId.isNull()).all(), ['web-1'])
    })

    await t.test('a join needs none of its keys among what is selected', async (t) => {
      const placed = session.query(instance.name, node.host).join(ComputeNode, instance.nodeId.eq(node.id))
      t.strictSame(await placed.filter(node.vcpus.gt(8)).orderBy(instance.name).all(), [
        ['db', 'nantes-1'],
        ['web-2', 'nantes-1'],
      ])
      const hosts = session.query(node.host).join(Instance, instance.nodeId.eq(node.id)).distinct()
      t.strictSame(await hosts.orderBy(node.host).all(), ['nantes-1', 'rennes-1'])
      const addresses = session
        .query(fixedIp.address, node.host)
        .join(Instance, fixedIp.instanceId.eq(instance.id))
        .join(ComputeNode, instance.nodeId.eq(node.id))
        .filter(instance.project.eq('blue'))
      t.strictSame(await addresses.orderBy(fixedIp.address).all(), [
        ['10.0.0.1', 'rennes-1'],
        ['10.0.0.2', 'rennes-1'],
        ['10.0.0.3', 'nantes-1'],
      ])
    })

    await t.test('count, sum and max work over everything and over groups', async (t) => {
      const totals = [count(), sum(instance.memoryMb), max(instance.memoryMb)] as const
      t.strictSame(
        await session
          .query(Instance)
          .select(...totals)
          .one(),
        [5, 8192, 4096],
      )
      const perProject = session.query(instance.project, ...totals).groupBy(instance.project)
      t.strictSame(await perProject.orderBy(instance.project).all(), [
        ['blue', 3, 5632, 4096],
        ['red', 2, 2560, 2048],
      ])
      const perHost = session
        .query(node.host, count(instance.id), sum(instance.memoryMb))
        .outerJoin(Instance, instance.nodeId.eq(node.id))
        .groupBy(node.host)
      t.strictSame(await perHost.orderBy(node.host).all(), [
        ['nantes-1', 2, 5120],
        ['nantes-2', 0, null],
        ['rennes-1', 2, 2560],
      ])
    })

    await t.test('attributes are selected beside entities', async (t) => {
      const mixed = session.query(instance.name, ComputeNode, instance.memoryMb)
      const [first] = await mixed.join(ComputeNode, instance.nodeId.eq(node.id)).orderBy(instance.id).all()
      const [name, host, memoryMb] = first
      t.strictSame([name, host.host, memoryMb], ['web-1', 'rennes-1', 512])
      t.equal(host, await session.get(ComputeNode, 1), 'the entity is the one that the session has')
    })

    await t.test('a model is joined with itself', async (t) => {
      const origin = alias(Instance, 'origin')
      const copies = session.query(instance.id, origin.name).join(origin, instance.originId.eq(origin.id))
      t.strictSame(await copies.orderBy(instance.id).all(), [
        [2, 'web-1'],
        [4, 'web-2'],
      ])
      const namesakes = session
        .query(instance.id, origin.id)
        .join(origin, and_(instance.name.eq(origin.name), instance.id.lt(origin.id)))
      t.strictSame(await namesakes.all(), [[1, 4]])
    })

    await t.test('loaded objects are changed, and the commit writes what changed', async (t) => {
      for (const found of await instances.filter(instance.state.eq('building')).all()) {
        found.state = 'active'
        found.nodeId = 3
      }
      await session.commit()
      t.strictSame(await names.filter(instance.nodeId.eq(3)).all(), ['web-1'])
      await using other = rome.session()
      t.strictSame(await other.query(instance.state).filter(instance.id.eq(4)).all(), ['active'])
    })

    await t.test(
      'of two transactions that change one row the second conflicts, and succeeds when run again',
      async (t) => {
        await using first = rome.session()
        await using second = rome.session()
        const free = fixedIp.instanceId.isNull()
        const take = async (from: typeof first, instanceId: number) => {
          const address = await from.query(FixedIp).filter(free).orderBy(fixedIp.address).first()
          if (address !== undefined) address.instanceId = instanceId
          return address?.address
        }
        t.strictSame([await take(first, 2), await take(second, 3)], ['10.0.0.4', '10.0.0.4'])
        await first.commit()
        await t.rejects(second.commit(), DBDeadlock, 'the conflict goes by its historic name as well')
        t.equal(await take(second, 3), undefined, 'run again it finds that the address is taken')
        await second.commit()
        t.equal((await rome.session().getOrThrow(FixedIp, '10.0.0.4')).instanceId, 2)
      },
    )

    await t.test('a counter that two transactions raise at once counts both, by a retry', async (t) => {
      await using first = rome.session()
      await using second = rome.session()
      const one = await first.getOrThrow(Quota, 'blue')
      const same = await second.getOrThrow(Quota, 'blue')
      one.instances += 1
      same.instances += 1
      await first.commit()
      await t.rejects(second.commit(), ConflictError)
      const { retries } = rome.stats()
      await Promise.all(
        Array.from({ length: 8 }, () =>
          rome.transact(
            async (own) => {
              const quota = await own.getOrThrow(Quota, 'blue')
              await new Promise((resume) => setImmediate(resume))
              quota.instances += 1
            },
            { retries: 50, backoff: { firstMs: 1, maxMs: 5 } },
          ),
        ),
      )
      t.ok(rome.stats().retries > retries, 'they came in each other’s way')
      t.equal((await rome.session().getOrThrow(Quota, 'blue')).instances, 10 + 1 + 8)
    })
  })
}
