/**
 * Opens a store with a cache of some size, compares all of it with what its workers have committed, and works until it
 * is killed. Tells its parent, a line each: `found <transactions of each worker>`, `committed <worker> <number>`,
 * `met <what>`, or `failed <why>`.
 */
import { randomInt } from 'node:crypto'
import { writeSync } from 'node:fs'
import type { CommitRequest, Version } from '../../lib/engines/contract.js'
import { LevelEngine } from '../../lib/engines/level/level-engine.js'
import { CommitUnknownError, ConflictError } from '../../lib/errors/rome-error.js'
import { Rome } from '../../lib/session/rome.js'
import { models, requireWhole, work, workers } from './worker-story.js'

const [directory = '', cacheBytes = '0'] = process.argv.slice(2)

// A synchronous write: what the parent has not read, the killed child has not done.
const tell = (line: string) => writeSync(1, `${line}\n`)

/** Loses the answers to some commits, of which some happen. */
class ForgetfulEngine extends LevelEngine {
  isForgetful = false

  override async commit(request: CommitRequest): Promise<Version> {
    const fate = this.isForgetful ? randomInt(16) : -1
    const lost = new CommitUnknownError('ROME_COMMIT_UNKNOWN', 'the answer is lost', {
      context: { commitId: request.id },
    })
    if (fate === 0) throw lost
    const version = await super.commit(request)
    if (fate === 1) throw lost
    return version
  }
}

async function tryOnce(rome: Rome, worker: number, number: number): Promise<boolean> {
  await using session = rome.session()
  try {
    await work(session, worker, number)
    if (randomInt(8) === 0) {
      await session.rollback()
      tell('met rollback')
      return false
    }
    await session.commit({ durability: number % 7 === 0 ? 'commit' : 'os' })
    return true
  } catch (error) {
    if (error instanceof ConflictError) {
      tell('met conflict')
      return false
    }
    if (!(error instanceof CommitUnknownError)) throw error
    const { state } = await rome.outcome(String(error.context.commitId))
    tell(`met ${state}`)
    return state === 'committed'
  }
}

try {
  const engine = new ForgetfulEngine(
    directory,
    { partitions: 3, durability: 'os' },
    {
      segmentBytes: randomInt(4, 64) * 1024,
      checkpointBytes: randomInt(8, 128) * 1024,
      overlayBytes: randomInt(8, 128) * 1024,
      applyBytes: randomInt(1, 32) * 1024,
      applyDelayMs: randomInt(1, 10),
    },
  )
  const cache = { bytes: Number(cacheBytes) }
  // It would report every answer that is lost.
  const logger = { warn: () => undefined }
  const rome = await Rome.open({ engine, models, cache, logger, fullScans: 'allow' })
  const found = await requireWhole(rome)
  tell(`found ${found.join(' ')}`)
  engine.isForgetful = true
  const works = Array.from({ length: workers }, async (_, worker) => {
    for (let number = found[worker] + 1; ; number++) {
      while (!(await tryOnce(rome, worker, number)));
      tell(`committed ${worker} ${number}`)
    }
  })
  await Promise.all(works)
} catch (error) {
  tell(`failed ${error instanceof Error ? `${error.stack} ${String(error.cause)}` : error}`.replaceAll('\n', ' | '))
  process.exitCode = 1
}
