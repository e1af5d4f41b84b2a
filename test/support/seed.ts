import { randomInt } from 'node:crypto'

/**
 * The seed of this file's property tests: `ROME_SEED` when it is set, otherwise random.
 * fast-check prints it with every failure, so that `ROME_SEED=… npm test` repeats the run.
 */
export const seed = readSeed()

function readSeed(): number {
  const given = process.env.ROME_SEED
  if (given === undefined || given === '') return randomInt(2 ** 31)
  const value = Number(given)
  if (!Number.isSafeInteger(value)) throw new TypeError(`ROME_SEED must be an integer, not ${JSON.stringify(given)}`)
  return value
}
