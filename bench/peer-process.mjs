// One peer in a process of its own. It does what it is told over the channel to its parent, one thing at a time.
import { createHash } from 'node:crypto'
import { rmSync } from 'node:fs'
import { columns, makeImages } from './data.mjs'
import { peers } from './peers.mjs'
import { makeContext, workloads } from './workloads.mjs'

const [, , name, directory] = process.argv
const peer = await peers[name].open(directory)
const ids = []

const imagesPerLoad = 1000

const orders = {
  /** Stores the first `n` images. */
  async load({ n }) {
    for (let from = 0; from < n; from += imagesPerLoad) {
      const images = [...makeImages(from, Math.min(imagesPerLoad, n - from), n)]
      await peer.insert(images, 'os')
      for (const { id } of images) ids.push(id)
    }
  },
  /** The hash of what the peer answers to a workload's questions. */
  async answer({ workload, n, seed }) {
    const answers = await workloads[workload].answer(peer, makeContext({ n, seed, ids }))
    return hashOf(answers)
  },
  /** Runs a workload: how many of its units were done, in how many milliseconds, by the clock and of processors. */
  async run({ workload, n, operations, seed, firstNew }) {
    const context = makeContext({ n, operations, seed, ids, firstNew })
    const processorBefore = process.cpuUsage()
    const startedAt = performance.now()
    const units = await workloads[workload].run(peer, context)
    const ms = performance.now() - startedAt
    const { user, system } = process.cpuUsage(processorBefore)
    return { units, ms, processorMs: (user + system) / 1000 }
  },
  /** How many images there are, and the hash of those that were added last. */
  async end({ added }) {
    const count = await peer.count()
    const last = []
    for (const { id } of added.flatMap(({ from, count, n }) => [...makeImages(from, count, n)])) {
      last.push(await peer.readOne(id))
    }
    return { count, hash: hashOf(last), residentBytes: process.memoryUsage.rss() }
  },
  async close() {
    await peer.close()
    rmSync(directory, { recursive: true, force: true })
  },
}

process.on('message', async ({ order, ...options }) => {
  try {
    process.send({ result: await orders[order](options) })
  } catch (error) {
    process.send({ error: error.stack ?? String(error) })
  }
  if (order === 'close') process.disconnect()
})
process.send({ result: 'ready' })

/** Of the values of images, in the order of their columns, however deep in lists they are. */
function hashOf(value) {
  return createHash('sha256')
    .update(JSON.stringify(plain(value)))
    .digest('hex')
}

function plain(value) {
  if (Array.isArray(value)) return value.map(plain)
  if (value === undefined || value === null) return null
  return columns.map((column) => (value[column] instanceof Date ? value[column].getTime() : value[column]))
}
