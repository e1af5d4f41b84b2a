import type { ErrorContext } from '../../errors/rome-error.js'
import { CorruptionError, EngineError, RomeError } from '../../errors/rome-error.js'

/**
 * The error of Rome for one that a file or a database raised.
 * @param work What was being done, for the context.
 */
export function engineError(error: unknown, work: string, context: ErrorContext = {}): RomeError {
  if (error instanceof RomeError) return error
  const details = { context: { work, ...context, reason: describe(error) }, cause: error }
  if (isDiskFull(error)) {
    return new EngineError('ROME_DISK_FULL', 'The disk is full; free some space, then open the store again.', details)
  }
  const codes = codesOf(error)
  if (codes.includes('LEVEL_LOCKED')) {
    return new EngineError('ROME_LOCKED', 'The store is open elsewhere; close it there first.', details)
  }
  if (codes.includes('LEVEL_CORRUPTION') || /missing files|does not exist/.test(describe(error))) {
    return new CorruptionError('ROME_CORRUPT', 'A partition is damaged; restore the store from a backup.', details)
  }
  return new EngineError('ROME_ENGINE', 'The store could not be read or written; see the cause.', details)
}

/** Whether there was no room left. LevelDB says so in its message only. */
function isDiskFull(error: unknown): boolean {
  return codesOf(error).some((code) => code === 'ENOSPC' || code === 'EDQUOT') || /no space left/i.test(describe(error))
}

/** The messages of an error and its causes. */
function describe(error: unknown): string {
  const messages: string[] = []
  for (let current = error; current instanceof Error; current = current.cause) messages.push(current.message)
  return messages.length > 0 ? messages.join(': ') : String(error)
}

function codesOf(error: unknown): string[] {
  const codes: string[] = []
  for (let current = error; current instanceof Error; current = current.cause) {
    if ('code' in current && typeof current.code === 'string') codes.push(current.code)
  }
  return codes
}
