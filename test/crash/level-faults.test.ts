import { execFileSync } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ClassicLevel } from 'classic-level'
import t, { type Test } from 'tap'
import type { LevelDatabase } from '../../lib/engines/level/level-database.js'
import { LevelEngine } from '../../lib/engines/level/level-engine.js'
import type { LevelInternals } from '../../lib/engines/level/level-options.js'
import { RomeError } from '../../lib/errors/rome-error.js'
import { temporaryDirectory } from '../support/temporary-directory.js'
import { FailingLogFiles, systemError } from './failing-log-files.js'
import { checkNumbers, numberedCommit } from './invariant-store.js'

const acknowledged = 30

interface Setting {
  readonly directory: string
  readonly engine: LevelEngine
  readonly files: FailingLogFiles
}

/** A store with some commits, over files that still work. */
async function setting(t: Test, internals: Partial<LevelInternals> = {}): Promise<Setting> {
  const directory = join(temporaryDirectory(t), 'store')
  const files = new FailingLogFiles()
  const engine = new LevelEngine(directory, { partitions: 2, durability: 'os' }, { ...internals, logFiles: files })
  await engine.open()
  for (let number = 1; number <= acknowledged; number++) await engine.commit(numberedCommit(number, `commit ${number}`))
  return { directory, engine, files }
}

/** What a promise was rejected with. */
async function failure(promise: Promise<unknown>): Promise<RomeError> {
  const reason = await promise.then(
    () => undefined,
    (error: unknown) => error,
  )
  if (reason instanceof RomeError) return reason
  throw new Error('expected an error of Rome', { cause: reason })
}

/** Closes the halted engine and opens the store over working files. */
async function reopen({ engine, directory }: Setting): Promise<LevelEngine> {
  await engine.close()
  const again = new LevelEngine(directory)
  await again.open()
  return again
}

/** A halted store serves reads and refuses commits. */
async function checkHalted(t: Test, engine: LevelEngine): Promise<void> {
  t.equal(await checkNumbers(engine), acknowledged, 'all that was acknowledged is still read')
  const refused = await failure(engine.commit(numberedCommit(acknowledged + 5, 'refused')))
  t.equal(refused.code, 'ROME_HALTED')
}

t.test('a full disk refuses the commit for certain, halts the store, and costs nothing acknowledged', async (t) => {
  const given = await setting(t)
  given.files.failWriteAfter = 0
  const error = await failure(given.engine.commit(numberedCommit(acknowledged + 1, 'too much')))
  t.equal(error.code, 'ROME_DISK_FULL')
  await checkHalted(t, given.engine)
  t.same(await given.engine.outcome('too much'), { state: 'aborted' })
  const again = await reopen(given)
  t.equal(await checkNumbers(again), acknowledged)
  t.same(await again.outcome('commit 30'), { state: 'committed', version: 30 })
  await again.commit(numberedCommit(acknowledged + 1, 'now'))
  await again.close()
})

t.test('a group that was written in part leaves none of its commits behind', async (t) => {
  const given = await setting(t)
  // The first records of the group reach the file whole.
  given.files.failWriteAfter = 3000
  const commits = [1, 2, 3, 4, 5].map((step) =>
    given.engine.commit(numberedCommit(acknowledged + step, `group ${step}`)),
  )
  for (const commit of commits) t.equal((await failure(commit)).code, 'ROME_DISK_FULL')
  await checkHalted(t, given.engine)
  const again = await reopen(given)
  t.equal(await checkNumbers(again), acknowledged)
  for (const step of [1, 2, 3, 4, 5]) t.same(await again.outcome(`group ${step}`), { state: 'aborted' })
  await again.close()
})

t.test('a partly written group that cannot be taken back has an unknown outcome, settled after opening', async (t) => {
  const given = await setting(t)
  given.files.failWriteAfter = 3000
  given.files.failTruncate = true
  const commits = [1, 2, 3, 4, 5].map((step) =>
    given.engine.commit(numberedCommit(acknowledged + step, `group ${step}`)),
  )
  for (const [index, commit] of commits.entries()) {
    const error = await failure(commit)
    t.equal(error.code, 'ROME_COMMIT_UNKNOWN')
    t.equal(error.context.commitId, `group ${index + 1}`)
  }
  await checkHalted(t, given.engine)
  t.equal((await failure(given.engine.outcome('group 1'))).code, 'ROME_HALTED')
  const again = await reopen(given)
  const last = await checkNumbers(again)
  t.ok(last > acknowledged && last < acknowledged + 5, 'some were whole')
  for (const step of [1, 2, 3, 4, 5]) {
    const { state } = await again.outcome(`group ${step}`)
    t.equal(state, acknowledged + step <= last ? 'committed' : 'aborted', 'the outcome is what the data says')
  }
  await again.close()
})

t.test('short writes are continued', async (t) => {
  const given = await setting(t)
  given.files.bytesAtATime = 7
  for (let step = 1; step <= 5; step++) await given.engine.commit(numberedCommit(acknowledged + step, `short ${step}`))
  const again = await reopen(given)
  t.equal(await checkNumbers(again), acknowledged + 5)
  await again.close()
})

t.test('a failed sync leaves the outcome unknown, and the store halted', async (t) => {
  const given = await setting(t)
  given.files.failSync = true
  const commit = given.engine.commit({ ...numberedCommit(acknowledged + 1, 'in doubt'), durability: 'commit' })
  const waiting = given.engine.commit(numberedCommit(acknowledged + 2, 'waiting'))
  const error = await failure(commit)
  t.equal(error.code, 'ROME_COMMIT_UNKNOWN')
  t.equal(error.context.commitId, 'in doubt')
  await failure(waiting)
  await checkHalted(t, given.engine)
  t.equal((await failure(given.engine.outcome('in doubt'))).code, 'ROME_HALTED')
  const again = await reopen(given)
  const last = await checkNumbers(again)
  const { state } = await again.outcome('in doubt')
  t.equal(state, last > acknowledged ? 'committed' : 'aborted', 'the outcome is what the data says')
  await again.close()
})

t.test('a failed sync behind the commits halts the store and costs nothing acknowledged', async (t) => {
  const given = await setting(t, { applyDelayMs: 1_000_000 })
  given.files.failSync = true
  // Closing brings the partitions up to date, and for that the log must be on stable storage.
  t.equal((await failure(given.engine.close())).code, 'ROME_HALTED')
  const again = new LevelEngine(given.directory)
  await again.open()
  t.equal(await checkNumbers(again), acknowledged)
  await again.close()
})

t.test('a segment that cannot be begun halts the store for certain', async (t) => {
  const given = await setting(t, { segmentBytes: 1024, checkpointBytes: 1024 ** 3 })
  given.files.failOpen = true
  const error = await failure(given.engine.commit(numberedCommit(acknowledged + 1, 'no segment')))
  t.equal(error.code, 'ROME_HALTED')
  t.match(String(error.cause), /disk is full/)
  await checkHalted(t, given.engine)
  const again = await reopen(given)
  t.equal(await checkNumbers(again), acknowledged)
  await again.close()
})

t.test('a partition that cannot be written halts the store; reads go on and nothing is lost', async (t) => {
  const directory = join(temporaryDirectory(t), 'store')
  let isBroken = false
  class BreakableLevel extends ClassicLevel<Buffer, Buffer> {
    override batch(...parameters: unknown[]): never {
      if (isBroken) throw systemError('EIO', 'i/o error')
      return super.batch(...(parameters as [])) as never
    }
  }
  const factory = (location: string) => new BreakableLevel(location) as unknown as LevelDatabase
  const engine = new LevelEngine(directory, { partitions: 2, durability: 'os', factory }, { applyDelayMs: 1 })
  await engine.open()
  for (let number = 1; number <= 10; number++) await engine.commit(numberedCommit(number, `commit ${number}`))
  isBroken = true
  let number = 10
  let error: RomeError | undefined
  while (error === undefined) {
    const commit = engine.commit(numberedCommit(++number, `commit ${number}`))
    error = await commit.then(
      () => undefined,
      (reason: RomeError) => reason,
    )
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
  t.equal(error.code, 'ROME_HALTED')
  t.equal(await checkNumbers(engine), number - 1)
  await engine.close()
  isBroken = false
  const again = new LevelEngine(directory, { factory })
  await again.open()
  t.equal(await checkNumbers(again), number - 1)
  await again.close()
})

t.test('a disk that is really full loses nothing acknowledged', async (t) => {
  const mount = join(temporaryDirectory(t), 'small')
  mkdirSync(mount)
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=8m', 'tmpfs', mount], { stdio: 'ignore' })
  } catch {
    t.comment('skipped: only root can mount a small file system')
    return
  }
  t.teardown(() => execFileSync('umount', [mount]))
  writeFileSync(join(mount, 'ballast'), Buffer.alloc(2 * 1024 * 1024))
  const directory = join(mount, 'store')
  const engine = new LevelEngine(directory, { partitions: 2, durability: 'os' })
  await engine.open()
  let number = 0
  let error: RomeError | undefined
  while (error === undefined && number < 100_000) {
    const commit = engine.commit(numberedCommit(number + 1, `commit ${number + 1}`))
    error = await commit.then(
      () => undefined,
      (reason: RomeError) => reason,
    )
    if (error === undefined) number++
    if (number % 50 === 0) await new Promise((resolve) => setImmediate(resolve))
  }
  t.ok(
    error !== undefined && ['ROME_DISK_FULL', 'ROME_HALTED', 'ROME_COMMIT_UNKNOWN'].includes(error.code),
    `refused with ${error?.code}`,
  )
  t.equal(await checkNumbers(engine), number, 'reads go on')
  await engine.close()
  rmSync(join(mount, 'ballast'))
  const again = new LevelEngine(directory)
  await again.open()
  t.ok((await checkNumbers(again)) >= number, 'every acknowledged commit is there')
  await again.close()
})
