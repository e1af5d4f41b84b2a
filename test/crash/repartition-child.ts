/** Checks a store, then gives it another number of partitions, again and again, until it is killed. */
import { randomInt } from 'node:crypto'
import { writeSync } from 'node:fs'
import { LevelEngine } from '../../lib/engines/level/level-engine.js'
import { repartition } from '../../lib/engines/level/repartition.js'
import { checkNumbers } from './invariant-store.js'

const [directory = ''] = process.argv.slice(2)
const tell = (line: string) => writeSync(1, `${line}\n`)

try {
  for (;;) {
    tell('opening')
    const engine = new LevelEngine(directory)
    await engine.open()
    tell(`found ${await checkNumbers(engine)}`)
    await engine.close()
    await repartition(directory, { partitions: randomInt(1, 5) })
    tell('repartitioned')
  }
} catch (error) {
  tell(`failed ${error instanceof Error ? `${error.stack} ${String(error.cause)}` : error}`.replaceAll('\n', ' | '))
  process.exitCode = 1
}
