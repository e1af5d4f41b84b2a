import { check } from '../../lib/decorators/check.js'
import { column } from '../../lib/decorators/column.js'
import { index, unique } from '../../lib/decorators/indexes.js'
import { primaryKey } from '../../lib/decorators/primary-key.js'
import { createdAt, deletedAt, updatedAt, version } from '../../lib/decorators/roles.js'
import { desc } from '../../lib/expressions/asc-desc.js'
import type { Column } from '../../lib/expressions/column.js'
import { create } from '../../lib/schema/create.js'
import { defineEntity } from '../../lib/schema/define-entity.js'
import { fields } from '../../lib/schema/fields.js'
import { t } from '../../lib/values/t.js'
import type { Timestamp } from '../../lib/values/timestamp.js'
import { type Equal, expectTrue } from './equal.js'

const Image = defineEntity(
  'images',
  {
    id: primaryKey(t.uuid()),
    name: t.string({ max: 255 }).nullable(),
    status: t.enum('queued', 'active'),
    size: column(t.bigint().nullable(), { name: 'bytes' }),
    labels: t.json<{ readonly a: string }>(),
    createdAt: createdAt(),
    updatedAt: updatedAt(t.datetime({ precision: 6 })),
    deletedAt: deletedAt(),
    version: version(),
  },
  {
    indexes: [
      index('status', desc('createdAt')),
      index('size', { where: (i) => i.size.isNotNull(), include: ['status'] }),
      unique('name'),
    ],
    checks: [check((i) => i.size.gte(0n))],
  },
)
type Image = InstanceType<typeof Image>

interface Expected {
  id: string
  name: string | null
  status: 'queued' | 'active'
  size: bigint | null
  labels: { readonly a: string }
  createdAt: Date
  updatedAt: Timestamp
  deletedAt: Date | null
  version: number
}

export function entitiesHaveThePropertiesOfTheColumns(image: Image): void {
  expectTrue<Equal<{ [K in keyof Image]: Image[K] }, { [K in keyof Expected]: Expected[K] }>>()
  image.name = null
  // @ts-expect-error not a text of the enum
  image.status = 'killed'
}

export function fieldsAndCreateAreTyped(): void {
  const image = fields(Image)
  expectTrue<Equal<typeof image.status, Column<'queued' | 'active'>>>()
  const made = create(Image, { status: 'active', name: null })
  expectTrue<Equal<typeof made, Image>>()
  // @ts-expect-error no such column
  create(Image, { stat: 'active' })
  // @ts-expect-error of another type
  create(Image, { size: 1 })
}

export const wrongRules = defineEntity(
  'wrong',
  { id: primaryKey(t.uuid()), name: t.string() },
  {
    indexes: [
      // @ts-expect-error no such column
      index('nam'),
      // @ts-expect-error no such column
      index(desc('nam')),
      // @ts-expect-error no such column
      index('name', { where: (i) => i.nam.isNull() }),
      // @ts-expect-error a check is no index
      check((i) => i.name.ne('')),
    ],
    // @ts-expect-error integers are not texts
    checks: [check((i) => i.name.eq(5))],
  },
)
