import { deepStrictEqual, strictEqual } from 'node:assert/strict'
import { deletedAt } from '../../lib/decorators/roles.js'
import {
  create,
  defineEntity,
  fields,
  index,
  primaryKey,
  type Rome,
  type RomeSession,
  t,
  unique,
} from '../../lib/index.js'

/**
 * A store whose whole content follows from how many transactions each of its workers has committed: what the n-th
 * transaction of a worker does follows from n alone.
 */
export const Thing = defineEntity(
  'things',
  {
    worker: primaryKey(t.integer()),
    slot: primaryKey(t.integer()),
    name: t.string(),
    group: t.integer(),
    text: t.text(),
    deletedAt: deletedAt(),
  },
  { indexes: [unique('name'), index('group', 'name', { include: ['slot'] })] },
)
/** How many transactions of a worker were committed. */
export const Progress = defineEntity('progress', { worker: primaryKey(t.integer()), committed: t.integer() })
/** Counts transactions of all workers, so that these conflict. */
export const Counter = defineEntity('counters', { id: primaryKey(t.integer()), count: t.integer() })

export const models = [Thing, Progress, Counter]
export const workers = 4
const slots = 24
const groups = 4
const counters = 3
const changesPerTransaction = 3

const thing = fields(Thing)

/** A row of a worker, without what says whose and which it is. */
interface Held {
  readonly name: string
  readonly group: number
  readonly text: string
  readonly isDeleted: boolean
}

type Content = Map<number, Held>

/** The rows of a worker after so many of its transactions. */
export function contentAfter(worker: number, committed: number): Content {
  const content: Content = new Map()
  for (let number = 1; number <= committed; number++) advance(content, worker, number)
  return content
}

function slotsOf(number: number): number[] {
  return Array.from({ length: changesPerTransaction }, (_, each) => (number * 7 + each * 5) % slots)
}

type Change = 'insert' | 'update' | 'delete' | 'revive' | 'erase'

/** What a transaction does with a row, by what the row is before. */
function changeOf(held: Held | undefined, slot: number, number: number): Change {
  if (held === undefined) return 'insert'
  if (held.isDeleted) return (slot + number) % 2 === 0 ? 'revive' : 'erase'
  return (['delete', 'erase', 'update', 'update', 'update'] as const)[(slot + number) % 5]
}

function valuesOf(worker: number, slot: number, number: number): Omit<Held, 'isDeleted'> {
  const text = `${number} `.repeat(number % 30)
  return { name: `${worker} ${slot} ${number % 2}`, group: (slot + number) % groups, text }
}

function advance(content: Content, worker: number, number: number): void {
  for (const slot of slotsOf(number)) {
    const held = content.get(slot)
    const change = changeOf(held, slot, number)
    if (change === 'erase') content.delete(slot)
    else if (change === 'delete' && held !== undefined) content.set(slot, { ...held, isDeleted: true })
    else content.set(slot, { ...valuesOf(worker, slot, number), isDeleted: false })
  }
}

/** Does a worker's transaction with this number, which is not committed yet, and finds everything as it has to be. */
export async function work(session: RomeSession, worker: number, number: number): Promise<void> {
  const content = contentAfter(worker, number - 1)
  const progress = (await session.get(Progress, worker)) ?? create(Progress, { worker, committed: 0 })
  strictEqual(progress.committed, number - 1, `of worker ${worker}`)
  progress.committed = number
  session.add(progress)
  const id = number % counters
  const counter = (await session.get(Counter, id)) ?? create(Counter, { id, count: 0 })
  counter.count++
  session.add(counter)
  for (const slot of slotsOf(number)) {
    const found = await session.get(Thing, [worker, slot], { withDeleted: true })
    deepStrictEqual(found && heldOf(found), content.get(slot), `row ${worker} ${slot} before transaction ${number}`)
    const change = changeOf(content.get(slot), slot, number)
    const values = valuesOf(worker, slot, number)
    if (found === undefined) session.add(create(Thing, { worker, slot, ...values }))
    else if (change === 'erase') session.hardDelete(found)
    else if (change === 'delete') session.delete(found)
    else Object.assign(found, values, { deletedAt: null })
  }
  advance(content, worker, number)
  const found = await session.query(Thing).filter(thing.worker.eq(worker)).withDeleted().orderBy(thing.slot).all()
  deepStrictEqual(new Map(found.map((one) => [one.slot, heldOf(one)])), sorted(content), 'with its own writes')
}

function heldOf({ name, group, text, deletedAt }: InstanceType<typeof Thing>): Held {
  return { name, group, text, isDeleted: deletedAt !== null }
}

function sorted(content: Content): Content {
  return new Map([...content].sort(([left], [right]) => left - right))
}

/**
 * Compares all that is stored, by every way to it, with what the workers' numbers of transactions say, and gives these.
 * Everything is read twice: the second time much of it is in memory, where there is a cache.
 */
export async function requireWhole(rome: Rome): Promise<readonly number[]> {
  await using session = rome.session({ readOnly: true })
  const progress = new Map((await session.query(Progress).all()).map(({ worker, committed }) => [worker, committed]))
  const committed = Array.from({ length: workers }, (_, worker) => progress.get(worker) ?? 0)
  const all = committed.flatMap((count, worker) =>
    [...sorted(contentAfter(worker, count))].map(([slot, held]) => ({ worker, slot, ...held })),
  )
  const live = all.filter(({ isDeleted }) => !isDeleted)
  const counts = Array.from({ length: counters }, (_, id) =>
    committed.reduce((sum, count) => sum + Math.floor((count + counters - id) / counters) - (id === 0 ? 1 : 0), 0),
  )
  for (const turn of ['first', 'second']) {
    const rows = await session.query(Thing).withDeleted().orderBy(thing.worker, thing.slot).all()
    deepStrictEqual(
      rows.map((row) => ({ worker: row.worker, slot: row.slot, ...heldOf(row) })),
      all,
      `all rows, the ${turn} time`,
    )
    for (let group = 0; group < groups; group++) {
      const inGroup = live.filter((row) => row.group === group).map(({ name, slot }) => [name, slot])
      const byIndex = session.query(thing.name, thing.slot).filter(thing.group.eq(group))
      deepStrictEqual(
        await byIndex.orderBy(thing.name).all(),
        inGroup.sort(([left], [right]) => (left < right ? -1 : 1)),
        `group ${group}, the ${turn} time`,
      )
      strictEqual(await byIndex.count(), inGroup.length, `the count of group ${group}, the ${turn} time`)
    }
    for (const { worker, slot, name, isDeleted } of all) {
      const found = await session.query(thing.worker, thing.slot).filter(thing.name.eq(name)).all()
      deepStrictEqual(found, isDeleted ? [] : [[worker, slot]], `the row named ${name}, the ${turn} time`)
    }
    const counted = new Map((await session.query(Counter).all()).map(({ id, count }) => [id, count]))
    deepStrictEqual(
      counts.map((_, id) => counted.get(id) ?? 0),
      counts,
      `the counters, the ${turn} time`,
    )
  }
  deepStrictEqual((await rome.verify()).problems, [])
  return committed
}
