import { create } from '../../../lib/schema/create.js'
import { Author, Book, Note, Place, Portrait, Reader, Tag } from '../relations-fixture.js'
import { type Facts, type Kind, kinds } from './facts.js'

interface EntityOf {
  author: Author
  book: Book
  portrait: Portrait
  note: Note
  tag: Tag
  reader: Reader
  place: Place
}

/** Names sort otherwise than keys, so that an order by them shows. */
const nameOf = (at: number) => `${(at * 7 + 3) % 10}`

const makers: { readonly [K in Kind]: (at: number) => EntityOf[K] } = {
  author: (at) => create(Author, { name: nameOf(at) }),
  book: (at) => create(Book, { title: nameOf(at) }),
  portrait: () => create(Portrait, {}),
  note: (at) => create(Note, { text: nameOf(at) }),
  tag: (at) => create(Tag, { text: nameOf(at) }),
  reader: (at) => create(Reader, { name: nameOf(at) }),
  place: (at) => create(Place, { name: nameOf(at) }),
}

/** The entities of each kind, by their numbers. */
export type Graph = { readonly [K in Kind]: EntityOf[K][] }

/** Entities as new as the facts say, in the place of those that were. */
export function renew(graph: Graph, { presence }: Facts): Graph {
  for (const kind of kinds) {
    const entities: object[] = graph[kind]
    for (const [at, is] of presence[kind].entries()) if (is === 'new') entities[at] = makers[kind](at)
  }
  return graph
}

export function newGraph(facts: Facts): Graph {
  return renew({ author: [], book: [], portrait: [], note: [], tag: [], reader: [], place: [] }, facts)
}
