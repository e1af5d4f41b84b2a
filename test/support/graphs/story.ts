import { strictEqual } from 'node:assert/strict'
import fc from 'fast-check'
import type { Engine } from '../../../lib/engines/contract.js'
import { Rome } from '../../../lib/session/rome.js'
import type { RomeSession } from '../../../lib/session/session.js'
import { cacheSize } from '../cache-sizes.js'
import { models } from '../relations-fixture.js'
import { Facts, type Kind, kinds, type LinkName, mapped, type ReferenceName } from './facts.js'
import { type Graph, newGraph, renew } from './graph.js'
import { knownGraph, readGraph } from './reading.js'
import { change, isRelating, relate, type Step } from './step.js'

const each = 3

type Action = Step | { readonly do: 'flush' | 'commit' | 'rollback' | 'reload' }

/** A graph: how many entities are added at once, in which order, how they are related before, and what is done then. */
interface Story {
  readonly sizes: Readonly<Record<Kind, number>>
  readonly first: Readonly<Record<Kind, number>>
  readonly isTurned: boolean
  readonly relating: readonly Step[]
  readonly actions: readonly Action[]
  readonly removal: 'entities' | 'queries'
}

const number = fc.nat(each - 1)
const relating: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    do: fc.constantFrom<ReferenceName[]>('bookAuthor', 'portraitAuthor', 'noteAuthor', 'placeParent'),
    by: fc.constantFrom('ref' as const, 'side' as const, 'key' as const),
    from: number,
    to: fc.integer({ min: -1, max: each - 1 }),
  }),
  fc.record({
    do: fc.constantFrom<LinkName[]>('bookTags', 'bookReaders'),
    by: fc.constantFrom('from' as const, 'to' as const),
    isAdded: fc.boolean(),
    from: number,
    to: number,
  }),
)
const changing: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    do: fc.constantFrom('add' as const, 'delete' as const, 'hardDelete' as const),
    kind: fc.constantFrom(...kinds),
    from: number,
  }),
  // Books alone are soft-deleted.
  fc.record({
    do: fc.constantFrom('delete' as const, 'revive' as const, 'revive' as const),
    kind: fc.constant('book' as const),
    from: number,
  }),
)
const ending: fc.Arbitrary<Action> = fc.record({
  // Reading takes most of the time.
  do: fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom('flush' as const, 'commit' as const, 'rollback' as const) },
    { weight: 1, arbitrary: fc.constant('reload' as const) },
  ),
})
const story: fc.Arbitrary<Story> = fc.record({
  sizes: fc.record(mapped(kinds, (kind) => fc.integer({ min: kind === 'author' ? 1 : 0, max: each }))),
  first: fc.record(mapped(kinds, (kind) => fc.integer({ min: kind === 'author' ? 1 : 0, max: each }))),
  isTurned: fc.boolean(),
  relating: fc.array(relating, { maxLength: 10 }),
  actions: fc.array(
    fc.oneof({ weight: 5, arbitrary: relating }, { weight: 5, arbitrary: changing }, { weight: 3, arbitrary: ending }),
    { maxLength: 14, size: 'max' },
  ),
  removal: fc.constantFrom('entities' as const, 'queries' as const),
})

function requireSame([oneWay, otherWay]: readonly [string, string], facts: Facts, when: string): void {
  const expected = facts.text()
  strictEqual(oneWay, expected, `${when}: from the ends with the foreign keys`)
  strictEqual(otherWay, expected, `${when}: from the other ends`)
}

async function tell(rome: Rome, { sizes, first, isTurned, relating, actions, removal }: Story): Promise<void> {
  await using session = rome.session()
  let facts = new Facts(sizes)
  const graph = newGraph(facts)
  await addFirst(session, graph, facts, { first, isTurned, relating })
  let committed = facts.copy()
  requireSame(knownGraph(graph, facts), facts, 'after the first commit')
  await requireStored(rome, graph, facts, 'after the first commit')
  for (const action of actions) {
    if (isRelating(action)) relate(graph, facts, action)
    else if ('kind' in action) {
      if (!change(session, graph, facts, action)) continue
      await session.flush()
    } else if (action.do === 'reload') {
      requireSame(await readGraph(session, graph), facts, 'when read again')
    } else {
      await session[action.do]()
      if (action.do === 'rollback') {
        facts = committed.copy()
        renew(graph, facts)
      } else if (action.do === 'commit') committed = facts.copy()
      requireSame(knownGraph(graph, facts), facts, `after a ${action.do}`)
    }
  }
  await session.commit()
  requireSame(knownGraph(graph, facts), facts, 'at the end')
  await requireStored(rome, graph, facts, 'at the end')
  await remove(session, graph, facts, removal)
}

/** Relates entities that no session knows, and adds them all. */
async function addFirst(
  session: RomeSession,
  graph: Graph,
  facts: Facts,
  { first, isTurned, relating }: Pick<Story, 'first' | 'isTurned' | 'relating'>,
): Promise<void> {
  for (const kind of kinds) facts.presence[kind].fill('there', 0, first[kind])
  facts.there('note').forEach((from) => {
    relate(graph, facts, { do: 'noteAuthor', by: 'ref', from, to: 0 })
  })
  for (const step of relating) {
    const isOrphaning = step.do === 'noteAuthor' && step.to < 0
    if (isRelating(step) && !isOrphaning) relate(graph, facts, step)
  }
  const entities = kinds.flatMap((kind) => facts.there(kind).map((at) => graph[kind][at]))
  session.addAll(isTurned ? entities.reverse() : entities)
  await session.commit()
}

async function requireStored(rome: Rome, graph: Graph, facts: Facts, when: string): Promise<void> {
  await using session = rome.session()
  requireSame(await readGraph(session, graph), facts, `${when}, read by another session`)
}

/** Removes all that is left, and shows that nothing is. */
async function remove(session: RomeSession, graph: Graph, facts: Facts, by: Story['removal']): Promise<void> {
  if (by === 'entities') {
    for (const kind of kinds) {
      for (const [at, presence] of facts.presence[kind].entries()) {
        if (presence === 'there' || presence === 'hidden') session.hardDelete(graph[kind][at])
      }
    }
  } else {
    for (const model of models) await session.query(model).withDeleted().everything().hardDelete()
  }
  await session.commit()
  for (const model of models) strictEqual(await session.query(model).withDeleted().count(), 0, `${model.name} is empty`)
}

/**
 * Tells stories of random graphs. Entities of all kinds of relations are related while they are new, added, changed, in
 * part deleted, and at last all removed. What is stored, and what the entities know of each other, is from both ends of
 * every relation what a list of numbers says.
 *
 * A store with each size of the cache serves many stories, since each leaves it empty. After one that failed another is
 * opened.
 */
export async function checkStories(engine: () => Engine, parameters: fc.Parameters<[number, Story]>): Promise<void> {
  const romes = new Map<number, Rome>()
  const property = fc.asyncProperty(cacheSize, story, async (bytes, story) => {
    const options = { models, cache: { bytes }, fullScans: 'allow' } as const
    const rome = romes.get(bytes) ?? (await Rome.open({ engine: engine(), ...options }))
    romes.delete(bytes)
    try {
      await tell(rome, story)
      romes.set(bytes, rome)
    } finally {
      if (!romes.has(bytes)) await rome.close()
    }
  })
  await fc.assert(property, parameters)
  for (const rome of romes.values()) await rome.close()
}
