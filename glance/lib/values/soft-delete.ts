import type { Timestamp } from 'rome-orm'
import type { SoftDeletable } from '../models/soft-deletable.js'
import { now } from './clock.js'

/** Marks a row as deleted. */
export function softDelete(row: SoftDeletable, time: Timestamp = now()): void {
  row.deleted = true
  row.deleted_at = time
  row.updated_at = time
}
