import { AbortError, EngineError, UsageError } from '../errors/rome-error.js'
import type { CommitRequest, EngineManifest, Version } from './contract.js'
import type { Outcomes } from './outcomes.js'
import { firstKey } from './placement.js'

const idBytesMax = 255

/**
 * Checks a request against what the engine promises, before anything else is done with it.
 * @returns The bytes of its keys and values.
 * @throws UsageError `ROME_ARGUMENT`, `ROME_OPTION_NOT_SUPPORTED`; EngineError `ROME_COMMIT_TOO_LARGE`
 */
export function checkCommit(request: CommitRequest, manifest: EngineManifest): number {
  const { id, writes, durability } = request
  if (id.length === 0 || Buffer.byteLength(id) > idBytesMax) {
    throw new UsageError('ROME_ARGUMENT', 'Give the commit an id of 1 to 255 bytes, best a UUIDv7.', {
      context: { id },
    })
  }
  if (durability !== undefined && !manifest.durabilities.includes(durability)) {
    throw new UsageError('ROME_OPTION_NOT_SUPPORTED', 'Ask for a durability that the engine offers.', {
      context: { durability, durabilities: manifest.durabilities },
    })
  }
  if (writes.length > manifest.commitWritesMax) {
    throw new EngineError('ROME_COMMIT_TOO_LARGE', 'The commit has too many writes; split it into several.', {
      context: { writes: writes.length, writesMax: manifest.commitWritesMax },
    })
  }
  let bytes = 0
  const firstWrite = writes[0]
  if (firstWrite !== undefined && firstWrite.key < firstKey) {
    throw new UsageError('ROME_ARGUMENT', 'Begin keys with a byte from 01 upwards; 00 is for the engine itself.', {
      context: { id },
    })
  }
  let previous = ''
  for (const { key, value } of writes) {
    if (key <= previous) {
      throw new UsageError('ROME_ARGUMENT', 'Give the writes of a commit in ascending order of key, no key twice.', {
        context: { id },
      })
    }
    previous = key
    bytes += key.length + (value === undefined ? 0 : value.length)
  }
  if (bytes > manifest.commitBytesMax) {
    throw new EngineError('ROME_COMMIT_TOO_LARGE', 'The commit has too many bytes; split it into several.', {
      context: { bytes, bytesMax: manifest.commitBytesMax },
    })
  }
  return bytes
}

/**
 * Checks, just before a commit is validated, that it may still happen.
 * @throws AbortError `ROME_ABORTED`; UsageError `ROME_ARGUMENT`
 */
export function checkMayCommit(request: CommitRequest, outcomes: Outcomes, newest: Version): void {
  const { id, signal, readVersion } = request
  if (signal?.aborted === true) throw abortedError(signal)
  if (outcomes.isFenced(id)) {
    throw new AbortError('ROME_ABORTED', 'This commit was settled as aborted; run the transaction under a new id.', {
      context: { id },
    })
  }
  if (outcomes.versionOf(id) !== undefined) {
    throw new UsageError('ROME_ARGUMENT', 'A commit with this id has happened already; give each commit its own id.', {
      context: { id },
    })
  }
  if (readVersion > newest) {
    throw new UsageError('ROME_ARGUMENT', 'The read version is not one this engine has reached.', {
      context: { readVersion, newest },
    })
  }
}

/** For a commit whose signal fired while it waited. */
export function abortedError(signal: AbortSignal): AbortError {
  return new AbortError('ROME_ABORTED', 'The commit was given up before it was logged; nothing was applied.', {
    cause: signal.reason,
  })
}
