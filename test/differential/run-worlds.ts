import t from 'tap'
import { seed } from '../support/seed.js'
import { Choices } from './choices.js'
import { Difference } from './expectation.js'
import { type Failure, type Habits, live, type WorldPlan } from './life.js'
import { shrink } from './shrink.js'
import type { StoreKind } from './store.js'

interface Run {
  /** At least so many questions, in as many worlds as that takes. */
  readonly questions: number
  readonly questionsPerWorld: number
  readonly habits: Habits
  /** Whether every model has a default scope. */
  readonly isScoped?: boolean
  /** The stores of a world, made anew for each life of it. */
  storesOf(world: number): readonly StoreKind[]
}

const shrinkTimeMsMax = 60_000

/**
 * Asks questions in one world after the other. World number n of a seed is the first world of the seed + n.
 * `ROME_DIFFERENTIAL_QUERIES` asks so many in place of the usual number.
 */
export function runWorlds(title: string, run: Run): void {
  const questions = Number(process.env.ROME_DIFFERENTIAL_QUERIES ?? run.questions)
  if (!(questions > 0)) throw new TypeError('ROME_DIFFERENTIAL_QUERIES must be a number above 0')
  const timeout = shrinkTimeMsMax * 2 + questions * 50
  t.setTimeout(timeout)
  t.test(title, { timeout }, async (t) => {
    let asked = 0
    for (let world = seed; asked < questions; world++) {
      const relive = (plan: WorldPlan) => live(plan, run.storesOf(world), run.habits, run.isScoped)
      const outcome = await relive(planOf(world, run.questionsPerWorld))
      if (typeof outcome !== 'number') {
        const smallest = await shrink(outcome, relive, shrinkTimeMsMax)
        t.fail(`ROME_SEED=${world} repeats it`, { diff: report(smallest) })
        return
      }
      asked += outcome
    }
    t.pass(`${asked} questions from seed ${seed} on`)
  })
}

function planOf(seed: number, steps: number): WorldPlan {
  const choices = new Choices(seed)
  const source = (): number => choices.below(2 ** 31)
  const rows = choices.weighted([
    [6, () => choices.between(0, 30)],
    [2, () => choices.between(30, 60)],
    [1, () => choices.between(100, 160)],
  ])
  return { models: source(), rows: Array.from({ length: rows }, source), steps: Array.from({ length: steps }, source) }
}

function report({ error, story }: Failure): string {
  if (!(error instanceof Difference)) return `${story}\n${error instanceof Error ? error.stack : String(error)}`
  return [story, error.message, 'expected:', ...error.expected, 'actual:', ...error.actual].join('\n')
}
