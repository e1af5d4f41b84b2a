import { join } from 'node:path'
import { workerData } from 'node:worker_threads'
import { level } from '../../../lib/engines/level/index.js'
import { memory } from '../../../lib/engines/memory/index.js'
import { checkStories } from './story.js'

/** What a test tells the thread that runs its stories. */
export interface StoryWork {
  readonly seed: number
  readonly numRuns: number
  /** Where the stores are; in memory when there is none. */
  readonly directory?: string
}

const { directory, ...parameters }: StoryWork = workerData
let stores = 0
await checkStories(
  () =>
    directory === undefined ? memory() : level(join(directory, `${stores++}`), { partitions: 2, durability: 'os' }),
  parameters,
)
