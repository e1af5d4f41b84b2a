import type { Test } from 'tap'
import type { RomeError } from '../../lib/index.js'

/** Calls by what is wrong with them. */
export type Mistakes = Readonly<Record<string, () => unknown>>

type ErrorClass = abstract new (...details: never[]) => RomeError

/** What is wrong for TypeScript too comes from JavaScript, or from where types were lost. */
export const wrong = (value: unknown) => value as never

/** Every call throws at once, before anything is read. */
export function refuses(t: Test, errorClass: ErrorClass, code: string, calls: Mistakes): void {
  for (const [what, call] of Object.entries(calls)) {
    const error = caught(call)
    t.ok(error instanceof errorClass && error.code === code, what, { found: error, wanted: code })
  }
}

/** Every call gives a promise that is rejected; none throws instead. */
export async function rejectsAll(t: Test, errorClass: ErrorClass, code: string, calls: Mistakes): Promise<void> {
  for (const [what, call] of Object.entries(calls)) {
    const error: unknown = await Promise.resolve(call()).catch((reason: unknown) => reason)
    t.ok(error instanceof errorClass && error.code === code, what, { found: error, wanted: code })
  }
}

/** What a call throws. */
export function caught(call: () => unknown): Error | undefined {
  try {
    call()
  } catch (error) {
    return error as Error
  }
  return undefined
}
