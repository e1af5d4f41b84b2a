import { type Dependencies, type Dependency, dependenciesOf } from './dependencies.js'
import type { Transaction } from './history.js'

/** A way from one transaction to another, by one dependency or by several. */
interface Step {
  readonly from: Transaction
  readonly to: Transaction
  readonly by: readonly Dependency[]
}

/**
 * What shows that a history is not serializable, with the time of each transaction respected: no order of its
 * transactions keeps to all dependencies. `undefined` when there is one.
 */
export function notSerializable(history: readonly Transaction[]): string | undefined {
  const found = dependenciesOf(history)
  return contradictionOf(found) ?? cycleIn(found.dependencies.map((dependency) => stepOf([dependency])))
}

/**
 * What shows that a history is not one of snapshot isolation: there a cycle always has two anti-dependencies in
 * succession, as write skew does. So no cycle must be left of the other dependencies, each with or without one
 * anti-dependency after it. A lost update is such a cycle.
 */
export function notSnapshot(history: readonly Transaction[]): string | undefined {
  const found = dependenciesOf(history)
  const anti = found.dependencies.filter(({ kind }) => kind === 'rw')
  const others = found.dependencies.filter(({ kind }) => kind !== 'rw')
  const steps = others.flatMap((first) => [
    stepOf([first]),
    ...anti.filter(({ from }) => from === first.to).map((second) => stepOf([first, second])),
  ])
  return contradictionOf(found) ?? cycleIn(steps)
}

function contradictionOf({ contradictions }: Dependencies): string | undefined {
  return contradictions.length === 0 ? undefined : contradictions.join('\n')
}

function stepOf(by: readonly [Dependency, Dependency?]): Step {
  const [first, second] = by
  return { from: first.from, to: (second ?? first).to, by: second === undefined ? [first] : [first, second] }
}

/** The shortest cycle in words: a line for each dependency. */
function cycleIn(steps: readonly Step[]): string | undefined {
  const leaving = new Map<Transaction, Step[]>()
  for (const step of steps) {
    const others = leaving.get(step.from)
    if (others === undefined) leaving.set(step.from, [step])
    else others.push(step)
  }
  let shortest: readonly Step[] | undefined
  for (const start of leaving.keys()) {
    const cycle = shortestWayBack(start, leaving)
    if (cycle !== undefined && (shortest === undefined || cycle.length < shortest.length)) shortest = cycle
  }
  return shortest
    ?.flatMap(({ by }) => by)
    .map(({ from, to, kind, because }) => `${from.name} -${kind}-> ${to.name} (${because})`)
    .join('\n')
}

function shortestWayBack(start: Transaction, leaving: ReadonlyMap<Transaction, Step[]>): Step[] | undefined {
  const cameBy = new Map<Transaction, Step>()
  const reached = [start]
  for (const at of reached) {
    for (const step of leaving.get(at) ?? []) {
      if (step.to === start) {
        const way = [step]
        while (way[0].from !== start) way.unshift(cameBy.get(way[0].from) as Step)
        return way
      }
      if (cameBy.has(step.to)) continue
      cameBy.set(step.to, step)
      reached.push(step.to)
    }
  }
  return undefined
}
