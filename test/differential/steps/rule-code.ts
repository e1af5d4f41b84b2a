import { Difference } from '../expectation.js'

const ruleCodes: ReadonlySet<unknown> = new Set(['ROME_UNIQUE', 'ROME_FOREIGN_KEY'])

/** The code of an error that says that a change breaks a rule; other errors are thrown on. */
export function ruleCode(error: unknown): string {
  if (typeof error === 'object' && error !== null && 'code' in error && ruleCodes.has(error.code)) {
    return String(error.code)
  }
  throw error
}

/** A change gives what it should, or the code of one of the rules that it breaks. */
export function expectOutcome(what: string, broken: readonly string[], fine: unknown, outcome: unknown): void {
  const expected: readonly unknown[] = broken.length === 0 ? [fine] : broken
  if (!expected.includes(outcome)) {
    throw new Difference(`${what} is not as expected`, [expected.map(String).join(' or ')], [String(outcome)])
  }
}
