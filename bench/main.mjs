// Measures Rome against LevelDB used by hand. Every peer runs in a process of its own, on the same data; what they
// answer is compared by hash before anything is timed, and what they have stored when all is done. The peers take turns
// within each repetition, and medians are shown, so that a noisy machine harms all of them alike.
//
//   npm run bench                            10 000 images
//   npm run bench -- --n 100000
//   npm run bench -- --quick --workloads read,range --peers by-hand,level-4
//   npm run bench -- --cpu-prof              leaves a profile of each peer beside the results
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { cpus, tmpdir, totalmem } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Command, InvalidArgumentError } from 'commander'
import { Table } from 'console-table-printer'
import { peers } from './peers.mjs'
import { imagesAdded, workloads } from './workloads.mjs'

const options = new Command('npm run bench --')
  .option('--n <images>', 'how many images are stored before the measuring', wholeNumber, 10_000)
  .option('--quick', 'fewer and shorter repetitions: for a first look, not for a judgement')
  .option('--repetitions <count>', 'of each workload', wholeNumber)
  .option('--workloads <names>', Object.keys(workloads).join(', '), namesOf(workloads), Object.keys(workloads))
  .option('--peers <names>', Object.keys(peers).join(', '), namesOf(peers), Object.keys(peers))
  .option('--directory <path>', 'where the stores are made, on the disk to be measured', tmpdir())
  .option('--cpu-prof', 'profile every peer')
  .parse()
  .opts()
const repetitions = options.repetitions ?? (options.quick ? 3 : 7)
const share = options.quick ? 0.25 : 1
const results = fileURLToPath(new URL('results', import.meta.url))
mkdirSync(results, { recursive: true })

const require = createRequire(import.meta.url)
const setting = {
  at: new Date().toISOString(),
  images: options.n,
  repetitions,
  machine: `${cpus().length} × ${cpus()[0]?.model.trim()}, ${(totalmem() / 2 ** 30).toFixed(1)} GiB`,
  node: process.versions.node,
  'rome-orm': versionOf('rome-orm'),
  'classic-level': versionOf('classic-level'),
  msgpackr: versionOf('msgpackr'),
  directory: options.directory,
}
for (const [name, value] of Object.entries(setting)) console.log(`${name.padEnd(14)} ${value}`)
console.log('durability     not synced: "os", survives a killed process; synced: "commit", survives a power cut')

const names = options.peers
const running = new Map()
for (const name of names) running.set(name, await start(name))
await eachPeer('load', { n: options.n })

for (const workload of options.workloads) {
  if (workloads[workload].answer === undefined) continue
  const hashes = await eachPeer('answer', { workload, n: options.n, seed: 1 })
  requireEqual(hashes, `the answers to ${workload}`)
}

/** Milliseconds for a unit of each repetition, by workload and peer: by the clock, and of processors. */
const measured = {}
const processors = {}
const added = []
let firstNew = options.n
for (const workload of options.workloads) {
  const definition = workloads[workload]
  const operations = Math.max(1, Math.round(definition.operations * share))
  const ofPeers = Object.fromEntries(names.map((name) => [name, []]))
  const processorsOfPeers = Object.fromEntries(names.map((name) => [name, []]))
  // The first turn warms up and is not counted.
  for (let turn = 0; turn <= repetitions; turn++) {
    for (const name of rotated(names, turn)) {
      const run = await tell(name, 'run', { workload, n: options.n, operations, seed: turn, firstNew })
      if (turn === 0) continue
      ofPeers[name].push(run.ms / run.units)
      processorsOfPeers[name].push(run.processorMs / run.units)
    }
    const count = imagesAdded(definition, operations)
    if (count > 0) added.push({ from: firstNew, count: Math.min(count, 20), n: options.n })
    firstNew += count
  }
  measured[workload] = ofPeers
  processors[workload] = processorsOfPeers
  process.stderr.write(`${workload} `)
}
process.stderr.write('\n')

const ends = await eachPeer('end', { added })
requireEqual(
  ends.map(({ count, hash }) => `${count} ${hash}`),
  'what is stored at the end',
)
await eachPeer('close', {})

const [reference] = names
const rows = Object.entries(measured).map(([workload, ofPeers]) => {
  const perSecond = Object.fromEntries(names.map((name) => [name, 1000 / median(ofPeers[name])]))
  const ratio = Object.fromEntries(names.map((name) => [name, perSecond[name] / perSecond[reference]]))
  return { workload, title: workloads[workload].title, unit: workloads[workload].unit, perSecond, ratio }
})
print(rows)
const file = join(results, `${setting.at.replaceAll(':', '-').slice(0, 19)}.json`)
const memory = Object.fromEntries(names.map((name, index) => [name, ends[index].residentBytes]))
const record = {
  setting,
  rows,
  residentBytes: memory,
  millisecondsPerUnit: measured,
  processorMillisecondsPerUnit: processors,
}
writeFileSync(file, `${JSON.stringify(record, undefined, 2)}\n`)
console.log(`\nResults: ${file}`)

function print(rows) {
  const others = names.slice(1)
  const columns = [
    { name: 'workload', alignment: 'left' },
    { name: 'unit', alignment: 'left' },
    { name: reference, alignment: 'right' },
    ...others.flatMap((name) => [
      { name, alignment: 'right' },
      { name: `× ${reference} (${name})`, title: '×', alignment: 'right' },
    ]),
  ]
  const table = new Table({ columns, shouldDisableColors: true })
  for (const { title, unit, perSecond, ratio } of rows) {
    const row = { workload: title, unit, [reference]: rounded(perSecond[reference]) }
    for (const name of others) {
      row[name] = rounded(perSecond[name])
      row[`× ${reference} (${name})`] = ratio[name].toFixed(2)
    }
    table.addRow(row)
  }
  console.log(
    `\nMedians of ${repetitions}; × is the ratio to ${peers[reference].title} in this run. Memory stores nothing.`,
  )
  table.printTable()
  const memory = names.map((name, index) => `${name} ${Math.round(ends[index].residentBytes / 2 ** 20)} MiB`)
  console.log(`resident at the end: ${memory.join(', ')}`)
}

async function start(name) {
  const directory = mkdtempSync(join(options.directory, `rome-bench-${name}-`))
  const profiling = options.cpuProf
    ? ['--cpu-prof', `--cpu-prof-dir=${results}`, `--cpu-prof-name=${name}.cpuprofile`]
    : []
  const program = fileURLToPath(new URL('peer-process.mjs', import.meta.url))
  const child = fork(program, [name, directory], { execArgv: [...process.execArgv, ...profiling] })
  child.once('exit', (code) => {
    if (code !== 0) fail(`${name} ended with ${code}`)
  })
  await once(child, 'message')
  return child
}

async function tell(name, order, details) {
  const child = running.get(name)
  child.send({ order, ...details })
  const [{ error, result }] = await once(child, 'message')
  if (error !== undefined) fail(`${name} failed at ${order} ${details.workload ?? ''}: ${error}`)
  return result
}

/** One after the other, so that none takes the machine from another. */
async function eachPeer(order, details) {
  const answers = []
  for (const name of names) answers.push(await tell(name, order, details))
  return answers
}

function requireEqual(answers, what) {
  const different = names.filter((_name, index) => answers[index] !== answers[0])
  if (different.length > 0)
    fail(`${what} differ between ${names[0]} and ${different.join(', ')}: ${answers.join(', ')}`)
}

function fail(message) {
  console.error(message)
  for (const child of running.values()) child.kill()
  process.exit(1)
}

function rotated(values, by) {
  return values.map((_value, index) => values[(index + by) % values.length])
}

function median(values) {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

function rounded(value) {
  return value < 100 ? value.toFixed(1) : Math.round(value).toLocaleString('en')
}

function versionOf(name) {
  let directory = dirname(require.resolve(name))
  for (;;) {
    try {
      const manifest = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8'))
      if (manifest.name === name) return manifest.version
    } catch (error) {
      if (error.code !== 'ENOENT') throw error
    }
    directory = dirname(directory)
  }
}

function wholeNumber(text) {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('Give a whole number from 1 upwards.')
}

function namesOf(known) {
  return (text) => {
    const names = text.split(',')
    const unknown = names.filter((name) => !Object.hasOwn(known, name))
    if (unknown.length > 0) throw new InvalidArgumentError(`Known are ${Object.keys(known).join(', ')}.`)
    return names
  }
}
