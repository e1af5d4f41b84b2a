import { execFile, spawnSync } from 'node:child_process'
import { join } from 'node:path'
import t from 'tap'
import { startGlance } from '../support/glance-service.js'
import { projectRoot } from '../support/project.js'
import type { Test } from '../support/rpc-fixture.js'
import { temporaryDirectory } from '../support/temporary-directory.js'

const openstack = join(projectRoot, 'glance', 'openstack')
// Debian installs Glance for its own Python, which need not be the first on the path.
const python = ['python3', '/usr/bin/python3'].find(
  (command) => spawnSync(command, ['-c', 'import glance.tests.functional.db'], { cwd: '/' }).status === 0,
)
const skip = python === undefined ? 'python3-glance is not installed' : false

// Glance's processes take seconds each to start.
t.setTimeout(170_000)

t.test('Glance’s own functional database tests pass through the adapter', { skip }, async (t) => {
  const { output, isDone } = await run(join(openstack, 'verify'))
  for (const [, outcome, name] of output.matchAll(/^(passed|failed) (.+)$/gm)) t.equal(outcome, 'passed', name)
  t.match(output, /^[1-9]\d* passed, 0 failed, 4 left out/m)
  t.ok(isDone, isDone ? 'and it says so by its exit code' : output)
})

t.test('an installed Glance is switched over, carries its images along, and goes back', { skip }, async (t) => {
  const { url } = await startGlance(t as Test, '--engine', 'memory:', '--test-mode')
  const { output, isDone } = await run(join(openstack, 'tests', 'with_glance.py'), { ROME_GLANCE_ENDPOINT: url })
  t.ok(isDone, isDone ? 'all of it' : output)
})

t.test('a Glance API that was switched over serves the whole life of images over HTTP', { skip }, async (t) => {
  const catalogue = join(temporaryDirectory(t), 'catalogue')
  const { url } = await startGlance(t as Test, '--engine', `level:${catalogue}?partitions=4`)
  const { output, isDone } = await run(join(openstack, 'tests', 'with_glance_api.py'), { ROME_GLANCE_ENDPOINT: url })
  t.ok(isDone, isDone ? 'all of it' : output)
})

function run(program: string, environment: Record<string, string> = {}): Promise<{ output: string; isDone: boolean }> {
  const env = { ...process.env, ...environment, PYTHONDONTWRITEBYTECODE: '1' }
  return new Promise((resolve) => {
    execFile(python ?? '', [program], { env, maxBuffer: 2 ** 26 }, (error, stdout, stderr) =>
      resolve({ output: `${stdout}\n${stderr}`, isDone: error === null }),
    )
  })
}
