import { AbortError } from '../errors/rome-error.js'

/** @throws AbortError `ROME_ABORTED` when the signal has fired. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw abortError(signal)
}

/** The error of a caller's signal. */
export function abortError(signal: AbortSignal): AbortError {
  return new AbortError('ROME_ABORTED', 'the signal of this call fired: nothing more was done', {
    cause: signal.reason,
  })
}
