import { UsageError } from '../errors/rome-error.js'

/** Why nothing is written. */
export function readOnlyError(call: string): UsageError {
  return new UsageError(
    'ROME_READ_ONLY',
    'nothing is written here: write in a session, or in a begin(), without { readOnly: true }',
    { context: { call } },
  )
}
