import { type LogFiles, nodeLogFiles } from '../../lib/engines/level/log-files.js'

/** Real files that can be made to fail. */
export class FailingLogFiles implements LogFiles {
  /** What happens at the next write: fail after so many bytes; nothing when `undefined`. */
  failWriteAfter: number | undefined
  failOpen = false
  failSync = false
  failTruncate = false
  /** Every write takes at most so many bytes, and is no failure. */
  bytesAtATime = Number.POSITIVE_INFINITY

  open(path: string, mode: 'existing' | 'new'): number {
    if (this.failOpen) throw systemError('ENOSPC', 'no space left on device')
    return nodeLogFiles.open(path, mode)
  }

  write(file: number, bytes: Uint8Array, position: number): number {
    const limit = this.failWriteAfter
    if (limit === 0) throw systemError('ENOSPC', 'no space left on device')
    const part = bytes.subarray(0, Math.min(this.bytesAtATime, limit ?? Number.POSITIVE_INFINITY))
    const written = nodeLogFiles.write(file, part, position)
    if (limit !== undefined) this.failWriteAfter = limit - written
    return written
  }

  truncate(file: number, size: number): void {
    if (this.failTruncate) throw systemError('EIO', 'i/o error')
    nodeLogFiles.truncate(file, size)
  }

  async sync(file: number): Promise<void> {
    if (this.failSync) throw systemError('EIO', 'i/o error')
    await nodeLogFiles.sync(file)
  }

  close(file: number): void {
    nodeLogFiles.close(file)
  }
}

export function systemError(code: string, message: string): Error {
  return Object.assign(new Error(`${code}: ${message}`), { code })
}
