// One peer in a process of its own. It does what it is told over the channel to its parent, one thing at a time.
import { hashOf } from './answer-hash.mjs'
import { columns, makeImage, randomNumbers, wholeImagesInPortions } from './data.mjs'
import { peers } from './peers.mjs'
import { makeContext, pickDifferent, readAll, workloads } from './workloads.mjs'

const [, , name, directory] = process.argv
const startedAt = performance.now()
const peer = await peers[name].open(directory)
const ids = []

const imagesLookedAtInTheEnd = 200

const orders = {
  /** Stores the first `n` images with their properties and tags. */
  async load({ n }) {
    for (const images of wholeImagesInPortions(0, n, n)) await peer.insert(images, 'os')
  },
  /** Before what follows: the primary keys that are asked for. */
  know({ n }) {
    for (let number = 0; number < n; number++) ids.push(makeImage(number, n).id)
  },
  warm: ({ n }) => readAll(peer, n),
  /** The hash of what the peer answers to a workload's questions. */
  async answer({ workload, ...options }) {
    const { answer, compared } = workloads[workload]
    return hashOf(await answer(peer, makeContext({ ...options, ids })), compared)
  },
  /** Runs a workload: how many of its units were done, in how many milliseconds, by the clock and of processors. */
  async run({ workload, ...options }) {
    const { prepare, run } = workloads[workload]
    const context = makeContext({ ...options, ids })
    context.prepared = await prepare?.(peer, context)
    const processorBefore = process.cpuUsage()
    const runAt = performance.now()
    const units = await run(peer, context)
    const ms = performance.now() - runAt
    const { user, system } = process.cpuUsage(processorBefore)
    return { units, ms, processorMs: (user + system) / 1000, noted: hashOf(context.notes) }
  },
  residentBytes: () => process.memoryUsage.rss(),
  /** Milliseconds from before the import of the peer to its first answer. */
  async start({ n }) {
    await peer.readOne(makeImage(n >> 1, n).id)
    return performance.now() - startedAt
  },
  /** How many rows there are, and the hash of some of them and of those that were added last. */
  async end({ n, added }) {
    const numbersAdded = added.flatMap(({ from, count }) => Array.from({ length: count }, (_, index) => from + index))
    const looked = pickDifferent(ids, imagesLookedAtInTheEnd, randomNumbers(n))
    const images = []
    for (const id of [...looked, ...numbersAdded.map((number) => makeImage(number, n).id)]) {
      images.push(await peer.readOne(id))
    }
    // The time of an update is each peer's own.
    const compared = columns.filter((column) => column !== 'updatedAt')
    return `${(await peer.counts()).map(Number)} rows, ${hashOf(images, compared)}`
  },
  close: () => peer.close(),
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
