/** Commits notes until it is killed. Tells its parent the position it begins at, and each that was acknowledged. */
import { writeSync } from 'node:fs'
import { level } from '../../lib/engines/level/index.js'
import { create } from '../../lib/schema/create.js'
import { Rome } from '../../lib/session/rome.js'
import { Note } from '../support/session-fixture.js'

const [directory = '', life = ''] = process.argv.slice(2)

// A synchronous write: what the parent has not read, the killed child has not done.
const tell = (line: string) => writeSync(1, `${line}\n`)

const rome = await Rome.open({ engine: level(directory), models: [Note] })
const session = rome.session()
tell(`position ${await session.position()}`)
await session.close()
await Promise.all(
  Array.from({ length: 4 }, async (_, writer) => {
    for (let number = 0; ; number++) {
      const title = `${life}.${writer}.${number}`
      await rome.transact((session) => session.add(create(Note, { title })))
      tell(`acknowledged ${title}`)
    }
  }),
)
