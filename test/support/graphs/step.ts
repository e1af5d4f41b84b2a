import type { Collection } from '../../../lib/schema/collection.js'
import type { Ref } from '../../../lib/schema/ref.js'
import type { RomeSession } from '../../../lib/session/session.js'
import { type Facts, type Kind, type LinkName, links, type ReferenceName, references } from './facts.js'
import type { Graph } from './graph.js'

/** What is done to entities, by their numbers; a negative one stands for none. */
export type Step =
  | {
      readonly do: ReferenceName
      readonly by: 'ref' | 'side' | 'key'
      readonly from: number
      readonly to: number
    }
  | {
      readonly do: LinkName
      readonly by: 'from' | 'to'
      readonly isAdded: boolean
      readonly from: number
      readonly to: number
    }
  | { readonly do: 'add' | 'delete' | 'hardDelete' | 'revive'; readonly kind: Kind; readonly from: number }

type Relating = Extract<Step, { by: unknown }>

export const isRelating = (step: object): step is Relating => 'by' in step

/** Relates entities, new ones included, and says so in the facts; unless one of them is not there. */
export function relate(graph: Graph, facts: Facts, step: Relating): void {
  const { from, to } = step
  if ('isAdded' in step) {
    const [fromKind, toKind] = links[step.do]
    if (!facts.isThere(fromKind, from) || !facts.isThere(toKind, to)) return
    const method = step.isAdded ? 'add' : 'remove'
    const [book, tag, reader] = [graph.book[from], graph.tag[to], graph.reader[to]]
    if (step.do === 'bookReaders') book.readers[method](reader)
    else if (step.by === 'from') book.tags[method](tag)
    else tag.books[method](book)
    facts.link(step.do, from, to, step.isAdded)
    return
  }
  const [fromKind, toKind] = references[step.do]
  if (!facts.isThere(fromKind, from) || (to >= 0 && !facts.isThere(toKind, to))) return
  refer(graph, facts, step)
  facts.refer(step.do, from, to)
}

const changeable = { add: 'new', revive: 'hidden', delete: 'there', hardDelete: 'there' } as const

/** Adds, deletes or takes back the deletion of one of those that it can be done to. Gives whether there was one. */
export function change(session: RomeSession, graph: Graph, facts: Facts, step: Exclude<Step, Relating>): boolean {
  const { kind } = step
  const presence = facts.presence[kind]
  const choices = [...presence.keys()].filter((at) => presence[at] === changeable[step.do])
  if (choices.length === 0) return false
  const from = choices[step.from % choices.length]
  const entity = graph[kind][from]
  if (step.do === 'add' || step.do === 'revive') {
    // A note cannot be without an author.
    const [author] = facts.there('author')
    if (kind === 'note' && author === undefined) return false
    session.add(entity)
    // Where the deletion was committed there is no mark to take back.
    if (step.do === 'revive') Reflect.set(entity, 'deletedAt', null)
    presence[from] = 'there'
    if (kind === 'note') relate(graph, facts, { do: 'noteAuthor', by: 'ref', from, to: author })
    return true
  }
  session[step.do](entity)
  if (kind === 'book' && step.do === 'delete') presence[from] = 'hidden'
  else facts.erase(kind, from)
  return true
}

/** The properties of what refers and of what is referred to. */
const properties: { readonly [name in ReferenceName]: { ref: string; key: string; side: string } } = {
  bookAuthor: { ref: 'author', key: 'authorId', side: 'books' },
  portraitAuthor: { ref: 'author', key: 'authorId', side: 'portrait' },
  noteAuthor: { ref: 'author', key: 'authorId', side: 'notes' },
  placeParent: { ref: 'parent', key: 'parentId', side: 'parts' },
}

function refer(graph: Graph, facts: Facts, { do: name, by, from, to }: Extract<Relating, { do: ReferenceName }>): void {
  const [fromKind, toKind] = references[name]
  const { ref, key, side } = properties[name]
  const child: object = graph[fromKind][from]
  const parents: readonly { readonly id: string }[] = graph[toKind]
  const before: object | undefined = parents[facts.references[name][from]]
  const parent = to < 0 ? null : parents[to]
  const sideOf = (entity: object): Ref<object | null> & Collection<object> => Reflect.get(entity, side)
  // A note without an author is one that was taken out of its collection.
  const isBySide = by === 'side' || (name === 'noteAuthor' && parent === null)
  if (isBySide && name === 'portraitAuthor') {
    const author = parent ?? before
    if (author !== undefined) sideOf(author).set(parent && child)
  } else if (isBySide) {
    if (parent !== null) sideOf(parent).add(child)
    else if (before !== undefined) sideOf(before).remove(child)
  } else if (by === 'key' && parent?.id !== undefined && name !== 'portraitAuthor') {
    // A key alone does not say to the portrait that was there that it gives way.
    Reflect.set(child, key, parent.id)
  } else {
    const reference: Ref<object | null> = Reflect.get(child, ref)
    reference.set(parent)
  }
}
