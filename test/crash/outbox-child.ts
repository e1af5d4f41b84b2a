/** Publishes three messages, acknowledges the first, and takes the second as its end. Tells its parent of each step. */
import { writeSync } from 'node:fs'
import { level } from '../../lib/engines/level/index.js'
import { OutboxMessage } from '../../lib/session/outbox-message.js'
import { Rome } from '../../lib/session/rome.js'

const [directory = ''] = process.argv.slice(2)

const rome = await Rome.open({ engine: level(directory), models: [OutboxMessage] })
for (const payload of [1, 2, 3]) await rome.transact((session) => session.publish('test', payload))
for await (const { payload, acknowledge } of rome.consume()) {
  if (payload === 1) await acknowledge()
  writeSync(1, `${payload}\n`)
  // It is killed meanwhile.
  if (payload === 2) await new Promise((resolve) => setTimeout(resolve, 60_000))
}
