"""Metadata definitions: resource types, then namespaces, then what is in these. They get numbers of their own."""

import json
from typing import Callable, NamedTuple

from rome_glance.kinds import Kind, columns_of, rows_of, storing

NAMESPACE = ('namespace', 'display_name', 'description', 'visibility', 'protected', 'owner')
FLAGS = ('protected',)


class Content(NamedTuple):
    """Something that namespaces hold: how it is called in the report, in commands, and in their errors."""

    name: str
    command: str
    argument: str
    duplicate: str
    table: str
    columns: tuple
    read: Callable


CONTENTS = (
    Content(
        *('objects', 'metadef_object_create', 'object_dict', 'MetadefDuplicateObject', 'metadef_objects'),
        ('name', 'description', 'required', 'json_schema'),
        lambda api: api.metadef_object_get_all,
    ),
    Content(
        *('properties', 'metadef_property_create', 'property_dict', 'MetadefDuplicateProperty', 'metadef_properties'),
        ('name', 'json_schema'),
        lambda api: api.metadef_property_get_all,
    ),
    Content(
        *('tags', 'metadef_tag_create', 'tag_dict', 'MetadefDuplicateTag', 'metadef_tags'),
        ('name',),
        lambda api: lambda admin, namespace: api.metadef_tag_get_all(
            admin, namespace, sort_key='created_at', sort_dir='asc'
        ),
    ),
    Content(
        *('associations', 'metadef_resource_type_association_create', 'values'),
        *('MetadefDuplicateResourceTypeAssociation', 'metadef_namespace_resource_types'),
        ('name', 'properties_target', 'prefix'),
        lambda api: api.metadef_resource_type_association_get_all_by_namespace,
    ),
)


def metadefs_of_sqlite(database):
    def rows(table, query, columns):
        return [_plain(columns_of(row, columns)) for row in rows_of(database, table, query)]

    def content(each):
        # An association has the name of its resource type.
        named = 'join metadef_resource_types t on t.id = c.resource_type_id' if each.name == 'associations' else ''
        selected = 'c.*, t.name' if named else 'c.*'
        query = f"""select n.namespace, {selected} from {each.table} c
            join metadef_namespaces n on n.id = c.namespace_id {named} order by c.created_at, c.rowid"""
        found = rows(each.table, query, ('namespace', *each.columns))
        return [(values.pop('namespace'), values) for values in found]

    types = rows('metadef_resource_types', 'select * from metadef_resource_types order by id', ('name', 'protected'))
    namespaces = rows('metadef_namespaces', 'select * from metadef_namespaces order by id', NAMESPACE)
    return _kinds(types, namespaces, content)


def metadefs_of_glance(api, admin):
    """The same through Glance's own functions."""
    types = [columns_of(found, ('name', 'protected')) for found in api.metadef_resource_type_get_all(admin)]
    listed = api.metadef_namespace_get_all(admin, sort_key='created_at', sort_dir='asc', filters={})
    namespaces = [columns_of(found, NAMESPACE) for found in listed]

    def content(each):
        return [
            (namespace['namespace'], columns_of(found, each.columns))
            for namespace in namespaces
            for found in each.read(api)(admin, namespace['namespace'])
        ]

    return _kinds(types, namespaces, content)


def _kinds(types, namespaces, content):
    yield _kind('resource types', 'metadef_resource_type_create', 'MetadefDuplicateResourceType', _values(types))
    yield _kind('namespaces', 'metadef_namespace_create', 'MetadefDuplicateNamespace', _values(namespaces))
    for each in CONTENTS:
        given = [{'namespace_name': namespace, each.argument: values} for namespace, values in content(each)]
        yield _kind(each.name, each.command, each.duplicate, given)


def _values(rows):
    return [{'values': row} for row in rows]


def _kind(name, command, duplicate, arguments):
    return Kind(name, len(arguments), arguments, storing(command, duplicate), _name_of)


def _name_of(given):
    values = next(value for value in given.values() if isinstance(value, dict))
    own = values.get('name', values.get('namespace'))
    return f'{given["namespace_name"]} {own}' if 'namespace_name' in given else own


def _plain(row):
    """Flags and JSON as SQLite has them."""
    for name in FLAGS:
        if row.get(name) is not None:
            row[name] = bool(row[name])
    if row.get('json_schema') is not None:
        row['json_schema'] = json.loads(row['json_schema'])
    return row
