import { spawn } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { temporaryDirectory } from '../support/temporary-directory.js'

const kills = 8
const child = fileURLToPath(new URL('kill-child.js', import.meta.url))

/** Starts a child and kills it in the midst of its calls. How many images it found at its start. */
function live(directory: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const process = spawn(globalThis.process.execPath, [child, directory], { stdio: ['ignore', 'pipe', 'inherit'] })
    let found: number | undefined
    let failure = 'it ended by itself'
    createInterface(process.stdout).on('line', (line) => {
      const [word, number] = line.split(' ')
      if (word === 'failed') failure = line
      if (word !== 'found') return
      found = Number(number)
      setTimeout(() => process.kill('SIGKILL'), 50 + randomInt(400))
    })
    process.on('close', (_code, signal) => {
      if (found !== undefined && signal === 'SIGKILL') resolve(found)
      else reject(new Error(failure))
    })
  })
}

t.test('every call of several rows is there whole or not at all, after any of several kills', async (t) => {
  const directory = temporaryDirectory(t)
  let found = 0
  for (let kill = 0; kill < kills; kill++) {
    const before = found
    found = await live(directory)
    t.ok(found >= before, `${found} images, all of them whole`)
  }
  t.ok(found > 0)
})
