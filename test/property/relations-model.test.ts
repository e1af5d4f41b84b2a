import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { memory } from '../../lib/engines/memory/index.js'
import { create } from '../../lib/schema/create.js'
import { Rome } from '../../lib/session/rome.js'
import type { RomeSession } from '../../lib/session/session.js'
import { Author, Book, members, models, Place, Portrait, Tag, target } from '../support/relations-fixture.js'
import { seed } from '../support/seed.js'

const runs = Number(process.env.ROME_RUNS ?? 100)
const each = 4

/** What is changed, by the numbers of the entities that it is about; a negative one stands for none. */
type Step =
  | {
      readonly do: 'author' | 'portrait' | 'parent'
      readonly by: 'ref' | 'side' | 'key'
      readonly from: number
      readonly to: number
    }
  | { readonly do: 'tag' | 'untag'; readonly by: 'book' | 'tag'; readonly from: number; readonly to: number }
  | { readonly do: 'delete'; readonly what: 'book' | 'portrait' | 'tag'; readonly from: number }
  | { readonly do: 'flush' | 'commit' | 'rollback' | 'reload' }

const number = fc.nat(each - 1)
const numberOrNone = fc.integer({ min: -1, max: each - 1 })
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constantFrom('author' as const, 'portrait' as const, 'parent' as const),
      by: fc.constantFrom('ref' as const, 'side' as const, 'key' as const),
      from: number,
      to: numberOrNone,
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constantFrom('tag' as const, 'untag' as const),
      by: fc.constantFrom('book' as const, 'tag' as const),
      from: number,
      to: number,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('delete' as const),
      what: fc.constantFrom('book' as const, 'portrait' as const, 'tag' as const),
      from: number,
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constantFrom('flush' as const, 'commit' as const, 'rollback' as const, 'reload' as const),
    }),
  },
)

/** What should be: for each entity the number of what it refers to, and the tags of each book. */
interface Facts {
  readonly author: number[]
  readonly portrait: number[]
  readonly parent: number[]
  readonly tags: Set<number>[]
  readonly gone: { readonly book: Set<number>; readonly portrait: Set<number>; readonly tag: Set<number> }
}

const copy = (facts: Facts): Facts => structuredClone(facts)

interface Graph {
  readonly authors: Author[]
  readonly books: Book[]
  readonly portraits: Portrait[]
  readonly tags: Tag[]
  readonly places: Place[]
}

function newGraph(): Graph {
  const make = <T>(one: (at: number) => T): T[] => Array.from({ length: each }, (_, at) => one(at))
  return {
    authors: make((at) => create(Author, { name: `${at}` })),
    books: make((at) => create(Book, { title: `${at}` })),
    portraits: make(() => create(Portrait, {})),
    tags: make((at) => create(Tag, { text: `${at}` })),
    places: make((at) => create(Place, { name: `${at}` })),
  }
}

/** Changes the entities as the facts are changed. `false` for what cannot be done now. */
function change(graph: Graph, facts: Facts, step: Step): void {
  if (step.do === 'author') {
    if (facts.gone.book.has(step.from)) return
    const book = graph.books[step.from]
    const author = step.to < 0 ? null : graph.authors[step.to]
    const before = facts.author[step.from]
    if (step.by === 'ref' || (step.by === 'key' && author !== null && author.id === undefined)) book.author.set(author)
    else if (step.by === 'key') book.authorId = author?.id ?? null
    else if (author !== null) author.books.add(book)
    else if (before >= 0) graph.authors[before].books.remove(book)
    facts.author[step.from] = step.to
  } else if (step.do === 'portrait') {
    if (facts.gone.portrait.has(step.from)) return
    const portrait = graph.portraits[step.from]
    const author = step.to < 0 ? null : graph.authors[step.to]
    if (step.by === 'side' && author !== null) author.portrait.set(portrait)
    else portrait.author.set(author)
    const other = facts.portrait.indexOf(step.to)
    if (step.to >= 0 && other >= 0) facts.portrait[other] = -1
    facts.portrait[step.from] = step.to
  } else if (step.do === 'parent') {
    const place = graph.places[step.from]
    const parent = step.to < 0 ? null : graph.places[step.to]
    const before = facts.parent[step.from]
    if (step.by !== 'side') place.parent.set(parent)
    else if (parent !== null) parent.parts.add(place)
    else if (before >= 0) graph.places[before].parts.remove(place)
    facts.parent[step.from] = step.to
  } else if (step.do === 'tag' || step.do === 'untag') {
    if (facts.gone.book.has(step.from) || facts.gone.tag.has(step.to)) return
    const [book, tag] = [graph.books[step.from], graph.tags[step.to]]
    const method = step.do === 'tag' ? 'add' : 'remove'
    if (step.by === 'book') book.tags[method](tag)
    else tag.books[method](book)
    facts.tags[step.from][step.do === 'tag' ? 'add' : 'delete'](step.to)
  }
}

/** What is stored, as another session reads it, in the words of the facts. */
async function read(session: RomeSession, graph: Graph): Promise<unknown> {
  const place = <T extends { id: string }>(all: readonly T[], one: { id: string } | null) =>
    one === null ? -1 : all.findIndex(({ id }) => id === one.id)
  const authors = await session.query(Author).include('books', 'portrait').all()
  const books = await session.query(Book).include('author', 'tags').all()
  const portraits = await session.query(Portrait).include('author').all()
  const tags = await session.query(Tag).include('books').all()
  const places = await session.query(Place).include('parent', 'parts').all()
  const sorted = (pairs: (readonly [number, number])[]) => pairs.sort(([a, b], [c, d]) => a - c || b - d)
  const pairs = <A extends { id: string }, L extends A, B extends { id: string }>(
    from: readonly L[],
    fromAll: readonly A[],
    toAll: readonly B[],
    related: (from: L) => Iterable<{ id: string }>,
  ) => sorted(from.flatMap((a) => Array.from(related(a), (b) => [place(fromAll, a), place(toAll, b)] as const)))
  const turned = (all: (readonly [number, number])[]) => sorted(all.map(([a, b]) => [b, a] as const))
  const one = <T>(value: T | null) => (value === null ? [] : [value])
  return {
    author: pairs(books, graph.books, graph.authors, (book) => one(book.author.get())),
    authorTurned: turned(pairs(authors, graph.authors, graph.books, (author) => author.books)),
    portrait: pairs(portraits, graph.portraits, graph.authors, (portrait) => one(portrait.author.get())),
    portraitTurned: turned(pairs(authors, graph.authors, graph.portraits, (author) => one(author.portrait.get()))),
    parent: pairs(places, graph.places, graph.places, (each) => one(each.parent.get())),
    parentTurned: turned(pairs(places, graph.places, graph.places, (each) => each.parts)),
    tags: pairs(books, graph.books, graph.tags, (book) => book.tags),
    tagsTurned: turned(pairs(tags, graph.tags, graph.books, (tag) => tag.books)),
  }
}

/** What the entities themselves know, without a read, in the words of the facts. */
function known(graph: Graph, { gone }: Facts): unknown {
  const { authors, books, portraits, tags, places } = graph
  const here = <T>(all: readonly T[], without = new Set<number>()) =>
    [...all.entries()].filter(([at]) => !without.has(at))
  const sorted = (pairs: number[][]) => pairs.sort(([a, b], [c, d]) => a - c || b - d)
  const to = <T>(all: readonly T[], one: T | null) => (one === null ? [] : [all.indexOf(one)])
  const pairs = <A, B>(from: [number, A][], all: readonly B[], related: (from: A) => readonly B[], isTurned = false) =>
    sorted(from.flatMap(([at, a]) => related(a).map((b) => (isTurned ? [all.indexOf(b), at] : [at, all.indexOf(b)]))))
  const ref = <A, B>(from: [number, A][], all: readonly B[], related: (from: A) => B | null, isTurned = false) =>
    sorted(from.flatMap(([at, a]) => to(all, related(a)).map((b) => (isTurned ? [b, at] : [at, b]))))
  return {
    author: ref(here(books, gone.book), authors, (book) => target(book.author)),
    authorTurned: pairs(here(authors), books, (author) => members(author.books), true),
    portrait: ref(here(portraits, gone.portrait), authors, (portrait) => target(portrait.author)),
    portraitTurned: ref(here(authors), portraits, (author) => target(author.portrait), true),
    parent: ref(here(places), places, (place) => target(place.parent)),
    parentTurned: pairs(here(places), places, (place) => members(place.parts), true),
    tags: pairs(here(books, gone.book), tags, (book) => members(book.tags)),
    tagsTurned: pairs(here(tags, gone.tag), books, (tag) => members(tag.books), true),
  }
}

function expected(facts: Facts): unknown {
  const pairs = (to: readonly number[], gone = new Set<number>()) =>
    to.flatMap((target, at) => (target >= 0 && !gone.has(at) ? [[at, target]] : []))
  const tags = facts.tags.flatMap((all, at) =>
    facts.gone.book.has(at)
      ? []
      : [...all]
          .filter((tag) => !facts.gone.tag.has(tag))
          .sort()
          .map((tag) => [at, tag]),
  )
  const author = pairs(facts.author, facts.gone.book)
  const portrait = pairs(facts.portrait, facts.gone.portrait)
  const parent = pairs(facts.parent)
  return {
    author,
    authorTurned: author,
    portrait,
    portraitTurned: portrait,
    parent,
    parentTurned: parent,
    tags,
    tagsTurned: tags,
  }
}

t.test('graphs of related entities are stored, changed and taken back as one would by hand', async () => {
  const property = fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
    const rome = await Rome.open({ engine: memory(), models, fullScans: 'allow' })
    const session = rome.session()
    const graph = newGraph()
    const facts: Facts = {
      author: Array(each).fill(-1),
      portrait: Array(each).fill(-1),
      parent: Array(each).fill(-1),
      tags: Array.from({ length: each }, () => new Set<number>()),
      gone: { book: new Set(), portrait: new Set(), tag: new Set() },
    }
    for (const all of Object.values(graph)) session.addAll(all)
    await session.commit()
    let now = copy(facts)
    let committed = copy(facts)
    for (const each of steps) {
      if (each.do === 'flush') await session.flush()
      else if (each.do === 'commit') {
        await session.commit()
        committed = copy(now)
      } else if (each.do === 'rollback') {
        await session.rollback()
        now = copy(committed)
      } else if (each.do === 'reload') {
        assert.deepStrictEqual(await read(session, graph), expected(now))
      } else if (each.do === 'delete') {
        const entity = { book: graph.books, portrait: graph.portraits, tag: graph.tags }[each.what][each.from]
        if (now.gone[each.what].has(each.from)) continue
        if (each.what === 'book') session.hardDelete(entity)
        else session.delete(entity)
        // The rows between go with what they are between.
        if (each.what === 'book')
          for (const tag of [...now.tags[each.from]]) graph.books[each.from].tags.remove(graph.tags[tag])
        if (each.what === 'portrait') now.portrait[each.from] = -1
        await session.flush()
        now.gone[each.what].add(each.from)
      } else change(graph, now, each)
      if (each.do === 'flush' || each.do === 'commit' || each.do === 'rollback') {
        assert.deepStrictEqual(known(graph, now), expected(now), each.do)
      }
    }
    await session.commit()
    assert.deepStrictEqual(await read(rome.session(), graph), expected(now))
    assert.deepStrictEqual(await read(session, graph), expected(now))
    await rome.close()
  })
  await fc.assert(property, { seed, numRuns: runs })
})
