import { deepStrictEqual, strictEqual } from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { column } from '../../lib/decorators/column.js'
import { entity } from '../../lib/decorators/entity.js'
import { index, unique } from '../../lib/decorators/indexes.js'
import { manyToOne } from '../../lib/decorators/many-to-one.js'
import { primaryKey } from '../../lib/decorators/primary-key.js'
import { deletedAt, version } from '../../lib/decorators/roles.js'
import { memory } from '../../lib/engines/memory/index.js'
import { ConflictError, ConstraintError } from '../../lib/errors/rome-error.js'
import type { Isolation } from '../../lib/records/record-transaction.js'
import { create } from '../../lib/schema/create.js'
import type { ModelClass } from '../../lib/schema/entity-schema.js'
import type { Ref } from '../../lib/schema/ref.js'
import { Rome } from '../../lib/session/rome.js'
import type { RomeSession } from '../../lib/session/session.js'
import { t as types } from '../../lib/values/t.js'
import { cacheSize } from '../support/cache-sizes.js'
import { seed } from '../support/seed.js'

const reference = types.integer().nullable()

/** Both models refer to both, in each of the three ways. */
@entity('soft')
@unique('slot')
class Soft {
  @primaryKey(types.integer()) id!: number
  @column(reference) slot!: number | null
  @column(reference) softRestrict!: number | null
  @column(reference) softCascade!: number | null
  @column(reference) softSetNull!: number | null
  @column(reference) plainRestrict!: number | null
  @column(reference) plainCascade!: number | null
  @column(reference) plainSetNull!: number | null
  @deletedAt() deletedAt!: Date | null
  @version() version!: number
  @manyToOne(() => Soft, { column: 'softRestrict' }) a!: Ref<Soft | null>
  @manyToOne(() => Soft, { column: 'softCascade', onDelete: 'cascade' }) b!: Ref<Soft | null>
  @manyToOne(() => Soft, { column: 'softSetNull', onDelete: 'setNull' }) c!: Ref<Soft | null>
  @manyToOne(() => Plain, { column: 'plainRestrict' }) d!: Ref<Plain | null>
  @manyToOne(() => Plain, { column: 'plainCascade', onDelete: 'cascade' }) e!: Ref<Plain | null>
  @manyToOne(() => Plain, { column: 'plainSetNull', onDelete: 'setNull' }) f!: Ref<Plain | null>
}

@entity('plain')
@unique('slot')
@index('plainCascade', 'plainSetNull')
class Plain {
  @primaryKey(types.integer()) id!: number
  @column(reference) slot!: number | null
  @column(reference) softRestrict!: number | null
  @column(reference) softCascade!: number | null
  @column(reference) softSetNull!: number | null
  @column(reference) plainRestrict!: number | null
  @column(reference) plainCascade!: number | null
  @column(reference) plainSetNull!: number | null
  @version() version!: number
  @manyToOne(() => Soft, { column: 'softRestrict' }) a!: Ref<Soft | null>
  @manyToOne(() => Soft, { column: 'softCascade', onDelete: 'cascade' }) b!: Ref<Soft | null>
  @manyToOne(() => Soft, { column: 'softSetNull', onDelete: 'setNull' }) c!: Ref<Soft | null>
  @manyToOne(() => Plain, { column: 'plainRestrict' }) d!: Ref<Plain | null>
  @manyToOne(() => Plain, { column: 'plainCascade', onDelete: 'cascade' }) e!: Ref<Plain | null>
  @manyToOne(() => Plain, { column: 'plainSetNull', onDelete: 'setNull' }) f!: Ref<Plain | null>
}

type ModelName = 'soft' | 'plain'
const models: Readonly<Record<ModelName, ModelClass<Soft> | ModelClass<Plain>>> = { soft: Soft, plain: Plain }
const modelOf = (name: ModelName) => models[name] as ModelClass<Plain & { deletedAt?: Date | null }>

const foreignKeys = [
  { name: 'softRestrict', target: 'soft', onDelete: 'restrict' },
  { name: 'softCascade', target: 'soft', onDelete: 'cascade' },
  { name: 'softSetNull', target: 'soft', onDelete: 'setNull' },
  { name: 'plainRestrict', target: 'plain', onDelete: 'restrict' },
  { name: 'plainCascade', target: 'plain', onDelete: 'cascade' },
  { name: 'plainSetNull', target: 'plain', onDelete: 'setNull' },
] as const
type ForeignKeyName = (typeof foreignKeys)[number]['name']

/** What the test knows of a row. */
interface Row {
  readonly model: ModelName
  readonly id: number
  readonly references: Record<ForeignKeyName, number | null>
  slot: number | null
  isDeleted: boolean
  version: number
}
type Rows = Map<string, Row>

/** One thing that is done to one row. Where it makes no sense, it is left out. */
interface Step {
  readonly kind: 'put' | 'delete' | 'hardDelete'
  readonly model: ModelName
  readonly id: number
  readonly references: Partial<Record<ForeignKeyName, number | null>>
  /** The unique value of the row; a stored one keeps what it has where none is said. */
  readonly slot: number | null | undefined
}

/** Steps of one flush, by the unit of work or each by a query of its own. */
interface Batch {
  readonly way: 'session' | 'query'
  readonly steps: readonly Step[]
}

const keyOf = ({ model, id }: { readonly model: ModelName; readonly id: number }) => `${model} ${id}`

/**
 * As {@link settled}, if rows that take unique values, new ones and changed ones, take none that another row has when
 * all of the others that goes is gone.
 */
function expectedAfter(before: Rows, steps: readonly Step[]): Rows | 'taken' | 'refused' {
  const takes = (step: Step) => {
    const { slot } = step
    return (
      step.kind === 'put' &&
      (!before.has(keyOf(step)) || (slot !== undefined && slot !== before.get(keyOf(step))?.slot))
    )
  }
  const taking = steps.filter(takes)
  const keys = new Set(taking.map(keyOf))
  const left = settled(
    before,
    steps.filter((step) => !takes(step)),
    keys,
  )
  const others = [...left.values()].filter((row) => !row.isDeleted && !keys.has(keyOf(row)))
  const takers = taking.filter((step) => left.get(keyOf(step))?.isDeleted !== true)
  const slots = [...others, ...takers].flatMap(({ model, slot = null }) => (slot === null ? [] : [`${model} ${slot}`]))
  if (new Set(slots).size < slots.length) return 'taken'
  const rows = settled(before, steps)
  return isSound(rows) ? rows : 'refused'
}

/** The rules as the documentation tells them, written for one thing alone: to be seen to be right. */
function settled(before: Rows, steps: readonly Step[], waiting?: ReadonlySet<string>): Rows {
  const rows = structuredClone(before)
  const gone: Row[] = []
  const marked: Row[] = []
  for (const step of steps) {
    const row = rows.get(keyOf(step))
    if (step.kind === 'put' && row === undefined) rows.set(keyOf(step), newRow(step))
    else if (step.kind === 'put' && row !== undefined) change(row, step.references, step.slot)
    else if (row !== undefined && (step.kind === 'hardDelete' || step.model === 'plain')) erase(row)
    else if (row !== undefined && !row.isDeleted) mark(row)
  }
  for (let target = gone.pop() ?? marked.pop(); target !== undefined; target = gone.pop() ?? marked.pop()) {
    const isGone = !rows.has(keyOf(target))
    for (const { name, target: model, onDelete } of foreignKeys) {
      if (model !== target.model) continue
      for (const row of [...rows.values()].filter(({ references }) => references[name] === target?.id)) {
        if (waiting?.has(keyOf(row))) continue
        if (isGone && onDelete === 'cascade') erase(row)
        if (isGone && onDelete === 'setNull') change(row, { [name]: null })
        if (!isGone && onDelete === 'cascade' && row.model === 'soft' && !row.isDeleted) mark(row)
      }
    }
  }
  return rows

  function erase(row: Row): void {
    rows.delete(keyOf(row))
    gone.push(row)
  }

  function mark(row: Row): void {
    row.isDeleted = true
    row.version++
    marked.push(row)
  }

  function change(row: Row, references: Step['references'], slot: Step['slot'] = row.slot): void {
    const isChanged = Object.entries(references).some(([name, id]) => row.references[name as ForeignKeyName] !== id)
    if (!isChanged && slot === row.slot) return
    Object.assign(row.references, references)
    row.slot = slot
    row.version++
  }
}

function isSound(rows: Rows): boolean {
  return [...rows.values()].every(({ references }) =>
    foreignKeys.every(
      ({ name, target }) => references[name] === null || rows.has(keyOf({ model: target, id: references[name] })),
    ),
  )
}

function newRow({ model, id, references, slot = null }: Step): Row {
  const none = Object.fromEntries(foreignKeys.map(({ name }) => [name, null])) as Row['references']
  return { model, id, references: { ...none, ...references }, slot, isDeleted: false, version: 1 }
}

async function apply(session: RomeSession, { way, steps }: Batch): Promise<void> {
  // All are loaded before the first is changed: loading flushes, and each flush is checked by itself.
  const loaded: (Plain | undefined)[] = []
  for (const { model, id } of steps) loaded.push(await session.get(modelOf(model), id, { withDeleted: true }))
  for (const [at, { kind, model, id, references, slot }] of steps.entries()) {
    const found = loaded[at]
    const query = session.query(modelOf(model)).filterBy({ id })
    if (found === undefined) {
      if (kind === 'put')
        session.add(create(modelOf(model), { id, ...(slot !== undefined && { slot }), ...references }))
    } else if (kind === 'put') {
      const changed = { ...references, ...(slot !== undefined && { slot }) }
      const isChanged = Object.entries(changed).some(([name, value]) => Reflect.get(found, name) !== value)
      if (way === 'session') Object.assign(found, changed)
      else if (isChanged) await query.withDeleted().update(changed)
    } else if (kind === 'delete') {
      if (way === 'session') session.delete(found)
      else await query.delete()
    } else if (way === 'session') session.hardDelete(found)
    else await query.withDeleted().hardDelete()
  }
}

const rowOf = (model: ModelName, found: Plain & { readonly deletedAt?: Date | null }): Row => ({
  model,
  id: found.id,
  references: Object.fromEntries(foreignKeys.map(({ name }) => [name, found[name]])) as Row['references'],
  slot: found.slot,
  isDeleted: (found.deletedAt ?? null) !== null,
  version: found.version,
})

async function readAll(session: RomeSession): Promise<Rows> {
  const rows: Rows = new Map()
  for (const model of ['soft', 'plain'] as const) {
    for (const found of await session.query(modelOf(model)).withDeleted().all()) {
      const row = rowOf(model, found)
      rows.set(keyOf(row), row)
    }
  }
  return rows
}

async function allOf(rome: Rome): Promise<Rows> {
  await using session = rome.session()
  return await readAll(session)
}

const sorted = (rows: Rows) => [...rows.values()].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1))

const idMax = 3
const id = fc.integer({ min: 0, max: idMax })
const step: fc.Arbitrary<Step> = fc.record({
  kind: fc.constantFrom('put', 'put', 'put', 'delete', 'hardDelete'),
  model: fc.constantFrom('soft', 'plain'),
  id: fc.integer({ min: 0, max: idMax + 1 }),
  references: fc.dictionary(fc.constantFrom(...foreignKeys.map(({ name }) => name)), fc.option(id, { freq: 4 }), {
    minKeys: 1,
    maxKeys: 3,
  }) as fc.Arbitrary<Step['references']>,
  slot: fc.oneof(fc.constantFrom(null, undefined), fc.integer({ min: 0, max: idMax })),
})
/** One row is touched once in a flush, so that the unit of work and the test need not agree on what that would mean. */
const steps = fc.uniqueArray(step, { minLength: 1, maxLength: 5, selector: keyOf })
const batch: fc.Arbitrary<Batch> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ way: fc.constant('session' as const), steps }) },
  {
    weight: 1,
    arbitrary: fc.record({ way: fc.constant('query' as const), steps: steps.map((all) => all.slice(0, 1)) }),
  },
)

/** A store with a row of each model and id but the last, none of which refers to another. */
async function openGraph(bytes: number): Promise<Rome> {
  const clock = () => new Date('2026-01-01T00:00:00Z')
  const rome = await Rome.open({ engine: memory(), models: [Soft, Plain], cache: { bytes }, clock })
  await using session = rome.session()
  for (const model of ['soft', 'plain'] as const) {
    for (let id = 0; id <= idMax; id++) session.add(create(modelOf(model), { id, slot: id }))
  }
  await session.commit()
  return rome
}

t.test('after any changes all rows, and the entities of the session, are what the rules say', async (t) => {
  let refused = 0
  let taken = 0
  let kept = 0
  const transactions = fc.array(fc.record({ batches: fc.array(batch, { maxLength: 6 }), isKept: fc.boolean() }), {
    maxLength: 4,
  })
  const property = fc.asyncProperty(cacheSize, transactions, async (bytes, all) => {
    const rome = await openGraph(bytes)
    let committed = await allOf(rome)
    for (const { batches, isKept } of all) {
      const session = rome.session()
      const outer = await session.begin()
      let rows = committed
      const known = new Map<object, string>()
      for (const batch of batches) {
        for (const model of ['soft', 'plain'] as const) {
          const found = await session.query(modelOf(model)).withDeleted().all()
          for (const one of found) known.set(one, keyOf({ model, id: one.id }))
        }
        const expected = expectedAfter(rows, batch.steps)
        const outcome = await session
          .begin(async () => {
            await apply(session, batch)
            await session.flush()
          })
          .then(
            () => 'kept',
            (error: unknown) => {
              if (error instanceof ConstraintError && error.code === 'ROME_FOREIGN_KEY') return 'refused'
              if (error instanceof ConstraintError && error.code === 'ROME_UNIQUE') return 'taken'
              throw error
            },
          )
        strictEqual(outcome, typeof expected === 'string' ? expected : 'kept')
        if (expected === 'refused') refused++
        else if (expected === 'taken') taken++
        else {
          kept++
          rows = expected
        }
        for (const [one, key] of known) {
          if (session.stateOf(one) === 'detached') continue
          const row = rows.get(key)
          if (row === undefined || session.stateOf(one) !== 'persistent') continue
          deepStrictEqual(rowOf(row.model, one as Plain), row)
        }
        deepStrictEqual(sorted(await readAll(session)), sorted(rows))
      }
      if (isKept) {
        await outer.commit()
        committed = rows
      } else await outer.rollback()
      await session.close()
      deepStrictEqual(sorted(await allOf(rome)), sorted(committed))
      strictEqual((await rome.verify()).problemCount, 0)
    }
    await rome.close()
  })
  await fc.assert(property, { seed, numRuns: 80 })
  t.ok(refused > 20, `${refused} batches were refused`)
  t.ok(taken > 20, `${taken} batches took what others have`)
  t.ok(kept > 20, `${kept} batches were kept`)
})

t.test('no two sessions together leave a foreign key that leads to nothing', async (t) => {
  const counts = { committed: 0, conflicts: 0, refused: 0 }
  const isolation = fc.constantFrom<Isolation>('serializable', 'snapshot')
  // Here what is refused should be so for its foreign keys.
  const withoutSlots = batch.map(({ way, steps }) => ({
    way,
    steps: steps.map((step) => ({ ...step, slot: undefined })),
  }))
  const batches = fc.array(withoutSlots, { minLength: 1, maxLength: 2 })
  const property = fc.asyncProperty(
    fc.array(withoutSlots, { maxLength: 8 }),
    batches,
    batches,
    isolation,
    cacheSize,
    async (...given) => {
      const [before, first, second, isolation, bytes] = given
      const rome = await openGraph(bytes)
      for (const one of before) await run([one])
      const sessions = [rome.session({ isolation }), rome.session({ isolation })]
      const works = [first, second]
      for (const session of sessions) await session.query(Soft).filterBy({ id: 99 }).all()
      const live: RomeSession[] = []
      for (const [at, session] of sessions.entries()) {
        try {
          for (const one of works[at] ?? []) {
            await apply(session, one)
            await session.flush()
          }
          live.push(session)
        } catch (error) {
          count(error)
        }
      }
      for (const session of live) await session.commit().then(() => counts.committed++, count)
      const { problems } = await rome.verify()
      deepStrictEqual(problems, [])
      await rome.close()

      async function run(all: readonly Batch[]): Promise<void> {
        await using session = rome.session()
        try {
          for (const one of all) await apply(session, one)
          await session.commit()
        } catch (error) {
          count(error)
        }
      }
    },
  )
  await fc.assert(property, { seed, numRuns: 120 })
  for (const [name, value] of Object.entries(counts)) t.ok(value > 5, `${value} ${name}`)

  function count(error: unknown): void {
    if (error instanceof ConflictError) counts.conflicts++
    else if (error instanceof ConstraintError && error.code === 'ROME_FOREIGN_KEY') counts.refused++
    else throw error
  }
})
