import { readFileSync } from 'node:fs'
import { create } from 'rome-orm'
import { type DiskFormat, Image, type ImageKind, ImageProperty, OperatingSystem } from './models.js'

/** A line of the file. */
export interface CatalogueLine {
  readonly os: string
  readonly os_name: string
  readonly os_version: string | null
  readonly vendor: string
  readonly family: string | null
  readonly distro: string
  readonly codename: string | null
  readonly release_date: string | null
  readonly eol_date: string | null
  readonly kind: ImageKind
  readonly arch: string
  readonly disk_format: DiskFormat
  readonly live: boolean
  readonly cloud_init: boolean
  readonly variants: readonly string[]
  readonly url: string | null
  readonly min_ram_mib: number | null
  readonly min_disk_gib: number | null
  readonly volume_id?: string | null
  readonly volume_size?: number | null
}

// The compiled program lies in dist/examples/catalogue, the data beside the source.
const file = new URL('../../../examples/catalogue/data/os-images.jsonl', import.meta.url)

/** The whole catalogue, by which every step checks what the store answers. */
export const lines: readonly CatalogueLine[] = readFileSync(file, 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line))

/** One for each operating system that lines name. */
export function makeOperatingSystems(): OperatingSystem[] {
  const first = new Map<string, CatalogueLine>()
  for (const line of lines) if (!first.has(line.os)) first.set(line.os, line)
  return [...first.values()].map((line) =>
    create(OperatingSystem, {
      id: line.os,
      name: line.os_name,
      version: line.os_version,
      vendor: line.vendor,
      family: line.family,
      distro: line.distro,
      codename: line.codename,
      releaseDate: line.release_date,
      eolDate: line.eol_date,
    }),
  )
}

/** The image of a line with its key, which its properties need, and these properties. */
export function makeImage(line: CatalogueLine, id: string): (Image | ImageProperty)[] {
  const image = create(Image, {
    id,
    operatingSystemId: line.os,
    kind: line.kind,
    arch: line.arch,
    diskFormat: line.disk_format,
    live: line.live,
    cloudInit: line.cloud_init,
    url: line.url,
    size: typeof line.volume_size === 'number' ? BigInt(line.volume_size) : null,
    minRamMib: line.min_ram_mib,
    minDiskGib: line.min_disk_gib,
    status: statusOf(line),
    owner: line.distro,
  })
  return [image, ...propertiesOf(line).map(([name, value]) => create(ImageProperty, { imageId: id, name, value }))]
}

/** What can be downloaded is active, the rest waits for its contents. */
export function statusOf(line: CatalogueLine): 'active' | 'queued' {
  return line.url === null ? 'queued' : 'active'
}

/** Names and values of what only some images have. */
export function propertiesOf(line: CatalogueLine): [string, string][] {
  const variants = line.variants.map((variant, position): [string, string] => [`variant ${position + 1}`, variant])
  return typeof line.volume_id === 'string' ? [...variants, ['volume', line.volume_id]] : variants
}
