import { column } from '../../../lib/decorators/column.js'
import { entity } from '../../../lib/decorators/entity.js'
import { primaryKey } from '../../../lib/decorators/primary-key.js'
import { deletedAt, version } from '../../../lib/decorators/roles.js'
import { scope } from '../../../lib/decorators/scope.js'
import { t } from '../../../lib/values/t.js'

@entity('docs')
@scope('shown', (doc) => doc.body.ne('b1'), { default: true })
export class Doc {
  @primaryKey(t.string()) id!: string
  @column(t.string().default('')) body!: string
  @column(t.json<number[]>().default([])) tags!: number[]
  @deletedAt() deletedAt!: Date | null
  @version() version!: number
}

/** A stored row, as properties. */
export interface Row {
  id: string
  body: string
  tags: number[]
  deletedAt: Date | null
  version: number
}

/** The properties of an entity; of a new one they are not all set. */
export type Values = { [K in keyof Row]: Row[K] | undefined } & { id: string }

/** The time that every deletion gets. */
export const now = new Date('2026-01-01T00:00:00Z')

export const newValues = (id: string): Values => ({
  id,
  body: undefined,
  tags: undefined,
  deletedAt: undefined,
  version: undefined,
})

export const copyRow = (row: Row): Row => ({ ...row, tags: [...row.tags] })

export const copyValues = (values: Values): Values => ({ ...values, tags: values.tags && [...values.tags] })

export const isSame = (a: Values, b: Values): boolean =>
  a.id === b.id &&
  a.body === b.body &&
  a.version === b.version &&
  a.deletedAt?.getTime() === b.deletedAt?.getTime() &&
  a.tags?.join() === b.tags?.join()
