import { check } from '../../lib/decorators/check.js'
import { column } from '../../lib/decorators/column.js'
import { entity } from '../../lib/decorators/entity.js'
import { globalScope } from '../../lib/decorators/global-scope.js'
import { index, unique } from '../../lib/decorators/indexes.js'
import { primaryKey } from '../../lib/decorators/primary-key.js'
import { createdAt, deletedAt, updatedAt, version } from '../../lib/decorators/roles.js'
import { desc } from '../../lib/expressions/asc-desc.js'
import type { Column } from '../../lib/expressions/column.js'
import { alias } from '../../lib/schema/alias.js'
import { create } from '../../lib/schema/create.js'
import { fields } from '../../lib/schema/fields.js'
import type { ModelLike } from '../../lib/schema/model-like.js'
import type { Fields } from '../../lib/schema/relation.js'
import { t } from '../../lib/values/t.js'
import type { Timestamp } from '../../lib/values/timestamp.js'
import { type Equal, expectTrue } from './equal.js'

type Status = 'queued' | 'active'

@globalScope
@entity('images')
@index('owner', 'status', desc('createdAt'))
@index('checksum', { where: (i) => i.checksum.isNotNull() })
@index('status', { where: (i) => i.deletedAt.isNull(), include: ['owner', 'size'], name: 'live' })
@unique('owner', 'name')
@unique('checksum', { name: 'one_checksum' })
@check((i) => i.minDisk.gte(0), { name: 'disk' })
export class Image {
  @primaryKey(t.uuid()) id!: string
  @column(t.string({ max: 255 }).nullable()) name!: string | null
  @column(t.enum('queued', 'active')) status!: Status
  @column(t.bigint().nullable(), { name: 'bytes' }) size!: bigint | null
  @column(t.integer().default(0)) minDisk!: number
  @column(t.string()) owner!: string
  @column(t.string().nullable()) checksum: string | null = null
  @column(t.json<{ readonly a: string }>()) labels!: { readonly a: string }
  @createdAt() createdAt!: Date
  @updatedAt(t.datetime({ precision: 6 })) updatedAt!: Timestamp
  @deletedAt() deletedAt!: Date | null
  @version() version!: number

  label(): string {
    return this.name ?? this.id
  }
}

abstract class Identified {
  @primaryKey(t.uuid()) id!: string
}

@entity('tags')
@index('id')
export class Tag extends Identified {
  @column(t.string()) text!: string
}

export class WrongProperties {
  // @ts-expect-error the column holds integers
  @column(t.integer()) name!: string
  // @ts-expect-error the column may be null
  @column(t.string().nullable()) nullable!: string
  // @ts-expect-error the column is never null
  @column(t.string()) present!: string | null
  // @ts-expect-error a property that may be undefined
  @column(t.string()) optional?: string
  // @ts-expect-error the property has a text that the enum lacks
  @column(t.enum('a', 'b')) wide!: 'a' | 'b' | 'c'
  // @ts-expect-error the enum has a text that the property lacks
  @column(t.enum('a', 'b')) narrow!: 'a'
  // @ts-expect-error any text is more than the enum
  @column(t.enum('a', 'b')) text!: string
  // @ts-expect-error a Date holds milliseconds only
  @createdAt(t.datetime({ precision: 6 })) createdAt!: Date
  // @ts-expect-error null while it is not deleted
  @deletedAt() deletedAt!: Date
  // @ts-expect-error the key holds uuids
  @primaryKey(t.uuid()) id!: number
  // @ts-expect-error a version is a number
  @version() version!: bigint
}

// @ts-expect-error no such column
@index('ownr')
// @ts-expect-error no such column
@index('owner', desc('createAt'))
// @ts-expect-error a method is no column
@unique('label')
// @ts-expect-error no such column
@index('owner', { where: (i) => i.checksm.isNotNull() })
// @ts-expect-error no such column to include
@index('owner', { include: ['siz'] })
// @ts-expect-error options come last
@index({ name: 'x' }, 'owner')
// @ts-expect-error an index has columns
@index()
// @ts-expect-error a text column is no predicate
@check((i) => i.owner)
// @ts-expect-error integers are not searched as text
@check((i) => i.size.like('1%'))
export class WrongRules {
  @column(t.string()) owner!: string
  @column(t.integer()) size!: number

  label(): string {
    return this.owner
  }
}

// @ts-expect-error the constructor of a model takes no arguments
@entity('arguments')
export class WithArguments {
  constructor(readonly id: string) {}
}

// @ts-expect-error an abstract class has no entities
@entity('abstract')
export abstract class Abstract {}

export function fieldsHaveTheTypesOfTheProperties(): void {
  const image = fields(Image)
  expectTrue<Equal<typeof image.status, Column<Status>>>()
  expectTrue<Equal<typeof image.size, Column<bigint | null>>>()
  expectTrue<Equal<typeof image.updatedAt, Column<Timestamp>>>()
  // @ts-expect-error a method is no column
  image.label
  // @ts-expect-error columns are not replaced
  image.name = image.owner
}

declare function rootOf<T extends object>(model: ModelLike<T>): T

export function anAliasIsAcceptedWhereverAModelIs(): void {
  const parent = alias(Image, 'parent')
  expectTrue<Equal<typeof parent.status, Column<Status>>>()
  const ofAlias = rootOf(parent)
  expectTrue<Equal<typeof ofAlias, Image>>()
  const ofModel = rootOf(Image)
  expectTrue<Equal<typeof ofModel, Image>>()
  const image: Fields<Image> = parent
  parent.owner.eq(image.name)
}

export function createTakesDataProperties(): void {
  const image = create(Image, { name: 'cirros', status: 'active', createdAt: new Date() })
  expectTrue<Equal<typeof image, Image>>()
  create(Tag, { id: 'x', text: 'y' })
  // @ts-expect-error no such column
  create(Image, { nam: 'cirros' })
  // @ts-expect-error of another type
  create(Image, { name: 5 })
  // @ts-expect-error never null
  create(Image, { owner: null })
  // @ts-expect-error a method is no column
  create(Image, { label: () => 'x' })
}
