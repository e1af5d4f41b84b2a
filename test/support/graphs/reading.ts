import { deepStrictEqual } from 'node:assert/strict'
import type { Ref } from '../../../lib/schema/ref.js'
import type { RomeSession } from '../../../lib/session/session.js'
import { Author, Book, members, Note, Place, Portrait, Reader, Tag, target } from '../relations-fixture.js'
import { type Facts, type Kind, kinds, mapped, type Pair, textOf } from './facts.js'
import type { Graph } from './graph.js'

type Entities = { readonly [K in Kind]: readonly Graph[K][number][] }

/** What a session finds stored, each relation once from its one end and once from the other. */
export async function readGraph(session: RomeSession, graph: Graph): Promise<readonly [string, string]> {
  return storedBothWays(await readEntities(session, graph), graph)
}

/** As {@link readGraph}, by a session that has read nothing yet: collections come in the order of their relations. */
export async function readOrderedGraph(session: RomeSession, graph: Graph): Promise<readonly [string, string]> {
  const found = await readEntities(session, graph)
  for (const { books } of found.author) requireOrder(members(books).map(({ title }) => title))
  for (const { tags } of found.book) requireOrder(members(tags).map(({ text }) => text))
  for (const { books } of found.tag) requireOrder(members(books).map(({ title }) => title))
  for (const { parts } of found.place) requireOrder(members(parts).map(({ name }) => name))
  return storedBothWays(found, graph)
}

async function readEntities(session: RomeSession, graph: Graph): Promise<Entities> {
  const there = (kind: Kind) => graph[kind].length > 0
  return {
    author: there('author') ? await session.query(Author).include('books', 'portrait', 'notes').all() : [],
    book: there('book') ? await session.query(Book).include('author', 'tags', 'readers').all() : [],
    portrait: there('portrait') ? await session.query(Portrait).include('author').all() : [],
    note: there('note') ? await session.query(Note).include('author').all() : [],
    tag: there('tag') ? await session.query(Tag).include('books').all() : [],
    reader: there('reader') ? await session.query(Reader).all() : [],
    place: there('place') ? await session.query(Place).include('parent', 'parts').all() : [],
  }
}

function storedBothWays(found: Entities, graph: Graph): readonly [string, string] {
  const identify = ({ id }: Entity) => id
  return bothWays(found, numbersOf(graph, identify), identify)
}

/** What the entities know of each other without a read, each relation once from its one end and once from the other. */
export function knownGraph(graph: Graph, facts: Facts): readonly [string, string] {
  const there = mapped(kinds, (kind) => facts.there(kind).map((at) => graph[kind][at])) as unknown as Entities
  const identify = (entity: Entity) => entity
  return bothWays(there, numbersOf(graph, identify), identify)
}

type Entity = { readonly id: string }

function numbersOf(graph: Graph, identify: (entity: Entity) => unknown): Map<unknown, number> {
  return new Map(
    kinds.flatMap((kind) => graph[kind].map((entity: Entity, at: number) => [identify(entity), at] as const)),
  )
}

function bothWays(
  entities: Entities,
  numbers: ReadonlyMap<unknown, number>,
  identify: (entity: Entity) => unknown,
): readonly [string, string] {
  const number = (entity: Entity) => numbers.get(identify(entity)) ?? -1
  const pairs = <From extends Entity>(all: readonly From[], related: (from: From) => readonly (Entity | null)[]) =>
    all.flatMap((from) => related(from).flatMap((to): Pair[] => (to === null ? [] : [[number(from), number(to)]])))
  const turned = (all: readonly Pair[]) => all.map(([from, to]): Pair => [to, from])
  const one = <To extends Entity>(ref: Ref<To | null>): readonly (To | null)[] => [target(ref)]
  const { author, book, portrait, note, tag, place } = entities
  const there = mapped(kinds, (kind) => entities[kind].map(number))
  const bookReaders = pairs(book, ({ readers }) => members(readers))
  return [
    textOf({
      there,
      pairs: {
        bookAuthor: pairs(book, ({ author }) => one(author)),
        portraitAuthor: pairs(portrait, ({ author }) => one(author)),
        noteAuthor: pairs(note, ({ author }) => [target(author)]),
        placeParent: pairs(place, ({ parent }) => one(parent)),
        bookTags: pairs(book, ({ tags }) => members(tags)),
        bookReaders,
      },
    }),
    textOf({
      there,
      pairs: {
        bookAuthor: turned(pairs(author, ({ books }) => members(books))),
        portraitAuthor: turned(pairs(author, ({ portrait }) => one(portrait))),
        noteAuthor: turned(pairs(author, ({ notes }) => members(notes))),
        placeParent: turned(pairs(place, ({ parts }) => members(parts))),
        bookTags: turned(pairs(tag, ({ books }) => members(books))),
        bookReaders,
      },
    }),
  ]
}

function requireOrder(names: readonly string[]): void {
  deepStrictEqual(names, names.toSorted(), 'a collection comes in its order')
}
