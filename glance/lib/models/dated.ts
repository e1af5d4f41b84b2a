import { column, type Timestamp, t } from 'rome-orm'
import { now } from '../values/clock.js'

const time = () => t.datetime({ precision: 6 })

/** The columns common to the metadata definitions, which are erased when deleted. */
export abstract class Dated {
  @column(time().default(now)) created_at!: Timestamp
  @column(time().nullable().default(now)) updated_at!: Timestamp | null
}
