import { closeSync, fdatasync, ftruncateSync, openSync, writeSync } from 'node:fs'
import { promisify } from 'node:util'

/**
 * The operations the commit log does on its files; tests put failing ones in their place.
 *
 * Writing is synchronous: handing a record to the operating system takes less time than a turn of the event loop.
 */
export interface LogFiles {
  /** Opens an existing file for writing, or creates one that must not exist. */
  open(path: string, mode: 'existing' | 'new'): number
  /** Answers how many bytes were written, which may be fewer than given. */
  write(file: number, bytes: Uint8Array, position: number): number
  truncate(file: number, size: number): void
  sync(file: number): Promise<void>
  close(file: number): void
}

export const nodeLogFiles: LogFiles = Object.freeze({
  open: (path: string, mode: 'existing' | 'new') => openSync(path, mode === 'new' ? 'wx' : 'r+'),
  write: (file: number, bytes: Uint8Array, position: number) => writeSync(file, bytes, 0, bytes.length, position),
  truncate: ftruncateSync,
  sync: promisify(fdatasync),
  close: closeSync,
})
