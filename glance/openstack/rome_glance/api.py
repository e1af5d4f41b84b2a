"""Glance's data API on Rome, for the option `data_api`: each function of glance.db.sqlalchemy.api that Glance calls.

Arguments have Glance's names. `session`, which older versions of Glance pass, is dropped; what a caller leaves out is
left to the service, whose defaults are Glance's.
"""

import functools
import types

from rome_glance import wire
from rome_glance.client import Client


@functools.lru_cache(maxsize=None)
def client():
    """The client of the service that Glance's configuration names."""
    from rome_glance import options

    group = options.group()
    secret = None
    if group.secret_file:
        with open(group.secret_file, encoding='utf-8') as file:
            secret = file.read().strip()
    return Client(group.endpoint, secret=secret, timeout_seconds=group.timeout)


def _function(name, *names, answer=None):
    """A function that runs the command of its name; `answer` makes of what came what Glance expects."""

    def call(context, *args, **kwargs):
        if len(args) > len(names):
            raise TypeError(f'{name}() takes {len(names) + 1} positional arguments but {len(args) + 1} were given')
        given = dict(zip(names, args))
        kwargs.pop('session', None)
        for key, value in kwargs.items():
            if key in given:
                raise TypeError(f'{name}() got multiple values for argument {key!r}')
            if key not in names:
                raise TypeError(f'{name}() got an unexpected keyword argument {key!r}')
            given[key] = value
        result = client().call(context, name, given)
        return result if answer is None else answer(result)

    call.__name__ = call.__qualname__ = name
    return call


def _without_caller(name, *names):
    """The same for a function that Glance calls on behalf of nobody."""
    function = _function(name, *names)
    nobody = types.SimpleNamespace(is_admin=True, owner=None)

    def call(*args, **kwargs):
        return function(nobody, *args, **kwargs)

    call.__name__ = call.__qualname__ = name
    return call


def _images(found):
    return [wire.with_properties(image) for image in found]


def is_image_visible(context, image, status=None):
    """Whether the caller may see an image."""
    if context.is_admin or image['owner'] is None or image['visibility'] in ('public', 'community'):
        return True
    if context.owner is None:
        return False
    if context.owner == image['owner']:
        return True
    if image['visibility'] != 'shared':
        return False
    return bool(image_member_find(context, image_id=image['id'], member=context.owner, status=status))


def is_image_mutable(context, image):
    """Whether the caller may change an image."""
    return context.is_admin or (
        image['owner'] is not None and context.owner is not None and image['owner'] == context.owner
    )


_image = wire.with_properties

image_create = _function('image_create', 'values', 'v1_mode', answer=_image)
image_update = _function(
    'image_update', 'image_id', 'values', 'purge_props', 'from_state', 'v1_mode', 'atomic_props', answer=_image
)
image_get = _function('image_get', 'image_id', 'force_show_deleted', 'v1_mode', answer=_image)
image_get_all = _function(
    'image_get_all',
    *('filters', 'marker', 'limit', 'sort_key', 'sort_dir', 'member_status', 'is_public', 'admin_as_user'),
    *('return_tag', 'v1_mode'),
    answer=_images,
)
image_destroy = _function('image_destroy', 'image_id', answer=_image)
image_restore = _function('image_restore', 'image_id')

image_location_add = _function('image_location_add', 'image_id', 'location')
image_location_update = _function('image_location_update', 'image_id', 'location')
image_location_delete = _function('image_location_delete', 'image_id', 'location_id', 'status', 'delete_time')

image_property_create = _function('image_property_create', 'values', answer=wire.Property)
image_property_delete = _function('image_property_delete', 'prop_ref', 'image_ref', answer=wire.Property)
image_set_property_atomic = _without_caller('image_set_property_atomic', 'image_id', 'name', 'value')
image_delete_property_atomic = _without_caller('image_delete_property_atomic', 'image_id', 'name', 'value')

image_member_create = _function('image_member_create', 'values')
image_member_update = _function('image_member_update', 'memb_id', 'values')
image_member_delete = _function('image_member_delete', 'memb_id')
image_member_find = _function('image_member_find', 'image_id', 'member', 'status', 'include_deleted')
image_member_count = _function('image_member_count', 'image_id')

image_tag_create = _function('image_tag_create', 'image_id', 'value')
image_tag_get_all = _function('image_tag_get_all', 'image_id')
image_tag_delete = _function('image_tag_delete', 'image_id', 'value')
image_tag_set_all = _function('image_tag_set_all', 'image_id', 'tags')

user_get_storage_usage = _function('user_get_storage_usage', 'owner_id', 'image_id')
user_get_staging_usage = _function('user_get_staging_usage', 'owner_id')
user_get_image_count = _function('user_get_image_count', 'owner_id')
user_get_uploading_count = _function('user_get_uploading_count', 'owner_id')

task_create = _function('task_create', 'values')
task_get = _function('task_get', 'task_id', 'force_show_deleted')
task_get_all = _function(
    'task_get_all', 'filters', 'marker', 'limit', 'sort_key', 'sort_dir', 'admin_as_user'
)
task_update = _function('task_update', 'task_id', 'values')
task_delete = _function('task_delete', 'task_id')
tasks_get_by_image = _function('tasks_get_by_image', 'image_id')

purge_deleted_rows = _function('purge_deleted_rows', 'age_in_days', 'max_rows')
purge_deleted_rows_from_images = _function('purge_deleted_rows_from_images', 'age_in_days', 'max_rows')

metadef_namespace_create = _function('metadef_namespace_create', 'values')
metadef_namespace_get = _function('metadef_namespace_get', 'namespace_name')
metadef_namespace_get_all = _function(
    'metadef_namespace_get_all', 'marker', 'limit', 'sort_key', 'sort_dir', 'filters'
)
metadef_namespace_update = _function('metadef_namespace_update', 'namespace_id', 'namespace_dict')
metadef_namespace_delete = _function('metadef_namespace_delete', 'namespace_name')

metadef_object_create = _function('metadef_object_create', 'namespace_name', 'object_dict')
metadef_object_get = _function('metadef_object_get', 'namespace_name', 'object_name')
metadef_object_get_all = _function('metadef_object_get_all', 'namespace_name')
metadef_object_update = _function('metadef_object_update', 'namespace_name', 'object_id', 'object_dict')
metadef_object_delete = _function('metadef_object_delete', 'namespace_name', 'object_name')
metadef_object_delete_namespace_content = _function('metadef_object_delete_namespace_content', 'namespace_name')
metadef_object_count = _function('metadef_object_count', 'namespace_name')

metadef_property_create = _function('metadef_property_create', 'namespace_name', 'property_dict')
metadef_property_get = _function('metadef_property_get', 'namespace_name', 'property_name')
metadef_property_get_all = _function('metadef_property_get_all', 'namespace_name')
metadef_property_update = _function('metadef_property_update', 'namespace_name', 'property_id', 'property_dict')
metadef_property_delete = _function('metadef_property_delete', 'namespace_name', 'property_name')
metadef_property_delete_namespace_content = _function('metadef_property_delete_namespace_content', 'namespace_name')
metadef_property_count = _function('metadef_property_count', 'namespace_name')

metadef_tag_create = _function('metadef_tag_create', 'namespace_name', 'tag_dict')
metadef_tag_create_tags = _function('metadef_tag_create_tags', 'namespace_name', 'tag_list', 'can_append')
metadef_tag_get = _function('metadef_tag_get', 'namespace_name', 'name')
metadef_tag_get_all = _function(
    'metadef_tag_get_all', 'namespace_name', 'filters', 'marker', 'limit', 'sort_key', 'sort_dir'
)
metadef_tag_update = _function('metadef_tag_update', 'namespace_name', 'id', 'tag_dict')
metadef_tag_delete = _function('metadef_tag_delete', 'namespace_name', 'name')
metadef_tag_delete_namespace_content = _function('metadef_tag_delete_namespace_content', 'namespace_name')
metadef_tag_count = _function('metadef_tag_count', 'namespace_name')

metadef_resource_type_create = _function('metadef_resource_type_create', 'values')
metadef_resource_type_get = _function('metadef_resource_type_get', 'resource_type_name')
metadef_resource_type_get_all = _function('metadef_resource_type_get_all')
metadef_resource_type_delete = _function('metadef_resource_type_delete', 'resource_type_name')
metadef_resource_type_association_create = _function(
    'metadef_resource_type_association_create', 'namespace_name', 'values'
)
metadef_resource_type_association_get = _function(
    'metadef_resource_type_association_get', 'namespace_name', 'resource_type_name'
)
metadef_resource_type_association_delete = _function(
    'metadef_resource_type_association_delete', 'namespace_name', 'resource_type_name'
)
metadef_resource_type_association_get_all_by_namespace = _function(
    'metadef_resource_type_association_get_all_by_namespace', 'namespace_name'
)

node_reference_create = _function('node_reference_create', 'node_reference_url')
node_reference_get_by_url = _function('node_reference_get_by_url', 'node_reference_url')
insert_cache_details = _function(
    'insert_cache_details',
    *('node_reference_url', 'image_id', 'filesize', 'checksum', 'last_accessed', 'last_modified', 'hits'),
)
get_cached_images = _function('get_cached_images', 'node_reference_url')
get_cached_nodes = _function('get_cached_nodes', 'image_id')
get_hit_count = _function('get_hit_count', 'image_id', 'node_reference_url')
get_least_recently_accessed = _function('get_least_recently_accessed', 'node_reference_url')
is_image_cached_for_node = _function('is_image_cached_for_node', 'node_reference_url', 'image_id')
update_hit_count = _function('update_hit_count', 'image_id', 'node_reference_url')
delete_cached_image = _function('delete_cached_image', 'image_id', 'node_reference_url')
delete_all_cached_images = _function('delete_all_cached_images', 'node_reference_url')
