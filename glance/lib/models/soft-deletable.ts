import { column, type Timestamp, t } from 'rome-orm'
import { now } from '../values/clock.js'

const time = () => t.datetime({ precision: 6 })

/**
 * The columns common to images, what belongs to images, and tasks. Glance marks a row as deleted by a flag beside the
 * time, and the two need not agree: a property that comes back keeps the time of its deletion. Rome's own soft
 * deletion knows the time alone, so these are plain columns that the functions write.
 */
export abstract class SoftDeletable {
  @column(time().default(now)) created_at!: Timestamp
  @column(time().nullable().default(now)) updated_at!: Timestamp | null
  @column(time().nullable()) deleted_at!: Timestamp | null
  @column(t.boolean().default(false)) deleted!: boolean
}
