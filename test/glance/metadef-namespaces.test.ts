import { type Caller, type GlanceDatabase, type NamespaceListOptions, parseTime } from '../../glance/lib/index.js'
import { namespacesListed } from '../../glance/lib/metadef/list-namespaces.js'
import { addNamespace, definitionKinds } from '../support/glance-definitions.js'
import { admin, alice, bob, fieldsOf, nobody, refused, rule } from '../support/glance-fixture.js'
import { planSteps } from '../support/plan-steps.js'

const banana = '\u{1f34c}'

async function listed(glance: GlanceDatabase, caller: Caller, options?: NamespaceListOptions): Promise<string[]> {
  return (await glance.metadef.namespaces.getAll(caller, options)).map(({ namespace }) => namespace)
}

rule('a namespace has what was given, null for the rest, and exactly its columns', async (t, glance) => {
  const made = await glance.metadef.namespaces.create(alice, { values: { namespace: 'OS::Plain', owner: 'alice' } })
  const { id, created_at, updated_at, ...others } = made
  t.strictSame(others, {
    ...{ namespace: 'OS::Plain', owner: 'alice', display_name: null, description: null, visibility: null },
    protected: null,
  })
  t.ok(Number.isInteger(id) && created_at && updated_at)
  t.strictSame(await glance.metadef.namespaces.get(alice, { namespace_name: 'OS::Plain' }), made)
  const fields = ['id', 'namespace', 'display_name', 'description', 'visibility', 'protected', 'owner', 'created_at']
  t.strictSame(fieldsOf(made), [...fields, 'updated_at'].sort())
})

rule('a namespace keeps its texts', async (t, glance) => {
  const values = { display_name: 'Näme', description: 'd'.repeat(70_000), visibility: 'public', protected: true }
  t.match(await addNamespace(glance, 'a', values), values)
})

rule('protected may be a number', async (t, glance) => {
  t.equal((await addNamespace(glance, 'a', { protected: 0 })).protected, false)
  t.equal((await addNamespace(glance, 'b', { protected: 1 })).protected, true)
  t.equal((await addNamespace(glance, 'c', { protected: null })).protected, null)
})

rule('for a new namespace times, the number and what is no column are ignored', async (t, glance) => {
  const first = await addNamespace(glance, 'a')
  const values = { created_at: parseTime('2001-01-01'), updated_at: parseTime('2001-01-01'), id: 4711, fancy: 1 }
  const second = await addNamespace(glance, 'b', values)
  t.equal(second.id, first.id + 1)
  t.ok(second.created_at > first.created_at)
})

rule('a namespace without a name or an owner is refused', async (t, glance) => {
  const { namespaces } = glance.metadef
  await refused(t, namespaces.create(admin, { values: { owner: 'alice' } }), 'Invalid')
  await refused(t, namespaces.create(admin, { values: { namespace: 'a' } }), 'Invalid')
  t.strictSame(await listed(glance, admin), [])
})

rule('values of a namespace that do not fit are refused', async (t, glance) => {
  const wrong = [
    { namespace: 'n'.repeat(81) },
    { namespace: banana },
    { display_name: 'd'.repeat(81) },
    { description: banana },
    { fancy: { [banana]: 1 } },
    { visibility: 'v'.repeat(33) },
    { owner: 'o'.repeat(256) },
    { owner: null },
    { protected: 'yes' },
    { protected: 2 },
  ]
  for (const values of wrong) {
    await refused(t, addNamespace(glance, 'a', values), 'Invalid', JSON.stringify(values).slice(0, 40))
  }
  const { id } = await addNamespace(glance, 'a')
  for (const values of wrong) {
    const update = glance.metadef.namespaces.update(admin, {
      namespace_id: id,
      namespace_dict: { ...values } as object,
    })
    await refused(t, update, 'Invalid', `update ${JSON.stringify(values).slice(0, 40)}`)
  }
  t.strictSame(await listed(glance, admin), ['a'])
})

rule('two namespaces of one name are refused, whoever they are of', async (t, glance) => {
  await addNamespace(glance, 'a')
  await refused(t, addNamespace(glance, 'a', { owner: 'bob' }), 'MetadefDuplicateNamespace')
  t.match(await addNamespace(glance, 'A', { owner: 'bob' }), { namespace: 'A' }, 'names are compared exactly')
})

rule('of 16 who add a namespace of one name at once one succeeds', async (t, glance) => {
  const outcomes = await Promise.allSettled(Array.from({ length: 16 }, () => addNamespace(glance, 'a')))
  const kinds = outcomes.map((outcome) => (outcome.status === 'rejected' ? outcome.reason.kind : 'done')).sort()
  t.strictSame(kinds, [...Array.from({ length: 15 }, () => 'MetadefDuplicateNamespace'), 'done'])
})

rule('a namespace is seen by its owner, by admins, and by all when it is public', async (t, glance) => {
  await addNamespace(glance, 'private')
  await addNamespace(glance, 'public', { visibility: 'public' })
  await addNamespace(glance, 'neither', { visibility: null })
  for (const namespace_name of ['private', 'neither']) {
    for (const caller of [admin, alice]) {
      t.equal((await glance.metadef.namespaces.get(caller, { namespace_name })).namespace, namespace_name)
    }
    for (const caller of [bob, nobody]) {
      await refused(t, glance.metadef.namespaces.get(caller, { namespace_name }), 'MetadefForbidden')
    }
  }
  for (const caller of [admin, alice, bob, nobody]) {
    t.ok(await glance.metadef.namespaces.get(caller, { namespace_name: 'public' }))
  }
})

rule('a namespace that is not there is not found, by name and by number', async (t, glance) => {
  const { namespaces } = glance.metadef
  for (const namespace_name of ['none', '', 'n'.repeat(100)]) {
    await refused(t, namespaces.get(admin, { namespace_name }), 'MetadefNamespaceNotFound')
    await refused(t, namespaces.delete(admin, { namespace_name }), 'MetadefNamespaceNotFound')
  }
  for (const namespace_id of [4711, -1, 1.5, 1e300]) {
    const update = namespaces.update(admin, { namespace_id, namespace_dict: {} })
    await refused(t, update, 'MetadefNamespaceNotFound', String(namespace_id))
    await refused(t, namespaces.getAll(admin, { marker: namespace_id }), 'MetadefNamespaceNotFound')
  }
})

rule('an update writes what is given, and the time of the last change', async (t, glance) => {
  const made = await addNamespace(glance, 'a', { description: 'old', protected: true })
  const namespace_dict = { namespace: 'b', display_name: 'B', visibility: 'public', protected: 0 } as const
  const updated = await glance.metadef.namespaces.update(alice, { namespace_id: made.id, namespace_dict })
  const { updated_at } = updated
  t.strictSame(updated, { ...made, ...namespace_dict, protected: false, updated_at })
  t.ok(updated_at && made.updated_at && updated_at > made.updated_at)
  t.strictSame(await glance.metadef.namespaces.get(bob, { namespace_name: 'b' }), updated)
  await refused(t, glance.metadef.namespaces.get(bob, { namespace_name: 'a' }), 'MetadefNamespaceNotFound')
})

rule('an update with the whole record, as Glance sends it, changes what differs', async (t, glance) => {
  const made = await addNamespace(glance, 'a')
  const namespace_dict = { ...made, description: 'new' }
  const updated = await glance.metadef.namespaces.update(alice, { namespace_id: made.id, namespace_dict })
  t.strictSame(updated, { ...made, description: 'new', updated_at: updated.updated_at })
})

rule('an update ignores times, the number and what is no column', async (t, glance) => {
  const made = await addNamespace(glance, 'a')
  const namespace_dict = { id: 4711, created_at: parseTime('2001-01-01'), fancy: 1 } as object
  const updated = await glance.metadef.namespaces.update(alice, { namespace_id: made.id, namespace_dict })
  t.strictSame(updated, { ...made, updated_at: updated.updated_at })
})

rule('an update may not take the name of another namespace', async (t, glance) => {
  const { id: namespace_id } = await addNamespace(glance, 'a')
  await addNamespace(glance, 'b', { owner: 'bob' })
  const update = (namespace: string) =>
    glance.metadef.namespaces.update(alice, { namespace_id, namespace_dict: { namespace, description: 'new' } })
  await refused(t, update('b'), 'MetadefDuplicateNamespace')
  t.equal((await glance.metadef.namespaces.get(alice, { namespace_name: 'a' })).description, null)
  t.equal((await update('a')).description, 'new', 'its own name it may keep')
})

rule('who sees a namespace may change it, protected or not', async (t, glance) => {
  const own = await addNamespace(glance, 'private')
  const open = await addNamespace(glance, 'public', { visibility: 'public', protected: true })
  const update = (caller: Caller, namespace_id: number) =>
    glance.metadef.namespaces.update(caller, { namespace_id, namespace_dict: { description: 'by bob' } })
  for (const caller of [bob, nobody]) await refused(t, update(caller, own.id), 'MetadefForbidden')
  t.equal((await update(bob, open.id)).description, 'by bob')
  await refused(t, glance.metadef.namespaces.delete(bob, { namespace_name: 'private' }), 'MetadefForbidden')
  t.equal((await glance.metadef.namespaces.delete(bob, { namespace_name: 'public' })).namespace, 'public')
})

rule('a namespace goes with all that is in it, and its resource types stay', async (t, glance) => {
  const made = await addNamespace(glance, 'a')
  await addNamespace(glance, 'other')
  for (const namespace of ['a', 'other']) {
    for (const kind of definitionKinds) {
      for (const name of ['x', 'y']) await kind.create(glance, alice, namespace, { name })
    }
    const values = { name: 'OS::Nova::Server' }
    await glance.metadef.associations.create(alice, { namespace_name: namespace, values })
  }
  t.strictSame(await glance.metadef.namespaces.delete(alice, { namespace_name: 'a' }), made)
  await refused(t, glance.metadef.namespaces.get(admin, { namespace_name: 'a' }), 'MetadefNamespaceNotFound')
  t.equal((await glance.metadef.resourceTypes.getAll(admin)).length, 1)
  await addNamespace(glance, 'a')
  for (const kind of definitionKinds) {
    t.equal(await kind.count(glance, alice, 'a'), 0, `no ${kind.kind} is left`)
    t.equal(await kind.count(glance, alice, 'other'), 2, `those of others stay`)
  }
  t.strictSame(await glance.metadef.associations.getAllByNamespace(alice, { namespace_name: 'a' }), [])
})

rule('public namespaces are listed for all, others for their owner and for admins', async (t, glance) => {
  await addNamespace(glance, 'of alice')
  await addNamespace(glance, 'of bob', { owner: 'bob' })
  await addNamespace(glance, 'public', { owner: 'bob', visibility: 'public' })
  t.strictSame(await listed(glance, admin), ['public', 'of bob', 'of alice'])
  t.strictSame(await listed(glance, alice), ['public', 'of alice'])
  t.strictSame(await listed(glance, bob), ['public', 'of bob'])
  t.strictSame(await listed(glance, nobody), ['public'])
})

rule('namespaces are filtered by visibility', async (t, glance) => {
  await addNamespace(glance, 'private')
  await addNamespace(glance, 'public', { visibility: 'public' })
  const found = (caller: Caller, visibility: unknown) => listed(glance, caller, { filters: { visibility } })
  t.strictSame(await found(admin, 'public'), ['public'])
  t.strictSame(await found(admin, 'private'), ['private'])
  t.strictSame(await found(bob, 'private'), [])
  t.strictSame(await found(admin, 'fancy'), [])
  t.strictSame(await found(admin, 5), [])
  t.strictSame(await found(admin, null), ['public', 'private'])
})

rule('namespaces are filtered by their numbers', async (t, glance) => {
  const { id: first } = await addNamespace(glance, 'a')
  const { id: second } = await addNamespace(glance, 'b')
  await addNamespace(glance, 'c')
  const found = (id_list: unknown, caller: Caller = admin) => listed(glance, caller, { filters: { id_list } })
  t.strictSame(await found([first, second]), ['b', 'a'])
  t.strictSame(await found([first, 4711, 'x', 1.5]), ['a'])
  t.strictSame(await found([]), [])
  t.strictSame(await found([first], bob), [])
  t.strictSame(await found(null), ['c', 'b', 'a'])
  for (const wrong of ['x', 5, {}]) await refused(t, found(wrong), 'Invalid')
})

rule('namespaces are filtered by resource types, of which one is enough', async (t, glance) => {
  const types: [string, string[]][] = [
    ['a', ['X', 'Y']],
    ['b', ['Y']],
    ['c', ['Z']],
    ['none', []],
  ]
  for (const [namespace_name, names] of types) {
    await addNamespace(glance, namespace_name)
    for (const name of names) await glance.metadef.associations.create(admin, { namespace_name, values: { name } })
  }
  const found = (resource_types: unknown, caller: Caller = admin) =>
    listed(glance, caller, { filters: { resource_types } })
  t.strictSame(await found('X'), ['a'])
  t.strictSame(await found('Y'), ['b', 'a'])
  t.strictSame(await found('X,Y,Z'), ['c', 'b', 'a'])
  t.strictSame(await found('X,fancy'), ['a'])
  t.strictSame(await found('fancy'), [])
  t.strictSame(await found(''), [])
  t.strictSame(await found('X', bob), [])
  t.strictSame(await found(null), ['none', 'c', 'b', 'a'])
  for (const wrong of [5, ['X'], {}]) await refused(t, found(wrong), 'Invalid')
})

rule('all filters must hold, and those of other names are ignored', async (t, glance) => {
  const { id } = await addNamespace(glance, 'a', { visibility: 'public' })
  await addNamespace(glance, 'b')
  t.strictSame(await listed(glance, admin, { filters: { visibility: 'private', id_list: [id] } }), [])
  t.strictSame(await listed(glance, admin, { filters: { fancy: 'x', namespace: 'a', owner: 'bob' } }), ['b', 'a'])
})

rule('namespaces are sorted by any column, by the time of their making unless said otherwise', async (t, glance) => {
  await addNamespace(glance, 'b', { display_name: '1' })
  await addNamespace(glance, 'a', { display_name: '2' })
  await addNamespace(glance, 'c', { display_name: null })
  const sorted = (sort_key?: string, sort_dir?: string | null) => listed(glance, admin, { sort_key, sort_dir })
  t.strictSame(await sorted(), ['c', 'a', 'b'], 'the last made comes first')
  t.strictSame(await sorted('created_at', 'asc'), ['b', 'a', 'c'])
  t.strictSame(await sorted('namespace', 'asc'), ['a', 'b', 'c'])
  t.strictSame(await sorted('namespace', 'desc'), ['c', 'b', 'a'])
  t.strictSame(await sorted('namespace', null), ['a', 'b', 'c'], 'a direction of null is ascending')
  t.strictSame(await sorted('display_name', 'asc'), ['c', 'b', 'a'], 'null is lowest')
  t.strictSame(await sorted('id', 'desc'), ['c', 'a', 'b'])
  for (const key of ['description', 'visibility', 'protected', 'owner', 'updated_at']) {
    t.equal((await sorted(key, 'asc')).length, 3, key)
  }
})

rule('sort keys and directions of namespaces that are none are refused', async (t, glance) => {
  for (const sort_key of ['fancy', '', 'name', 'in_namespace', 'constructor']) {
    await refused(t, listed(glance, admin, { sort_key }), 'InvalidSortKey', sort_key)
  }
  await refused(t, listed(glance, admin, { sort_dir: 'up' }), 'InvalidSortDir')
})

rule('pages of namespaces put together are the whole list', async (t, glance) => {
  for (let n = 0; n < 7; n++) {
    const display_name = n % 3 === 0 ? null : `${n % 2}`
    await addNamespace(glance, `n${n}`, { display_name, owner: n % 2 ? 'alice' : 'bob', visibility: 'public' })
  }
  for (const sort_key of ['created_at', 'id', 'display_name', 'owner']) {
    for (const sort_dir of ['asc', 'desc']) {
      const whole = await glance.metadef.namespaces.getAll(alice, { sort_key, sort_dir })
      const pages: typeof whole = []
      for (let marker: number | undefined; ; marker = pages[pages.length - 1].id) {
        const page = await glance.metadef.namespaces.getAll(alice, { sort_key, sort_dir, limit: 2, marker })
        if (page.length === 0) break
        pages.push(...page)
      }
      t.strictSame(pages, whole, `${sort_key} ${sort_dir}`)
      t.equal(pages.length, 7)
    }
  }
  t.strictSame(await listed(glance, alice, { limit: 0 }), [])
  t.equal((await listed(glance, alice, { limit: -1 })).length, 7)
})

rule('a marker that the caller does not see is refused', async (t, glance) => {
  const { id: marker } = await addNamespace(glance, 'a')
  await refused(t, listed(glance, bob, { marker }), 'MetadefForbidden')
})

rule('lists of namespaces are read from indexes in their order', async (t, glance) => {
  await using session = glance.rome.session({ readOnly: true })
  const steps = async (caller: Caller, options: NamespaceListOptions = {}) =>
    planSteps(await (await namespacesListed(session, caller, { limit: 25, ...options })).explain())
  const backwards = 'reads entries and rows; ranges 1; direction backwards'
  const byVisibility = `index range: index metadef_namespaces.visibility_created_at; ${backwards}`
  t.strictSame(await steps(admin), ['limit: rows 25', `whole index: index metadef_namespaces.created_at; ${backwards}`])
  t.strictSame(await steps(alice), [
    'limit: rows 25',
    'merge: by created_at desc nulls last, id desc nulls last',
    byVisibility,
    'filter: where not (visibility = …)',
    `index range: index metadef_namespaces.owner_created_at; ${backwards}`,
  ])
  for (const [caller, options] of [
    [nobody, {}],
    [admin, { filters: { visibility: 'public' } }],
  ] as const) {
    t.strictSame(await steps(caller, options), ['limit: rows 25', byVisibility])
  }
  t.strictSame(await steps(admin, { filters: { id_list: [1, 2] } }), [
    'limit: rows 25',
    'top: by created_at desc nulls last, id desc nulls last; rows 25',
    'primary key: model metadef_namespaces; keys 2',
  ])
})

rule('functions of namespaces are called by their names, with every argument or with few', async (t, glance) => {
  const values = { namespace: 'a', owner: 'alice', visibility: 'private' }
  const made = await glance.call('metadef_namespace_create', alice, { values })
  t.match(made, { namespace: 'a' })
  t.strictSame(await glance.call('metadef_namespace_get', alice, { namespace_name: 'a', session: null }), made)
  const all = { marker: null, limit: null, sort_key: null, sort_dir: null, filters: null, session: null }
  t.strictSame(await glance.call('metadef_namespace_get_all', alice, all), [made])
  t.strictSame(await glance.call('metadef_namespace_get_all', alice, {}), [made])
  await addNamespace(glance, 'b')
  const names = async (given: Record<string, unknown>) => {
    const answer = await glance.call('metadef_namespace_get_all', alice, given)
    return Array.isArray(answer) ? answer.map(({ namespace }) => namespace) : answer
  }
  t.strictSame(await names({}), ['b', 'a'], 'descending when the direction is absent')
  t.strictSame(await names({ sort_dir: null }), ['a', 'b'], 'ascending when it is null')
  const { id: namespace_id } = await glance.metadef.namespaces.get(alice, { namespace_name: 'a' })
  const update = { namespace_id, namespace_dict: { description: 'new' } }
  t.match(await glance.call('metadef_namespace_update', alice, update), { description: 'new' })
  t.match(await glance.call('metadef_namespace_delete', alice, { namespace_name: 'a' }), { namespace: 'a' })
})

rule('arguments of namespace functions that are missing or of another type are refused', async (t, glance) => {
  const wrong: [string, Record<string, unknown>][] = [
    ['metadef_namespace_create', {}],
    ['metadef_namespace_get', { namespace_name: 5 }],
    ['metadef_namespace_get', { name: 'a' }],
    ['metadef_namespace_get_all', { sort_dir: 5 }],
    ['metadef_namespace_get_all', { marker: 'a' }],
    ['metadef_namespace_update', { namespace_id: 'a', namespace_dict: {} }],
    ['metadef_namespace_update', { namespace_id: 1 }],
    ['metadef_namespace_delete', {}],
  ]
  for (const [name, given] of wrong) {
    await refused(t, glance.call(name, admin, given), 'TypeError', `${name} ${JSON.stringify(given)}`)
  }
})
