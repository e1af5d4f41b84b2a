import { UsageError } from '../errors/rome-error.js'

/** Why a session does not write. */
export function readOnlyError(call: string): UsageError {
  return new UsageError('ROME_READ_ONLY', 'this session is read-only: write in one made without { readOnly: true }', {
    context: { call },
  })
}
