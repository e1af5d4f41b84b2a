import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import t from 'tap'
import type { StoryWork } from '../support/graphs/story-worker.js'
import { seed } from '../support/seed.js'
import { temporaryDirectory } from '../support/temporary-directory.js'

const runs = Number(process.env.ROME_RUNS ?? 1500)
const runsOnDisk = Math.ceil(runs / 50)

/** In a thread of its own, where tap does not follow every promise: that takes a third of the time. */
async function tellStories(workerData: StoryWork): Promise<void> {
  // An error in the thread, such as a story that went wrong, is thrown here.
  await once(new Worker(new URL('../support/graphs/story-worker.js', import.meta.url), { workerData }), 'exit')
}

t.test('graphs of related entities in memory are stored, changed, removed and read again as they are', async (t) => {
  await t.resolves(tellStories({ seed, numRuns: runs }))
})

t.test('graphs of related entities on LevelDB are stored, changed, removed and read again as they are', async (t) => {
  await t.resolves(tellStories({ seed, numRuns: runsOnDisk, directory: temporaryDirectory(t) }))
})
