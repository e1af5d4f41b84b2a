import { asAdmin, asTenant, errorClass, overBoth, type RpcFixture, type Test } from '../support/rpc-fixture.js'

/** A command, its arguments, and what its answer has in it. */
type Good = readonly [command: string, kwargs: Record<string, unknown>, answer: unknown]
/** A command, its arguments, and the class of the error that it is refused by. */
type Bad = readonly [command: string, kwargs: Record<string, unknown>, refusal: string]

const image_id = '8c0f7b52-0d8a-4a7e-9a3e-2f1f5f0f6a10'
const noImage = '00000000-0000-0000-0000-000000000000'
const node_reference_url = 'http://node-1'
const time = { _type: 'datetime', _value: '2026-01-02T03:04:05.678901' }

/** Numbers of rows begin with 1 in each table. */
const ofImages: readonly Good[] = [
  ['image_create', { values: { id: image_id, status: 'queued', owner: 'alice', size: 5 } }, { id: image_id }],
  [
    'image_update',
    { image_id, values: { status: 'pending_delete' }, from_state: 'queued' },
    { status: 'pending_delete' },
  ],
  ['image_restore', { image_id }, null],
  ['image_location_add', { image_id, location: { url: 'file:///1', metadata: {}, status: 'active' } }, null],
  [
    'image_location_update',
    { image_id, location: { id: 1, url: 'file:///2', metadata: { store: 'a' }, status: 'active' } },
    null,
  ],
  ['image_property_create', { values: { image_id, name: 'arch', value: 'x86_64' } }, { id: 1, name: 'arch' }],
  ['image_set_property_atomic', { image_id, name: 'lock', value: 'mine' }, null],
  [
    'image_get',
    { image_id },
    { status: 'active', locations: [{ id: 1, url: 'file:///2' }], properties: [{ name: 'arch' }, { name: 'lock' }] },
  ],
  ['image_delete_property_atomic', { image_id, name: 'lock', value: 'mine' }, null],
  ['image_property_delete', { prop_ref: 'arch', image_ref: image_id }, { name: 'arch', deleted: true }],
  ['image_member_create', { values: { image_id, member: 'bob' } }, { id: 1, status: 'pending' }],
  ['image_member_update', { memb_id: 1, values: { status: 'accepted' } }, { id: 1, status: 'accepted' }],
  ['image_member_find', { image_id }, [{ member: 'bob' }]],
  ['image_member_count', { image_id }, 1],
  ['image_member_delete', { memb_id: 1 }, null],
  ['image_tag_create', { image_id, value: 'lts' }, 'lts'],
  ['image_tag_set_all', { image_id, tags: ['lts', 'small'] }, null],
  ['image_tag_delete', { image_id, value: 'small' }, null],
  ['image_tag_get_all', { image_id }, ['lts']],
  ['image_get_all', { filters: { tags: ['lts'] }, return_tag: true }, [{ id: image_id, tags: ['lts'] }]],
  ['user_get_storage_usage', { owner_id: 'alice' }, 5],
  ['user_get_staging_usage', { owner_id: 'alice' }, 0],
  ['user_get_image_count', { owner_id: 'alice' }, 1],
  ['user_get_uploading_count', { owner_id: 'alice' }, 0],
  ['image_location_delete', { image_id, location_id: 1, status: 'deleted', delete_time: time }, null],
  ['image_destroy', { image_id }, { deleted: true, deleted_at: { _type: 'datetime' } }],
  ['purge_deleted_rows', { age_in_days: 0, max_rows: -1 }, null],
  ['purge_deleted_rows_from_images', { age_in_days: 0, max_rows: -1 }, null],
]

const ofTasks: readonly Good[] = [
  [
    'task_create',
    {
      values: {
        id: '1',
        type: 'import',
        status: 'pending',
        owner: 'alice',
        image_id,
        input: { a: 1 },
        expires_at: null,
      },
    },
    { id: '1', input: { a: 1 }, result: null },
  ],
  ['task_update', { task_id: '1', values: { result: 'a text' } }, { result: 'a text', input: { a: 1 } }],
  ['task_get', { task_id: '1', session: null }, { id: '1', result: 'a text' }],
  ['task_get_all', { sort_key: 'created_at', sort_dir: 'asc' }, [{ id: '1' }]],
  ['tasks_get_by_image', { image_id }, [{ id: '1', input: { a: 1 } }]],
  ['task_delete', { task_id: '1' }, { id: '1', deleted: true }],
]

const ours = { namespace_name: 'ours' }
const type = 'OS::Glance::Image'

const ofMetadef: readonly Good[] = [
  ['metadef_namespace_create', { values: { namespace: 'ours', owner: 'alice' } }, { id: 1, namespace: 'ours' }],
  ['metadef_namespace_get', ours, { id: 1, owner: 'alice' }],
  ['metadef_namespace_update', { namespace_id: 1, namespace_dict: { visibility: 'public' } }, { visibility: 'public' }],
  ['metadef_namespace_get_all', { filters: { visibility: 'public' } }, [{ namespace: 'ours' }]],
  [
    'metadef_object_create',
    { ...ours, object_dict: { name: 'a', json_schema: 'text' } },
    { id: 1, json_schema: 'text' },
  ],
  ['metadef_object_update', { ...ours, object_id: 1, object_dict: { name: 'b' } }, { id: 1, name: 'b' }],
  ['metadef_object_get', { ...ours, object_name: 'b' }, { id: 1, json_schema: 'text' }],
  ['metadef_object_get_all', ours, [{ name: 'b' }]],
  ['metadef_object_count', ours, 1],
  ['metadef_object_delete', { ...ours, object_name: 'b' }, { name: 'b' }],
  ['metadef_object_delete_namespace_content', ours, 0],
  ['metadef_property_create', { ...ours, property_dict: { name: 'a' } }, { id: 1, json_schema: {} }],
  ['metadef_property_update', { ...ours, property_id: 1, property_dict: { json_schema: { b: 1 } } }, { name: 'a' }],
  ['metadef_property_get', { ...ours, property_name: 'a' }, { json_schema: { b: 1 } }],
  ['metadef_property_get_all', ours, [{ name: 'a' }]],
  ['metadef_property_count', ours, 1],
  ['metadef_property_delete', { ...ours, property_name: 'a' }, { name: 'a' }],
  ['metadef_property_delete_namespace_content', ours, 0],
  ['metadef_tag_create', { ...ours, tag_dict: { name: 'a' } }, { id: 1, name: 'a' }],
  ['metadef_tag_create_tags', { ...ours, tag_list: [{ name: 'b' }], can_append: true }, [{ name: 'b' }]],
  ['metadef_tag_update', { ...ours, id: 1, tag_dict: { name: 'c' } }, { id: 1, name: 'c' }],
  ['metadef_tag_get', { ...ours, name: 'c' }, { id: 1 }],
  [
    'metadef_tag_get_all',
    { ...ours, sort_key: 'name', sort_dir: 'asc', session: null },
    [{ name: 'b' }, { name: 'c' }],
  ],
  ['metadef_tag_count', ours, 2],
  ['metadef_tag_delete', { ...ours, name: 'c' }, { name: 'c' }],
  ['metadef_tag_delete_namespace_content', ours, 1],
  ['metadef_resource_type_create', { values: { name: type, protected: false } }, { id: 1, name: type }],
  ['metadef_resource_type_get', { resource_type_name: type }, { protected: false }],
  ['metadef_resource_type_get_all', {}, [{ name: type }]],
  [
    'metadef_resource_type_association_create',
    { ...ours, values: { name: type, prefix: 'hw_' } },
    { name: type, prefix: 'hw_', properties_target: null },
  ],
  ['metadef_resource_type_association_get', { ...ours, resource_type_name: type }, { prefix: 'hw_' }],
  ['metadef_resource_type_association_get_all_by_namespace', ours, [{ name: type }]],
  ['metadef_resource_type_association_delete', { ...ours, resource_type_name: type }, { name: type }],
  ['metadef_resource_type_delete', { resource_type_name: type }, { name: type }],
  ['metadef_namespace_delete', ours, { namespace: 'ours' }],
]

const ofCache: readonly Good[] = [
  ['node_reference_create', { node_reference_url }, { node_reference_id: 1, node_reference_url }],
  ['node_reference_get_by_url', { node_reference_url }, { node_reference_id: 1 }],
  ['insert_cache_details', { node_reference_url, image_id, filesize: 7, hits: 3 }, null],
  ['update_hit_count', { image_id, node_reference_url }, null],
  ['get_hit_count', { image_id, node_reference_url }, 4],
  ['get_cached_images', { node_reference_url }, [{ image_id, size: 7, hits: 4 }]],
  ['get_cached_nodes', { image_id }, [node_reference_url]],
  ['get_least_recently_accessed', { node_reference_url }, image_id],
  ['is_image_cached_for_node', { node_reference_url, image_id }, true],
  ['delete_cached_image', { image_id, node_reference_url }, null],
  ['delete_all_cached_images', { node_reference_url }, null],
]

/** What is refused in a catalogue that has an image, a namespace and a node, and nothing else. */
const refusals: readonly Bad[] = [
  ['image_create', { values: {} }, 'Invalid'],
  ['image_update', { image_id, values: { status: 'active' }, from_state: 'saving' }, 'Conflict'],
  ['image_get', { image_id: noImage }, 'ImageNotFound'],
  ['image_get_all', { sort_key: ['fancy'] }, 'InvalidSortKey'],
  ['image_destroy', { image_id: noImage }, 'ImageNotFound'],
  ['image_restore', { image_id }, 'Conflict'],
  ['image_location_add', { image_id, location: { url: '\u{1f600}', metadata: {}, status: 'active' } }, 'Invalid'],
  ['image_location_update', { image_id, location: { id: 9, url: 'x', metadata: {}, status: 'active' } }, 'NotFound'],
  ['image_location_delete', { image_id, location_id: 9, status: 'active' }, 'Invalid'],
  ['image_property_create', { values: { image_id, name: 'there' } }, 'Duplicate'],
  ['image_property_delete', { prop_ref: 'fancy', image_ref: image_id }, 'NotFound'],
  ['image_set_property_atomic', { image_id, name: 'there', value: 'x' }, 'Duplicate'],
  ['image_delete_property_atomic', { image_id, name: 'there', value: 'other' }, 'NotFound'],
  ['image_member_create', { values: { image_id, member: '\u{1f600}' } }, 'Invalid'],
  ['image_member_update', { memb_id: 9, values: {} }, 'NotFound'],
  ['image_member_delete', { memb_id: 9 }, 'NotFound'],
  ['image_member_find', { fancy: 1 }, 'TypeError'],
  ['image_member_count', { image_id: '' }, 'Invalid'],
  ['image_tag_create', { image_id, value: '\u{1f600}' }, 'Invalid'],
  ['image_tag_set_all', { image_id, tags: 'lts' }, 'TypeError'],
  ['image_tag_delete', { image_id, value: 'fancy' }, 'NotFound'],
  ['image_tag_get_all', { image_id: 'x'.repeat(37) }, 'ImageNotFound'],
  ['user_get_storage_usage', { owner_id: 'alice', image_id: 'x'.repeat(37) }, 'ImageNotFound'],
  ['user_get_staging_usage', {}, 'TypeError'],
  ['user_get_image_count', {}, 'TypeError'],
  ['user_get_uploading_count', {}, 'TypeError'],
  ['purge_deleted_rows', { age_in_days: 1, max_rows: 2 ** 31 }, 'Invalid'],
  ['purge_deleted_rows_from_images', { age_in_days: 1, max_rows: 2 ** 31 }, 'Invalid'],
  ['task_create', { values: { type: 'import' } }, 'Invalid'],
  ['task_get', { task_id: '9' }, 'TaskNotFound'],
  ['task_update', { task_id: '9', values: {} }, 'TaskNotFound'],
  ['task_delete', { task_id: '9' }, 'TaskNotFound'],
  ['task_get_all', { sort_key: 'fancy' }, 'InvalidSortKey'],
  ['tasks_get_by_image', {}, 'TypeError'],
  ['metadef_namespace_create', { values: { namespace: 'ours', owner: 'bob' } }, 'MetadefDuplicateNamespace'],
  ['metadef_namespace_get', { namespace_name: 'fancy' }, 'MetadefNamespaceNotFound'],
  ['metadef_namespace_update', { namespace_id: 9, namespace_dict: {} }, 'MetadefNamespaceNotFound'],
  ['metadef_namespace_get_all', { marker: 9 }, 'MetadefNamespaceNotFound'],
  ['metadef_namespace_delete', { namespace_name: 'fancy' }, 'MetadefNamespaceNotFound'],
  ...(['object', 'property'] as const).flatMap((kind): Bad[] => {
    const name = kind === 'object' ? 'Object' : 'Property'
    return [
      [`metadef_${kind}_create`, { ...ours, [`${kind}_dict`]: { name: 'there' } }, `MetadefDuplicate${name}`],
      [`metadef_${kind}_get`, { ...ours, [`${kind}_name`]: 'fancy' }, `Metadef${name}NotFound`],
      [`metadef_${kind}_update`, { ...ours, [`${kind}_id`]: 9, [`${kind}_dict`]: {} }, `Metadef${name}NotFound`],
      [`metadef_${kind}_delete`, { ...ours, [`${kind}_name`]: 'fancy' }, `Metadef${name}NotFound`],
    ]
  }),
  ...['object', 'property', 'tag'].flatMap((kind): Bad[] =>
    ['get_all', 'delete_namespace_content', 'count'].map((action) => [
      `metadef_${kind}_${action}`,
      { namespace_name: 'fancy' },
      'MetadefNamespaceNotFound',
    ]),
  ),
  ['metadef_tag_create', { ...ours, tag_dict: { name: 'there' } }, 'MetadefDuplicateTag'],
  ['metadef_tag_create_tags', { ...ours, tag_list: [{ name: 'a' }, { name: 'a' }] }, 'MetadefDuplicateTag'],
  ['metadef_tag_get', { ...ours, name: 'fancy' }, 'MetadefTagNotFound'],
  ['metadef_tag_update', { ...ours, id: 9, tag_dict: {} }, 'MetadefTagNotFound'],
  ['metadef_tag_delete', { ...ours, name: 'fancy' }, 'MetadefTagNotFound'],
  ['metadef_resource_type_create', { values: { name: type } }, 'MetadefDuplicateResourceType'],
  ['metadef_resource_type_get', { resource_type_name: 'fancy' }, 'MetadefResourceTypeNotFound'],
  ['metadef_resource_type_get_all', { fancy: 1 }, 'TypeError'],
  ['metadef_resource_type_delete', { resource_type_name: type }, 'MetadefIntegrityError'],
  [
    'metadef_resource_type_association_create',
    { ...ours, values: { name: type } },
    'MetadefDuplicateResourceTypeAssociation',
  ],
  [
    'metadef_resource_type_association_get',
    { ...ours, resource_type_name: 'other' },
    'MetadefResourceTypeAssociationNotFound',
  ],
  ['metadef_resource_type_association_delete', { ...ours, resource_type_name: 'fancy' }, 'MetadefResourceTypeNotFound'],
  ['metadef_resource_type_association_get_all_by_namespace', { namespace_name: 'fancy' }, 'MetadefNamespaceNotFound'],
  ['node_reference_create', { node_reference_url }, 'Duplicate'],
  ['node_reference_get_by_url', { node_reference_url: 'http://elsewhere' }, 'NotFound'],
  ['insert_cache_details', { node_reference_url: 'http://elsewhere', image_id, filesize: 1 }, 'NotFound'],
  ...[
    'get_cached_images',
    'get_cached_nodes',
    'get_hit_count',
    'get_least_recently_accessed',
    'is_image_cached_for_node',
    'update_hit_count',
    'delete_cached_image',
    'delete_all_cached_images',
  ].map((command): Bad => [command, { image_id: 5 }, 'TypeError']),
]

/** The names of the specification, each once. */
const names = (calls: readonly (Good | Bad)[]) => [...new Set(calls.map(([command]) => command))].sort()

async function prepare(rpc: RpcFixture): Promise<void> {
  const answers = await rpc.run([
    {
      command: 'image_create',
      kwargs: { values: { id: image_id, status: 'queued', owner: 'alice', properties: { there: 'x' } } },
    },
    { command: 'metadef_namespace_create', kwargs: { values: { namespace: 'ours', owner: 'alice' } } },
    { command: 'metadef_object_create', kwargs: { ...ours, object_dict: { name: 'there' } } },
    { command: 'metadef_property_create', kwargs: { ...ours, property_dict: { name: 'there' } } },
    { command: 'metadef_tag_create', kwargs: { ...ours, tag_dict: { name: 'there' } } },
    { command: 'metadef_resource_type_association_create', kwargs: { ...ours, values: { name: type } } },
    { command: 'metadef_resource_type_create', kwargs: { values: { name: 'other' } } },
    { command: 'node_reference_create', kwargs: { node_reference_url } },
  ])
  if (answers.some((answer) => errorClass(answer) !== undefined)) throw new Error(JSON.stringify(answers))
}

/** All that a catalogue shows of what the calls are about. */
async function everything(rpc: RpcFixture): Promise<unknown[]> {
  return rpc.run([
    { command: 'image_get_all', kwargs: { return_tag: true } },
    { command: 'image_member_find', kwargs: { image_id, include_deleted: true } },
    { command: 'task_get_all' },
    { command: 'metadef_namespace_get_all' },
    { command: 'metadef_object_get_all', kwargs: ours },
    { command: 'metadef_property_get_all', kwargs: ours },
    { command: 'metadef_tag_get_all', kwargs: ours },
    { command: 'metadef_resource_type_get_all' },
    { command: 'metadef_resource_type_association_get_all_by_namespace', kwargs: ours },
    { command: 'get_cached_images', kwargs: { node_reference_url } },
  ])
}

overBoth('every command does over the wire what its function does', {}, async (t, rpc) => {
  const calls = [...ofImages, ...ofTasks, ...ofMetadef, ...ofCache]
  t.same(names(calls), [...rpc.glance.commands.keys()].sort(), 'all of them are called')
  for (const [command, kwargs, answer] of calls) t.match(await rpc.call(command, kwargs), answer as never, command)
})

overBoth(
  'every command is refused over the wire by the class of its error, and nothing is changed',
  {},
  async (t, rpc) => {
    t.same(names(refusals), [...rpc.glance.commands.keys()].sort(), 'all of them are called')
    await prepare(rpc)
    const before = await everything(rpc)
    for (const [command, kwargs, refusal] of refusals) await requireRefusal(t, rpc, { command, kwargs, refusal })
    t.same(await everything(rpc), before)
  },
)

overBoth('what a tenant may not see is refused over the wire', {}, async (t, rpc) => {
  await prepare(rpc)
  const headers = asTenant('bob')
  for (const [command, kwargs, refusal] of [
    ['image_get', { image_id }, 'Forbidden'],
    ['image_destroy', { image_id }, 'Forbidden'],
    ['metadef_namespace_get', ours, 'MetadefForbidden'],
    ['metadef_namespace_delete', ours, 'MetadefForbidden'],
    ['metadef_object_get_all', ours, 'MetadefForbidden'],
    ['metadef_tag_create_tags', { ...ours, tag_list: [{ name: 'a' }] }, 'MetadefForbidden'],
  ] as const) {
    await requireRefusal(t, rpc, { command, kwargs, refusal, headers })
  }
})

interface RefusedCall {
  readonly command: string
  readonly kwargs: Record<string, unknown>
  readonly refusal: string
  readonly headers?: Record<string, string>
}

async function requireRefusal(t: Test, rpc: RpcFixture, call: RefusedCall): Promise<void> {
  const { command, kwargs, refusal, headers = asAdmin } = call
  const [answer] = await rpc.run([{ command, kwargs }], headers)
  const path = refusal === 'TypeError' ? 'builtins' : 'glance.common.exception'
  t.equal(errorClass(answer), `${path}.${refusal}`, `${command} ${JSON.stringify(kwargs)}`)
}
