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
  const found = ['The store has the whole catalogue from an earlier run.\n', 'They are there from an earlier run.\n']
  for (const line of found) {
    t.notMatch(first.stdout, line)
    t.match(second.stdout, line)
  }
  const without = found.reduce((output, line) => output.replace(line, ''), withoutTimes(second.stdout))
  t.equal(without, withoutTimes(first.stdout))
  t.equal(first.stderr + second.stderr, '', 'no warnings, such as of full scans')
})

function withoutTimes(output: string): string {
  return output.replace(/^[\d.]+ ms$/gm, '')
}
