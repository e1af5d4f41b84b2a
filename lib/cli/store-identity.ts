import { resolve } from 'node:path'
import { readIdentity, type StoreIdentity } from '../engines/level/identity.js'
import { EngineError } from '../errors/rome-error.js'

/**
 * The identity of the store in a directory. Asked before anything is opened, because opening creates what is missing.
 * @throws EngineError `ROME_STORE_LAYOUT`, `ROME_STORE_NEWER`; CorruptionError `ROME_CORRUPT`
 */
export async function requireIdentity(directory: string): Promise<StoreIdentity> {
  const root = resolve(directory)
  const identity = await readIdentity(root)
  if (identity !== undefined) return identity
  throw new EngineError('ROME_STORE_LAYOUT', 'There is no store in this directory; give that of an existing one.', {
    context: { directory: root },
  })
}
