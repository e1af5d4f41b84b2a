import type { Engine } from '../../lib/engines/contract.js'
import { memory } from '../../lib/engines/memory/index.js'
import {
  type Collection,
  column,
  create,
  createdAt,
  deletedAt,
  entity,
  fields,
  index,
  manyToOne,
  oneToMany,
  primaryKey,
  type Ref,
  Rome,
  type RomeOptions,
  type RomeSession,
  t,
  updatedAt,
  version,
} from '../../lib/index.js'

/**
 * Images with properties: soft deletion, times, a version, a relation both ways, and columns with and without an
 * index.
 */
@entity('images')
@index('owner', 'size')
export class Image {
  @primaryKey(t.integer()) id!: number
  @column(t.string()) name!: string
  @column(t.string()) owner!: string
  @column(t.enum('queued', 'active', 'killed').default('active')) status!: 'queued' | 'active' | 'killed'
  @column(t.integer().nullable()) size!: number | null
  @column(t.json<readonly string[]>().default([])) tags!: readonly string[]
  @createdAt() createdAt!: Date
  @updatedAt() updatedAt!: Date
  @deletedAt() deletedAt!: Date | null
  @version() version!: number
  @oneToMany(
    () => Property,
    (property) => property.image,
  )
  properties!: Collection<Property>
}

/** Erased when deleted. */
@entity('properties')
@index('imageId')
export class Property {
  @primaryKey(t.integer()) id!: number
  @column(t.integer()) imageId!: number
  @column(t.string()) name!: string
  @column(t.string().nullable()) value!: string | null
  @manyToOne(
    () => Image,
    (image) => image.properties,
    { column: 'imageId', onDelete: 'cascade' },
  )
  image!: Ref<Image>
}

/** Read by no query unless it is joined. */
@entity('tags')
export class Tag {
  @primaryKey(t.integer()) id!: number
  @column(t.string()) text!: string
}

export const image = fields(Image)
export const property = fields(Property)
export const tag = fields(Tag)

/** Four live images of two owners, one of them without a size, and a deleted one. */
export const imageRows = [
  { id: 1, name: 'alpine', owner: 'ada', size: 130 },
  { id: 2, name: 'cirros', owner: 'ada', size: 20, status: 'queued' },
  { id: 3, name: 'debian', owner: 'bob', size: 1100 },
  { id: 4, name: 'fedora', owner: 'bob', size: null },
  { id: 5, name: 'ghost', owner: 'bob', size: 5, deletedAt: new Date('2026-01-02T00:00:00Z') },
] as const

/** Properties of images 1 and 2, and one of the deleted image. */
export const propertyRows = [
  { id: 1, imageId: 1, name: 'arch', value: 'x86' },
  { id: 2, imageId: 1, name: 'os', value: 'linux' },
  { id: 3, imageId: 2, name: 'arch', value: 'arm' },
  { id: 4, imageId: 2, name: 'os', value: null },
  { id: 5, imageId: 5, name: 'arch', value: 'arm' },
] as const

/** The part of a tap test that is needed here. */
interface WithTeardown {
  teardown(work: () => Promise<void>): void
}

/** A Rome with the models above, closed at the end of the test. Full scans are allowed unless the options say else. */
export async function openImages(
  test: WithTeardown,
  options: Partial<RomeOptions> & { engine?: Engine } = {},
): Promise<Rome> {
  const rome = await Rome.open({ engine: memory(), models: [Image, Property, Tag], fullScans: 'allow', ...options })
  test.teardown(() => rome.close())
  return rome
}

/** Commits the rows above. */
export async function addImages(session: RomeSession): Promise<void> {
  session.addAll(imageRows.map((values) => create(Image, values)))
  await session.flush()
  session.addAll(propertyRows.map((values) => create(Property, values)))
  await session.commit()
}

/** What an engine still holds for its readers. */
export function heldBy(rome: Rome): { readonly snapshots: number; readonly scans: number } {
  const { liveSnapshots, liveScans } = rome.store.engine.stats()
  return { snapshots: liveSnapshots, scans: liveScans }
}

export const nothingHeld = { snapshots: 0, scans: 0 } as const
