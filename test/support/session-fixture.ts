import { column } from '../../lib/decorators/column.js'
import { entity } from '../../lib/decorators/entity.js'
import { unique } from '../../lib/decorators/indexes.js'
import { primaryKey } from '../../lib/decorators/primary-key.js'
import { createdAt, deletedAt, updatedAt, version } from '../../lib/decorators/roles.js'
import type { Engine } from '../../lib/engines/contract.js'
import { memory } from '../../lib/engines/memory/index.js'
import type { ModelClass } from '../../lib/schema/entity-schema.js'
import { schemaOf } from '../../lib/schema/schema-of.js'
import { Rome, type RomeOptions } from '../../lib/session/rome.js'
import { t } from '../../lib/values/t.js'

/** Everything Rome writes by itself, soft deletion and a unique name. */
@entity('images')
@unique('name')
export class Image {
  @primaryKey(t.uuid()) id!: string
  @column(t.string()) name!: string
  @column(t.string().default('nobody')) owner!: string
  @column(t.bigint().nullable()) size!: bigint | null
  @column(t.datetime().nullable()) takenAt!: Date | null
  @column(t.json<string[]>().default([])) tags!: string[]
  @createdAt() createdAt!: Date
  @updatedAt() updatedAt!: Date
  @deletedAt() deletedAt!: Date | null
  @version() version!: number
}

/** As plain as can be: no version, erased when deleted. */
@entity('notes')
@unique('slot')
export class Note {
  @primaryKey(t.string()) title!: string
  @column(t.string().default('')) body!: string
  @column(t.integer().default(0)) count!: number
  @column(t.integer().nullable()) slot!: number | null
}

/** A key of two columns. */
@entity('members')
export class Member {
  @primaryKey(t.string()) image!: string
  @primaryKey(t.integer()) number!: number
  @column(t.string().nullable()) role!: string | null
}

export const models: readonly ModelClass[] = [Image, Note, Member]

/** The time of the fixture's Rome; tests set it. */
export const time = { now: new Date('2026-01-01T00:00:00Z') }

/** A Rome on memory with the models above, closed at the end of the test. */
export async function openRome(
  test: { teardown(work: () => Promise<void>): void },
  options: Partial<RomeOptions> & { engine?: Engine } = {},
): Promise<Rome> {
  time.now = new Date('2026-01-01T00:00:00Z')
  const rome = await Rome.open({ engine: memory(), models, clock: () => new Date(time.now), ...options })
  test.teardown(() => rome.close())
  return rome
}

/** The stored row by another session's eyes; `undefined` when there is none. Soft-deleted rows are seen. */
export async function stored<T extends object>(
  rome: Rome,
  model: ModelClass<T>,
  key: string | object,
): Promise<T | undefined> {
  await using session = rome.session()
  return session.get(model, key, { withDeleted: true })
}

/** The properties of an entity's columns. */
export function valuesOf(entity: object): Record<string, unknown> {
  const names = schemaOf(entity.constructor as ModelClass).columns.map(({ name }) => name)
  return structuredClone(Object.fromEntries(names.map((name) => [name, Reflect.get(entity, name)])))
}

/** How many engine snapshots a Rome on memory holds open. */
export function liveSnapshots(rome: Rome): number {
  return (rome.store.engine as unknown as { stats(): Record<string, number> }).stats().liveSnapshots
}
