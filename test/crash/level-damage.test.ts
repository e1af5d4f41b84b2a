import { type ChildProcess, fork } from 'node:child_process'
import { cpSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { damagedTables } from '../../lib/engines/level/damaged-tables.js'
import { LevelEngine } from '../../lib/engines/level/level-engine.js'
import type { LevelInternals } from '../../lib/engines/level/level-options.js'
import { seed } from '../support/seed.js'
import { temporaryDirectory } from '../support/temporary-directory.js'
import { numberedCommit } from './invariant-store.js'

const commits = 120
const partitions = 2

/** Small thresholds, so that the store has table files, several segments and a checkpoint in its middle. */
const internals: Partial<LevelInternals> = {
  segmentBytes: 16 * 1024,
  checkpointBytes: 64 * 1024,
  applyBytes: 4 * 1024,
  applyDelayMs: 1,
}

type Damage = readonly [name: string, apply: (file: string, random: (limit: number) => number) => void]

const damages: readonly Damage[] = [
  [
    'a flipped byte',
    (file, random) => {
      const bytes = readFileSync(file)
      if (bytes.length === 0) return
      const at = random(bytes.length)
      bytes[at] = (bytes[at] ?? 0) ^ (1 << random(8))
      writeFileSync(file, bytes)
    },
  ],
  ['a cut end', (file, random) => truncateSync(file, random(statSync(file).size + 1))],
  [
    'a zeroed block',
    (file, random) => {
      const bytes = readFileSync(file)
      const start = random(bytes.length + 1)
      bytes.fill(0, start, Math.min(start + 512, bytes.length))
      writeFileSync(file, bytes)
    },
  ],
  ['a missing file', (file) => rmSync(file)],
  ['an empty file', (file) => truncateSync(file, 0)],
]

t.setTimeout(120_000)

/** A store as a kill would leave it, with all partitions up to date, and the same after it was closed. */
async function makeStores(root: string): Promise<{ killed: string; closed: string }> {
  const directory = join(root, 'original')
  const killed = join(root, 'killed')
  const engine = new LevelEngine(directory, { partitions, durability: 'os' }, internals)
  await engine.open()
  for (let number = 1; number <= commits; number++) await engine.commit(numberedCommit(number, `commit-${number}`))
  while ((engine.stats().backlog ?? 0) > 0) await new Promise((resolve) => setTimeout(resolve, 5))
  cpSync(directory, killed, { recursive: true })
  await engine.close()
  return { killed, closed: directory }
}

function filesOf(directory: string): string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !/^(LOCK|LOG|LOG\.old|owner\.json)$/.test(entry.name))
    .map((entry) => relative(directory, join(entry.parentPath, entry.name)))
    .sort()
}

/**
 * Looks at stores in a child process, because LevelDB ends the process when its own checks of a damaged table file
 * fail. That, too, is noticing it.
 */
class Looker {
  #child: ChildProcess | undefined

  look(directory: string): Promise<string> {
    this.#child ??= fork(fileURLToPath(new URL('damage-child.js', import.meta.url)), {
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    })
    const child = this.#child
    return new Promise((resolve) => {
      const onExit = () => {
        this.#child = undefined
        resolve('LevelDB ended the process')
      }
      child.once('exit', onExit)
      child.once('message', (result) => {
        child.off('exit', onExit)
        resolve(String(result))
      })
      child.send({ directory, commits })
    })
  }

  close(): void {
    this.#child?.disconnect()
  }
}

t.test(`damaged files are noticed or do no harm (seed ${seed})`, async (t) => {
  const root = temporaryDirectory(t)
  const looker = new Looker()
  t.teardown(() => looker.close())
  const { killed, closed } = await makeStores(root)
  const copy = join(root, 'copy')
  const random = randomIntegers(seed)
  const results = new Map<string, number>()
  /** Damages a copy, or none, and answers what is seen of it. */
  async function lookAt(original: string, damage: (copy: string) => void): Promise<string> {
    cpSync(original, copy, { recursive: true })
    damage(copy)
    // A table file that lost keys without a word is found by those who ask for it.
    const isKnown = (await damagedTables(copy).catch(() => [])).length > 0
    const result = await looker.look(copy)
    rmSync(copy, { recursive: true })
    return isKnown && !noticed.test(result) ? 'damagedTables' : result
  }
  for (const [kind, original] of Object.entries({ killed, closed })) {
    t.equal(await lookAt(original, () => undefined), 'right', `the undamaged ${kind} store is right`)
    for (const file of filesOf(original)) {
      for (const [name, apply] of damages) {
        const result = await lookAt(original, (directory) => apply(join(directory, file), random))
        if (!noticed.test(result)) t.fail(`${name} in ${file} of the ${kind} store: ${result}`)
        const line = `${file.replace(/[0-9]{4,}/, 'N')}, ${name}: ${result}`
        results.set(line, (results.get(line) ?? 0) + 1)
      }
    }
  }
  for (const [line, count] of [...results].sort()) t.comment(`${count} x ${line}`)
  t.ok(
    [...results.keys()].some((line) => line.endsWith('ROME_CORRUPT')),
    'some damage was noticed',
  )
  t.ok(
    [...results.keys()].some((line) => line.endsWith('right')),
    'some damage did no harm',
  )
})

const noticed =
  /^(right|DamagedValue|damagedTables|LevelDB ended the process|ROME_(CORRUPT|ENGINE|STORE_LAYOUT|STORE_NEWER))$/

function randomIntegers(seed: number): (limit: number) => number {
  let state = (seed % 2147483646) + 1
  return (limit) => {
    state = (state * 48271) % 2147483647
    return state % limit
  }
}
