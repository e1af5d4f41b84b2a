import { readdir, readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { EngineError } from '../../errors/rome-error.js'
import { isMissingFile } from './durable-files.js'
import { readIdentity } from './identity.js'
import { locate } from './open-store.js'
import { findTableDamage } from './table-file.js'

/** A table file that is not what was written. */
export interface DamagedTable {
  readonly file: string
  readonly problem: string
}

/**
 * Reads all table files of a store of LevelDBs and checks every block against its checksum. LevelDB does not do that
 * when it reads, so a damaged block can hide keys without a word; a checksum in a row finds only what is still there.
 *
 * The store may be open or closed. It reads the whole store once, some hundred MB/s.
 * @throws EngineError `ROME_STORE_LAYOUT` when there is no store.
 */
export async function damagedTables(directory: string): Promise<readonly DamagedTable[]> {
  const root = resolve(directory)
  const identity = await readIdentity(root)
  if (identity === undefined) {
    throw new EngineError('ROME_STORE_LAYOUT', 'There is no store in this directory; give that of an existing one.', {
      context: { directory: root },
    })
  }
  const damaged: DamagedTable[] = []
  for (const path of identity.partitions) {
    const location = locate(root, path)
    for (const name of (await readdir(location)).sort()) {
      if (!/\.(ldb|sst)$/.test(name)) continue
      const file = join(location, name)
      const bytes = await readTable(file)
      const problem = bytes === undefined ? undefined : findTableDamage(bytes)
      if (problem !== undefined) damaged.push({ file, problem })
    }
  }
  return damaged
}

/** An open store may have replaced the file since its directory was read. */
async function readTable(file: string): Promise<Buffer | undefined> {
  try {
    return await readFile(file)
  } catch (error) {
    if (isMissingFile(error)) return undefined
    throw error
  }
}
