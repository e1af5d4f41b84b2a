// Runs the emitted tests, two at a time: a line for each file as it ends, failures in full, and last a line of totals
// that machines can read. Each file is a program that writes its results by itself. tap's own runner, which
// `npm run test:coverage` needs, watches each module that a file and the processes it starts load: half as long again.
//
//   npm test                                       everything
//   npm test -- test/unit/tidy.test.ts             some files, by source or by output
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { inspect } from 'node:util'
import { Parser } from 'tap-parser'

const root = fileURLToPath(new URL('..', import.meta.url))
const jobs = 2
const fileSecondsMax = 180
/** A file ends itself when its time is over, unless it hangs. */
const killDelayMs = (fileSecondsMax + 20) * 1000

const named = process.argv.slice(2).map(emittedFile)
const waiting = named.length > 0 ? named : emittedTests()
const totals = { passed: 0, failed: 0 }
await Promise.all(Array.from({ length: jobs }, runNext))

if (totals.passed + totals.failed === 0) console.error('No test ran.')
console.log(`\n${totals.passed} passed, ${totals.failed} failed`)
process.exitCode = totals.failed > 0 || totals.passed === 0 ? 1 : 0

async function runNext() {
  for (let file = waiting.shift(); file !== undefined; file = waiting.shift()) {
    const { passed, failed } = await run(file)
    totals.passed += passed
    totals.failed += failed
  }
}

async function run(file) {
  const startedAt = performance.now()
  const counts = { passed: 0, failed: 0 }
  const parser = new Parser()
  watch(parser, file, counts)
  const child = spawn(process.execPath, ['--enable-source-maps', file], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, TAP_TIMEOUT: String(fileSecondsMax) },
  })
  const killTimer = setTimeout(() => child.kill('SIGKILL'), killDelayMs)
  child.stdout.pipe(parser)
  const [[exitCode, signal], [results]] = await Promise.all([once(child, 'close'), once(parser, 'complete')])
  clearTimeout(killTimer)

  const isOk = results.ok && exitCode === 0
  if (!isOk && counts.failed === 0) {
    const reason = signal === null ? `it ended with ${exitCode}` : `it was ended by ${signal}`
    fail(counts, `${file}: ${reason}`)
  } else if (results.plan.skipReason === 'no tests found') fail(counts, `${file}: no test in it`)
  console.log(`${counts.failed === 0 ? '✓' : '✗'} ${file} ${Math.round(performance.now() - startedAt)} ms`)
  return counts
}

function emittedTests() {
  const files = readdirSync(join(root, 'dist/test'), { recursive: true }).sort()
  return files.filter((file) => file.endsWith('.test.js')).map((file) => join('dist/test', file))
}

/** A test may be named by its source. */
function emittedFile(argument) {
  const path = relative(root, argument)
  return path.endsWith('.ts') ? `dist/${path.slice(0, -'.ts'.length)}.js` : path
}

/** Counts assertions at every depth and prints those that fail; `title` is what the test of this level is called. */
function watch(level, title, counts) {
  let failedBefore = 0
  level.on('child', (child) => {
    failedBefore = counts.failed
    watch(child, `${title} > ${child.name}`, counts)
  })
  level.on('assert', (result) => {
    // The result of a subtest repeats those in it, unless it failed by itself: a crash, a time-out, no test at all.
    const isByItself = result.closingTestPoint ? counts.failed === failedBefore && !result.ok : true
    if (!isByItself || result.skip || result.todo) return
    if (result.ok) counts.passed++
    else fail(counts, `${title} > ${result.name}`, result.diag)
  })
}

function fail(counts, title, diagnostics = {}) {
  counts.failed++
  console.log(`\n✗ ${title}\n${describe(diagnostics)}`)
}

/** What a failed assertion says of itself, without what only tap needs. */
function describe({ diff, stack, at, source, stdio, cwd, externalID, command, args, jobId, cause, ...rest }) {
  const facts = cause === undefined ? rest : { ...rest, cause: cause.message ?? cause }
  const parts = [diff, Object.keys(facts).length > 0 ? inspect(facts, { depth: 6 }) : undefined, stack]
  const text = parts.filter((part) => typeof part === 'string').join('\n')
  return text.replace(/^(?=.)/gm, '  ').trimEnd()
}
