import { execFile, spawnSync } from 'node:child_process'
import { join } from 'node:path'
import t from 'tap'
import { GlanceDatabase } from '../../glance/lib/index.js'
import { memory } from '../../lib/engines/memory/index.js'
import { startGlance } from '../support/glance-service.js'
import { projectRoot } from '../support/project.js'
import type { Test } from '../support/rpc-fixture.js'

const adapter = join(projectRoot, 'glance', 'openstack')
const python = 'python3'
const hasPython = spawnSync(python, ['--version']).status === 0

t.test('the adapter for OpenStack', { skip: hasPython ? false : 'python3 is not installed' }, async (t) => {
  const service = await startGlance(t as Test, '--engine', 'memory:', '--test-mode')
  const glance = await GlanceDatabase.open({ engine: memory() })
  const commands = [...glance.commands.keys()].join(',')
  await glance.close()
  const env = { ...process.env, ROME_GLANCE_ENDPOINT: service.url, ROME_GLANCE_COMMANDS: commands }
  const arguments_ = ['-W', 'error::SyntaxWarning', '-m', 'unittest', 'discover', '--verbose', '-s', 'tests', '-t', '.']
  const output = await new Promise<string>((resolve) => {
    execFile(python, arguments_, { cwd: adapter, env: { ...env, PYTHONDONTWRITEBYTECODE: '1' } }, (_error, _, stderr) =>
      resolve(stderr),
    )
  })
  for (const [, name, outcome] of output.matchAll(/^(test_\w+) .*?\.\.\. (\w+)$/gm)) {
    t.equal(outcome, 'ok', name?.replaceAll('_', ' ').replace(/^test /, ''))
  }
  t.match(output, /^OK$/m, output.includes('Traceback') ? output : 'all of them')
})
