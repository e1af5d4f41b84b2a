// What is measured. A workload does the same with every peer: `run` does it `operations` times and says how many of its
// units that were; `answer` gives what the peer answers to a few questions, to be compared before anything is timed.
import { makeImages, ownerCount, ownerOf, randomNumbers, statuses } from './data.mjs'

const insertsInFlight = 16
const imagesPerBulk = 1000
const questionsCompared = 50

export const workloads = {
  read: {
    title: 'read one by primary key, fresh session',
    unit: 'reads/s',
    operations: 8000,
    run: async (peer, { operations, ids, random }) => {
      for (let count = 0; count < operations; count++) await peer.readOne(pick(ids, random))
      return operations
    },
    answer: (peer, { ids, random }) => times(questionsCompared, () => peer.readOne(pick(ids, random))),
  },
  range: {
    title: 'owner and status, newest 20',
    unit: 'queries/s',
    operations: 400,
    run: async (peer, { operations, n, random }) => {
      for (let count = 0; count < operations; count++) await peer.newest(randomOwner(n, random), 'active', 20)
      return operations
    },
    answer: (peer, { n, random }) =>
      times(questionsCompared, () => peer.newest(randomOwner(n, random), pick(statuses, random), 20)),
  },
  pages: {
    title: 'one owner in pages of 50, newest first',
    unit: 'pages/s',
    operations: 20,
    run: async (peer, { operations, n, random }) => {
      let pages = 0
      for (let count = 0; count < operations; count++) pages += (await peer.pages(randomOwner(n, random), 50)).length
      return pages
    },
    answer: (peer, { n, random }) => times(5, () => peer.pages(randomOwner(n, random), 50)),
  },
  ...inserts('os', 'not synced'),
  ...inserts('commit', 'synced'),
}

function inserts(durability, words) {
  const isSynced = durability === 'commit'
  return {
    [`insert-${durability}`]: {
      title: `insert one a transaction, ${words}`,
      unit: 'images/s',
      operations: isSynced ? 200 : 1000,
      writes: true,
      durability,
      run: async (peer, { operations, nextImages }) => {
        for (const image of nextImages(operations)) await peer.insert([image], durability)
        return operations
      },
    },
    [`insert16-${durability}`]: {
      title: `insert one a transaction, ${insertsInFlight} in flight, ${words}`,
      unit: 'images/s',
      operations: isSynced ? 800 : 2000,
      writes: true,
      durability,
      run: async (peer, { operations, nextImages }) => {
        const images = nextImages(operations)
        const insertSome = async () => {
          for (let image = images.pop(); image !== undefined; image = images.pop()) {
            await peer.insert([image], durability)
          }
        }
        await Promise.all(Array.from({ length: insertsInFlight }, insertSome))
        return operations
      },
    },
    [`bulk-${durability}`]: {
      title: `insert ${imagesPerBulk} a transaction, ${words}`,
      unit: 'images/s',
      operations: 4,
      writes: true,
      durability,
      run: async (peer, { operations, nextImages }) => {
        for (let count = 0; count < operations; count++) await peer.insert(nextImages(imagesPerBulk), durability)
        return operations * imagesPerBulk
      },
    },
  }
}

/** What a run of a workload works with. Its random numbers are the same for every peer. */
export function makeContext({ n, operations, seed, ids, firstNew }) {
  let next = firstNew
  return {
    n,
    operations,
    ids,
    random: randomNumbers(seed),
    nextImages: (count) => {
      const images = [...makeImages(next, count, n)]
      next += count
      return images
    },
  }
}

/** How many images a run adds. */
export function imagesAdded(workload, operations) {
  if (!workload.writes) return 0
  return workload.title.startsWith(`insert ${imagesPerBulk}`) ? operations * imagesPerBulk : operations
}

function pick(values, random) {
  return values[Math.floor(random() * values.length)]
}

function randomOwner(n, random) {
  return ownerOf(Math.floor(random() * ownerCount(n)))
}

async function times(count, ask) {
  const answers = []
  for (let index = 0; index < count; index++) answers.push(await ask())
  return answers
}
