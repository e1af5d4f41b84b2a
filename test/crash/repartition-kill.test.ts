import { spawn } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { LevelEngine } from '../../lib/engines/level/level-engine.js'
import { temporaryDirectory } from '../support/temporary-directory.js'
import { checkNumbers, numberedCommit } from './invariant-store.js'

const kills = 25
const commits = 200
const child = fileURLToPath(new URL('repartition-child.js', import.meta.url))

t.setTimeout(120_000)

/** Kills a child at a random moment of its work. Answers what it found of the store, and what it complained of. */
function live(
  directory: string,
  delayMsMax: number,
): Promise<{ found: readonly string[]; failure: string | undefined }> {
  return new Promise((resolve) => {
    const process = spawn(globalThis.process.execPath, [child, directory], { stdio: ['ignore', 'pipe', 'inherit'] })
    const found: string[] = []
    let failure: string | undefined
    createInterface(process.stdout).on('line', (line) => {
      if (line === 'opening' && found.length === 0) setTimeout(() => process.kill('SIGKILL'), randomInt(delayMsMax))
      else if (line.startsWith('found ')) found.push(line)
      else if (line.startsWith('failed')) failure = line
    })
    process.on('close', () => resolve({ found, failure }))
  })
}

t.test('a store that is killed while it is repartitioned is whole', async (t) => {
  const directory = join(temporaryDirectory(t), 'store')
  const engine = new LevelEngine(directory, { partitions: 2, durability: 'os' })
  await engine.open()
  for (let number = 1; number <= commits; number++) await engine.commit(numberedCommit(number, `commit ${number}`))
  await engine.close()
  let looks = 0
  // On a slow machine hardly a child comes so far as to look at the store: later ones get more time.
  for (let kill = 0; kill < kills || (looks <= kills / 2 && kill < kills * 6); kill++) {
    const { found, failure } = await live(directory, 150 * 2 ** Math.floor(kill / kills))
    if (failure !== undefined) throw new Error(`after kill ${kill}: ${failure}`)
    for (const line of found) if (line !== `found ${commits}`) throw new Error(`after kill ${kill}: ${line}`)
    looks += found.length
  }
  t.ok(looks > kills / 2, `the store was found whole ${looks} times`)
  const again = new LevelEngine(directory)
  await again.open()
  t.equal(await checkNumbers(again), commits)
  const directories = readdirSync(directory).filter((name) => name.startsWith('partition-'))
  t.equal(directories.length, again.manifest.partitions, 'nothing is left over')
  await again.close()
})
