import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { level } from '../../lib/engines/level/index.js'
import { Rome } from '../../lib/session/rome.js'
import { Note } from '../support/session-fixture.js'
import { temporaryDirectory } from '../support/temporary-directory.js'

const child = fileURLToPath(new URL('feed-child.js', import.meta.url))
const acknowledgedMin = 40

/** Starts a child, and kills it in the middle of its commits. */
function live(directory: string, life: number): Promise<{ position: string; acknowledged: string[] }> {
  return new Promise((resolve) => {
    const process = spawn(globalThis.process.execPath, [child, directory, String(life)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let position = ''
    const acknowledged: string[] = []
    createInterface(process.stdout).on('line', (line) => {
      const [word, what] = line.split(' ') as [string, string]
      if (word === 'position') position = what
      else if (acknowledged.push(what) === acknowledgedMin) process.kill('SIGKILL')
    })
    process.on('close', () => resolve({ position, acknowledged }))
  })
}

t.test('every acknowledged commit is in the feed after a kill, from a position of before', async (t) => {
  const directory = join(temporaryDirectory(t), 'store')
  const lives: Awaited<ReturnType<typeof live>>[] = []
  for (let life = 0; life < 3; life++) lives.push(await live(directory, life))
  const rome = await Rome.open({ engine: level(directory), models: [Note] })
  const session = rome.session()
  const stored = new Set((await session.query(Note).all()).map(({ title }) => title))
  for (const [life, { position, acknowledged }] of lives.entries()) {
    const expected = [...stored].filter((title) => Number(title.split('.')[0]) >= life)
    const seen: unknown[] = []
    const feed = rome.watch(Note, { after: position })
    while (seen.length < expected.length) seen.push((await feed.next()).value?.key)
    await feed.return()
    t.strictSame(new Set(seen), new Set(expected), 'the feed has what is stored since, each once')
    t.strictSame(
      acknowledged.filter((title) => !seen.includes(title)),
      [],
      'nothing acknowledged is missing',
    )
    for (const writer of [0, 1, 2, 3]) {
      const own = seen.filter((title) => String(title).startsWith(`${life}.${writer}.`))
      t.strictSame(
        own,
        own.map((_, number) => `${life}.${writer}.${number}`),
        'each writer’s commits are in order',
      )
    }
  }
  await rome.close()
})
