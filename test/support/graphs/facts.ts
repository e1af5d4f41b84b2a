/** What kinds of entities a graph has. */
export const kinds = ['author', 'book', 'portrait', 'note', 'tag', 'reader', 'place'] as const
export type Kind = (typeof kinds)[number]

/** Relations by the kinds that they lead from and to. */
export const references = {
  bookAuthor: ['book', 'author'],
  portraitAuthor: ['portrait', 'author'],
  noteAuthor: ['note', 'author'],
  placeParent: ['place', 'place'],
} as const
export const links = { bookTags: ['book', 'tag'], bookReaders: ['book', 'reader'] } as const
export type ReferenceName = keyof typeof references
export type LinkName = keyof typeof links
export const referenceNames = Object.keys(references) as ReferenceName[]
export const linkNames = Object.keys(links) as LinkName[]

/** An entity that is `new` was not added yet; one that is `hidden` is soft-deleted. */
export type Presence = 'new' | 'there' | 'hidden' | 'gone'

/** Two entities that are related, by their numbers. */
export type Pair = readonly [from: number, to: number]

/** What is: which entities are there, where each reference leads, -1 for nowhere, and what is linked. */
export class Facts {
  readonly presence: Record<Kind, Presence[]>
  readonly references: Record<ReferenceName, number[]>
  readonly links: Record<LinkName, Set<number>[]>

  /** As many new entities of each kind as are said, related to nothing. */
  constructor(sizes: Readonly<Record<Kind, number>>) {
    const forEach = <T>(kind: Kind, make: () => T): T[] => Array.from({ length: sizes[kind] }, make)
    this.presence = mapped(kinds, (kind) => forEach(kind, () => 'new' as const))
    this.references = mapped(referenceNames, (name) => forEach(references[name][0], () => -1))
    this.links = mapped(linkNames, (name) => forEach(links[name][0], () => new Set()))
  }

  copy(): Facts {
    const copy: Facts = Object.create(Facts.prototype)
    return Object.assign(copy, {
      presence: mapped(kinds, (kind) => [...this.presence[kind]]),
      references: mapped(referenceNames, (name) => [...this.references[name]]),
      links: mapped(linkNames, (name) => this.links[name].map((all) => new Set(all))),
    })
  }

  isThere(kind: Kind, at: number): boolean {
    return this.presence[kind][at] === 'there'
  }

  /** The numbers of the entities that are neither new nor hidden nor gone. */
  there(kind: Kind): number[] {
    return [...this.presence[kind].keys()].filter((at) => this.isThere(kind, at))
  }

  refer(name: ReferenceName, from: number, to: number): void {
    const all = this.references[name]
    // An author has one portrait at most, and none of the notes that lost theirs.
    if (name === 'portraitAuthor' && to >= 0 && all.includes(to)) all[all.indexOf(to)] = -1
    if (name === 'noteAuthor' && to < 0) this.presence.note[from] = 'gone'
    all[from] = to
  }

  link(name: LinkName, from: number, to: number, isAdded: boolean): void {
    this.links[name][from][isAdded ? 'add' : 'delete'](to)
  }

  /** Erases an entity, and does to those that refer to it as their relations declare. */
  erase(kind: Kind, at: number): void {
    this.presence[kind][at] = 'gone'
    for (const name of referenceNames) {
      const [from, to] = references[name]
      for (const [referring, referred] of this.references[name].entries()) {
        if (to === kind && referred === at) this.refer(name, referring, -1)
      }
      if (from === kind) this.references[name][at] = -1
    }
    for (const name of linkNames) {
      const [from, to] = links[name]
      if (from === kind) this.links[name][at].clear()
      if (to === kind) for (const all of this.links[name]) all.delete(at)
    }
  }

  text(): string {
    const ofReference = (name: ReferenceName) =>
      visiblePairs(this, references[name], (from) => [this.references[name][from]].filter((to) => to >= 0))
    const ofLink = (name: LinkName) => visiblePairs(this, links[name], (from) => [...this.links[name][from]])
    return textOf({
      there: mapped(kinds, (kind) => this.there(kind)),
      pairs: { ...mapped(referenceNames, ofReference), ...mapped(linkNames, ofLink) },
    })
  }
}

function visiblePairs(facts: Facts, [from, to]: readonly [Kind, Kind], related: (from: number) => number[]): Pair[] {
  return facts.there(from).flatMap((one) =>
    related(one)
      .filter((other) => facts.isThere(to, other))
      .map((other): Pair => [one, other]),
  )
}

/** Which entities there are, and which of them are related, as somebody found it. */
export interface Found {
  readonly there: Readonly<Record<Kind, readonly number[]>>
  readonly pairs: Readonly<Record<ReferenceName | LinkName, readonly Pair[]>>
}

/** The same words for the same things, in whatever order they were found. */
export function textOf({ there, pairs }: Found): string {
  const lines = kinds.map((kind) => `${kind}: ${there[kind].toSorted().join(' ')}`)
  for (const name of [...referenceNames, ...linkNames]) {
    lines.push(
      `${name}: ${Array.from(pairs[name], ([from, to]) => `${from}>${to}`)
        .sort()
        .join(' ')}`,
    )
  }
  return lines.join('\n')
}

export function mapped<Name extends string, T>(names: readonly Name[], make: (name: Name) => T): Record<Name, T> {
  return Object.fromEntries(names.map((name) => [name, make(name)])) as Record<Name, T>
}
