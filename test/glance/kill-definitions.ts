import {
  type GlanceDatabase,
  MetadefNamespace,
  MetadefNamespaceResourceType,
  MetadefObject,
  MetadefProperty,
  MetadefResourceType,
  MetadefTag,
} from '../../glance/lib/index.js'

const admin = { isAdmin: true, owner: null }
const parts = [1, 2, 3, 4, 5]
/** The calls number their rows from 1 upwards, in blocks that a killed process leaves unused. */
const firstId = 1_000_000
const contents = [MetadefObject, MetadefProperty, MetadefTag, MetadefNamespaceResourceType] as const

/** Fills a namespace at once, then deletes its objects, writes its tags anew, or deletes it with all that is in it. */
export async function changeDefinitions(glance: GlanceDatabase, number: number): Promise<void> {
  const { metadef } = glance
  const namespace_name = `namespace ${number}`
  await glance.rome.transact(async (session) => {
    const rows = parts.map((part) => ({ id: firstId + 10 * number + part, namespace_id: number, name: `${part}` }))
    const types = rows.map(({ id }) => ({ id, name: `type ${id}` }))
    const associations = rows.map(({ id, namespace_id }) => ({ resource_type_id: id, namespace_id }))
    await session.bulkInsert(MetadefNamespace, [{ id: number, namespace: namespace_name, owner: 'alice' }])
    for (const model of [MetadefObject, MetadefProperty, MetadefTag]) await session.bulkInsert(model, rows)
    if ((await session.get(MetadefResourceType, rows[0]?.id ?? 0)) === undefined) {
      await session.bulkInsert(MetadefResourceType, types)
    }
    await session.bulkInsert(MetadefNamespaceResourceType, associations)
  })
  if (number % 3 === 0) await metadef.objects.deleteNamespaceContent(admin, { namespace_name })
  if (number % 3 === 1) {
    const tag_list = parts.map((part) => ({ name: `again ${part}` }))
    await metadef.tags.createTags(admin, { namespace_name, tag_list })
  }
  if (number % 3 === 2) await metadef.namespaces.delete(admin, { namespace_name })
}

/**
 * Throws when a call is there by halves: rows without their namespace, or a namespace with some of a kind. The number
 * of the last namespace.
 */
export async function checkDefinitions(glance: GlanceDatabase): Promise<number> {
  await using session = glance.rome.session({ readOnly: true })
  const numbers = (await session.query(MetadefNamespace).all()).map(({ id }) => id)
  for (const model of contents) {
    const counts = new Map(numbers.map((number) => [number, 0]))
    for (const { namespace_id } of await session.query(model).all()) {
      const count = counts.get(namespace_id)
      if (count === undefined) throw new Error(`a ${model.name} is without its namespace, ${namespace_id}`)
      counts.set(namespace_id, count + 1)
    }
    for (const [number, count] of counts) {
      const isWhole = count === parts.length || (count === 0 && model === MetadefObject && number % 3 === 0)
      if (!isWhole) throw new Error(`namespace ${number} has ${count} of ${model.name}`)
    }
  }
  return Math.max(0, ...numbers)
}
