import { randomUUID } from 'node:crypto'
import { column, entity, globalScope, index, primaryKey, t } from 'rome-orm'
import { ImageData } from './image-data.js'

const fits32Bits = (value: number) => Math.abs(value) < 2 ** 31
const int = () => t.integer().validate(fits32Bits, 'the number does not fit 32 bits')

/**
 * An image. Lists are read in the order of creation unless they say otherwise, so that each index of what they filter
 * by goes on with it. Flags that nearly all rows share (`deleted`, `os_hidden`) have no index: it would be read whole.
 */
@globalScope
@entity('images')
@index('owner', 'status', 'created_at')
@index('owner', 'created_at')
@index('status', 'created_at')
@index('visibility', 'created_at')
@index('created_at')
@index('updated_at')
@index('name', 'created_at')
@index('checksum')
@index('os_hash_value')
@index('deleted_at', { where: (image) => image.deleted_at.isNotNull() })
export class Image extends ImageData {
  @primaryKey(t.string({ max: 36 }).default(randomUUID)) id!: string
  @column(t.string({ max: 255 }).nullable()) name!: string | null
  @column(t.string({ max: 30 })) status!: string
  @column(t.string({ max: 30 }).default('shared')) visibility!: string
  @column(int().default(0)) min_disk!: number
  @column(int().default(0)) min_ram!: number
  @column(t.string({ max: 255 }).nullable()) owner!: string | null
  @column(t.boolean().default(false)) protected!: boolean
  @column(t.boolean().default(false)) os_hidden!: boolean
}
