import fc from 'fast-check'
import t from 'tap'
import type { Engine } from '../../lib/engines/contract.js'
import { level } from '../../lib/engines/level/index.js'
import { memory } from '../../lib/engines/memory/index.js'
import type { Isolation } from '../../lib/records/record-transaction.js'
import type { ChangeTracking } from '../../lib/session/transaction-options.js'
import { cacheSize } from '../support/cache-sizes.js'
import { seed } from '../support/seed.js'
import {
  compareStored,
  ModelMachine,
  RealMachine,
  SessionCommand,
  session,
} from '../support/session-machine/machine.js'
import { operation } from '../support/session-machine/operation.js'
import { temporaryDirectory } from '../support/temporary-directory.js'

/*
 * Three sessions of one store, one of them read-only, are asked for random things in turn. After each of them the
 * session has answered as a model does that copies everything at every point to go back to, and all entities and
 * sessions are what they are there, to the last property. At the end so is what is stored. In some stores sessions are
 * to be told of changes, and are told of most of them.
 */

const setting = fc.record({
  isolation: fc.constantFrom<Isolation[]>('serializable', 'snapshot'),
  hasHooks: fc.boolean(),
  changes: fc.constantFrom<ChangeTracking[]>('compared', 'touched'),
  cacheBytes: cacheSize,
  hasRows: fc.boolean(),
})
/** Both sessions that write have entities of stored rows. */
const rowsBefore = [
  new SessionCommand(0, { do: 'bulkInsert', keys: ['k0', 'k1'], body: 'b0' }),
  ...[0, 0, 1].flatMap((id) => [new SessionCommand(id, { do: 'all' }), new SessionCommand(id, { do: 'commit' })]),
]

const command = fc.record({ id: session, operation }).map(({ id, operation }) => new SessionCommand(id, operation))
const commands = fc.commands([command], { maxCommands: 60, size: 'max' })

/** More of them, when there is more time. */
const runs = Number(process.env.ROME_RUNS ?? 600)

async function check(engine: () => Engine, numRuns: number): Promise<void> {
  const property = fc.asyncProperty(setting, commands, async ({ hasRows, ...setting }, commands) => {
    const real = await RealMachine.open({ engine: engine(), ...setting })
    try {
      const model = new ModelMachine(setting)
      if (hasRows) for (const command of rowsBefore) await command.run(model, real)
      await fc.asyncModelRun(() => ({ model, real }), commands)
      await compareStored(model, real)
    } finally {
      await real.rome.close()
    }
  })
  await fc.assert(property, { seed, numRuns })
}

t.test('sessions in memory are at every step what a model without shortcuts is', async (t) => {
  await check(() => memory(), runs)
  for (const code of ['CONFLICT', 'ROW_CLAIMED', 'STALE_VERSION', 'NOT_TOUCHED']) {
    t.ok(
      [...SessionCommand.seen].some((what) => what.endsWith(`ROME_${code}`)),
      `some met a ${code}`,
    )
  }
  const done = [...SessionCommand.seen].filter((what) => what.endsWith(' done'))
  t.ok(done.length >= 30, `${done.length} operations were done: ${done.join(', ')}`)
})

t.test('sessions on LevelDB are at every step what a model without shortcuts is', (t) =>
  check(() => level(temporaryDirectory(t), { partitions: 2, durability: 'os' }), Math.ceil(runs / 30)),
)
