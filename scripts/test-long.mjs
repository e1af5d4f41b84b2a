// Longer runs of the random tests: 23 000 questions compared with SQLite, 10 000 graphs, 270 kills.
// Prints what failed, in full.
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const runs = [
  ['differential/reading', { ROME_DIFFERENTIAL_QUERIES: '12000' }],
  ['differential/changing', { ROME_DIFFERENTIAL_QUERIES: '8000' }],
  ['differential/prepared', { ROME_DIFFERENTIAL_QUERIES: '1200' }],
  ['differential/memoised', { ROME_DIFFERENTIAL_QUERIES: '800' }],
  ['differential/level', { ROME_DIFFERENTIAL_QUERIES: '1000' }],
  ['property/relation-graphs', { ROME_RUNS: '10000' }],
  ['crash/level-kill', { ROME_KILLS: '105' }],
  ['crash/session-kill', { ROME_KILLS: '60' }],
  ['property/session-state-machine', { ROME_RUNS: '3000' }],
  ['property/histories', { ROME_RUNS: '600' }],
]

let hasFailed = false
for (const [name, settings] of runs) {
  const startedAt = performance.now()
  const { status, stdout } = spawnSync(process.execPath, [`dist/test/${name}.test.js`], {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, TAP_TIMEOUT: '1800', ...settings },
    maxBuffer: 64 * 1024 * 1024,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  if (status !== 0) console.log(stdout)
  console.log(`${status === 0 ? '✓' : '✗'} ${name} ${((performance.now() - startedAt) / 1000).toFixed(0)} s`)
  hasFailed ||= status !== 0
}
process.exitCode = hasFailed ? 1 : 0
