import t from 'tap'
import { matchesGolden } from '../support/golden.js'
import { storeOf } from '../support/operations/catalogue.js'
import { countOperations } from '../support/operations/counting.js'
import { operations } from '../support/operations/operations.js'

// What operations take is counted, not timed: whoever makes one of them read, decode or make more sees it.

const images = 1000
const imagesOfMany = 20_000
const columns = ['plans', 'gets', 'scans', 'scanned', 'decoded', 'entities', 'commits', 'written'] as const

function line(name: string, cache: string, counts: readonly unknown[]): string {
  return name.padEnd(42) + cache.padEnd(6) + counts.map((count) => String(count).padStart(9)).join('')
}

t.test('operations plan, read, decode, make and write as much as they are known to', async (t) => {
  const dump = await storeOf(images)
  const lines = [line('operation', 'cache', columns)]
  for (const operation of operations) {
    for (const state of ['off', 'cold', 'warm'] as const) {
      const [counts] = await countOperations([operation], dump, state)
      const numbers = columns.map((column) => counts[column])
      lines.push(line(state === 'off' ? operation.name : '', state, numbers))
    }
  }
  matchesGolden(t, `${lines.join('\n')}\n`, 'operation-counts.txt')
})

t.test('operations take as much with twenty times as many rows', async (t) => {
  const constant = operations.filter(({ grows }) => grows === undefined)
  const [few, many] = [await storeOf(images), await storeOf(imagesOfMany)]
  for (const state of ['off', 'warm'] as const) {
    const expected = await countOperations(constant, few, state)
    const counts = await countOperations(constant, many, state)
    for (const [at, { name }] of constant.entries()) t.strictSame(counts[at], expected[at], `${name}, cache ${state}`)
  }
})
