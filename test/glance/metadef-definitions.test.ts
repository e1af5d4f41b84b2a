import { type Caller, type GlanceDatabase, parseTime } from '../../glance/lib/index.js'
import { addNamespace, definitionKinds } from '../support/glance-definitions.js'
import { admin, alice, bob, fieldsOf, nobody, refused, rule } from '../support/glance-fixture.js'

const banana = '\u{1f34c}'

for (const definition of definitionKinds) {
  const { kind } = definition

  rule(`a ${kind} belongs to its namespace and has exactly its columns`, async (t, glance) => {
    const { id } = await addNamespace(glance, 'a')
    const made = await definition.create(glance, alice, 'a', { name: 'x' })
    t.match(made, { namespace_id: id, name: 'x' })
    t.strictSame(fieldsOf(made), [...definition.fields].sort())
    t.strictSame(await definition.get(glance, alice, 'a', 'x'), made)
  })

  rule(`a ${kind} is of the namespace that is named, whatever its values say`, async (t, glance) => {
    const { id } = await addNamespace(glance, 'a')
    const values = { name: 'x', namespace_id: 4711, id: 4712, created_at: parseTime('2001-01-01'), fancy: 1 }
    const made = await definition.create(glance, alice, 'a', values)
    t.equal(made.namespace_id, id)
    t.not(made.id, 4712)
    t.not(String(made.created_at), String(values.created_at))
  })

  rule(`the name of a ${kind} is taken once in each namespace, exactly as it is written`, async (t, glance) => {
    await addNamespace(glance, 'a')
    await addNamespace(glance, 'b')
    const first = await definition.create(glance, alice, 'a', { name: 'x' })
    await refused(t, definition.create(glance, alice, 'a', { name: 'x' }), definition.duplicate)
    t.match(await definition.create(glance, alice, 'a', { name: 'X' }), { name: 'X' })
    t.match(await definition.create(glance, alice, 'b', { name: 'x' }), { name: 'x' })
    t.strictSame(await definition.get(glance, alice, 'a', 'x'), first)
  })

  rule(`of 16 who add a ${kind} of one name at once one succeeds`, async (t, glance) => {
    await addNamespace(glance, 'a')
    const adding = Array.from({ length: 16 }, () => definition.create(glance, alice, 'a', { name: 'x' }))
    const outcomes = await Promise.allSettled(adding)
    const kinds = outcomes.map((outcome) => (outcome.status === 'rejected' ? outcome.reason.kind : 'done')).sort()
    t.strictSame(kinds, [...Array.from({ length: 15 }, () => definition.duplicate), 'done'])
    t.equal(await definition.count(glance, alice, 'a'), 1)
  })

  rule(`values of a ${kind} that do not fit are refused`, async (t, glance) => {
    await addNamespace(glance, 'a')
    const wrong = [{}, { name: null }, { name: 5 }, { name: 'n'.repeat(81) }, { name: banana }]
    for (const values of [...wrong, { name: 'x', fancy: { deep: banana } }]) {
      await refused(t, definition.create(glance, alice, 'a', values), 'Invalid', JSON.stringify(values).slice(0, 40))
    }
    const made = await definition.create(glance, alice, 'a', { name: 'x' })
    for (const values of wrong.slice(1)) {
      await refused(t, definition.update(glance, alice, 'a', made.id, values), 'Invalid', JSON.stringify(values))
    }
    t.strictSame(await definition.getAll(glance, alice, 'a'), [made])
  })

  rule(`all of kind ${kind} of a namespace are listed in the order of their making, and counted`, async (t, glance) => {
    await addNamespace(glance, 'a')
    await addNamespace(glance, 'b')
    for (const name of ['z', 'x', 'y']) await definition.create(glance, alice, 'a', { name })
    await definition.create(glance, alice, 'b', { name: 'other' })
    const names = async () => (await definition.getAll(glance, alice, 'a')).map(({ name }) => name)
    t.strictSame(await names(), ['z', 'x', 'y'])
    t.equal(await definition.count(glance, alice, 'a'), 3)
    await definition.delete(glance, alice, 'a', 'x')
    t.strictSame(await names(), ['z', 'y'])
    t.equal(await definition.count(glance, alice, 'a'), 2)
  })

  rule(`an update of a ${kind} writes what is given, and the time of the last change`, async (t, glance) => {
    await addNamespace(glance, 'a')
    const made = await definition.create(glance, alice, 'a', { name: 'x' })
    const updated = await definition.update(glance, alice, 'a', made.id, { name: 'y' })
    t.strictSame(updated, { ...made, name: 'y', updated_at: updated.updated_at })
    t.ok(String(updated.updated_at) > String(made.updated_at))
    t.strictSame(await definition.get(glance, alice, 'a', 'y'), updated)
    await refused(t, definition.get(glance, alice, 'a', 'x'), definition.notFound)
    const touched = await definition.update(glance, alice, 'a', made.id, {})
    t.equal(touched.name, 'y')
  })

  rule(`an update leaves a ${kind} in its namespace, and its number and time of making alone`, async (t, glance) => {
    await addNamespace(glance, 'a')
    const { id: namespace_id } = await addNamespace(glance, 'b')
    const made = await definition.create(glance, alice, 'a', { name: 'x' })
    const values = { id: 4711, namespace_id, created_at: parseTime('2001-01-01'), fancy: 1 }
    const updated = await definition.update(glance, alice, 'a', made.id, values)
    t.strictSame(updated, { ...made, updated_at: updated.updated_at })
  })

  rule(`an update of a ${kind} may not take a name of its namespace`, async (t, glance) => {
    await addNamespace(glance, 'a')
    await addNamespace(glance, 'b')
    const { id } = await definition.create(glance, alice, 'a', { name: 'x' })
    await definition.create(glance, alice, 'a', { name: 'y' })
    await definition.create(glance, alice, 'b', { name: 'z' })
    await refused(t, definition.update(glance, alice, 'a', id, { name: 'y' }), definition.duplicate)
    t.equal((await definition.get(glance, alice, 'a', 'x')).id, id, 'nothing changed')
    t.equal((await definition.update(glance, alice, 'a', id, { name: 'x' })).name, 'x', 'its own name it may keep')
    t.equal((await definition.update(glance, alice, 'a', id, { name: 'z' })).name, 'z', 'and that of another namespace')
  })

  rule(`a ${kind} is updated by its number alone, whichever namespace is named`, async (t, glance) => {
    await addNamespace(glance, 'a')
    await addNamespace(glance, 'b')
    const { id, namespace_id } = await definition.create(glance, alice, 'a', { name: 'x' })
    t.match(await definition.update(glance, alice, 'b', id, { name: 'y' }), { id, namespace_id, name: 'y' })
  })

  rule(`a ${kind} that is not there is not found`, async (t, glance) => {
    await addNamespace(glance, 'a')
    await addNamespace(glance, 'b')
    await definition.create(glance, alice, 'b', { name: 'x' })
    for (const name of ['x', '', 'n'.repeat(100)]) {
      await refused(t, definition.get(glance, alice, 'a', name), definition.notFound, `get ${name}`)
      await refused(t, definition.delete(glance, alice, 'a', name), definition.notFound, `delete ${name}`)
    }
    for (const id of [4711, -1, 1.5, 1e300]) {
      await refused(t, definition.update(glance, alice, 'a', id, { name: 'y' }), definition.notFound, `update ${id}`)
    }
  })

  rule(`a deleted ${kind} is answered and gone, and its name is free`, async (t, glance) => {
    await addNamespace(glance, 'a')
    const made = await definition.create(glance, alice, 'a', { name: 'x' })
    t.strictSame(await definition.delete(glance, alice, 'a', 'x'), made)
    await refused(t, definition.get(glance, alice, 'a', 'x'), definition.notFound)
    t.not((await definition.create(glance, alice, 'a', { name: 'x' })).id, made.id)
  })

  rule(`all of kind ${kind} are deleted at once, and answered how many`, async (t, glance) => {
    await addNamespace(glance, 'a')
    await addNamespace(glance, 'b')
    for (const name of ['x', 'y', 'z']) await definition.create(glance, alice, 'a', { name })
    await definition.create(glance, alice, 'b', { name: 'x' })
    t.equal(await definition.deleteAll(glance, alice, 'a'), 3)
    t.equal(await definition.deleteAll(glance, alice, 'a'), 0)
    t.strictSame(await definition.getAll(glance, alice, 'a'), [])
    t.equal(await definition.count(glance, alice, 'b'), 1)
  })

  const functions: Record<string, (glance: GlanceDatabase, caller: Caller, namespace: string) => Promise<unknown>> = {
    create: (glance, caller, namespace) => definition.create(glance, caller, namespace, { name: 'new' }),
    get: (glance, caller, namespace) => definition.get(glance, caller, namespace, 'x'),
    getAll: (glance, caller, namespace) => definition.getAll(glance, caller, namespace),
    update: (glance, caller, namespace) => definition.update(glance, caller, namespace, 1, { name: 'new' }),
    delete: (glance, caller, namespace) => definition.delete(glance, caller, namespace, 'x'),
    deleteAll: (glance, caller, namespace) => definition.deleteAll(glance, caller, namespace),
    count: (glance, caller, namespace) => definition.count(glance, caller, namespace),
  }

  rule(`every function of a ${kind} finds the namespace first`, async (t, glance) => {
    await addNamespace(glance, 'private')
    const made = await definition.create(glance, alice, 'private', { name: 'x' })
    for (const [name, call] of Object.entries(functions)) {
      await refused(t, call(glance, admin, 'none'), 'MetadefNamespaceNotFound', `${name} in none`)
      for (const caller of [bob, nobody]) {
        await refused(t, call(glance, caller, 'private'), 'MetadefForbidden', `${name} in what is not seen`)
      }
    }
    t.strictSame(await definition.getAll(glance, alice, 'private'), [made], 'nothing changed')
  })

  rule(`who sees a namespace may change what it has of kind ${kind}`, async (t, glance) => {
    await addNamespace(glance, 'public', { visibility: 'public', protected: true })
    for (const caller of [admin, alice, bob, nobody]) {
      const { id } = await definition.create(glance, caller, 'public', { name: 'x' })
      t.equal((await definition.update(glance, caller, 'public', id, { name: 'y' })).name, 'y')
      t.equal((await definition.delete(glance, caller, 'public', 'y')).id, id)
    }
  })

  rule(`functions of a ${kind} are called by their names`, async (t, glance) => {
    await addNamespace(glance, 'a')
    const [named, numbered] = kind === 'tag' ? ['name', 'id'] : [`${kind}_name`, `${kind}_id`]
    const call = (name: string, given: object) =>
      glance.call(`metadef_${kind}_${name}`, alice, { namespace_name: 'a', session: null, ...given })
    const made = await call('create', { [`${kind}_dict`]: { name: 'x' } })
    t.match(made, { name: 'x' })
    t.strictSame(await call('get', { [named]: 'x' }), made)
    t.strictSame(await call('get_all', {}), [made])
    t.equal(await call('count', {}), 1)
    const { id } = await definition.get(glance, alice, 'a', 'x')
    t.match(await call('update', { [numbered]: id, [`${kind}_dict`]: { name: 'y' } }), { id, name: 'y' })
    t.match(await call('delete', { [named]: 'y' }), { id })
    t.equal(await call('delete_namespace_content', {}), 0)
    await refused(t, call('get', {}), 'TypeError')
    await refused(t, call('update', { [numbered]: 'x', [`${kind}_dict`]: {} }), 'TypeError')
    await refused(t, call('create', {}), 'TypeError')
  })
}

rule(
  'the schema of an object and of a property comes back as it went in, and is empty unless given',
  async (t, glance) => {
    await addNamespace(glance, 'a')
    const schemas = [{ type: 'string', enum: ['a', null, 1.5] }, '{"title": "a text"}', '', [1, [2]], 0, true]
    for (const definition of definitionKinds.slice(0, 2)) {
      t.strictSame((await definition.create(glance, alice, 'a', { name: 'plain' })).json_schema, {})
      for (const [at, json_schema] of schemas.entries()) {
        const name = `schema ${at}`
        t.strictSame((await definition.create(glance, alice, 'a', { name, json_schema })).json_schema, json_schema)
        t.strictSame((await definition.get(glance, alice, 'a', name)).json_schema, json_schema)
      }
      const { id } = await definition.get(glance, alice, 'a', 'plain')
      const changed = await definition.update(glance, alice, 'a', id, { json_schema: 'new' })
      t.match(changed, { name: 'plain', json_schema: 'new' })
      const banned = definition.create(glance, alice, 'a', { name: 'b', json_schema: { [banana]: 1 } })
      await refused(t, banned, 'Invalid')
    }
  },
)

rule('an object has a description and the names that it requires', async (t, glance) => {
  await addNamespace(glance, 'a')
  const [objects] = definitionKinds
  t.match(await objects.create(glance, alice, 'a', { name: 'plain' }), { description: null, required: null })
  const values = { name: 'x', description: 'd'.repeat(70_000), required: 'a,b' }
  const made = await objects.create(glance, alice, 'a', values)
  t.match(made, values)
  const updated = await objects.update(glance, alice, 'a', made.id, { required: null })
  t.strictSame(updated, { ...made, required: null, updated_at: updated.updated_at })
})
