import { column, t } from 'rome-orm'
import { SoftDeletable } from './soft-deletable.js'

/**
 * What an image tells of its data. A class by itself also since thousands of images are read in a second: a class with
 * all their columns takes four times as long to construct.
 */
export abstract class ImageData extends SoftDeletable {
  @column(t.string({ max: 20 }).nullable()) disk_format!: string | null
  @column(t.string({ max: 20 }).nullable()) container_format!: string | null
  /** In bytes. */
  @column(t.integer().nullable()) size!: number | null
  @column(t.integer().nullable()) virtual_size!: number | null
  @column(t.string({ max: 32 }).nullable()) checksum!: string | null
  @column(t.string({ max: 64 }).nullable()) os_hash_algo!: string | null
  @column(t.string({ max: 128 }).nullable()) os_hash_value!: string | null
}
