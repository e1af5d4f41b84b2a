import { type GlanceDatabase, MetadefObject, MetadefTag } from '../../glance/lib/index.js'
import { definitionPage } from '../../glance/lib/metadef/definition-page.js'
import { fields } from '../../lib/index.js'
import { addNamespace } from '../support/glance-definitions.js'
import { admin, alice, bob, refused, rule } from '../support/glance-fixture.js'
import { planSteps } from '../support/plan-steps.js'

const banana = '\u{1f34c}'
const namespace_name = 'a'

/** Makes the tags of the namespace, or adds some. */
function createTags(glance: GlanceDatabase, names: readonly unknown[], can_append?: boolean) {
  const tag_list = names.map((name) => ({ name }))
  return glance.metadef.tags.createTags(alice, { namespace_name, tag_list, can_append })
}

async function listed(glance: GlanceDatabase, options: object = {}): Promise<string[]> {
  return (await glance.metadef.tags.getAll(alice, { namespace_name, ...options })).map(({ name }) => name)
}

rule('a list of tags is made at once, and answered in its order', async (t, glance) => {
  const { id } = await addNamespace(glance, namespace_name)
  const made = await createTags(glance, ['z', 'x', 'y'])
  t.match(made, [
    { name: 'z', namespace_id: id },
    { name: 'x', namespace_id: id },
    { name: 'y', namespace_id: id },
  ])
  const [first, ...others] = made
  t.strictSame(
    others.map((tag) => tag.id),
    [first.id + 1, first.id + 2],
  )
  t.strictSame(await glance.metadef.tags.get(alice, { namespace_name, name: 'z' }), first)
})

rule('a list of tags takes the place of those that were there, or is added to them', async (t, glance) => {
  await addNamespace(glance, namespace_name)
  await createTags(glance, ['a', 'b'])
  const replaced = await createTags(glance, ['b', 'c'])
  t.strictSame(await listed(glance, { sort_key: 'name', sort_dir: 'asc' }), ['b', 'c'])
  const added = await createTags(glance, ['d', 'a'], true)
  t.strictSame(
    added.map(({ name }) => name),
    ['d', 'a'],
    'the added ones are answered',
  )
  t.strictSame(await listed(glance, { sort_key: 'name', sort_dir: 'asc' }), ['a', 'b', 'c', 'd'])
  t.strictSame(await glance.metadef.tags.get(alice, { namespace_name, name: 'b' }), replaced[0], 'others are untouched')
})

rule('tags of other namespaces are not touched by a list of tags', async (t, glance) => {
  await addNamespace(glance, namespace_name)
  await addNamespace(glance, 'other')
  await glance.metadef.tags.create(alice, { namespace_name: 'other', tag_dict: { name: 'x' } })
  await createTags(glance, ['x'])
  t.equal(await glance.metadef.tags.count(alice, { namespace_name: 'other' }), 1)
})

rule('a list of tags is made whole or not at all', async (t, glance) => {
  await addNamespace(glance, namespace_name)
  const before = await createTags(glance, ['a', 'b'])
  await refused(t, createTags(glance, ['c', 'd', 'c']), 'MetadefDuplicateTag', 'twice in the list')
  await refused(t, createTags(glance, ['c', 'a'], true), 'MetadefDuplicateTag', 'there already')
  await refused(t, createTags(glance, ['c', 'n'.repeat(81)]), 'Invalid')
  await refused(t, createTags(glance, ['c', null]), 'Invalid')
  await refused(t, createTags(glance, ['c', 5]), 'Invalid')
  await refused(t, createTags(glance, ['c', banana]), 'Invalid')
  await refused(t, glance.metadef.tags.createTags(alice, { namespace_name, tag_list: [{ name: 'c' }, 'd'] }), 'Invalid')
  await refused(t, glance.metadef.tags.createTags(alice, { namespace_name, tag_list: [{}] }), 'Invalid')
  t.strictSame(await glance.metadef.tags.getAll(alice, { namespace_name, sort_key: 'name', sort_dir: 'asc' }), before)
})

rule('names that differ in case alone are two tags', async (t, glance) => {
  await addNamespace(glance, namespace_name)
  t.equal((await createTags(glance, ['x', 'X'])).length, 2)
})

rule('an empty list of tags changes nothing, also where there is no namespace', async (t, glance) => {
  await addNamespace(glance, namespace_name)
  await createTags(glance, ['a'])
  for (const tag_list of [[], null]) {
    t.strictSame(await glance.metadef.tags.createTags(alice, { namespace_name, tag_list }), [])
    t.strictSame(await glance.metadef.tags.createTags(bob, { namespace_name: 'none', tag_list }), [])
  }
  t.strictSame(await listed(glance), ['a'])
})

rule('a list of tags needs a namespace that the caller sees', async (t, glance) => {
  await addNamespace(glance, namespace_name)
  const tag_list = [{ name: 'x' }]
  await refused(t, glance.metadef.tags.createTags(bob, { namespace_name, tag_list }), 'MetadefForbidden')
  const none = glance.metadef.tags.createTags(admin, { namespace_name: 'none', tag_list })
  await refused(t, none, 'MetadefNamespaceNotFound')
  t.strictSame(await listed(glance), [])
})

rule('of 8 who make different lists of tags at once one list is left, whole', async (t, glance) => {
  await addNamespace(glance, namespace_name)
  await Promise.all(Array.from({ length: 8 }, (_, at) => createTags(glance, [`${at} a`, `${at} b`, `${at} c`])))
  const names = await listed(glance, { sort_key: 'name', sort_dir: 'asc' })
  t.equal(names.length, 3)
  t.equal(new Set(names.map((name) => name[0])).size, 1)
})

rule('tags are listed from the last made, or by a column', async (t, glance) => {
  await addNamespace(glance, namespace_name)
  for (const name of ['b', 'a', 'c']) await createTags(glance, [name], true)
  t.strictSame(await listed(glance), ['c', 'a', 'b'])
  t.strictSame(await listed(glance, { sort_dir: null }), ['b', 'a', 'c'], 'a direction of null is ascending')
  t.strictSame(await listed(glance, { sort_key: 'name', sort_dir: 'asc' }), ['a', 'b', 'c'])
  t.strictSame(await listed(glance, { sort_key: 'id', sort_dir: 'desc' }), ['c', 'a', 'b'])
  t.strictSame(await listed(glance, { filters: { name: 'a' } }), ['c', 'a', 'b'], 'filters are ignored')
  for (const sort_key of ['fancy', 'description', 'in_namespace']) {
    await refused(t, listed(glance, { sort_key }), 'InvalidSortKey', sort_key)
  }
  await refused(t, listed(glance, { sort_dir: 'up' }), 'InvalidSortDir')
})

rule('pages of tags put together are the whole list', async (t, glance) => {
  await addNamespace(glance, namespace_name)
  await createTags(glance, ['d', 'a', 'c', 'e', 'b'])
  for (const sort_key of ['created_at', 'id', 'name', 'updated_at', 'namespace_id']) {
    for (const sort_dir of ['asc', 'desc']) {
      const whole = await glance.metadef.tags.getAll(alice, { namespace_name, sort_key, sort_dir })
      const pages: typeof whole = []
      for (let marker: number | undefined; ; marker = pages[pages.length - 1].id) {
        const page = await glance.metadef.tags.getAll(alice, { namespace_name, sort_key, sort_dir, limit: 2, marker })
        if (page.length === 0) break
        pages.push(...page)
      }
      t.strictSame(pages, whole, `${sort_key} ${sort_dir}`)
      t.equal(pages.length, 5)
    }
  }
  t.strictSame(await listed(glance, { limit: 0 }), [])
  t.equal((await listed(glance, { limit: -1 })).length, 5)
  await refused(t, listed(glance, { marker: 4711 }), 'MetadefTagNotFound')
  await refused(t, listed(glance, { limit: 1.5 }), 'Invalid')
})

rule('functions of lists of tags are called by their names, with every argument or with few', async (t, glance) => {
  await addNamespace(glance, namespace_name)
  const tag_list = [{ name: 'x' }]
  const made = await glance.call('metadef_tag_create_tags', alice, { namespace_name, tag_list })
  const all = { filters: null, marker: null, limit: null, sort_key: null, sort_dir: null, session: null }
  t.strictSame(await glance.call('metadef_tag_get_all', alice, { namespace_name, ...all }), made)
  t.strictSame(await glance.call('metadef_tag_get_all', alice, { namespace_name }), made)
  const append = { namespace_name, tag_list: [{ name: 'y' }], can_append: true }
  t.match(await glance.call('metadef_tag_create_tags', alice, append), [{ name: 'y' }])
  t.strictSame(await glance.call('metadef_tag_create_tags', alice, { namespace_name, tag_list: null }), [])
  t.equal(await glance.call('metadef_tag_count', alice, { namespace_name }), 2)
  await refused(t, glance.call('metadef_tag_create_tags', alice, { namespace_name }), 'TypeError')
  await refused(t, glance.call('metadef_tag_create_tags', alice, { namespace_name, tag_list: 'x' }), 'TypeError')
})

rule('what a namespace holds is read from indexes', async (t, glance) => {
  await using session = glance.rome.session({ readOnly: true })
  const [tag, object] = [fields(MetadefTag), fields(MetadefObject)]
  const tags = session.query(MetadefTag).filter(tag.namespace_id.eq(1))
  const page = await definitionPage(tags, MetadefTag, { limit: 25 }, () =>
    Promise.reject(new Error('no marker is given')),
  )
  t.strictSame(planSteps(await page.explain()), [
    'limit: rows 25',
    'index range: index metadef_tags.namespace_id_created_at; reads entries and rows; ranges 1; direction backwards',
  ])
  const named = session.query(MetadefObject).filter(object.namespace_id.eq(1), object.name.eq('x'))
  t.strictSame(planSteps(await named.explain()), [
    'index range: index metadef_objects.namespace_id_name_unique; reads entries and rows; ranges 1',
  ])
})
