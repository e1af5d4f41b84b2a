import t, { type Test } from 'tap'
import { level } from '../../lib/engines/level/index.js'
import { memory } from '../../lib/engines/memory/index.js'
import { AbortError, type ExplainedStep, type Query, QueryError, type Rome } from '../../lib/index.js'
import { openItems, type PlanCase, planCases, stepsOfKind } from '../support/every-plan.js'
import { heldBy, nothingHeld } from '../support/image-fixture.js'
import { readProjectFile } from '../support/project.js'
import { openSortFiles } from '../support/sort-files.js'
import { temporaryDirectory } from '../support/temporary-directory.js'

const stores: Readonly<Record<string, () => Promise<Rome>>> = {
  'in memory': () => openItems({ engine: memory() }),
  'in memory, sorted on disk': () => openItems({ engine: memory({ partitions: 4 }), sortMemoryBytes: 4096 }),
  'in four partitions of LevelDB': () => openItems({ engine: level(temporaryDirectory(t), { partitions: 4 }) }),
}

const taken = new Set<string>()

for (const [where, open] of Object.entries(stores)) {
  t.test(where, async (t) => {
    const rome = await open()
    t.teardown(() => rome.close())
    for (const [what, planCase] of Object.entries(planCases)) {
      await t.test(what, async (t) => {
        believe(rome, planCase.believedRows ?? 1000)
        await keepsPromises(t, rome, planCase)
      })
    }
  })
}

t.test('the cases take every kind of step there is, in each of its ways, and no other', (t) => {
  t.strictSame([...taken].sort(), Object.values(stepsOfKind).flat().sort())
  t.end()
})

t.test('docs/plans.md tells of every step', (t) => {
  const page = readProjectFile('docs/plans.md')
  for (const step of Object.values(stepsOfKind).flat()) {
    t.ok(page.includes(`\`${step.replace(/^(?:left|mark) /, '')}\``), step)
  }
  t.end()
})

async function keepsPromises(t: Test, rome: Rome, planCase: PlanCase): Promise<void> {
  const { order, isPageable = true } = planCase
  await using session = rome.session()
  const inOrder = planCase.query(session).orderBy(...order.map((term) => term.asc()))
  const reversed = planCase.query(session).orderBy(...order.map((term) => term.desc()))
  const all = await inOrder.all()
  const same = (found: readonly unknown[], wanted: readonly unknown[], what: string) =>
    t.equal(textOf(found), textOf(wanted), what)
  const [third, half] = [Math.floor(all.length / 3), Math.floor(all.length / 2)]
  for (const query of [inOrder, inOrder.limit(half), inOrder.limit(1)]) await noteSteps(query)

  same(await reversed.all(), all.toReversed(), 'the reversed order gives the reversed result')
  same(await inOrder.limit(half).all(), all.slice(0, half), 'a limit gives the beginning')
  same(await inOrder.offset(third).all(), all.slice(third), 'an offset leaves out the beginning')
  same(await inOrder.offset(third).limit(half).all(), all.slice(third, third + half), 'both give a part')
  same(await reversed.limit(half).all(), all.toReversed().slice(0, half), 'a limit gives the end, reversed')
  t.equal(await inOrder.count(), all.length)
  t.equal(await inOrder.exists(), all.length > 0)
  same(await collect(inOrder), all, 'a stream gives the same')
  if (isPageable) {
    const size = Math.max(1, third)
    same(await pagesForward(inOrder, size), all, 'pages forwards give the whole')
    same(await pagesBackward(inOrder, size), all, 'pages backwards give the whole')
  }
  await endsByBudget(t, rome, inOrder, all)
  await endsBySignal(t, rome, inOrder, all)

  const stream = inOrder.stream()
  t.strictSame((await stream.next()).value, all[0])
  await stream.return()
  t.equal(heldBy(rome).scans, 0, 'a stream that is left after a row scans no more')
  const left = inOrder.stream()
  await left.next()
  await session.close()
  t.strictSame(heldBy(rome), nothingHeld, 'a closed session holds nothing, also with a stream left open')
  await left.return()
  const files = openSortFiles()
  if (files !== undefined) t.strictSame(files, [], 'no file of a sort is open')
}

/** However little it may cost: the query ends with `ROME_BUDGET`, or has its whole result. */
async function endsByBudget(t: Test, rome: Rome, query: AnyQuery, all: readonly unknown[]): Promise<void> {
  const explained = await query.explain({ analyze: true })
  const looksUp = String(explained).includes('of each row')
  const keys = keysRead(explained.plan)
  if (keys === 0) return
  await t.rejects(query.all({ budget: { timeMs: Number.MIN_VALUE } }), { code: 'ROME_BUDGET' }, 'no time ends it')
  for (const most of [1, Math.ceil(keys / 4), Math.ceil(keys / 2), keys - 1, keys].filter((count) => count > 0)) {
    const result = await query.all({ budget: { keys: most } }).catch((error: unknown) => error)
    if (Array.isArray(result)) t.equal(textOf(result), textOf(all), `${most} of ${keys} keys are enough`)
    else {
      t.ok(result instanceof QueryError && result.code === 'ROME_BUDGET', `${most} of ${keys} keys end it`)
      t.ok(Number((result as QueryError).context.keys) <= most, 'no more were read')
      // Smaller batches may look the same key up again.
      if (!looksUp) t.not(most, keys, 'it costs no more than it did before')
    }
    t.equal(heldBy(rome).scans, 0, 'then it scans no more')
  }
}

/** Whenever its signal fires: the query ends with `ROME_ABORTED` at the next look. */
async function endsBySignal(t: Test, rome: Rome, query: AnyQuery, all: readonly unknown[]): Promise<void> {
  const { signal, looks } = signalFiringAt(Number.POSITIVE_INFINITY)
  t.equal(textOf(await query.all({ signal })), textOf(all))
  const moments = new Set([1, 2, 3, Math.ceil(looks() / 2), looks()].filter((look) => look <= looks()))
  for (const look of moments) {
    const result = await query.all({ signal: signalFiringAt(look).signal }).catch((error: unknown) => error)
    t.ok(result instanceof AbortError && result.code === 'ROME_ABORTED', `fired at look ${look} of ${looks()}`)
    t.equal(heldBy(rome).scans, 0, 'then it scans no more')
  }
}

/** Results as one text: quick to compare, which is done thousands of times here. */
function textOf(results: readonly unknown[]): string {
  return JSON.stringify(results)
}

/** A signal that fires when it is looked at for the n-th time, so that a test can end a query at any of its steps. */
function signalFiringAt(look: number): { readonly signal: AbortSignal; looks(): number } {
  const controller = new AbortController()
  let looks = 0
  const signal = new Proxy(controller.signal, {
    get(target, name) {
      if (name === 'aborted' && ++looks === look) controller.abort()
      return Reflect.get(target, name, target)
    },
  })
  return { signal, looks: () => looks }
}

async function noteSteps(query: AnyQuery): Promise<void> {
  const walk = (step: ExplainedStep): void => {
    taken.add(step.step)
    step.inputs.forEach(walk)
  }
  walk((await query.explain()).plan)
}

function keysRead({ actual, inputs }: ExplainedStep): number {
  return inputs.reduce((sum, input) => sum + keysRead(input), actual?.keysRead ?? 0)
}

async function collect(results: AsyncIterable<unknown>): Promise<unknown[]> {
  const all: unknown[] = []
  for await (const result of results) all.push(result)
  return all
}

async function pagesForward(query: AnyQuery, size: number): Promise<unknown[]> {
  const items: unknown[] = []
  let after: string | undefined
  do {
    const page = await query.page({ size, after })
    items.push(...page.items)
    after = page.next
  } while (after !== undefined)
  return items
}

/** From the last page, which is found by the pages before it. */
async function pagesBackward(query: AnyQuery, size: number): Promise<unknown[]> {
  let page = await query.page({ size })
  while (page.next !== undefined) page = await query.page({ size, after: page.next })
  const items = [...page.items]
  while (page.previous !== undefined) {
    page = await query.page({ size, before: page.previous })
    items.unshift(...page.items)
  }
  return items
}

/** Makes the planner believe in tables of so many rows. */
function believe(rome: Rome, rows: number): void {
  for (const table of rome.store.tables) rome.store.statistics.setRows(table.id, rows)
}

type AnyQuery = Pick<Query<unknown>, 'all' | 'explain' | 'page'>
