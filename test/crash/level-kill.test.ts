import { spawn } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { LevelEngine } from '../../lib/engines/level/level-engine.js'
import { temporaryDirectory } from '../support/temporary-directory.js'
import { checkNumbers } from './invariant-store.js'

const chains = 2
/** More of them, when there is more time. */
const killsPerChain = Number(process.env.ROME_KILLS ?? 30)
const child = fileURLToPath(new URL('commit-child.js', import.meta.url))

interface Life {
  readonly found: number | undefined
  readonly acknowledged: number
  readonly failure: string | undefined
}

/** Starts a child and kills it at a random moment: while it opens and replays, or a while after. */
function live(directory: string): Promise<Life> {
  return new Promise((resolve) => {
    const process = spawn(globalThis.process.execPath, [child, directory, '4'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const isEarly = randomInt(5) === 0
    let found: number | undefined
    let acknowledged = 0
    let failure: string | undefined
    const killAfter = (delayMs: number) => setTimeout(() => process.kill('SIGKILL'), delayMs)
    createInterface(process.stdout).on('line', (line) => {
      const [word, number] = line.split(' ')
      if (word === 'opening' && isEarly) killAfter(randomInt(30))
      else if (word === 'found') {
        if (found === undefined && !isEarly) killAfter(randomInt(80))
        found ??= Number(number)
      } else if (word === 'acknowledged') acknowledged = Math.max(acknowledged, Number(number))
      else if (word === 'failed') failure = line
    })
    process.on('close', () => resolve({ found, acknowledged, failure }))
  })
}

t.setTimeout(600_000)

t.test('what was acknowledged is there, and nothing by halves, after any of many kills', async (t) => {
  const root = temporaryDirectory(t)
  let kills = 0
  let commits = 0
  await Promise.all(
    Array.from({ length: chains }, async (_, chain) => {
      const directory = join(root, `store-${chain}`)
      let acknowledged = 0
      for (let kill = 0; kill < killsPerChain; kill++) {
        const life = await live(directory)
        if (life.failure !== undefined) throw new Error(`after kill ${kill}: ${life.failure}`)
        if (life.found !== undefined && life.found < acknowledged) {
          throw new Error(`commit ${acknowledged} was acknowledged, but the store ends with ${life.found}`)
        }
        acknowledged = Math.max(acknowledged, life.found ?? 0, life.acknowledged)
        kills++
      }
      const engine = new LevelEngine(directory)
      await engine.open()
      const found = await checkNumbers(engine)
      await engine.close()
      t.ok(found >= acknowledged, `all ${acknowledged} acknowledged commits are there`)
      commits += found
    }),
  )
  t.equal(kills, chains * killsPerChain)
  t.ok(commits > kills, `${commits} commits survived ${kills} kills`)
})
