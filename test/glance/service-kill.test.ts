import { randomInt } from 'node:crypto'
import { join } from 'node:path'
import t from 'tap'
import { type GlanceService, startGlance } from '../support/glance-service.js'
import type { Test } from '../support/rpc-fixture.js'
import { temporaryDirectory } from '../support/temporary-directory.js'

const kills = 3
const answersMin = 3
const names = ['a', 'b', 'c', 'd', 'e']
const namespace_name = 'ours'

/** Kills the service in the midst of calls that each write one number into several rows. The last that was answered. */
async function callUntilGone(service: GlanceService, image_id: string, first: number): Promise<number> {
  let acknowledged = first - 1
  try {
    for (let number = first; ; number++) {
      const tag_list = names.map((name) => ({ name: `${name} ${number}` }))
      await service.call('metadef_tag_create_tags', { namespace_name, tag_list })
      const properties = Object.fromEntries(names.map((name) => [`${name} ${number}`, `${number}`]))
      await service.call('image_update', { image_id, values: { properties }, purge_props: true })
      await service.call('image_tag_set_all', { image_id, tags: tag_list.map(({ name }) => name) })
      acknowledged = number
      // In the midst of one of the next calls.
      if (number === first + answersMin) setTimeout(() => service.end('SIGKILL'), randomInt(40))
    }
  } catch {
    return acknowledged
  }
}

t.test(
  'after the service was killed every call is there whole or not at all, and none that was answered is lost',
  async (t) => {
    const engine = `level:${join(temporaryDirectory(t), 'catalogue')}?partitions=4&durability=os`
    let service = await startGlance(t as Test, '--engine', engine)
    await service.call('metadef_namespace_create', { values: { namespace: namespace_name, owner: 'alice' } })
    const { id: image_id } = (await service.call('image_create', { values: { status: 'active' } })) as { id: string }
    let next = 1
    for (let kill = 0; kill < kills; kill++) {
      const calling = callUntilGone(service, image_id, next)
      setTimeout(() => service.end('SIGKILL'), 300 + 40 * kill)
      const acknowledged = await calling
      await service.end('SIGKILL')
      service = await startGlance(t as Test, '--engine', engine)
      const tags = (await service.call('metadef_tag_get_all', { namespace_name })) as { name: string }[]
      const image = (await service.call('image_get', { image_id })) as {
        properties: { name: string; deleted: boolean }[]
      }
      const lists = {
        metadef_tag_create_tags: tags.map(({ name }) => name),
        image_update: image.properties.filter(({ deleted }) => !deleted).map(({ name }) => name),
        image_tag_set_all: (await service.call('image_tag_get_all', { image_id })) as string[],
      }
      for (const [call, found] of Object.entries(lists)) {
        const numbers = [...new Set(found.map((name) => Number(name.split(' ')[1])))]
        t.equal(numbers.length, 1, `${call}: one call alone is seen`)
        t.equal(found.length, names.length, `${call}: all of its rows are there`)
        const [number = 0] = numbers
        t.ok(
          number === acknowledged || number === acknowledged + 1,
          `${call}: ${number} after ${acknowledged} was answered`,
        )
      }
      next = acknowledged + 2
    }
  },
)
