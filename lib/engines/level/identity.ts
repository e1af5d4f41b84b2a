import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { CorruptionError, EngineError } from '../../errors/rome-error.js'
import { isMissingFile, replaceFile } from './durable-files.js'

/** The version of the stored format. */
export const storeFormat = 1

/** The name of the identity file in a store's directory. */
export const identityName = 'rome-store.json'

/** What a store is: the content of its identity file. Replaced as a whole, it is what switches between states. */
export interface StoreIdentity {
  readonly format: number
  /** A UUID, repeated in every partition and segment. */
  readonly store: string
  /** `creating` until all parts are there; nothing was ever committed before. */
  readonly state: 'creating' | 'ready'
  /** Counts repartitionings, so that the directories of old and new partitions have different names. */
  readonly generation: number
  /** The partitions' directories: names in the store's directory, or absolute paths. */
  readonly partitions: readonly string[]
  /** Directories to delete: partitions of an earlier generation, or of one that was never completed. */
  readonly obsolete: readonly string[]
}

/** The identity of the store in a directory; `undefined` when there is none. */
export async function readIdentity(directory: string): Promise<StoreIdentity | undefined> {
  let text: string
  try {
    text = await readFile(join(directory, identityName), 'utf8')
  } catch (error) {
    if (isMissingFile(error)) return undefined
    throw error
  }
  return parseIdentity(text, directory)
}

/** Replaces the identity, durably. */
export async function writeIdentity(directory: string, identity: StoreIdentity): Promise<void> {
  await replaceFile(join(directory, identityName), identityText(identity))
}

export function identityText(identity: StoreIdentity): string {
  return `${JSON.stringify(identity, undefined, 2)}\n`
}

/** The names of the partitions' directories inside the store's. */
export function partitionNames(partitions: number, generation: number): string[] {
  const suffix = generation === 1 ? '' : `-generation-${generation}`
  return Array.from({ length: partitions }, (_, partition) => `partition-${partition}${suffix}`)
}

function parseIdentity(text: string, directory: string): StoreIdentity {
  let value: Partial<StoreIdentity>
  try {
    value = Object(JSON.parse(text)) as Partial<StoreIdentity>
  } catch (error) {
    throw damaged(directory, error)
  }
  const { format, store, state, generation, partitions, obsolete } = value
  if (typeof format === 'number' && format > storeFormat) {
    throw new EngineError('ROME_STORE_NEWER', 'The store was written by a newer version of Rome; update Rome.', {
      context: { directory, format, known: storeFormat },
    })
  }
  if (format !== storeFormat || typeof store !== 'string' || store === '') throw damaged(directory)
  if (state !== 'creating' && state !== 'ready') throw damaged(directory)
  if (typeof generation !== 'number' || generation < 1 || !isTexts(partitions) || !isTexts(obsolete))
    throw damaged(directory)
  if (partitions.length === 0) throw damaged(directory)
  return { format, store, state, generation, partitions, obsolete }
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((text) => typeof text === 'string' && text !== '')
}

function damaged(directory: string, cause?: unknown): CorruptionError {
  return new CorruptionError('ROME_CORRUPT', 'The identity file of the store is damaged; restore it from a backup.', {
    context: { file: join(directory, identityName) },
    cause,
  })
}
