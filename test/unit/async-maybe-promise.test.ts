import t from 'tap'
import { mapAll } from '../../lib/async/maybe-promise.js'

t.test('what is there at once needs no promise', async (t) => {
  t.strictSame(
    mapAll([1, 2], (item) => item * 2),
    [2, 4],
  )
  t.strictSame(
    mapAll([], () => 1),
    [],
  )
})

t.test('work begins for every item before any is waited for', async (t) => {
  const begun: number[] = []
  const results = mapAll([1, 2, 3], (item) => {
    begun.push(item)
    return item === 2 ? Promise.resolve(item) : item
  })
  t.strictSame(begun, [1, 2, 3])
  t.strictSame(await results, [1, 2, 3])
})

t.test('an error thrown at once leaves no failure of the others unheard', async (t) => {
  const unheard: unknown[] = []
  const hear = (error: unknown): void => void unheard.push(error)
  process.on('unhandledRejection', hear)
  t.teardown(() => process.off('unhandledRejection', hear))
  const work = (item: number): Promise<never> => {
    if (item === 2) throw new Error('at once')
    return Promise.reject(new Error('later'))
  }
  t.throws(() => mapAll([1, 2], work), { message: 'at once' })
  await new Promise((resolve) => setImmediate(resolve))
  t.strictSame(unheard, [])
})
