import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { generate } from '../../lib/schema/generate.js'

t.test('generated code runs with the values it is given', async (t) => {
  t.equal(generate<number>('return a + b', { a: 1, b: 2 }), 3)
})

t.test('a defect in generated code is not hidden', async (t) => {
  t.throws(() => generate('return (', {}), { name: 'SyntaxError' })
})

for (const test of ['schema-row-mapping', 'schema-define-entity', 'schema-create']) {
  t.test(`${test} passes as well where the process forbids code made from text`, async (t) => {
    const path = fileURLToPath(new URL(`./${test}.test.js`, import.meta.url))
    const { status, stdout } = spawnSync(process.execPath, ['--disallow-code-generation-from-strings', path])
    t.equal(status, 0, String(stdout).slice(-2000))
  })
}
