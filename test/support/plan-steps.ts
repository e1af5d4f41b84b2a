import type { Explanation } from '../../lib/index.js'

/** The steps of a plan without what differs between engines and moments: partitions, estimates and constants. */
export function planSteps(explanation: Explanation): string[] {
  return String(explanation)
    .replace(/; partitions \d+(?:,\d+)*/g, '')
    .replace(/ \(about \d+ rows\)/g, '')
    .replace(/'[^']*'/g, '…')
    .split('\n')
    .map((line) => line.trim())
}
