import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import t from 'tap'

t.test('a closed session goes with the next collection of new objects', (t) => {
  const program = fileURLToPath(new URL('../support/closed-sessions.js', import.meta.url))
  const { stdout, stderr } = spawnSync(process.execPath, ['--expose-gc', program], { encoding: 'utf8' })
  t.equal(stderr, '')
  // A session and its transaction take more than three thousand.
  t.ok(Number(stdout) < 1000, `bytes left by each: ${stdout}`)
  t.end()
})
