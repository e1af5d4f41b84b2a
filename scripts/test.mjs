// Runs tap on the emitted tests: a line for each file as it ends, failures in full, and last a line of totals that
// machines can read.
//
//   npm test                                       everything
//   npm test -- test/unit/tidy.test.ts             some files, by source or by output
//   npm run test:coverage                          everything, against the thresholds of .taprc
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { inspect } from 'node:util'
import { Parser } from 'tap-parser'

const root = fileURLToPath(new URL('..', import.meta.url))
const tapProgram = 'node_modules/tap/dist/esm/run.mjs'
const isWithCoverage = process.argv.includes('--coverage')
const files = process.argv.slice(2).filter((argument) => argument !== '--coverage')

let passed = 0
let failed = 0
const parser = new Parser()
watch(parser, '')

const options = ['--reporter=tap', ...(isWithCoverage ? [] : ['--disable-coverage'])]
const tap = spawn(process.execPath, [tapProgram, ...options, ...files.map(emittedFile)], {
  cwd: root,
  stdio: ['ignore', 'pipe', 'inherit'],
})
tap.stdout.pipe(parser)
const [[exitCode]] = await Promise.all([once(tap, 'close'), once(parser, 'complete')])

if (passed + failed === 0) console.error('No test ran.')
else if (exitCode !== 0 && failed === 0) console.error('Every test passed, yet tap failed: see above.')
console.log(`\n${passed} passed, ${failed} failed`)
process.exitCode = exitCode !== 0 ? (exitCode ?? 1) : failed > 0 || passed === 0 ? 1 : 0

/** A test may be named by its source. */
function emittedFile(argument) {
  const path = relative(root, argument)
  return path.startsWith('test') && path.endsWith('.ts') ? `dist/${path.slice(0, -'.ts'.length)}.js` : argument
}

/** Counts assertions at every depth and prints those that fail; `title` is what the test of this level is called. */
function watch(level, title) {
  const isWholeRun = title === ''
  let failedBefore = 0
  level.on('child', (child) => {
    failedBefore = failed
    watch(child, isWholeRun ? child.name : `${title} > ${child.name}`)
  })
  level.on('assert', (result) => {
    const name = isWholeRun ? result.name : `${title} > ${result.name}`
    const isFileWithoutTests = isWholeRun && result.skip === 'no tests found'
    // The result of a subtest repeats those in it, unless it failed by itself: a crash, a time-out, no test at all.
    const isByItself = result.closingTestPoint ? failed === failedBefore && (!result.ok || isFileWithoutTests) : true
    if (isByItself && (isFileWithoutTests || (!result.ok && !result.todo && !result.skip))) {
      failed++
      console.log(`\n✗ ${name}${isFileWithoutTests ? ': no test in it' : ''}\n${describe(result.diag ?? {})}`)
    } else if (isByItself && !result.skip && !result.todo) passed++
    if (isWholeRun) console.log(`${result.ok ? '✓' : '✗'} ${name} ${Math.round(result.time ?? 0)} ms`)
  })
  // With coverage, its report follows the tests.
  if (isWholeRun && isWithCoverage) level.on('extra', (line) => process.stdout.write(line))
}

/** What a failed assertion says of itself, without what only tap needs. */
function describe({ diff, stack, at, source, stdio, cwd, externalID, command, args, jobId, cause, ...rest }) {
  const facts = cause === undefined ? rest : { ...rest, cause: cause.message ?? cause }
  const parts = [diff, Object.keys(facts).length > 0 ? inspect(facts, { depth: 6 }) : undefined, stack]
  const text = parts.filter((part) => typeof part === 'string').join('\n')
  return text.replace(/^(?=.)/gm, '  ').trimEnd()
}
