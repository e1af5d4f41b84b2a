import { randomUUID } from 'node:crypto'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import type { Engine, Version } from '../../lib/engines/contract.js'
import { LevelEngine } from '../../lib/engines/level/level-engine.js'
import { memory } from '../../lib/engines/memory/index.js'
import type { EngineError } from '../../lib/errors/rome-error.js'
import { temporaryDirectory } from '../support/temporary-directory.js'

const small = { segmentBytes: 20_000, checkpointBytes: 30_000, applyBytes: 1000, applyDelayMs: 1 }

async function commit(engine: Engine, bytes: number): Promise<Version> {
  const writes = [{ key: '\x02\0\x01a', value: new Uint8Array(bytes) }]
  return engine.commit({ id: randomUUID(), readVersion: 0, readKeys: [], readRanges: [], writes })
}

/** Commits in order, so that checkpoints keep up. */
async function commitMany(engine: Engine, count: number): Promise<void> {
  for (let done = 0; done < count; done++) {
    await commit(engine, 5000)
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
}

async function firstOf(engine: Engine, after: Version): Promise<Version> {
  const feed = engine.changes({ after })
  try {
    const { value } = await feed.next()
    return value.version
  } finally {
    await feed.return?.()
  }
}

/** From where on there are changes. Checkpoints go on behind, and may delete more between two looks. */
async function oldestOf(engine: Engine): Promise<{ readonly oldest: Version; readonly first: Version }> {
  for (let oldest = 0; ; ) {
    try {
      return { oldest, first: await firstOf(engine, oldest) }
    } catch (error) {
      oldest = (error as EngineError).context.oldest as Version
      if (oldest === undefined) throw error
    }
  }
}

for (const bytes of [0, 100_000]) {
  t.test(`level keeps about as much of its log as it is told: ${bytes} bytes`, async (t) => {
    const directory = join(temporaryDirectory(t), 'store')
    const engine = new LevelEngine(directory, { keepLog: { bytes } }, small)
    await engine.open()
    await commitMany(engine, 120)
    await t.rejects(firstOf(engine, 0), { code: 'ROME_CHANGES_GONE', context: { after: 0 } })
    const { oldest, first } = await oldestOf(engine)
    t.equal(first, oldest + 1)
    const kept = (120 - oldest) * 5000
    // What else segments have in them counts too.
    t.ok(kept >= bytes * 0.6, `${kept} bytes are kept`)
    t.ok(kept < bytes + 400_000, 'the rest is gone')
    await engine.close()
    const again = new LevelEngine(directory, { keepLog: { bytes } }, small)
    await again.open()
    if (bytes === 0) t.equal(readdirSync(join(directory, 'log')).length, 1, 'closing leaves nothing but a head')
    else t.equal(await firstOf(again, 119), 120, 'what is kept is there after closing')
    await again.close()
  })
}

t.test('memory keeps the newest commits that fit', async (t) => {
  const engine = memory({ keepLog: { bytes: 20_000 } })
  await engine.open()
  for (let done = 0; done < 10; done++) await commit(engine, 5000)
  await t.rejects(firstOf(engine, 2), { code: 'ROME_CHANGES_GONE', context: { after: 2, oldest: 7 } })
  t.equal(await firstOf(engine, 7), 8)
  const feed = engine.changes()
  engine.load(engine.dump())
  await t.rejects(feed.next(), { code: 'ROME_CHANGES_GONE' }, 'nothing leads over other content')
  await engine.close()
})

t.test('a feed of unsynced commits waits for their sync', async (t) => {
  const engine = new LevelEngine(join(temporaryDirectory(t), 'store'), { durability: 'os' })
  await engine.open()
  const feed = engine.changes()
  const before = engine.stats().syncs
  const version = await commit(engine, 10)
  t.equal((await feed.next()).value.version, version)
  t.ok(engine.stats().syncs > before)
  await engine.close()
})

t.test('a wrong amount to keep is refused', async (t) => {
  for (const bytes of [-1, 0.5, Number.NaN, '1' as unknown as number]) {
    t.throws(() => memory({ keepLog: { bytes } }), { code: 'ROME_ARGUMENT' })
    t.throws(() => new LevelEngine('store', { keepLog: { bytes } }), { code: 'ROME_ARGUMENT' })
  }
})
