import assert from 'node:assert/strict'
import type { CommittedChanges, Engine, Version } from '../contract.js'
import { erase, expectCode, put, request, rowKey, type SuiteGroup, text, write } from './suite-context.js'

type Feed = AsyncIterableIterator<CommittedChanges>

/** The feed of committed changes. */
export const changesGroup: SuiteGroup = ({ test, options }) => {
  const watching = (title: string, run: (engine: Engine) => Promise<void>) =>
    test(title, async (engine) => {
      if (engine.manifest.watch) await run(engine)
      else await expectCode('ROME_OPTION_NOT_SUPPORTED', () => engine.changes())
    })

  watching('a feed gives the commits as they were, with marks and deletions', async (engine) => {
    const feed = engine.changes()
    const first = await engine.commit(
      request({
        writes: [
          { ...put(rowKey(1), 'one'), mark: 1 },
          { ...put(rowKey(2), ''), mark: 255 },
        ],
      }),
    )
    const second = await write(engine, erase(rowKey(1)), put(rowKey(3), 'three'))
    assert.deepEqual(shown(await take(feed, 2)), [
      [first, [rowKey(1), 'one', 1], [rowKey(2), '', 255]],
      [second, [rowKey(1), undefined, 0], [rowKey(3), 'three', 0]],
    ])
    await feed.return?.()
  })

  watching('a feed begins after the version it is given, or with the newest', async (engine) => {
    const versions: Version[] = []
    for (let id = 0; id < 5; id++) versions.push(await write(engine, put(rowKey(id), 'x')))
    assert.deepEqual(await versionsOf(engine, versions[1], 3), versions.slice(2))
    assert.deepEqual(await versionsOf(engine, 0, 5), versions)
    const feed = engine.changes()
    const next = await write(engine, put(rowKey(9), 'x'))
    assert.deepEqual(
      (await take(feed, 1)).map(({ version }) => version),
      [next],
    )
    await feed.return?.()
  })

  watching('a feed that waits goes on with the next commit', async (engine) => {
    const feed = engine.changes()
    const waiting = [feed.next(), feed.next()]
    for (let round = 0; round < 3; round++) await new Promise((resolve) => setTimeout(resolve, 5))
    const version = await write(engine, put(rowKey(1), 'x'))
    const later = await write(engine, put(rowKey(1), 'y'))
    assert.deepEqual(
      (await Promise.all(waiting)).map(({ value }) => value?.version),
      [version, later],
    )
    await feed.return?.()
  })

  watching('a feed ends by return, whether it waits or was never read', async (engine) => {
    const feed = engine.changes()
    const waiting = feed.next()
    await feed.return?.()
    assert.deepEqual(await waiting, { done: true, value: undefined })
    assert.deepEqual(await feed.next(), { done: true, value: undefined })
    await engine.changes().return?.()
  })

  watching('a signal ends a feed, also one that waits', async (engine) => {
    const controller = new AbortController()
    const feed = engine.changes({ signal: controller.signal })
    const waiting = feed.next()
    controller.abort()
    await expectCode('ROME_ABORTED', () => waiting)
    await expectCode('ROME_ABORTED', () => engine.changes({ signal: controller.signal }).next())
  })

  watching('feeds beside writers see every commit once and in order, however slow they are', async (engine) => {
    const count = 300
    const feeds = [0, 1, 7].map(async (pause) => {
      const seen: Version[] = []
      for await (const { version } of engine.changes()) {
        seen.push(version)
        if (seen.length === count) return seen
        if (pause > 0 && seen.length % pause === 0) await new Promise((resolve) => setImmediate(resolve))
      }
      return seen
    })
    const writers = Array.from({ length: 5 }, async (_, writer) => {
      const versions: Version[] = []
      for (let round = 0; round < count / 5; round++) {
        versions.push(await write(engine, put(rowKey(writer), `${round}`), put(rowKey(100 + round), 'x'.repeat(200))))
      }
      return versions
    })
    const committed = (await Promise.all(writers)).flat().sort((left, right) => left - right)
    for (const feed of feeds) assert.deepEqual(await feed, committed)
  })

  watching('a feed that is too far behind hears where it can go on, and misses nothing from there', async (engine) => {
    const feed = engine.changes()
    const beyond = engine.changes({ after: 0 })
    await write(engine, put(rowKey(1), 'x'))
    assert.deepEqual((await take(beyond, 1)).length, 1)
    const value = new Uint8Array(1024 * 1024)
    let last = 0
    for (let id = 0; id < 8; id++) {
      last = await engine.commit(request({ writes: [{ key: rowKey(id), value }] }))
    }
    for (const slow of [feed, beyond]) {
      let expected: Version | undefined
      let current: Feed = slow
      for (;;) {
        try {
          const { value: commit } = await current.next()
          if (expected !== undefined) assert.equal(commit.version, expected, 'no commit is left out')
          expected = commit.version + 1
          if (commit.version === last) break
        } catch (error) {
          const { code, context } = error as { code: string; context: { oldest: Version } }
          assert.equal(code, 'ROME_CHANGES_GONE')
          current = engine.changes({ after: context.oldest })
          expected = undefined
        }
      }
      await current.return?.()
    }
  })

  watching('a version that was not reached is refused', async (engine) => {
    const version = await write(engine, put(rowKey(1), 'x'))
    await expectCode('ROME_CHANGES_GONE', () => engine.changes({ after: version + 1 }))
  })

  options.test(`${options.name}: closing ends the feeds`, async () => {
    const engine = await options.factory()
    await engine.open()
    if (engine.manifest.watch) {
      const feed = engine.changes()
      const waiting = feed.next()
      await engine.close()
      assert.equal((await waiting).done, true)
      assert.equal((await feed.next()).done, true)
    }
    await engine.close()
  })

  const { reopen } = options
  if (reopen === undefined) return

  options.test(`${options.name}: a feed goes on where it was after closing and opening again`, async () => {
    let engine = await options.factory()
    await engine.open()
    if (!engine.manifest.watch) return engine.close()
    const versions: Version[] = []
    for (let round = 0; round < 4; round++) {
      for (let id = 0; id < 10; id++) versions.push(await write(engine, put(rowKey(id), `${round}`)))
      await engine.close()
      engine = await reopen(engine)
      await engine.open()
      const after = versions[Math.floor(versions.length / 2)]
      const expected = versions.filter((version) => version > (after as Version))
      assert.deepEqual(await versionsOf(engine, after, expected.length), expected)
    }
    await engine.close()
  })
}

async function versionsOf(engine: Engine, after: Version | undefined, count: number): Promise<Version[]> {
  const feed = engine.changes({ after })
  try {
    return (await take(feed, count)).map(({ version }) => version)
  } finally {
    await feed.return?.()
  }
}

async function take(feed: Feed, count: number): Promise<CommittedChanges[]> {
  const commits: CommittedChanges[] = []
  while (commits.length < count) {
    const { done, value } = await feed.next()
    assert.notEqual(done, true, 'the feed goes on')
    commits.push(value)
  }
  return commits
}

function shown(commits: readonly CommittedChanges[]) {
  return commits.map(({ version, writes }) => [
    version,
    ...writes.map(({ key, value, mark = 0 }) => [key, text(value), mark]),
  ])
}
