import t, { type Test } from 'tap'
import {
  type Caller,
  type Dictionary,
  type ErrorKind,
  GlanceDatabase,
  GlanceError,
  type ImageListOptions,
  type ImageRecord,
  type PropertyRecord,
} from '../../glance/lib/index.js'
import { level } from '../../lib/engines/level/index.js'
import { memory } from '../../lib/engines/memory/index.js'
import type { RomeOptions } from '../../lib/index.js'
import { temporaryDirectory } from './temporary-directory.js'

/** Where every rule is tested. */
const engines = {
  memory: () => memory(),
  'level with 4 partitions': () => level(temporaryDirectory(t), { partitions: 4, durability: 'os' }),
} as const

export const admin: Caller = { isAdmin: true, owner: null }
export const alice: Caller = { isAdmin: false, owner: 'alice' }
export const bob: Caller = { isAdmin: false, owner: 'bob' }
export const nobody: Caller = { isAdmin: false, owner: null }

/** An id that no image has. */
export const noImage = '00000000-0000-0000-0000-000000000000'

const opened = new Map<string, Promise<GlanceDatabase>>()

/** A rule of the database API, tested on every engine, each time in an empty catalogue. */
export function rule(title: string, check: (t: Test, glance: GlanceDatabase) => Promise<void>): void {
  for (const [name, engine] of Object.entries(engines)) {
    t.test(`${title} (${name})`, async (t) => {
      const glance = await open(name, engine)
      await glance.reset()
      await check(t, glance)
    })
  }
}

/** One catalogue for each engine and test file: opening takes longer than emptying. */
function open(name: string, engine: () => RomeOptions['engine']): Promise<GlanceDatabase> {
  let glance = opened.get(name)
  if (glance === undefined) {
    glance = GlanceDatabase.open({ engine: engine() })
    opened.set(name, glance)
    t.teardown(async () => (await opened.get(name))?.close())
  }
  return glance
}

/** Adds an image: active, of nobody, and shared with nobody, unless the values say otherwise. */
export function addImage(
  glance: GlanceDatabase,
  values: Dictionary = {},
  caller: Caller = admin,
): Promise<ImageRecord> {
  return glance.images.create(caller, { values: { status: 'active', ...values } })
}

/** Names of listed images, in order. */
export async function listed(
  glance: GlanceDatabase,
  caller: Caller,
  options?: ImageListOptions,
): Promise<(string | null)[]> {
  return (await glance.images.getAll(caller, options)).map(({ name }) => name)
}

/** A property of a record by its name. */
export function propertyOf(record: ImageRecord, name: string): PropertyRecord | undefined {
  return record.properties.find((property) => property.name === name)
}

/** That a call is refused by an error of this kind, and not of one below it. */
export async function refused(t: Test, call: Promise<unknown>, kind: ErrorKind, title?: string): Promise<void> {
  const error = await call.then(
    (answer) => ({ answered: answer }),
    (error: unknown) => error,
  )
  t.equal(error instanceof GlanceError ? error.kind : error, kind, title ?? `is refused by ${kind}`)
}

/** The names of a record's fields, in order. */
export function fieldsOf(record: object): string[] {
  return Object.keys(record).sort()
}
