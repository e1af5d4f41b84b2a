import { spawn } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { temporaryDirectory } from '../support/temporary-directory.js'

const child = fileURLToPath(new URL('kill-child.js', import.meta.url))

/** Starts a child and kills it in the midst of its calls. The number of the last image or namespace that it found. */
function live(kind: string, directory: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const process = spawn(globalThis.process.execPath, [child, kind, directory], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
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

for (const [kind, kills] of [
  ['images', 8],
  ['namespaces', 6],
] as const) {
  t.test(
    `every call of several rows of ${kind} is there whole or not at all, after any of several kills`,
    async (t) => {
      const directory = temporaryDirectory(t)
      let found = 0
      for (let kill = 0; kill < kills; kill++) {
        const before = found
        found = await live(kind, directory)
        t.ok(found >= before || kind === 'namespaces', `up to ${found}, all of them whole`)
      }
      t.ok(found > 0)
    },
  )
}
