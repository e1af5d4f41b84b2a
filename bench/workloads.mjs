// What is measured. A workload does the same with every peer: `run` does it `operations` times and says how many of its
// units that were; `answer` gives what the peer answers to a few questions, to be compared before anything is timed.
// `prepare` makes, before the clock starts, what a run uses up.
import { hashOf, wholeImage } from './answer-hash.mjs'
import { limits, makeImage, makeWholeImage, ownerCount, ownerOf, randomNumbers, sizeMax, statuses } from './data.mjs'

const imagesPerBulk = 1000
const idsPerCall = 100
const questionsCompared = 20

export const workloads = {
  W1: {
    title: 'read one by primary key, fresh session',
    unit: 'reads/s',
    operations: 4000,
    ask: (peer, { ids, random }) => peer.readOne(pick(ids, random)),
  },
  W1m: {
    title: `${idsPerCall} primary keys in one call`,
    unit: 'calls/s',
    operations: 100,
    ask: (peer, { ids, random }) => peer.readMany(pickDifferent(ids, idsPerCall, random)),
  },
  W2: {
    title: `bulk insert, ${imagesPerBulk} images with properties and tags a transaction`,
    unit: 'images/s',
    operations: 2,
    adds: (operations) => operations * imagesPerBulk,
    run: async (peer, { operations, nextImages }) => {
      for (let count = 0; count < operations; count++) await peer.insert(nextImages(imagesPerBulk, true), 'os')
      return operations * imagesPerBulk
    },
  },
  W3: insertOne('os', 'not synced', 400),
  W3s: insertOne('commit', 'synced', 100),
  W3c: insertInFlight('os', 'not synced', 800),
  W3sc: insertInFlight('commit', 'synced', 400),
  W4: {
    title: `owner and status, newest ${limits.newest}`,
    unit: 'queries/s',
    operations: 200,
    ask: (peer, { n, random }) => peer.newest(randomOwner(n, random), pick(statuses, random)),
  },
  W5: {
    title: "one owner's images in pages of 50",
    unit: 'pages/s',
    operations: 10,
    run: async (peer, { operations, n, random }) => {
      let pages = 0
      for (let count = 0; count < operations; count++) pages += await countOf(peer.pages(50, randomOwner(n, random)))
      return pages
    },
    answer: (peer, { n, random }) => times(3, () => hashesOf(peer.pages(50, randomOwner(n, random)))),
  },
  W5b: {
    title: 'the whole table in pages of 100',
    unit: 'pages/s',
    operations: 1,
    run: (peer) => countOf(peer.pages(100)),
    answer: (peer) => hashesOf(peer.pages(100)),
  },
  W6: {
    title: `${limits.whole} images with properties and tags`,
    unit: 'queries/s',
    operations: 20,
    compared: wholeImage,
    ask: (peer, { n, random }) => peer.newestWhole(randomOwner(n, random)),
  },
  W7: {
    title: 'read, modify, write by primary key in a transaction',
    unit: 'transactions/s',
    operations: 200,
    run: async (peer, { operations, ids, random }) => {
      for (let count = 0; count < operations; count++) await peer.modify(pick(ids, random), newValue(random))
      return operations
    },
  },
  W8: {
    title: `or over two indexes, newest ${limits.either}`,
    unit: 'queries/s',
    operations: 40,
    ask: (peer, { n, random }) => peer.either(randomOwner(n, random), pick(rareStatuses, random)),
  },
  W8u: {
    title: `union of two queries, newest ${limits.either}`,
    unit: 'queries/s',
    operations: 40,
    ask: (peer, { n, random }) => peer.union(randomOwner(n, random), pick(rareStatuses, random)),
  },
  W9: {
    title: 'count by indexed filter',
    unit: 'queries/s',
    operations: 400,
    ask: (peer, { n, random }) => peer.countOf(randomOwner(n, random), pick(statuses, random)),
  },
  W9g: {
    title: 'group by status, count',
    unit: 'queries/s',
    operations: 5,
    // Pairs of a status and a number, in any order.
    ask: async (peer) => (await peer.countByStatus()).sort(([a], [b]) => (a < b ? -1 : 1)),
  },
  W10: {
    title: 'full scan, predicate without index, 1 % of the rows',
    unit: 'queries/s',
    operations: 3,
    ask: async (peer) => (await peer.smallerThan(Math.ceil(sizeMax / 100))).sort((a, b) => (a.id < b.id ? -1 : 1)),
  },
  W11: {
    title: 'delete by primary key, with properties and tags',
    unit: 'images/s',
    operations: 100,
    adds: (operations) => operations,
    prepare: async (peer, { operations, nextImages }) => {
      const images = nextImages(operations, true)
      await peer.insert(images, 'os')
      return images.map(({ id }) => id)
    },
    run: async (peer, { operations, prepared }) => {
      for (const id of prepared) await peer.remove(id)
      return operations
    },
  },
  W11u: {
    title: 'update by filter, rows counted',
    unit: 'updates/s',
    operations: 40,
    run: async (peer, { operations, n, random, note }) => {
      for (let count = 0; count < operations; count++) {
        note(await peer.updateWhere(randomOwner(n, random), pick(rareStatuses, random), newValue(random)))
      }
      return operations
    },
  },
  W12: { title: 'import, open and first query', unit: 'ms, less is better', isStart: true },
}

/** Most images are active; a filter by another status finds a few in a hundred. */
const rareStatuses = statuses.filter((status) => status !== 'active')

for (const workload of Object.values(workloads)) {
  const { ask } = workload
  if (ask === undefined) continue
  workload.run = async (peer, context) => {
    for (let count = 0; count < context.operations; count++) await ask(peer, context)
    return context.operations
  }
  workload.answer = (peer, context) => times(Math.min(questionsCompared, workload.operations), () => ask(peer, context))
}

function insertOne(durability, words, operations) {
  return {
    title: `insert one, a transaction each, ${words}`,
    unit: 'images/s',
    operations,
    adds: (operations) => operations,
    run: async (peer, { operations, nextImages }) => {
      for (const image of nextImages(operations)) await peer.insert([image], durability)
      return operations
    },
  }
}

function insertInFlight(durability, words, operations) {
  return {
    title: `insert one, several in flight, ${words}`,
    unit: 'images/s',
    operations,
    adds: (operations) => operations,
    run: async (peer, { operations, inFlight, nextImages }) => {
      const images = nextImages(operations)
      const insertSome = async () => {
        for (let image = images.pop(); image !== undefined; image = images.pop()) await peer.insert([image], durability)
      }
      await Promise.all(Array.from({ length: inFlight }, insertSome))
      return operations
    },
  }
}

/** What a run of a workload works with. Its random numbers are the same for every peer. */
export function makeContext({ n, operations, inFlight, seed, ids, firstNew }) {
  let next = firstNew
  const notes = []
  return {
    n,
    operations,
    inFlight,
    ids,
    random: randomNumbers(seed),
    nextImages: (count, isWhole = false) => {
      const make = isWhole ? makeWholeImage : makeImage
      const images = Array.from({ length: count }, (_, index) => make(next + index, n))
      next += count
      return images
    },
    /** What a run notes is compared between the peers. */
    note: (value) => notes.push(value),
    notes,
  }
}

/** Reads what most of the workloads read, so that it is in memory as far as the peer's cache goes. */
export async function readAll(peer, n) {
  await countOf(peer.pages(100))
  for (let number = 0; number < ownerCount(n); number++) {
    const owner = ownerOf(number)
    await countOf(peer.pages(50, owner))
    await peer.newestWhole(owner)
    for (const status of statuses) {
      await peer.newest(owner, status)
      await peer.countOf(owner, status)
    }
  }
  for (const status of statuses) await peer.either(ownerOf(0), status)
}

export function pickDifferent(values, count, random) {
  const picked = new Set()
  while (picked.size < Math.min(count, values.length)) picked.add(pick(values, random))
  return [...picked]
}

function pick(values, random) {
  return values[wholeNumber(values.length, random)]
}

/** Differs from what is stored: where nothing changes some peers write nothing, and count no version. */
function newValue(random) {
  return wholeNumber(2 ** 30, random)
}

function wholeNumber(below, random) {
  return Math.floor(random() * below)
}

function randomOwner(n, random) {
  return ownerOf(wholeNumber(ownerCount(n), random))
}

async function times(count, ask) {
  const answers = []
  for (let index = 0; index < count; index++) answers.push(await ask())
  return answers
}

async function countOf(pages) {
  let count = 0
  for await (const _page of pages) count++
  return count
}

/** One for each page: of all pages together there may be more than fits into memory. */
async function hashesOf(pages) {
  const hashes = []
  for await (const page of pages) hashes.push(hashOf(page))
  return hashes
}
