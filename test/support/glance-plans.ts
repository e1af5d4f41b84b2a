import { candidates } from '../../glance/lib/images/candidates.js'
import { imageQuery } from '../../glance/lib/images/find-images.js'
import { parseImageFilters } from '../../glance/lib/images/image-filters.js'
import { type Caller, type Dictionary, Image } from '../../glance/lib/index.js'
import { ListOrder } from '../../glance/lib/lists/list-order.js'
import type { RomeSession } from '../../lib/index.js'

/** The query of a page of 25 images, in the order of their creation. */
export function pageQuery(session: RomeSession, caller: Caller, filters: Dictionary, marker?: Image) {
  const order = ListOrder.parse(Image, [], [])
  const { conditions, visibility, owner } = parseImageFilters(filters)
  const audience = { caller, isRegular: !caller.isAdmin, memberStatus: 'accepted', visibility, owner }
  return imageQuery(session, {
    ways: candidates(session, audience),
    conditions,
    order,
    part: order.parts[0],
    marker,
    limit: 25,
  })
}

/** How a query is answered, line by line, without what is guessed of numbers. */
export async function planOf(query: { explain(): Promise<unknown> }): Promise<string[]> {
  const plan = String(await query.explain())
  return plan.replace(/ \(about [^)]*\)/g, '').split('\n')
}
