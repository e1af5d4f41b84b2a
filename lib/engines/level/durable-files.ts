import { open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'

/** Replaces a file so that, whatever happens, either the old content or the new one is found, and at return the new. */
export async function replaceFile(path: string, content: string): Promise<void> {
  const temporary = `${path}.tmp`
  const file = await open(temporary, 'w')
  try {
    await file.writeFile(content)
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(temporary, path)
  await syncDirectory(dirname(path))
}

/** Makes created, renamed and deleted names of a directory survive a power cut. */
export async function syncDirectory(path: string): Promise<void> {
  // Windows cannot open directories, and keeps their changes in order by itself.
  if (process.platform === 'win32') return
  const directory = await open(path, 'r')
  try {
    await directory.sync()
  } finally {
    await directory.close()
  }
}

/** Removes a directory with all it holds, if it is there. */
export async function removeDirectory(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true })
}

/** Whether `error` says that a file or directory is not there. */
export function isMissingFile(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT'
}
