// Measures Glance's service: images by id, and pages with filters, asked over connections that are kept. The service is
// a process of its own on one core, whoever asks it another. Answers are compared with what is stored before anything
// is timed. Beside the clock stands what the service took of its processor for a request, which other work on the
// machine disturbs less, and how busy it was: well below 100 %, who asks is what is measured. Who asks does not sleep
// meanwhile: where cores are virtual, to wake one up that sleeps costs the service more than to send the answer.
//
//   npm run bench:glance                        100 000 images
//   npm run bench:glance -- --n 10000 --seconds 1
//   npm run bench:glance -- --store /disk/catalogue    keeps what was loaded for the next run
//   npm run bench:glance -- --cpu-prof          leaves a profile of the service beside the results
//   npm run bench:glance -- --node /usr/bin/node --sleeping-client
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, tmpdir, totalmem } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Command } from 'commander'
import { markdownTable } from 'markdown-table'
import { medianOf } from '../median.mjs'
import { namesOf, wholeNumber, wholeNumbers } from '../option-values.mjs'
import { nodeOfService, versionOf } from '../packages.mjs'
import { rounded } from '../report.mjs'
import { Expected, rowsOf } from './catalogue.mjs'
import { Connection, checkAnswers, questions } from './questions.mjs'
import { canPin, leaveCoreToService, Service, versionOfNode } from './service.mjs'

const options = new Command('npm run bench:glance --')
  .option('--n <images>', 'how many images are stored', wholeNumber, 100_000)
  .option('--commands <names>', Object.keys(questions).join(', '), namesOf(questions), Object.keys(questions))
  .option('--connections <counts>', 'how many ask at the same time', wholeNumbers, [1, 4, 16])
  .option('--seconds <count>', 'of each measurement', wholeNumber, 3)
  .option('--repetitions <count>', 'of each measurement', wholeNumber, 3)
  .option('--cache-mib <count>', 'of memory for what the service has read', wholeNumber, 1024)
  .option('--store <path>', 'where the catalogue is; loaded if there is none, and kept')
  .option('--cpu-prof', 'profile the service')
  .option('--node <path>', 'which runs the service', nodeOfService())
  .option('--sleeping-client', 'who asks sleeps until an answer comes')
  .parse()
  .opts()
const { n, seconds, repetitions } = options
const warmUpTurnsMax = 60
// With no core of its own it would keep the service from answering.
const staysAwake = canPin && !options.sleepingClient
const results = fileURLToPath(new URL('../results', import.meta.url))
mkdirSync(results, { recursive: true })
const directory = mkdtempSync(join(tmpdir(), 'rome-bench-glance-'))
const store = options.store ?? join(directory, 'catalogue')
let service
try {
  if (!existsSync(store)) await load()
  leaveCoreToService()
  progress('starting')
  service = await Service.start({
    node: options.node,
    store,
    cacheBytes: options.cacheMib * 2 ** 20,
    profile: options.cpuProf ? results : undefined,
  })
  await measure()
} finally {
  await service?.stop()
  rmSync(directory, { recursive: true, force: true })
}

/** By the models themselves: a call for each image would take several times as long. */
async function load() {
  progress('loading')
  const { GlanceDatabase, ...models } = await import('../../dist/glance/lib/index.js')
  const { Timestamp } = await import('../../dist/lib/index.js')
  const { level } = await import('../../dist/lib/engines/level/index.js')
  const engine = level(store, { partitions: 4, durability: 'os' })
  const glance = await GlanceDatabase.open({ engine, cache: { bytes: 0 } })
  const portion = 1000
  for (let from = 0; from < n; from += portion) {
    const rows = rowsOf(from, Math.min(portion, n - from), n, Timestamp)
    await glance.rome.transact(async (session) => {
      for (const [name, ofModel] of Object.entries(rows)) await session.bulkInsert(models[name], ofModel)
    })
  }
  await glance.close()
}

async function measure() {
  const expected = new Expected(n)
  const first = new Connection(service.url)
  progress('comparing')
  await checkAnswers(first, expected, { total: n, seed: 1 })
  await first.close()
  const rows = []
  const warmUps = []
  for (const command of options.commands) {
    const question = questions[command]
    progress(command)
    warmUps.push({ command, ...(await warmedUp(question, expected)) })
    for (const connections of options.connections) {
      const runs = []
      for (let turn = 0; turn < repetitions; turn++) {
        runs.push(await ask(question, expected, { connections, seed: 1000 * connections + turn }))
      }
      const median = (name) => medianOf(runs.map((run) => run[name]))
      rows.push({
        command,
        connections,
        goal: question.goal,
        perSecond: median('perSecond'),
        serviceMicroseconds: median('serviceMicroseconds'),
        serviceBusy: median('serviceBusy'),
        runs,
      })
    }
  }
  report(rows, warmUps, await service.metric('process_resident_memory_bytes'))
}

/** Asks until the cache has what the answers need: how it began, and how long it took. */
async function warmedUp(question, expected) {
  const startedAt = performance.now()
  let perSecond
  for (let turn = 0; turn < warmUpTurnsMax; turn++) {
    const before = await service.metric('rome_cache_misses')
    const run = await ask(question, expected, { connections: 16, seed: 100 + turn })
    perSecond ??= run.perSecond
    const misses = (await service.metric('rome_cache_misses')) - before
    if (turn >= 3 && misses < (run.perSecond * seconds) / 10) break
  }
  return { perSecond, took: (performance.now() - startedAt) / 1000 }
}

/** Asks over so many connections for some seconds. */
async function ask(question, expected, { connections, seed }) {
  const open = Array.from({ length: connections }, () => new Connection(service.url))
  const cpuBefore = await service.metric('process_cpu_seconds_total')
  const fallAsleep = staysAwake ? stayAwake() : undefined
  const startedAt = performance.now()
  const isOver = () => performance.now() - startedAt > seconds * 1000
  const counts = await Promise.all(
    open.map((connection, index) => question.ask(connection, expected, { seed: seed * 100 + index, isOver })),
  )
  const elapsedSeconds = (performance.now() - startedAt) / 1000
  fallAsleep?.()
  const cpuSeconds = (await service.metric('process_cpu_seconds_total')) - cpuBefore
  await Promise.all(open.map((connection) => connection.close()))
  const count = counts.reduce((sum, each) => sum + each, 0)
  return {
    perSecond: count / elapsedSeconds,
    serviceMicroseconds: (cpuSeconds * 1e6) / count,
    serviceBusy: cpuSeconds / elapsedSeconds,
  }
}

/** Looks for answers again and again instead of waiting to be woken up, until it is told to end. */
function stayAwake() {
  let isAwake = true
  const look = () => {
    if (isAwake) setImmediate(look)
  }
  look()
  return () => {
    isAwake = false
  }
}

function report(rows, warmUps, residentBytes) {
  const at = new Date().toISOString()
  const setting = [
    ['at', at],
    ['machine', `${cpus().length} × ${cpus()[0]?.model.trim()}, ${(totalmem() / 2 ** 30).toFixed(1)} GiB`],
    ['service', `Node ${versionOfNode(options.node)}, ${canPin ? 'on one core' : 'not kept on one core'}`],
    [
      'who asks',
      [
        `Node ${process.version}`,
        ...(canPin ? ['on other cores'] : []),
        staysAwake ? 'awake all the time' : 'asleep until an answer comes',
      ].join(', '),
    ],
    ['versions', ['fastify', 'undici'].map((name) => `${name} ${versionOf(name)}`).join(', ')],
    ['images', `${n}, each with three properties, two tags and a location`],
    ['store', `LevelDB in 4 partitions; ${options.cacheMib} MiB of cache`],
    ['memory of the service', `${Math.round(residentBytes / 2 ** 20)} MiB`],
    ['repetitions', `${repetitions} of ${seconds} s; medians are shown`],
    ...warmUps.map(({ command, perSecond, took }) => [
      `${command} while memory was filled`,
      `${rounded(perSecond)} per second in the first ${seconds} s, for ${Math.round(took)} s`,
    ]),
  ]
  const table = markdownTable(
    [
      ['command', 'connections', 'per second', 'goal', 'µs of a core', 'so many a core-second', 'service is busy'],
      ...rows.map(({ command, connections, perSecond, goal, serviceMicroseconds, serviceBusy }) => [
        command,
        connections,
        rounded(perSecond),
        rounded(goal),
        rounded(serviceMicroseconds),
        rounded(1e6 / serviceMicroseconds),
        `${Math.round(100 * serviceBusy)} %`,
      ]),
    ].map((row) => row.map(String)),
    { align: ['l', 'r', 'r', 'r', 'r', 'r', 'r'] },
  )
  const what = Object.entries(questions).map(([command, { title }]) => `- \`${command}\`: ${title}`)
  const text = `${[...setting.map(([name, value]) => `- ${name}: ${value}`), ...what].join('\n')}\n\n${table}\n`
  const base = join(results, `glance-${at.replaceAll(':', '-').slice(0, 19)}`)
  writeFileSync(`${base}.json`, `${JSON.stringify({ setting: Object.fromEntries(setting), rows }, undefined, 2)}\n`)
  writeFileSync(`${base}.md`, text)
  process.stderr.write('\n')
  console.log(text)
  console.log(`Results: ${base}.json, ${base}.md`)
}

function progress(what) {
  process.stderr.write(`${what} `)
}
