import { readdirSync, readlinkSync } from 'node:fs'

/**
 * The temporary files of sorts that this process has open. Their names are gone, so only the system knows of them;
 * where it does not tell, `undefined`.
 */
export function openSortFiles(): string[] | undefined {
  if (process.platform !== 'linux') return undefined
  const files: string[] = []
  for (const descriptor of readdirSync('/proc/self/fd')) {
    try {
      const path = readlinkSync(`/proc/self/fd/${descriptor}`)
      if (path.includes('rome-sort-')) files.push(path)
    } catch {
      // The descriptor that listed the folder is closed again.
    }
  }
  return files
}
