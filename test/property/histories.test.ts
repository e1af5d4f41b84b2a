import { fail, ok } from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import type { Engine } from '../../lib/engines/contract.js'
import { level } from '../../lib/engines/level/index.js'
import { memory } from '../../lib/engines/memory/index.js'
import { CorruptionError } from '../../lib/errors/rome-error.js'
import { cacheSize } from '../support/cache-sizes.js'
import type { Transaction } from '../support/history/history.js'
import type { RecordedSession, Target } from '../support/history/recorded-session.js'
import { Recorder, type RecorderOptions } from '../support/history/recorder.js'
import { notSerializable, notSnapshot } from '../support/history/verdict.js'
import { seed } from '../support/seed.js'
import { temporaryDirectory } from '../support/temporary-directory.js'

/*
 * Sessions run random transactions side by side. What they were told and what their commits made is a history, and the
 * history has to be one that the isolation allows. That the checker finds what is wrong is shown by histories of an
 * engine that is kept from checking.
 */

/** More of them, when there is more time. */
const histories = Number(process.env.ROME_RUNS ?? 100)
const sessionsMax = 8

type Operation =
  | { readonly do: 'get' | 'erase'; readonly id: number }
  | { readonly do: 'all' | 'columns' | 'eraseAll'; readonly target: Target }
  | { readonly do: 'put'; readonly id: number; readonly group: number }
  | { readonly do: 'updateAll'; readonly target: Target; readonly group: number }
  | { readonly do: 'commit' | 'rollback' }

/** An operation of one of the sessions. It may start while those before it still run. */
interface Step {
  readonly session: number
  readonly operation: Operation
  readonly isAlone: boolean
}

const id = fc.nat({ max: 7 })
const group = fc.nat({ max: 3 })
const ids = fc.tuple(id, id).map(([a, b]): Target => ({ from: Math.min(a, b), to: Math.max(a, b) }))
const ofGroup = fc.record({ group })
const target = fc.oneof(ids, ofGroup)
const kind = <Kind extends string>(...kinds: readonly Kind[]) => fc.constantFrom(...kinds)

const operation: fc.Arbitrary<Operation> = fc.oneof(
  { weight: 2, arbitrary: fc.record({ do: kind('get'), id }) },
  { weight: 3, arbitrary: fc.record({ do: kind('all', 'columns'), target }) },
  { weight: 4, arbitrary: fc.record({ do: kind('put'), id, group }) },
  { weight: 1, arbitrary: fc.record({ do: kind('erase'), id }) },
  { weight: 1, arbitrary: fc.record({ do: kind('updateAll'), target, group }) },
  { weight: 1, arbitrary: fc.record({ do: kind('eraseAll'), target: ofGroup }) },
  { weight: 4, arbitrary: fc.record({ do: kind('commit') }) },
  { weight: 1, arbitrary: fc.record({ do: kind('rollback') }) },
)
const step: fc.Arbitrary<Step> = fc.record({
  session: fc.nat({ max: sessionsMax - 1 }),
  operation,
  isAlone: fc.boolean(),
})

function perform(session: RecordedSession, operation: Operation): Promise<unknown> {
  switch (operation.do) {
    case 'get':
      return session.get(operation.id)
    case 'erase':
      return session.erase(operation.id)
    case 'all':
    case 'columns':
    case 'eraseAll':
      return session[operation.do](operation.target)
    case 'put':
      return session.put(operation.id, operation.group)
    case 'updateAll':
      return session.updateAll(operation.target, operation.group)
    case 'commit':
    case 'rollback':
      return session[operation.do]()
  }
}

async function historyOf(options: RecorderOptions, steps: readonly Step[]): Promise<readonly Transaction[]> {
  await using recorder = await Recorder.open(options)
  const sessions = Array.from({ length: sessionsMax }, () => recorder.session())
  const running = new Map<number, Promise<unknown>>()
  for (const { session, operation, isAlone } of steps) {
    if (isAlone || running.has(session)) {
      await Promise.all(running.values())
      running.clear()
    }
    running.set(session, perform(sessions[session], operation))
  }
  await Promise.all(running.values())
  await Promise.all(sessions.map((session) => session.commit()))
  return recorder.history
}

interface Runs extends Omit<RecorderOptions, 'engine' | 'cache'> {
  readonly engine: () => Engine
  readonly numRuns: number
  readonly steps: number
}

function stepsOf({ steps }: Runs): fc.Arbitrary<readonly Step[]> {
  return fc.array(step, { maxLength: steps, size: 'max' })
}

/** Histories in which nothing must be found. Gives how many transactions were committed, and how many were not. */
async function prove(verdict: (history: readonly Transaction[]) => string | undefined, runs: Runs) {
  let committed = 0
  let refused = 0
  const property = fc.asyncProperty(cacheSize, stepsOf(runs), async (bytes, steps) => {
    const history = await historyOf({ ...runs, engine: runs.engine(), cache: { bytes } }, steps)
    for (const { hasCommitted } of history) hasCommitted ? committed++ : refused++
    const found = verdict(history)
    ok(found === undefined, found)
  })
  await fc.assert(property, { seed, numRuns: runs.numRuns })
  return { committed, refused }
}

/**
 * What is found in the first of the histories in which something must be found. Where nothing is checked rows and their
 * index may come apart before a history is whole: such a one says nothing.
 */
async function findIn(verdict: (history: readonly Transaction[]) => string | undefined, runs: Runs): Promise<string> {
  let found: string | undefined
  const property = fc.asyncProperty(cacheSize, stepsOf(runs), async (bytes, steps) => {
    const history = await historyOf({ ...runs, engine: runs.engine(), cache: { bytes } }, steps).catch(
      (error: unknown) => {
        if (error instanceof CorruptionError) return []
        throw error
      },
    )
    found = verdict(history)
    return found === undefined || !found.includes('-rw->')
  })
  await fc.check(property, { seed, numRuns: runs.numRuns, endOnFailure: true })
  return found ?? fail(`nothing was found in ${runs.numRuns} histories of seed ${seed}`)
}

t.test('histories in memory are serializable', async (t) => {
  const { committed, refused } = await prove(notSerializable, {
    engine: () => memory(),
    numRuns: histories,
    steps: 200,
  })
  t.ok(committed > 500, `${committed} transactions were committed`)
  t.ok(refused > 500, `${refused} transactions had a conflict or were rolled back`)
})

for (const partitions of [1, 4]) {
  t.test(`histories on LevelDB with ${partitions} partitions are serializable`, async (t) => {
    const engine = () => level(temporaryDirectory(t), { partitions, durability: 'os' })
    const { committed } = await prove(notSerializable, { engine, numRuns: Math.ceil(histories / 10), steps: 400 })
    t.ok(committed > 30, `${committed} transactions were committed`)
  })
}

t.test('under snapshot isolation histories have write skew and nothing worse', async (t) => {
  const runs: Runs = { engine: () => memory(), isolation: 'snapshot', numRuns: histories, steps: 200 }
  await prove(notSnapshot, runs)
  t.match(await findIn(notSerializable, runs), /-rw->/)
})

t.test('when nothing is checked, histories show it under either isolation', async (t) => {
  for (const isolation of ['serializable', 'snapshot'] as const) {
    const runs: Runs = { engine: () => memory(), isolation, unchecked: 'everything', numRuns: histories, steps: 200 }
    t.match(await findIn(notSerializable, runs), /-rw->/)
    t.match(await findIn(notSnapshot, runs), /-rw->/)
  }
})

t.test('when only ranges are not checked, histories show it', async (t) => {
  const runs: Runs = { engine: () => memory(), unchecked: 'ranges', numRuns: histories, steps: 200 }
  t.match(await findIn(notSerializable, runs), /-rw->/)
})
