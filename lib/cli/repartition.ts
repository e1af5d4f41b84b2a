import { resolve } from 'node:path'
import { repartition } from '../engines/level/index.js'
import type { ProgressLine } from './progress-line.js'
import { requireIdentity } from './store-identity.js'

/** What was done. */
export interface Repartitioned {
  readonly directory: string
  readonly before: number
  readonly partitions: number
  readonly keys: number
}

/** Gives a store another number of partitions. */
export async function changePartitions(
  directory: string,
  partitions: number,
  progress: ProgressLine,
): Promise<Repartitioned> {
  const { partitions: before } = await requireIdentity(directory)
  const keys = await repartition(directory, {
    partitions,
    onProgress: (done) => progress.show({ task: 'copy', name: 'keys', done }),
  })
  return { directory: resolve(directory), before: before.length, partitions, keys }
}

export function repartitionText({ directory, before, partitions, keys }: Repartitioned): string {
  return `${directory}: ${before} → ${partitions} partitions, ${keys.toLocaleString('en')} keys copied`
}
