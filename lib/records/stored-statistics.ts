import { v7 as uuidv7 } from 'uuid'
import type { Engine } from '../engines/contract.js'
import { CodecError, CorruptionError } from '../errors/rome-error.js'
import { Statistics, statisticsKey } from './statistics.js'

/** The statistics that a store keeps; none when it has none that can be read. */
export async function readStatistics(engine: Engine): Promise<Statistics> {
  const snapshot = await engine.snapshot()
  try {
    const bytes = await snapshot.get(statisticsKey)
    return bytes === undefined ? new Statistics() : Statistics.decode(bytes)
  } catch (error) {
    // They are estimates: without them plans are worse, and a store that cannot be opened is worse than that.
    if (error instanceof CorruptionError || error instanceof CodecError) return new Statistics()
    throw error
  } finally {
    snapshot.release()
  }
}

/** Keeps statistics in the store. */
export async function writeStatistics(engine: Engine, statistics: Statistics): Promise<void> {
  const write = { key: statisticsKey, value: statistics.encode() }
  // Nobody relies on what they were, and the next opening brings no more than worse plans without them.
  await engine.commit({ id: uuidv7(), readVersion: 0, readKeys: [], readRanges: [], writes: [write] })
}
