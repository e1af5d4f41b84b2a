import { column } from '../../lib/decorators/column.js'
import { entity } from '../../lib/decorators/entity.js'
import { index, unique } from '../../lib/decorators/indexes.js'
import { manyToMany } from '../../lib/decorators/many-to-many.js'
import { manyToOne } from '../../lib/decorators/many-to-one.js'
import { oneToMany } from '../../lib/decorators/one-to-many.js'
import { primaryKey } from '../../lib/decorators/primary-key.js'
import { deletedAt } from '../../lib/decorators/roles.js'
import { scope } from '../../lib/decorators/scope.js'
import { or_ } from '../../lib/expressions/predicate.js'
import type { Collection, LoadedCollection } from '../../lib/schema/collection.js'
import { create } from '../../lib/schema/create.js'
import type { ModelClass } from '../../lib/schema/entity-schema.js'
import type { LoadedRef, Ref } from '../../lib/schema/ref.js'
import type { Rome } from '../../lib/session/rome.js'
import type { RomeSession } from '../../lib/session/session.js'
import { t } from '../../lib/values/t.js'

export interface Tenant {
  readonly owner: string
}

/** Of one tenant each, which is checked at every write. */
@entity('disks')
@index('owner')
@unique('owner', 'name')
@scope('tenant', (disk, { owner }: Tenant) => disk.owner.eq(owner), { default: true, check: true })
@scope('large', (disk, { from }: { from: number }) => disk.size.gte(from))
@scope('empty', (disk) => disk.files.none())
export class Disk {
  @primaryKey(t.integer()) id!: number
  @column(t.string()) owner!: string
  @column(t.string()) name!: string
  @column(t.integer().default(1)) size!: number
  @column(t.integer().nullable()) copyOfId!: number | null
  @deletedAt() deletedAt!: Date | null
  @oneToMany(
    () => File,
    (file) => file.disk,
    { orderBy: 'id' },
  )
  files!: Collection<File>
  @manyToOne(() => Disk, { column: 'copyOfId' }) copyOf!: Ref<Disk | null>
  @manyToMany(() => Label, {
    through: () => DiskLabel,
    from: (link) => link.disk,
    to: (link) => link.label,
    orderBy: 'id',
  })
  labels!: Collection<Label>
}

/** Seen when it is public or one of the project's members. */
@entity('files')
@scope(
  'visible',
  (file, { project }: { project: string }) =>
    or_(
      file.isPublic.eq(true),
      file.members.some((member) => member.project.eq(project)),
    ),
  { default: true },
)
export class File {
  @primaryKey(t.integer()) id!: number
  @column(t.integer()) diskId!: number
  @column(t.boolean()) isPublic!: boolean
  @manyToOne(
    () => Disk,
    (disk) => disk.files,
    { column: 'diskId' },
  )
  disk!: Ref<Disk>
  @oneToMany(
    () => Member,
    (member) => member.file,
  )
  members!: Collection<Member>
}

/** Hidden by a scope of its own, which that of files does not obey. */
@entity('members')
@scope('nobody', (member) => member.project.eq(''), { default: true })
export class Member {
  @primaryKey(t.integer()) fileId!: number
  @primaryKey(t.string()) project!: string
  @manyToOne(
    () => File,
    (file) => file.members,
    { column: 'fileId', onDelete: 'cascade' },
  )
  file!: Ref<File>
}

@entity('labels')
export class Label {
  @primaryKey(t.integer()) id!: number
  @manyToMany(
    () => Disk,
    (disk) => disk.labels,
    { orderBy: 'id' },
  )
  disks!: Collection<Disk>
}

/** A middle model with a default scope of its own. */
@entity('disk_labels')
@scope('shown', (link) => link.isShown.eq(true), { default: true })
export class DiskLabel {
  @primaryKey(t.integer()) diskId!: number
  @primaryKey(t.integer()) labelId!: number
  @column(t.boolean().default(true)) isShown!: boolean
  @manyToOne(() => Disk, { column: 'diskId', onDelete: 'cascade' }) disk!: Ref<Disk>
  @manyToOne(() => Label, { column: 'labelId', onDelete: 'cascade' }) label!: Ref<Label>
}

export const models: readonly ModelClass[] = [Disk, File, Member, Label, DiskLabel]

/** Every scope is off. */
export const unscoped = { tenant: false, visible: false, nobody: false, shown: false } as const

/** Sees the rows of one tenant, files and links included. */
export function sessionOf(rome: Rome, owner: string): RomeSession {
  return rome.session({ scopes: { tenant: { owner } satisfies Tenant, visible: { project: owner } } })
}

/** Disks 1 to 3 of ada, 11 to 13 of bob; each with a public file and one for members. */
export async function fill(rome: Rome): Promise<void> {
  const session = rome.session({ scopes: unscoped })
  for (const [owner, base, other] of [
    ['ada', 0, 11],
    ['bob', 10, 1],
  ] as const) {
    for (const at of [1, 2, 3]) {
      const id = base + at
      session.add(create(Disk, { id, owner, name: `disk ${at}`, size: at, copyOfId: at === 2 ? other : null }))
      session.add(create(File, { id: id * 10, diskId: id, isPublic: true }))
      session.add(create(File, { id: id * 10 + 1, diskId: id, isPublic: false }))
      session.add(create(Member, { fileId: id * 10 + 1, project: at === 3 ? 'nobody' : owner }))
    }
  }
  for (const id of [1, 2]) session.add(create(Label, { id }))
  for (const diskId of [1, 2, 11]) {
    session.add(create(DiskLabel, { diskId, labelId: 1 }))
    session.add(create(DiskLabel, { diskId, labelId: 2, isShown: false }))
  }
  await session.commit()
  await session.close()
}

/** The ids of what a collection holds. */
export function idsOf(collection: Collection<{ id: number } & object>): number[] {
  return (collection as LoadedCollection<{ id: number }>).toArray().map(({ id }) => id)
}

export function target<T extends object | null>(ref: Ref<T>): T {
  return (ref as LoadedRef<T>).get()
}
