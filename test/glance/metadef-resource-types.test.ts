import type { GlanceDatabase } from '../../glance/lib/index.js'
import { addNamespace } from '../support/glance-definitions.js'
import { admin, alice, bob, fieldsOf, nobody, refused, rule } from '../support/glance-fixture.js'

const server = 'OS::Nova::Server'

/** Says that a namespace is for a resource type. */
function associate(glance: GlanceDatabase, namespace_name: string, name: string, values: object = {}) {
  return glance.metadef.associations.create(alice, { namespace_name, values: { name, ...values } })
}

rule('an empty catalogue has no resource types', async (t, glance) => {
  t.strictSame(await glance.metadef.resourceTypes.getAll(admin), [])
})

rule('a resource type is not protected unless said otherwise, and has exactly its columns', async (t, glance) => {
  const { resourceTypes } = glance.metadef
  const made = await resourceTypes.create(alice, { values: { name: server } })
  t.match(made, { name: server, protected: false })
  t.strictSame(fieldsOf(made), ['created_at', 'id', 'name', 'protected', 'updated_at'])
  t.strictSame(await resourceTypes.get(bob, { resource_type_name: server }), made, 'everybody sees it')
  t.equal((await resourceTypes.create(admin, { values: { name: 'b', protected: true } })).protected, true)
  t.equal((await resourceTypes.create(admin, { values: { name: 'c', protected: 1 } })).protected, true)
})

rule('resource types are listed in the order of their making', async (t, glance) => {
  for (const name of ['z', 'x', 'y']) await glance.metadef.resourceTypes.create(admin, { values: { name } })
  for (const caller of [admin, nobody]) {
    const names = (await glance.metadef.resourceTypes.getAll(caller)).map(({ name }) => name)
    t.strictSame(names, ['z', 'x', 'y'])
  }
})

rule('two resource types of one name are refused', async (t, glance) => {
  const create = (name: string) => glance.metadef.resourceTypes.create(admin, { values: { name } })
  await create(server)
  await refused(t, create(server), 'MetadefDuplicateResourceType')
  t.match(await create(server.toLowerCase()), { name: server.toLowerCase() })
})

rule('values of a resource type that do not fit are refused', async (t, glance) => {
  for (const values of [{}, { name: 'n'.repeat(81) }, { name: 5 }, { name: null }, { name: 'x', protected: 'yes' }]) {
    const call = glance.call('metadef_resource_type_create', admin, { values })
    await refused(t, call, 'Invalid', JSON.stringify(values).slice(0, 40))
  }
  t.strictSame(await glance.metadef.resourceTypes.getAll(admin), [])
})

rule('a resource type that is not there is not found', async (t, glance) => {
  for (const resource_type_name of ['none', '', 'n'.repeat(100)]) {
    const { resourceTypes } = glance.metadef
    await refused(t, resourceTypes.get(admin, { resource_type_name }), 'MetadefResourceTypeNotFound')
    await refused(t, resourceTypes.delete(admin, { resource_type_name }), 'MetadefResourceTypeNotFound')
  }
})

rule('a resource type is deleted unless it is protected or a namespace is for it', async (t, glance) => {
  const { resourceTypes, associations } = glance.metadef
  const made = await resourceTypes.create(admin, { values: { name: server } })
  await resourceTypes.create(admin, { values: { name: 'protected', protected: true } })
  await addNamespace(glance, 'a')
  await associate(glance, 'a', server)
  const remove = (resource_type_name: string) => resourceTypes.delete(admin, { resource_type_name })
  await refused(t, remove('protected'), 'ProtectedMetadefResourceTypeSystemDelete')
  await refused(t, remove(server), 'MetadefIntegrityError')
  await associations.delete(alice, { namespace_name: 'a', resource_type_name: server })
  t.strictSame(await remove(server), made)
  await refused(t, resourceTypes.get(admin, { resource_type_name: server }), 'MetadefResourceTypeNotFound')
})

rule('a resource type is deleted after the last namespace that was for it', async (t, glance) => {
  await addNamespace(glance, 'a')
  await associate(glance, 'a', server)
  await glance.metadef.namespaces.delete(alice, { namespace_name: 'a' })
  t.match(await glance.metadef.resourceTypes.delete(admin, { resource_type_name: server }), { name: server })
})

rule('an association has exactly five fields, and null for what is not given', async (t, glance) => {
  await addNamespace(glance, 'a')
  const made = await associate(glance, 'a', server, { properties_target: 'image', prefix: 'hw_' })
  t.match(made, { name: server, properties_target: 'image', prefix: 'hw_' })
  t.strictSame(fieldsOf(made), ['created_at', 'name', 'prefix', 'properties_target', 'updated_at'])
  const given = { namespace_name: 'a', resource_type_name: server }
  t.strictSame(await glance.metadef.associations.get(alice, given), made)
  t.match(await associate(glance, 'a', 'OS::Cinder::Volume'), { properties_target: null, prefix: null })
})

rule('an association makes its resource type where there is none', async (t, glance) => {
  const { resourceTypes } = glance.metadef
  const known = await resourceTypes.create(admin, { values: { name: 'known', protected: true } })
  await addNamespace(glance, 'a')
  await associate(glance, 'a', 'known')
  await associate(glance, 'a', server)
  t.match(await resourceTypes.getAll(admin), [known, { name: server, protected: false }])
})

rule('a namespace is for a resource type once', async (t, glance) => {
  await addNamespace(glance, 'a')
  await addNamespace(glance, 'b')
  const made = await associate(glance, 'a', server, { prefix: 'first' })
  await refused(t, associate(glance, 'a', server), 'MetadefDuplicateResourceTypeAssociation')
  t.match(await associate(glance, 'b', server), { name: server }, 'another may be for it too')
  t.strictSame(await glance.metadef.associations.get(alice, { namespace_name: 'a', resource_type_name: server }), made)
})

rule('of 16 who associate at once one succeeds, and one resource type is made', async (t, glance) => {
  await addNamespace(glance, 'a')
  const outcomes = await Promise.allSettled(Array.from({ length: 16 }, () => associate(glance, 'a', server)))
  const kinds = outcomes.map((outcome) => (outcome.status === 'rejected' ? outcome.reason.kind : 'done')).sort()
  t.strictSame(kinds, [...Array.from({ length: 15 }, () => 'MetadefDuplicateResourceTypeAssociation'), 'done'])
  t.equal((await glance.metadef.resourceTypes.getAll(admin)).length, 1)
})

rule('values of an association that do not fit are refused, and no resource type is made', async (t, glance) => {
  await addNamespace(glance, 'a')
  const wrong = [{ name: null }, { name: 5 }, { name: 'n'.repeat(81) }, { prefix: 'p'.repeat(81) }, { prefix: 5 }]
  for (const values of [...wrong, { properties_target: 't'.repeat(81) }]) {
    await refused(t, associate(glance, 'a', server, values), 'Invalid', JSON.stringify(values).slice(0, 40))
  }
  const nameless = glance.metadef.associations.create(alice, { namespace_name: 'a', values: {} })
  await refused(t, nameless, 'Invalid')
  t.strictSame(await glance.metadef.resourceTypes.getAll(admin), [])
})

rule('a resource type that is not there is told from one that the namespace is not for', async (t, glance) => {
  await addNamespace(glance, 'a')
  await glance.metadef.resourceTypes.create(admin, { values: { name: 'known' } })
  const { associations } = glance.metadef
  for (const [resource_type_name, kind] of [
    ['none', 'MetadefResourceTypeNotFound'],
    ['known', 'MetadefResourceTypeAssociationNotFound'],
  ] as const) {
    const given = { namespace_name: 'a', resource_type_name }
    await refused(t, associations.get(alice, given), kind, `get ${resource_type_name}`)
    await refused(t, associations.delete(alice, given), kind, `delete ${resource_type_name}`)
  }
})

rule('a deleted association is answered and gone, and its resource type stays', async (t, glance) => {
  await addNamespace(glance, 'a')
  const made = await associate(glance, 'a', server)
  const given = { namespace_name: 'a', resource_type_name: server }
  t.strictSame(await glance.metadef.associations.delete(alice, given), made)
  await refused(t, glance.metadef.associations.get(alice, given), 'MetadefResourceTypeAssociationNotFound')
  t.equal((await glance.metadef.resourceTypes.getAll(admin)).length, 1)
  t.match(await associate(glance, 'a', server), { name: server }, 'it may be made again')
})

rule('the associations of a namespace are listed', async (t, glance) => {
  await addNamespace(glance, 'a')
  await addNamespace(glance, 'b')
  const made = [await associate(glance, 'a', 'z'), await associate(glance, 'a', 'x')]
  await associate(glance, 'b', 'x')
  t.strictSame(await glance.metadef.associations.getAllByNamespace(alice, { namespace_name: 'a' }), made)
})

rule('every function of an association finds the namespace first', async (t, glance) => {
  await addNamespace(glance, 'a')
  const made = await associate(glance, 'a', server)
  const { associations } = glance.metadef
  for (const [namespace_name, caller, kind] of [
    ['none', admin, 'MetadefNamespaceNotFound'],
    ['a', bob, 'MetadefForbidden'],
    ['a', nobody, 'MetadefForbidden'],
  ] as const) {
    const given = { namespace_name, resource_type_name: server }
    await refused(t, associations.create(caller, { namespace_name, values: { name: 'new' } }), kind)
    await refused(t, associations.get(caller, given), kind)
    await refused(t, associations.delete(caller, given), kind)
    await refused(t, associations.getAllByNamespace(caller, given), kind)
  }
  t.strictSame(await associations.getAllByNamespace(alice, { namespace_name: 'a' }), [made])
  t.equal((await glance.metadef.resourceTypes.getAll(admin)).length, 1)
})

rule('functions of resource types and associations are called by their names', async (t, glance) => {
  await addNamespace(glance, 'a')
  const call = (name: string, given: Record<string, unknown>) =>
    glance.call(`metadef_resource_type_${name}`, alice, given)
  const type = await call('create', { values: { name: 'x' }, session: null })
  t.strictSame(await call('get', { resource_type_name: 'x' }), type)
  t.strictSame(await call('get_all', {}), [type])
  const values = { name: 'x', properties_target: null, prefix: null }
  const made = await call('association_create', { namespace_name: 'a', values })
  const given = { namespace_name: 'a', resource_type_name: 'x' }
  t.strictSame(await call('association_get', given), made)
  t.strictSame(await call('association_get_all_by_namespace', { namespace_name: 'a' }), [made])
  t.strictSame(await call('association_delete', given), made)
  t.strictSame(await call('delete', { resource_type_name: 'x' }), type)
  for (const name of ['create', 'get', 'delete', 'association_create', 'association_get', 'association_delete']) {
    await refused(t, call(name, {}), 'TypeError', name)
  }
})
