import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import { projectRoot } from '../support/project.js'
import { temporaryDirectory } from '../support/temporary-directory.js'

const execute = promisify(execFile)
const program = join(projectRoot, 'dist', 'examples', 'catalogue', 'main.js')

t.test('the example shows the same on a new store and on the store it left, apart from times', async (t) => {
  const cwd = temporaryDirectory(t)
  const first = await execute(process.execPath, [program], { cwd })
  const second = await execute(process.execPath, [program], { cwd })
  const loaded = 'The store has the whole catalogue from an earlier run.\n'
  t.notMatch(first.stdout, loaded)
  t.match(second.stdout, loaded)
  t.equal(withoutTimes(second.stdout).replace(loaded, ''), withoutTimes(first.stdout))
  t.equal(first.stderr + second.stderr, '', 'no warnings, such as of full scans')
})

function withoutTimes(output: string): string {
  return output.replace(/^[\d.]+ ms$/gm, '')
}
