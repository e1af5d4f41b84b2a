import {
  type Collection,
  check,
  column,
  createdAt,
  deletedAt,
  desc,
  entity,
  globalScope,
  index,
  manyToOne,
  oneToMany,
  primaryKey,
  type Ref,
  t,
  unique,
  updatedAt,
  version,
} from 'rome-orm'

/** A release of an operating system. */
@globalScope
@entity('operating_systems')
@index('distro', desc('releaseDate'))
@index('releaseDate')
export class OperatingSystem {
  /** A short name without spaces, such as `fedora36`. */
  @primaryKey(t.string({ max: 64 })) id!: string
  @column(t.string()) name!: string
  @column(t.string({ max: 32 }).nullable()) version!: string | null
  @column(t.string()) vendor!: string
  @column(t.string({ max: 32 }).nullable()) family!: string | null
  @column(t.string({ max: 32 })) distro!: string
  @column(t.string({ max: 64 }).nullable()) codename!: string | null
  @column(t.date().nullable()) releaseDate!: string | null
  @column(t.date().nullable()) eolDate!: string | null
  @oneToMany(
    () => Image,
    (image) => image.operatingSystem,
    { orderBy: 'arch' },
  )
  images!: Collection<Image>
}

export type ImageKind = 'image' | 'media'
export type DiskFormat = 'containerdisk' | 'iso' | 'qcow2' | 'raw' | 'vmdk'
export type ImageStatus = 'queued' | 'active' | 'killed'

/** A disk image to start a machine from, or a medium to install one with. */
@globalScope
@entity('images')
@index('arch', 'operatingSystemId')
@index('diskFormat', 'operatingSystemId')
@index('owner', 'status', 'createdAt')
@index('status')
@index('url', { where: (image) => image.url.isNotNull() })
@check((image) => image.minRamMib.gt(0), { name: 'images_need_memory' })
export class Image {
  @primaryKey(t.uuid()) id!: string
  @column(t.string({ max: 64 })) operatingSystemId!: string
  @column(t.enum('image', 'media')) kind!: ImageKind
  @column(t.string({ max: 16 })) arch!: string
  @column(t.enum('containerdisk', 'iso', 'qcow2', 'raw', 'vmdk')) diskFormat!: DiskFormat
  @column(t.boolean()) live!: boolean
  @column(t.boolean()) cloudInit!: boolean
  @column(t.string({ max: 500 }).nullable()) url!: string | null
  /** In bytes. */
  @column(t.bigint().nullable()) size!: bigint | null
  @column(t.integer().nullable()) minRamMib!: number | null
  @column(t.integer().nullable()) minDiskGib!: number | null
  @column(t.enum('queued', 'active', 'killed').default('queued')) status!: ImageStatus
  @column(t.string()) owner!: string
  @createdAt() createdAt!: Date
  @updatedAt() updatedAt!: Date
  @deletedAt() deletedAt!: Date | null
  @version() version!: number
  @manyToOne(
    () => OperatingSystem,
    (system) => system.images,
    { column: 'operatingSystemId' },
  )
  operatingSystem!: Ref<OperatingSystem>
  @oneToMany(
    () => ImageProperty,
    (property) => property.image,
    { orderBy: 'name' },
  )
  properties!: Collection<ImageProperty>
}

/** What only some images have, as name and value. */
@globalScope
@entity('image_properties')
@unique('imageId', 'name')
@index('name', 'value')
export class ImageProperty {
  @primaryKey(t.uuid()) id!: string
  @column(t.uuid()) imageId!: string
  @column(t.string({ max: 64 })) name!: string
  @column(t.string({ max: 500 })) value!: string
  @manyToOne(
    () => Image,
    (image) => image.properties,
    { column: 'imageId', onDelete: 'cascade' },
  )
  image!: Ref<Image>
}
