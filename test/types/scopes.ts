import { column } from '../../lib/decorators/column.js'
import { entity } from '../../lib/decorators/entity.js'
import { manyToOne } from '../../lib/decorators/many-to-one.js'
import { oneToMany } from '../../lib/decorators/one-to-many.js'
import { primaryKey } from '../../lib/decorators/primary-key.js'
import { scope } from '../../lib/decorators/scope.js'
import type { Collection } from '../../lib/schema/collection.js'
import { defineEntity } from '../../lib/schema/define-entity.js'
import type { Ref } from '../../lib/schema/ref.js'
import type { Rome } from '../../lib/session/rome.js'
import type { RomeSession } from '../../lib/session/session.js'
import { t } from '../../lib/values/t.js'

interface Tenant {
  readonly owner: string
}

@entity('disks')
@scope('tenant', (disk, { owner }: Tenant) => disk.owner.eq(owner), { default: true, check: true })
@scope('large', (disk) => disk.size.gt(100n))
@scope('full', (disk) => disk.files.some((file) => file.size.gt(1n)))
// @ts-expect-error no such column
@scope('misspelt', (disk) => disk.ownr.eq('ada'))
// @ts-expect-error of another type than the column
@scope('mistyped', (disk, { owner }: { owner: number }) => disk.owner.eq(owner))
// @ts-expect-error no predicate
@scope('value', (disk) => disk.size)
// @ts-expect-error no such option
@scope('optioned', (disk) => disk.size.gt(1n), { always: true })
export class Disk {
  @primaryKey(t.uuid()) id!: string
  @column(t.string()) owner!: string
  @column(t.bigint()) size!: bigint
  @oneToMany(
    () => File,
    (file) => file.disk,
  )
  files!: Collection<File>
}

@entity('files')
export class File {
  @primaryKey(t.uuid()) id!: string
  @column(t.uuid()) diskId!: string
  @column(t.bigint()) size!: bigint
  @manyToOne(
    () => Disk,
    (disk) => disk.files,
    { column: 'diskId' },
  )
  disk!: Ref<Disk>
}

export const Plain = defineEntity(
  'plain',
  { id: primaryKey(t.uuid()), owner: t.string() },
  {
    scopes: [
      scope('tenant', (plain, { owner }: Tenant) => plain.owner.eq(owner), { default: true }),
      // @ts-expect-error no such column
      scope('misspelt', (plain) => plain.ownr.eq('ada')),
    ],
  },
)

export function scopesAreGiven(rome: Rome, session: RomeSession): void {
  rome.session({ scopes: { tenant: { owner: 'ada' } satisfies Tenant, other: false } })
  session.query(Disk).scope('large').withoutScope('tenant', 'other')
  // @ts-expect-error arguments are an object
  rome.session({ scopes: { tenant: 'ada' } })
  // @ts-expect-error a scope is named
  session.query(Disk).withoutScope()
  // @ts-expect-error a transaction has the scopes of its session
  session.begin({ scopes: { tenant: { owner: 'ada' } } }, () => 1)
}
