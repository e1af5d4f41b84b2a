/**
 * Opens a store, checks it, and commits until it is killed. Tells its parent, a line each: `opening`, `found <n>`,
 * `acknowledged <n>`, or `failed <why>`.
 */
import { randomInt, randomUUID } from 'node:crypto'
import { writeSync } from 'node:fs'
import { LevelEngine } from '../../lib/engines/level/level-engine.js'
import { checkNumbers, numberedCommit } from './invariant-store.js'

const [directory = '', partitions = '4'] = process.argv.slice(2)
const inFlight = 8

// A synchronous write: what the parent has not read, the killed child has not done.
const tell = (line: string) => writeSync(1, `${line}\n`)

async function commitUntil(engine: LevelEngine, first: number, end: number): Promise<number> {
  let next = first
  const worker = async () => {
    while (performance.now() < end) {
      const number = next++
      const durability = number % 7 === 0 ? 'commit' : 'os'
      await engine.commit({ ...numberedCommit(number, randomUUID()), durability })
      tell(`acknowledged ${number}`)
      if (number % 11 === 0) await new Promise((resolve) => setImmediate(resolve))
    }
  }
  await Promise.all(Array.from({ length: inFlight }, worker))
  return next
}

try {
  for (;;) {
    const engine = new LevelEngine(
      directory,
      { partitions: Number(partitions), durability: 'os' },
      {
        segmentBytes: randomInt(4, 64) * 1024,
        checkpointBytes: randomInt(8, 128) * 1024,
        overlayBytes: randomInt(8, 128) * 1024,
        applyBytes: randomInt(1, 32) * 1024,
        applyDelayMs: randomInt(1, 10),
      },
    )
    tell('opening')
    await engine.open()
    const last = await checkNumbers(engine)
    tell(`found ${last}`)
    await commitUntil(engine, last + 1, performance.now() + randomInt(20, 100))
    await engine.close()
  }
} catch (error) {
  tell(`failed ${error instanceof Error ? `${error.stack} ${String(error.cause)}` : error}`.replaceAll('\n', ' | '))
  process.exitCode = 1
}
