import { readFile, rm, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'

/** Who has a store open. Only a note for people: the lock of the first partition's database decides. */
export interface Owner {
  readonly pid: number
  readonly host: string
  readonly since: string
}

/** The name of the note in a store's directory. */
export const ownerName = 'owner.json'

/** Notes this process as the owner. */
export async function writeOwner(directory: string): Promise<void> {
  const owner: Owner = { pid: process.pid, host: hostname(), since: new Date().toISOString() }
  await writeFile(join(directory, ownerName), `${JSON.stringify(owner)}\n`)
}

/** The noted owner, if there is a readable note. */
export async function readOwner(directory: string): Promise<Partial<Owner> | undefined> {
  try {
    return Object(JSON.parse(await readFile(join(directory, ownerName), 'utf8'))) as Partial<Owner>
  } catch {
    // A missing or half-written note only makes the message poorer.
    return undefined
  }
}

export async function removeOwner(directory: string): Promise<void> {
  await rm(join(directory, ownerName), { force: true })
}
