import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { typeInstantiations } from '../support/compiler.js'
import { hugeSchemaSource } from '../support/huge-schema.js'

const size = { models: 60, queries: 100 }
/** What was measured when the types last changed for a reason. */
const instantiationsMeasured = 83_431
/** Beyond this an editor gets slow where it was not: look at what the types do before the figure is raised. */
const instantiationsMax = Math.floor(instantiationsMeasured * 1.1)

// Beside the emitted library, whose declarations are what users compile against.
const emitted = join(dirname(fileURLToPath(import.meta.url)), '..', '..')
const source = hugeSchemaSource(size, '../../lib/index.js')

t.test(`${size.models} models and ${size.queries} queries compile within their budget of instantiations`, async (t) => {
  const instantiations = await instantiationsOf('huge-schema', source)
  t.ok(instantiations <= instantiationsMax, `${instantiations} instantiations, ${instantiationsMax} at most`)
})

t.test('that program is checked: a wrong type of a result does not compile', async (t) => {
  const wrong = 'export const names = (session: RomeSession): Promise<number[]> => session.query(m0.name).all()'
  await t.rejects(instantiationsOf('huge-schema-with-mistake', `${source}\n${wrong}\n`), { message: /TS2322/ })
})

async function instantiationsOf(name: string, source: string): Promise<number> {
  const directory = join(emitted, 'type-budget', name)
  mkdirSync(directory, { recursive: true })
  writeFileSync(join(directory, 'main.ts'), source)
  const compilerOptions = {
    target: 'es2022',
    lib: ['es2023', 'esnext.disposable', 'esnext.decorators'],
    module: 'nodenext',
    strict: true,
    skipLibCheck: true,
    noEmit: true,
    types: ['node'],
  }
  writeFileSync(join(directory, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['main.ts'] }))
  return typeInstantiations(directory)
}
