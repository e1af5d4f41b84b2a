import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { level } from '../../lib/engines/level/index.js'
import { OutboxMessage } from '../../lib/session/outbox-message.js'
import { Rome } from '../../lib/session/rome.js'
import { temporaryDirectory } from '../support/temporary-directory.js'

const child = fileURLToPath(new URL('outbox-child.js', import.meta.url))

t.test('a message that was delivered and not acknowledged comes again after a kill', async (t) => {
  const directory = join(temporaryDirectory(t), 'store')
  const delivered = await new Promise<string[]>((resolve) => {
    const lines: string[] = []
    const process = spawn(globalThis.process.execPath, [child, directory], { stdio: ['ignore', 'pipe', 'inherit'] })
    createInterface(process.stdout).on('line', (line) => {
      if (lines.push(line) === 2) process.kill('SIGKILL')
    })
    process.on('close', () => resolve(lines))
  })
  t.strictSame(delivered, ['1', '2'])
  const rome = await Rome.open({ engine: level(directory), models: [OutboxMessage] })
  const consumer = rome.consume()
  const seen = [await consumer.next(), await consumer.next()].map(({ value }) => value?.payload)
  t.strictSame(seen, [2, 3])
  await consumer.return()
  await rome.close()
})
