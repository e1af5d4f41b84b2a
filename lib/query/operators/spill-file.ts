import { type FileHandle, mkdtemp, open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { CorruptionError, EngineError } from '../../errors/rome-error.js'

/** What is used of an open file. */
export type SpillHandle = Pick<FileHandle, 'read' | 'write' | 'close'>

/** Queries that nobody reads to their end, nor closes, would keep their files open. */
const abandoned = new FinalizationRegistry<SpillHandle>((handle) => void handle.close().catch(() => undefined))

/**
 * A temporary file that is written at its end and read anywhere, for this process and user alone. Where the system
 * allows it, its name is taken away as soon as it is open: then it is gone with the process, however that ends.
 */
export class SpillFile {
  readonly #handle: SpillHandle
  readonly #directory: string
  #size = 0
  #closing: Promise<void> | undefined

  constructor(handle: SpillHandle, directory: string) {
    this.#handle = handle
    this.#directory = directory
    abandoned.register(this, handle, this)
  }

  /**
   * A new file in a private directory under the given one.
   * @throws EngineError `ROME_ENGINE`, `ROME_DISK_FULL`.
   */
  static async create(parent: string): Promise<SpillFile> {
    let directory: string | undefined
    try {
      directory = await mkdtemp(join(parent, 'rome-sort-'))
      const handle = await open(join(directory, 'runs'), 'wx+', 0o600)
      // What cannot be removed while it is open is removed when it is closed.
      await removeDirectory(directory).catch(() => undefined)
      return new SpillFile(handle, directory)
    } catch (error) {
      if (directory !== undefined) await removeDirectory(directory).catch(() => undefined)
      throw fileError(error, parent)
    }
  }

  /** How many bytes were written. */
  get size(): number {
    return this.#size
  }

  /** @throws EngineError `ROME_DISK_FULL`, `ROME_ENGINE`. */
  async append(bytes: Uint8Array): Promise<void> {
    try {
      // A disk that becomes full takes a part first.
      for (let done = 0; done < bytes.length; ) {
        const { bytesWritten } = await this.#handle.write(bytes, done, bytes.length - done, this.#size + done)
        done += bytesWritten
      }
    } catch (error) {
      throw fileError(error, this.#directory)
    }
    this.#size += bytes.length
  }

  /** @throws CorruptionError `ROME_CORRUPT` when the file has not so many bytes any more; EngineError `ROME_ENGINE`. */
  async read(position: number, length: number): Promise<Buffer> {
    // Memory of its own: what is decoded of it may be views.
    const bytes = Buffer.allocUnsafeSlow(length)
    for (let done = 0; done < length; ) {
      const { bytesRead } = await this.#read(bytes, done, position + done)
      if (bytesRead === 0) throw damagedRun({ position, length })
      done += bytesRead
    }
    return bytes
  }

  /** Waits for what is under way. The file is gone then. May be called more than once. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    abandoned.unregister(this)
    try {
      await this.#handle.close()
      await removeDirectory(this.#directory)
    } catch (error) {
      throw fileError(error, this.#directory)
    }
  }

  async #read(bytes: Buffer, offset: number, position: number): Promise<{ bytesRead: number }> {
    try {
      return await this.#handle.read(bytes, offset, bytes.length - offset, position)
    } catch (error) {
      throw fileError(error, this.#directory)
    }
  }
}

/** The rows of a temporary file are not what was written. */
export function damagedRun(context: Readonly<Record<string, unknown>>, cause?: unknown): CorruptionError {
  return new CorruptionError(
    'ROME_CORRUPT',
    'a temporary file of a sort was damaged while it was in use: check the disk and run the query again',
    {
      context,
      ...(cause === undefined ? {} : { cause }),
    },
  )
}

function removeDirectory(directory: string): Promise<void> {
  return rm(directory, { recursive: true, force: true })
}

function fileError(cause: unknown, directory: string): EngineError {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined
  const details = { context: { directory, reason: cause instanceof Error ? cause.message : String(cause) }, cause }
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new EngineError(
      'ROME_DISK_FULL',
      'there is no room for the temporary file of a sort: free some, or give Rome.open() another temporaryDirectory',
      details,
    )
  }
  return new EngineError(
    'ROME_ENGINE',
    'the temporary file of a sort could not be used: give Rome.open() a temporaryDirectory that can be written',
    details,
  )
}
