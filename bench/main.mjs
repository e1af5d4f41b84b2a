// Measures Rome beside its peers. Every peer runs in a process of its own, on the same data; what they answer is
// compared by hash before anything is timed, and what they have stored when all is done. They take turns within each
// repetition, and medians are shown, so that a noisy machine harms all of them alike.
//
//   npm run bench                            10 000 images
//   npm run bench -- --n 100000 --chart docs/performance.svg
//   npm run bench -- --quick --workloads W1,W4 --peers rome-4,better-sqlite3
//   npm run bench -- --cpu-prof              leaves a profile of each peer beside the results
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, tmpdir, totalmem } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Command } from 'commander'
import { chartOf } from './chart.mjs'
import { medianOf } from './median.mjs'
import { namesOf, wholeNumber } from './option-values.mjs'
import { nodeOfPeers, versionOf } from './packages.mjs'
import { peers } from './peers.mjs'
import { reportOf } from './report.mjs'
import { RunningPeer } from './running-peer.mjs'
import { workloads } from './workloads.mjs'

const options = new Command('npm run bench --')
  .option('--n <images>', 'how many images are stored before the measuring', wholeNumber, 10_000)
  .option('--quick', 'fewer and shorter repetitions: for a first look, not for a judgement')
  .option('--repetitions <count>', 'of each workload', wholeNumber)
  .option('--conc <count>', 'how many operations are in flight in W3c and W3sc', wholeNumber, 16)
  .option('--cache <MiB>', 'of memory for what was read, in Rome and in SQLite', wholeNumber, 64)
  .option('--workloads <names>', Object.keys(workloads).join(', '), namesOf(workloads), Object.keys(workloads))
  .option('--peers <names>', Object.keys(peers).join(', '), namesOf(peers), Object.keys(peers))
  .option('--reference <peer>', 'whose speed is compared with that of each other peer', 'rome-4')
  .option('--directory <path>', 'where the stores are made, on the disk to be measured', tmpdir())
  .option('--cold', 'begin with empty caches, instead of having read all images once')
  .option('--chart <file>', 'where the chart is written; beside the other results unless said otherwise')
  .option('--cpu-prof', 'profile every peer')
  .parse()
  .opts()
const { n, conc: inFlight } = options
const repetitions = options.repetitions ?? (options.quick ? 3 : 7)
const share = options.quick ? 0.25 : 1
const results = fileURLToPath(new URL('results', import.meta.url))
mkdirSync(results, { recursive: true })

const at = new Date().toISOString()
const node = nodeOfPeers()
const setting = [
  ['at', at],
  ['machine', `${cpus().length} × ${cpus()[0]?.model.trim()}, ${(totalmem() / 2 ** 30).toFixed(1)} GiB`],
  ['Node of the peers', execFileSync(node, ['--version'], { encoding: 'utf8' }).trim()],
  ['images', `${n}, each with three properties and two tags`],
  ['repetitions', repetitions],
  ['in flight in W3c and W3sc', inFlight],
  [
    'cache of Rome and of SQLite',
    `${options.cache} MiB, ${options.cold ? 'empty' : 'after all images were read once'}`,
  ],
  ['stores in', options.directory],
]
const rules = [
  'synced: survives a power cut, by durability `commit` of Rome, `sync` of LevelDB, `synchronous = full` of SQLite',
  'not synced, as all other writes: survives a killed process, by `os` of Rome, `synchronous = normal` of SQLite',
  'Rome in memory stores nothing',
  'memory: resident bytes of the process after W1',
  'by hand: no objects that are followed; on classic-level neither conflicts nor checksums are checked',
]

const running = new Map()
const leftOut = []
for (const name of options.peers) await startOrLeaveOut(name)
const names = [...running.keys()]
if (names.length === 0) fail('None of the peers could be started.')
const reference = names.includes(options.reference) ? options.reference : names[0]

progress('loading')
await eachPeer('load', { n })
await eachPeer('know', { n })
progress('comparing')
for (const workload of options.workloads.filter((name) => workloads[name].answer !== undefined)) {
  requireEqual(await eachPeer('answer', { workload, n, seed: 1 }), `the answers to ${workload}`)
}
// Stores that keep what they have are opened anew, so that nothing but the measured is in their memory.
for (const name of names.filter((name) => !peers[name].keepsNothing)) {
  const peer = running.get(name)
  await peer.close()
  await peer.start()
  await peer.tell('know', { n })
}
if (!options.cold) {
  progress('warming')
  await eachPeer('warm', { n })
}

/** By workload and peer, of each repetition: milliseconds for a unit, by the clock and of processors. */
const milliseconds = {}
const processorMilliseconds = {}
const added = []
let residentBytes = {}
let firstNew = n
for (const workload of options.workloads.filter((name) => !workloads[name].isStart)) {
  progress(workload)
  const operations = Math.max(1, Math.round(workloads[workload].operations * share))
  milliseconds[workload] = byPeer(() => [])
  processorMilliseconds[workload] = byPeer(() => [])
  // The first turn warms up and is not counted.
  for (let turn = 0; turn <= repetitions; turn++) {
    const noted = {}
    for (const name of rotated(names, turn)) {
      const run = await tell(name, 'run', { workload, n, operations, inFlight, seed: turn, firstNew })
      noted[name] = run.noted
      if (turn === 0) continue
      milliseconds[workload][name].push(run.ms / run.units)
      processorMilliseconds[workload][name].push(run.processorMs / run.units)
    }
    requireEqual(
      names.map((name) => noted[name]),
      `what was counted in ${workload}`,
    )
    const count = workloads[workload].adds?.(operations) ?? 0
    if (count > 0) added.push({ from: firstNew, count: Math.min(count, 20) })
    firstNew += count
  }
  if (workload === 'W1') residentBytes = await residentBytesNow()
}
requireEqual(await eachPeer('end', { n, added }), 'what is stored at the end')
for (const name of names) await running.get(name).close()
if (options.workloads.includes('W12')) await measureStarts()

const rows = Object.entries(milliseconds).map(([workload, ofPeers]) => {
  const { title, unit, isStart } = workloads[workload]
  const medians = Object.fromEntries(names.flatMap((name) => (ofPeers[name] ? [[name, medianOf(ofPeers[name])]] : [])))
  const measured = Object.keys(medians)
  const values = Object.fromEntries(measured.map((name) => [name, isStart ? medians[name] : 1000 / medians[name]]))
  const ratio = Object.fromEntries(measured.map((name) => [name, medians[name] / medians[reference]]))
  return { workload, title, unit, values, ratio }
})
const report = reportOf({ setting, rules, peers: names.map(describePeer), reference, rows, residentBytes, leftOut })
process.stderr.write('\n')
console.log(report)
const base = join(results, at.replaceAll(':', '-').slice(0, 19))
const record = {
  setting: Object.fromEntries(setting),
  rules,
  peers: names.map(describePeer),
  leftOut,
  reference,
  rows,
  residentBytes,
  millisecondsPerUnit: milliseconds,
  processorMillisecondsPerUnit: processorMilliseconds,
}
writeFileSync(`${base}.json`, `${JSON.stringify(record, undefined, 2)}\n`)
writeFileSync(`${base}.md`, report)
const isRome = (name) => name.startsWith('rome-')
const title = `Rome beside its peers, ${n.toLocaleString('en')} images, ${at.slice(0, 10)}`
const chart = options.chart ?? `${base}.svg`
writeFileSync(chart, chartOf({ title, rows, names, isHighlighted: isRome }))
for (const name of names) rmSync(running.get(name).options.directory, { recursive: true, force: true })
console.log(`Results: ${base}.json, ${base}.md, ${chart}`)

async function startOrLeaveOut(name) {
  const missing = peers[name].packages.filter((name) => versionOf(name) === undefined)
  if (missing.length > 0) return leaveOut(name, `${missing.join(', ')} could not be installed`)
  const directory = mkdtempSync(join(options.directory, `rome-bench-${name}-`))
  const profiling = ['--cpu-prof', `--cpu-prof-dir=${results}`, `--cpu-prof-name=${name}.cpuprofile`]
  const peer = new RunningPeer(name, {
    node,
    directory,
    cacheMiB: options.cache,
    execArgv: options.cpuProf ? profiling : [],
  })
  try {
    await peer.start()
    running.set(name, peer)
  } catch (error) {
    rmSync(directory, { recursive: true, force: true })
    leaveOut(name, error.message)
  }
}

function leaveOut(name, reason) {
  leftOut.push({ name, reason })
  console.error(`Left out: ${name}, ${reason}`)
}

/** W12: a new process for each start, so those that keep nothing have no part in it. */
async function measureStarts() {
  progress('W12')
  const started = names.filter((name) => !peers[name].keepsNothing)
  milliseconds.W12 = Object.fromEntries(started.map((name) => [name, []]))
  for (let turn = 0; turn <= repetitions; turn++) {
    for (const name of rotated(started, turn)) {
      const peer = running.get(name)
      await peer.start()
      const ms = await tell(name, 'start', { n })
      await peer.close()
      if (turn > 0) milliseconds.W12[name].push(ms)
    }
  }
}

async function residentBytesNow() {
  const bytes = await eachPeer('residentBytes')
  return Object.fromEntries(names.map((name, index) => [name, bytes[index]]))
}

function describePeer(name) {
  const { title, packages, isolation } = peers[name]
  return {
    name,
    title,
    versions: packages.map((name) => `${name} ${versionOf(name)}`).join(', ') || 'of Node',
    isolation,
  }
}

async function tell(name, order, details) {
  try {
    return await running.get(name).tell(order, details)
  } catch (error) {
    fail(error.message)
  }
}

/** One after the other, so that none takes the machine from another. */
async function eachPeer(order, details) {
  const answers = []
  for (const name of names) answers.push(await tell(name, order, details))
  return answers
}

function byPeer(make) {
  return Object.fromEntries(names.map((name) => [name, make()]))
}

function requireEqual(answers, what) {
  const different = names.filter((_name, index) => answers[index] !== answers[0])
  if (different.length > 0)
    fail(`${what} differ between ${names[0]} and ${different.join(', ')}: ${answers.join(', ')}`)
}

function progress(what) {
  process.stderr.write(`${what} `)
}

function fail(message) {
  console.error(`\n${message}`)
  for (const peer of running.values()) {
    peer.kill()
    rmSync(peer.options.directory, { recursive: true, force: true })
  }
  process.exit(1)
}

function rotated(values, by) {
  return values.map((_value, index) => values[(index + by) % values.length])
}
