import type { ItemRow, Observation, Transaction } from './history.js'

/**
 * Why one transaction comes before another: it wrote what the other one overwrote (`ww`) or read (`wr`), it read what
 * the other one overwrote, phantoms included (`rw`), or it had ended before the other one began (`time`).
 */
export interface Dependency {
  readonly from: Transaction
  readonly to: Transaction
  readonly kind: 'ww' | 'wr' | 'rw' | 'time'
  readonly because: string
}

/** What an item was from one commit to the next. Its first version is its absence, which nobody wrote. */
interface ItemVersion {
  readonly at: number
  readonly by: Transaction | undefined
  readonly item: ItemRow | undefined
}

/** What the dependencies of a history are, and what contradicts the history before any dependency is looked at. */
export interface Dependencies {
  readonly dependencies: readonly Dependency[]
  readonly contradictions: readonly string[]
}

/**
 * The dependencies between the committed transactions of a history, as Adya defines them. Versions are in the order of
 * the engine's commits. Which version a reader saw of an item is told by the item's `writer`; for an item that it did
 * not see, by its snapshot.
 */
export function dependenciesOf(history: readonly Transaction[]): Dependencies {
  const committed = history.filter(({ hasCommitted }) => hasCommitted)
  const versions = versionsOf(committed)
  const dependencies: Dependency[] = []
  const contradictions: string[] = []
  const add = (
    kind: Dependency['kind'],
    from: Transaction | undefined,
    to: Transaction | undefined,
    because: string,
  ) => {
    if (from !== undefined && to !== undefined && from !== to) dependencies.push({ kind, from, to, because })
  }
  for (const [id, chain] of versions) {
    for (const [at, { by }] of chain.entries()) add('ww', chain[at - 1]?.by, by, `item ${id}`)
  }
  for (const reader of committed) {
    for (const observation of reader.observations) {
      for (const [id, chain] of versions) observe(reader, observation, id, chain)
    }
    for (const later of committed) {
      if (reader.endedAt < later.begunAt) add('time', reader, later, 'ended before the other began')
    }
  }
  return { dependencies, contradictions }

  function observe(reader: Transaction, { text, matches, found }: Observation, id: number, chain: ItemVersion[]): void {
    const item = found.find((each) => each.id === id)
    if (item !== undefined && isOwn(reader, item)) return
    if (item !== undefined) {
      const seen = chain.findIndex((version) => version.item?.writer === item.writer)
      if (seen === -1) contradictions.push(`${reader.name} saw item ${id} of ${item.writer}, which never was committed`)
      else {
        add('wr', chain[seen].by, reader, `${text} saw item ${id} of ${item.writer}`)
        add('rw', reader, chain[seen + 1]?.by, `${text} saw item ${id} of ${item.writer}, then overwritten`)
      }
      return
    }
    // What it wrote itself it may have hidden from itself.
    if (reader.installed?.items.has(id)) return
    const seen = chain.findLastIndex(({ at }) => at <= reader.snapshot)
    const isMatch = (version: ItemVersion) => version.item !== undefined && matches(version.item)
    if (isMatch(chain[seen])) {
      contradictions.push(`${reader.name} did not see item ${id} of ${chain[seen].item?.writer} by ${text}`)
    }
    const left = chain.findLastIndex((version, at) => at < seen && isMatch(version))
    if (left !== -1) add('wr', chain[left + 1].by, reader, `${text} no longer saw item ${id}`)
    const entered = chain.findIndex((version, at) => at > seen && isMatch(version))
    if (entered !== -1) add('rw', reader, chain[entered].by, `${text} did not see item ${id} yet`)
  }
}

function isOwn(reader: Transaction, { writer }: ItemRow): boolean {
  return writer.startsWith(`${reader.name}.`)
}

function versionsOf(committed: readonly Transaction[]): Map<number, ItemVersion[]> {
  const versions = new Map<number, ItemVersion[]>()
  const inOrder = committed.flatMap((by) => (by.installed === undefined ? [] : [{ by, ...by.installed }]))
  inOrder.sort((a, b) => a.version - b.version)
  for (const { by, version, items } of inOrder) {
    for (const [id, item] of items) {
      const chain = versions.get(id) ?? [{ at: -1, by: undefined, item: undefined }]
      chain.push({ at: version, by, item })
      versions.set(id, chain)
    }
  }
  return versions
}
