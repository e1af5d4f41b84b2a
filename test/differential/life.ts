import { Choices } from './choices.js'
import { Difference } from './expectation.js'
import { ask } from './steps/ask.js'
import { changeEntities } from './steps/change-entities.js'
import { changeRows } from './steps/change-rows.js'
import { includeRelated } from './steps/include-related.js'
import { paginate } from './steps/paginate.js'
import { readPages } from './steps/read-pages.js'
import { turnPages } from './steps/turn-pages.js'
import type { StoreKind } from './store.js'
import { World } from './world.js'

/** A seed, or the tape of the choices that were made. */
export type Source = number | readonly number[]

/** What a world is made of: each part has choices of its own, so that parts can be left out one by one. */
export interface WorldPlan {
  readonly models: Source
  readonly rows: readonly Source[]
  readonly steps: readonly Source[]
}

/** What happened in a world before something was wrong. */
export interface Failure {
  readonly error: unknown
  readonly plan: WorldPlan
  readonly story: string
}

/** Lives through a world. @returns what went wrong, or how many questions were answered. */
export async function live(
  plan: WorldPlan,
  kinds: readonly StoreKind[],
  habits: Habits,
  isScoped = false,
): Promise<Failure | number> {
  const models = new Choices(plan.models)
  const world = new World(models, kinds, isScoped)
  const rows: (readonly number[])[] = []
  const steps: (readonly number[])[] = []
  const play = async (
    source: Source,
    into: (readonly number[])[],
    part: (choices: Choices) => Promise<void>,
  ): Promise<void> => {
    const choices = new Choices(source)
    into.push(choices.tape)
    await part(choices)
  }
  try {
    await world.open()
    for (const row of plan.rows) await play(row, rows, async (choices) => world.add(choices, plan.rows.length))
    for (const step of plan.steps) await play(step, steps, (choices) => takeStep(choices, world, habits))
    return world.questions
  } catch (error) {
    return { error, plan: { models: models.tape, rows, steps }, story: world.story }
  } finally {
    await world.close()
  }
}

/** How often each step is taken; the first one is the simplest. */
export type Habits = readonly (readonly [weight: number, step: Step])[]

type Step = (choices: Choices, world: World) => Promise<void>

/** Mostly questions. */
export const reading: Habits = [
  [88, ask],
  [6, readPages],
  [3, paginate],
  [2, includeRelated],
  [1, changeEntities],
]

/** Nothing but questions. */
export const asking: Habits = [
  [88, ask],
  [7, readPages],
  [3, paginate],
  [2, includeRelated],
]

/** Questions between changes, so that they are asked over rows that are not committed, and not yet written. */
export const changing: Habits = [
  [56, ask],
  [4, readPages],
  [3, paginate],
  [4, includeRelated],
  [2, turnPages],
  [10, changeRows],
  [12, changeEntities],
  [5, commit],
  [3, rollback],
  [2, reopen],
]

async function takeStep(choices: Choices, world: World, habits: Habits): Promise<void> {
  const step = choices.weighted<Step>(habits.map(([weight, step]) => [weight, () => step]))
  // A question writes those of the models that it reads, and no others.
  if (step !== ask && world.hasPendingEntities) await world.flush()
  await step(choices, world)
}

async function commit(_: Choices, world: World): Promise<void> {
  world.reference.run('COMMIT')
  world.reference.run('BEGIN')
  await world.onEach(
    () => 'commit()',
    (_, store) => store.session.commit(),
  )
  world.hasPendingEntities = false
}

async function rollback(_: Choices, world: World): Promise<void> {
  world.reference.run('ROLLBACK')
  world.reference.run('BEGIN')
  await world.onEach(
    () => 'rollback()',
    (_, store) => store.session.rollback(),
  )
  world.hasPendingEntities = false
}

/** Closes and opens again the stores that last. */
async function reopen(choices: Choices, world: World): Promise<void> {
  await commit(choices, world)
  for (const store of world.stores) {
    if (!store.kind.isLasting) continue
    await store.close()
    await store.open()
  }
  world.note(() => 'close and open')
}

/** Whether an error says that the two sides differ, for the smaller case to differ in the same way. */
export function signatureOf(error: unknown): string {
  if (error instanceof Difference) return 'difference'
  if (typeof error === 'object' && error !== null && 'code' in error) return `code ${String(error.code)}`
  return error instanceof Error ? `${error.name} ${error.message}` : String(error)
}
