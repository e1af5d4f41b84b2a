import { UsageError } from '../errors/rome-error.js'

/**
 * Checks an option that counts something.
 * @throws UsageError `ROME_ARGUMENT`.
 */
export function checkCount(option: string, value: unknown): number {
  if (!Number.isSafeInteger(value) || (value as number) < 0) {
    throw new UsageError('ROME_ARGUMENT', 'The option of a column type must be an integer not below zero.', {
      context: { option, value },
    })
  }
  return value as number
}

/**
 * Checks bounds that are numbers or not given.
 * @throws UsageError `ROME_ARGUMENT`.
 */
export function checkBounds(min: number, max: number): void {
  if (typeof min !== 'number' || typeof max !== 'number' || !(min <= max)) {
    throw new UsageError(
      'ROME_ARGUMENT',
      'The options min and max of a column type must be numbers, min not above max.',
      {
        context: { min, max },
      },
    )
  }
}
