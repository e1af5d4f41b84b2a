import { type Failure, type Source, signatureOf, type WorldPlan } from './life.js'

/** Makes a failing world smaller, as long as it fails in the same way and there is time. */
export async function shrink(
  failure: Failure,
  relive: (plan: WorldPlan) => Promise<Failure | number>,
  timeMsMax: number,
): Promise<Failure> {
  const end = Date.now() + timeMsMax
  const signature = signatureOf(failure.error)
  let best = failure
  const attempt = async (plan: WorldPlan): Promise<boolean> => {
    if (Date.now() > end) return false
    const outcome = await relive(plan)
    if (typeof outcome === 'number' || signatureOf(outcome.error) !== signature) return false
    if (sizeOf(outcome.plan) >= sizeOf(best.plan)) return false
    best = outcome
    return true
  }
  for (let size = Number.POSITIVE_INFINITY; size > sizeOf(best.plan) && Date.now() < end; ) {
    size = sizeOf(best.plan)
    await attempt({ ...best.plan, steps: best.plan.steps.slice(-1) })
    await removeParts('steps', () => best.plan, attempt)
    await removeParts('rows', () => best.plan, attempt)
    for (let index = best.plan.steps.length - 1; index >= 0; index--) {
      await simplify(
        () => best.plan.steps[index],
        (tape) => attempt({ ...best.plan, steps: best.plan.steps.with(index, tape) }),
      )
    }
    await simplify(
      () => best.plan.models,
      (models) => attempt({ ...best.plan, models }),
    )
    for (let index = best.plan.rows.length - 1; index >= 0; index--) {
      await simplify(
        () => best.plan.rows[index],
        (tape) => attempt({ ...best.plan, rows: best.plan.rows.with(index, tape) }),
      )
    }
  }
  return best
}

/** Leaves out rows or steps, many at once first. */
async function removeParts(
  part: 'rows' | 'steps',
  plan: () => WorldPlan,
  attempt: (plan: WorldPlan) => Promise<boolean>,
): Promise<void> {
  for (let count = plan()[part].length; count >= 1; count = Math.floor(count / 2)) {
    for (let start = plan()[part].length - count; start >= 0; start -= count) {
      await attempt({ ...plan(), [part]: plan()[part].toSpliced(start, count) })
    }
  }
}

/** Leaves choices out, and makes those that are left smaller. */
async function simplify(tape: () => Source, attempt: (tape: readonly number[]) => Promise<boolean>): Promise<void> {
  const given = (): readonly number[] => tape() as readonly number[]
  for (const count of [16, 4, 2, 1]) {
    for (let start = given().length - count; start >= 0; start -= 1) {
      if (start + count <= given().length) await attempt(given().toSpliced(start, count))
    }
  }
  for (let index = 0; index < given().length; index++) {
    for (const smaller of [0, Math.floor(given()[index] / 2), given()[index] - 1]) {
      if (smaller >= 0 && smaller < given()[index] && (await attempt(given().with(index, smaller)))) break
    }
  }
}

/** Fewer choices, then smaller ones. */
function sizeOf({ models, rows, steps }: WorldPlan): number {
  return (
    [models, ...rows, ...steps].flat().reduce<number>((sum, choice) => sum + 1000 + (choice % 1000), 0) +
    (rows.length + steps.length) * 10_000
  )
}
