import { spawn } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { cacheSizes } from '../support/cache-sizes.js'
import { temporaryDirectory } from '../support/temporary-directory.js'

/** More of them, when there is more time. */
const kills = Number(process.env.ROME_KILLS ?? 5)
const child = fileURLToPath(new URL('session-child.js', import.meta.url))

interface Life {
  /** How many transactions of each worker were there at its start. */
  readonly found: readonly number[]
  /** How many it was told at its end. */
  readonly committed: readonly number[]
  /** Everything else it met. */
  readonly met: ReadonlySet<string>
}

/** Starts a child with a cache of some size and kills it in the midst of its commits. */
function live(directory: string, cacheBytes: number): Promise<Life> {
  return new Promise((resolve, reject) => {
    const process = spawn(globalThis.process.execPath, [child, directory, String(cacheBytes)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let found: readonly number[] | undefined
    const committed: number[] = []
    const met = new Set<string>()
    let failure = 'it ended by itself'
    createInterface(process.stdout).on('line', (line) => {
      const [word, ...rest] = line.split(' ')
      if (word === 'failed') failure = line
      else if (word === 'met') met.add(rest.join(' '))
      else if (word === 'committed') committed[Number(rest[0])] = Number(rest[1])
      else if (word === 'found') {
        found = rest.map(Number)
        committed.push(...found)
        setTimeout(() => process.kill('SIGKILL'), 50 + randomInt(200))
      }
    })
    process.on('close', (_code, signal) => {
      if (found !== undefined && signal === 'SIGKILL') resolve({ found, committed, met })
      else reject(new Error(failure))
    })
  })
}

t.setTimeout(600_000)

t.test('sessions find what was committed after any of several kills, whatever the size of the cache', async (t) => {
  const directory = temporaryDirectory(t)
  const met = new Set<string>()
  let before: readonly number[] = []
  for (let kill = 0; kill <= kills; kill++) {
    const life = await live(directory, cacheSizes[kill % cacheSizes.length])
    // Of each worker one commit was under way.
    for (const [worker, committed] of before.entries()) {
      const found = life.found[worker]
      if (found !== committed && found !== committed + 1) {
        t.fail(`after kill ${kill}: worker ${worker} committed ${committed} transactions, and ${found} are there`)
      }
    }
    for (const what of life.met) met.add(what)
    before = life.committed
  }
  const transactions = before.reduce((sum, count) => sum + count, 0)
  t.ok(transactions > kills, `${transactions} transactions, and some had: ${[...met].sort().join(', ')}`)
  t.ok(met.has('conflict'), 'some had conflicts')
})
