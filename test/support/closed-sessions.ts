// Prints how many bytes each closed session leaves that a collection of new objects does not free. A process of its
// own: tap follows every promise, which keeps them longer.
import { memory } from '../../lib/engines/memory/index.js'
import { create } from '../../lib/schema/create.js'
import { Rome } from '../../lib/session/rome.js'
import { Note } from './session-fixture.js'

const sessions = 5000

// What old objects refer to stays, also when nobody needs these any more.
function collectNew(): void {
  for (let times = 0; times < 3; times++) globalThis.gc?.({ type: 'minor', execution: 'sync' })
}

const rome = await Rome.open({ engine: memory(), models: [Note] })
await rome.transact((session) => session.add(create(Note, { title: 'a' })))
async function useSessions(count: number): Promise<void> {
  for (let at = 0; at < count; at++) {
    const session = rome.session()
    await session.get(Note, 'a')
    await session.close()
  }
}
// By then all is compiled.
await useSessions(30_000)
collectNew()
const before = process.memoryUsage().heapUsed
await useSessions(sessions)
collectNew()
console.log(Math.round((process.memoryUsage().heapUsed - before) / sessions))
await rome.close()
