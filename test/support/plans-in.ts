import { FilterValues } from '../../lib/query/plan/column-values.js'

/** How often the planner looked for a way to rows meanwhile. */
export async function plansIn(work: () => Promise<unknown>): Promise<number> {
  const property = Object.getOwnPropertyDescriptor(FilterValues.prototype, 'isImpossible') as PropertyDescriptor
  let looked = 0
  Object.defineProperty(FilterValues.prototype, 'isImpossible', {
    ...property,
    get(this: FilterValues) {
      looked++
      return property.get?.call(this)
    },
  })
  try {
    await work()
  } finally {
    Object.defineProperty(FilterValues.prototype, 'isImpossible', property)
  }
  return looked
}
