import t, { type Test } from 'tap'
import type { Engine } from '../../lib/engines/contract.js'
import { level } from '../../lib/engines/level/index.js'
import { memory } from '../../lib/engines/memory/index.js'
import { newTransaction, type Observation, type Transaction } from '../support/history/history.js'
import type { RecordedSession } from '../support/history/recorded-session.js'
import { Recorder, type RecorderOptions } from '../support/history/recorder.js'
import { notSerializable, notSnapshot } from '../support/history/verdict.js'
import { temporaryDirectory } from '../support/temporary-directory.js'

const engines: Readonly<Record<string, (test: Test) => Engine>> = {
  memory: () => memory(),
  'LevelDB with 1 partition': (test) => level(temporaryDirectory(test), { partitions: 1, durability: 'os' }),
  'LevelDB with 4 partitions': (test) => level(temporaryDirectory(test), { partitions: 4, durability: 'os' }),
}

/** Sessions of a store with items 0 and 1, both of group 0, and a session for what is done in between. */
type Script = (sessions: readonly [RecordedSession, RecordedSession, RecordedSession]) => Promise<readonly boolean[]>

interface Outcome {
  /** Which of the commits of the script happened. */
  readonly commits: readonly boolean[]
  readonly history: readonly Transaction[]
}

async function play(script: Script, options: RecorderOptions): Promise<Outcome> {
  await using recorder = await Recorder.open(options)
  const first = recorder.session()
  await first.put(0, 0)
  await first.put(1, 0)
  await first.commit()
  const commits = await script([recorder.session(), recorder.session(), recorder.session()])
  return { commits, history: recorder.history }
}

/** Runs a test on every engine. */
function onEveryEngine(title: string, work: (t: Test, engine: () => Engine) => Promise<void>): void {
  for (const [name, engine] of Object.entries(engines)) {
    t.test(`${title}, on ${name}`, (t) => work(t, () => engine(t)))
  }
}

onEveryEngine('a lost update is refused, and found where nothing is checked', async (t, engine) => {
  const script: Script = async ([one, other]) => {
    await one.put(0, 1)
    await other.put(0, 2)
    return [await one.commit(), await other.commit()]
  }
  for (const isolation of ['serializable', 'snapshot'] as const) {
    const { commits, history } = await play(script, { engine: engine(), isolation })
    t.strictSame(commits, [true, false])
    t.equal(notSerializable(history), undefined)
  }
  const { commits, history } = await play(script, { engine: engine(), unchecked: 'everything' })
  t.strictSame(commits, [true, true])
  t.match(notSerializable(history), /T1 -ww-> T2 .*\n.*T2 -rw-> T1|T2 -rw-> T1 .*\n.*T1 -ww-> T2/)
  t.match(notSnapshot(history), /-rw->/, 'which snapshot isolation forbids as well')
})

onEveryEngine('write skew is refused, and found where it is allowed', async (t, engine) => {
  const script: Script = async ([one, other]) => {
    for (const session of [one, other]) await session.all({ from: 0, to: 1 })
    await one.put(0, 1)
    await other.put(1, 1)
    return [await one.commit(), await other.commit()]
  }
  const serializable = await play(script, { engine: engine() })
  t.strictSame(serializable.commits, [true, false])
  t.equal(notSerializable(serializable.history), undefined)
  const { commits, history } = await play(script, { engine: engine(), isolation: 'snapshot' })
  t.strictSame(commits, [true, true])
  t.match(notSerializable(history), /T1 -rw-> T2 .*\nT2 -rw-> T1/)
  t.equal(notSnapshot(history), undefined)
})

onEveryEngine('a phantom is refused, and found where ranges are not checked', async (t, engine) => {
  const script: Script = async ([one, other]) => {
    await one.columns({ group: 1 })
    await other.columns({ group: 2 })
    await one.insert(2, 2)
    await other.insert(3, 1)
    return [await one.commit(), await other.commit()]
  }
  const serializable = await play(script, { engine: engine() })
  t.strictSame(serializable.commits, [true, false])
  t.equal(notSerializable(serializable.history), undefined)
  const { commits, history } = await play(script, { engine: engine(), unchecked: 'ranges' })
  t.strictSame(commits, [true, true])
  t.match(notSerializable(history), /T1 -rw-> T2 \(group 1 did not see item 3 yet\)\nT2 -rw-> T1/)
})

onEveryEngine('a phantom of a blind update is refused, and found where ranges are not checked', async (t, engine) => {
  const script: Script = async ([one, other]) => {
    await one.updateAll({ group: 0 }, 5)
    await other.insert(2, 0)
    await other.columns({ group: 5 })
    return [await one.commit(), await other.commit()]
  }
  const serializable = await play(script, { engine: engine() })
  t.strictSame(serializable.commits, [true, false])
  t.equal(notSerializable(serializable.history), undefined)
  const { commits, history } = await play(script, { engine: engine(), unchecked: 'ranges' })
  t.strictSame(commits, [true, true])
  t.match(notSerializable(history), /T1 -rw-> T2 \(group 0 did not see item 2 yet\)/)
})

onEveryEngine('the anomaly of a reader is refused, and found where it is allowed', async (t, engine) => {
  const script: Script = async ([slow, quick, reader]) => {
    await slow.all({ from: 0, to: 1 })
    await quick.put(1, 1)
    const committed = [await quick.commit()]
    await reader.all({ from: 0, to: 1 })
    committed.push(await reader.commit())
    await slow.put(0, 1)
    return [...committed, await slow.commit()]
  }
  const serializable = await play(script, { engine: engine() })
  t.strictSame(serializable.commits, [true, true, false])
  t.equal(notSerializable(serializable.history), undefined)
  const { commits, history } = await play(script, { engine: engine(), isolation: 'snapshot' })
  t.strictSame(commits, [true, true, true])
  t.match(notSerializable(history), /(?:.*->.*\n){2}.*->/, 'a cycle of three')
  const withoutReader = history.filter(({ observations, installed }) => installed || observations.length === 0)
  t.equal(notSerializable(withoutReader), undefined, 'without the reader the two have an order')
  t.equal(notSnapshot(history), undefined)
})

/** A transaction as if it had been recorded; its writes are `[item, writer]`, without a writer for an erased one. */
function recorded(
  name: string,
  { begunAt, endedAt, snapshot }: { readonly begunAt: number; readonly endedAt: number; readonly snapshot: number },
  found: readonly (readonly [id: number, writer: string])[],
  version?: number,
  writes: readonly (readonly [id: number, writer?: string])[] = [],
): Transaction {
  const row = (id: number, writer: string) => ({ id, group: 0, writer })
  const observation: Observation = { text: 'all', matches: () => true, found: found.map(([id, by]) => row(id, by)) }
  return {
    ...newTransaction(name),
    begunAt,
    endedAt,
    snapshot,
    hasCommitted: true,
    observations: found.length === 0 ? [] : [observation],
    installed:
      version === undefined
        ? undefined
        : {
            version,
            items: new Map(writes.map(([id, writer]) => [id, writer === undefined ? undefined : row(id, writer)])),
          },
  }
}

t.test('the checker finds what a store must never show', async (t) => {
  const writer = recorded('T0', { begunAt: 1, endedAt: 4, snapshot: 0 }, [], 1, [
    [1, 'T0.1'],
    [2, 'T0.2'],
  ])
  const reads = (found: readonly (readonly [number, string])[], snapshot = 1) =>
    [writer, recorded('T1', { begunAt: 5, endedAt: 6, snapshot }, found)] as const
  t.equal(
    notSerializable(
      reads([
        [1, 'T0.1'],
        [2, 'T0.2'],
      ]),
    ),
    undefined,
  )
  t.match(
    notSerializable(
      reads([
        [1, 'T0.0'],
        [2, 'T0.2'],
      ]),
    ),
    /never was committed/,
    'a value that was written over',
  )
  t.match(
    notSerializable(
      reads([
        [1, 'T9.0'],
        [2, 'T0.2'],
      ]),
    ),
    /never was committed/,
    'a value that was rolled back',
  )
  t.match(notSerializable(reads([[1, 'T0.1']])), /T1 did not see item 2/, 'half of a commit')
  const stale = [
    ...reads([
      [1, 'T0.1'],
      [2, 'T0.2'],
    ]),
    recorded('T2', { begunAt: 2, endedAt: 3, snapshot: 1 }, [], 2, [[1]]),
  ]
  t.match(
    notSerializable(stale),
    /T2 -time-> T1 .*\nT1 -rw-> T2|T1 -rw-> T2 .*\nT2 -time-> T1/,
    'what was erased before',
  )
})
