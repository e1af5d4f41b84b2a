"""Carrying the rows of a SQLite file over, where no Glance is installed."""

import datetime
import os
import pathlib
import re
import sqlite3
import subprocess
import sys
import tempfile
import types
import unittest

from rome_glance.client import Client

HERE = pathlib.Path(__file__).parent.parent
ENDPOINT = os.environ['ROME_GLANCE_ENDPOINT']
ADMIN = types.SimpleNamespace(is_admin=True, owner=None)
COMMON = 'created_at datetime, updated_at datetime, deleted_at datetime, deleted boolean'
TABLES = f"""
create table images (id varchar(36) primary key, name text, size bigint, status text, {COMMON}, disk_format text,
  container_format text, checksum text, owner text, min_disk integer, min_ram integer, protected boolean,
  virtual_size bigint, visibility text, os_hidden boolean, os_hash_algo text, os_hash_value text);
create table image_properties (id integer primary key, image_id text, name text, value text, {COMMON});
create table image_locations (id integer primary key, image_id text, value text, meta_data text, status text, {COMMON});
create table image_members (id integer primary key, image_id text, member text, can_share boolean, status text, {COMMON});
create table image_tags (id integer primary key, image_id text, value text, {COMMON});
"""
DATED = 'created_at datetime, updated_at datetime'
OTHER_TABLES = f"""
create table tasks (id varchar(36) primary key, type text, status text, owner text, expires_at datetime, image_id text,
  request_id text, user_id text, {COMMON});
create table task_info (task_id varchar(36) primary key, input text, result text, message text);
create table metadef_namespaces (id integer primary key, namespace text, display_name text, description text,
  visibility text, protected boolean, owner text, {DATED});
create table metadef_objects (id integer primary key, namespace_id integer, name text, description text, required text,
  json_schema text, {DATED});
create table metadef_properties (id integer primary key, namespace_id integer, name text, json_schema text, {DATED});
create table metadef_tags (id integer primary key, namespace_id integer, name text, {DATED});
create table metadef_resource_types (id integer primary key, name text, protected boolean, {DATED});
create table metadef_namespace_resource_types (resource_type_id integer, namespace_id integer, properties_target text,
  prefix text, {DATED}, primary key (resource_type_id, namespace_id));
"""
TIME = '2020-01-02 03:04:05.678901'


class Import(unittest.TestCase):
    def setUp(self):
        self.client = Client(ENDPOINT)
        self.client.call(ADMIN, 'reset', {})
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.path = pathlib.Path(directory.name, 'glance.sqlite')
        self.database = sqlite3.connect(self.path)
        self.addCleanup(self.database.close)
        self.database.executescript(TABLES)

    def told(self, run):
        """What the end of a run says of each kind: carried over, there, failed, and of how many."""
        lines = re.findall(r'^(\d+) (.+) carried over, (\d+) were there, (\d+) failed, of (\d+)$', run.stdout, re.MULTILINE)
        return {name: tuple(map(int, counts)) for stored, name, *rest in lines for counts in [(stored, *rest)]}

    def insert(self, table, **values):
        self.insert_dated(table, **{'deleted': 0, **values})

    def insert_dated(self, table, **values):
        row = {'created_at': TIME, 'updated_at': TIME, **values}
        self.insert_plain(table, **row)

    def insert_plain(self, table, **row):
        marks = ', '.join('?' for _ in row)
        self.database.execute(f'insert into {table} ({", ".join(row)}) values ({marks})', list(row.values()))

    def insert_image(self, image_id, **values):
        fixed = {'min_disk': 1, 'min_ram': 2, 'protected': 0, 'os_hidden': 0, 'visibility': 'shared'}
        self.insert('images', **{'id': image_id, 'status': 'active', 'owner': 'alice', **fixed, **values})

    def run_import(self, *options):
        self.database.commit()
        arguments = ['-m', 'rome_glance.import_catalogue', '--endpoint', ENDPOINT, '--sqlite', str(self.path), *options]
        return subprocess.run([sys.executable, *arguments], capture_output=True, text=True, cwd=HERE)

    def test_images_come_with_all_that_belongs_to_them(self):
        self.insert_image('one', name='cirros', size=2**40, os_hidden=1)
        for name, deleted in (('arch', 0), ('gone', 1)):
            self.insert('image_properties', image_id='one', name=name, value='x86_64', deleted=deleted)
            self.insert('image_tags', image_id='one', value=name, deleted=deleted)
        self.insert('image_members', image_id='one', member='bob', status='accepted', can_share=1)
        self.insert('image_locations', image_id='one', value='file:///1', meta_data='{"store": "fast"}', status='active')
        run = self.run_import()
        self.assertEqual((1, 0, 0, 1), self.told(run)['images'])
        self.assertIn('1 of 1 images', run.stderr)
        [image] = self.client.call(ADMIN, 'image_get_all', {'return_tag': True})
        self.assertEqual(datetime.datetime.fromisoformat(TIME), image['created_at'])
        self.assertEqual(('cirros', 2**40, True, 'alice'), tuple(image[k] for k in ('name', 'size', 'os_hidden', 'owner')))
        self.assertEqual([('arch', 'x86_64')], [(found['name'], found['value']) for found in image['properties']])
        self.assertEqual(['arch'], image['tags'])
        self.assertEqual([('file:///1', {'store': 'fast'})], [(at['url'], at['metadata']) for at in image['locations']])
        [member] = self.client.call(ADMIN, 'image_member_find', {'image_id': 'one'})
        self.assertEqual(('bob', 'accepted', True), (member['member'], member['status'], member['can_share']))

    def test_what_is_there_is_left_alone(self):
        for number in range(5):
            self.insert_image(f'image {number}')
            self.insert('image_members', image_id=f'image {number}', member='bob', status='pending', can_share=0)
        # As a run leaves it that was broken off before it made the image.
        self.client.call(ADMIN, 'image_member_create', {'values': {'image_id': 'image 0', 'member': 'bob'}})
        self.client.call(ADMIN, 'image_create', {'values': {'id': 'image 1', 'status': 'queued', 'name': 'ours'}})
        self.assertEqual((4, 1, 0, 5), self.told(self.run_import())['images'])
        self.assertEqual((0, 5, 0, 5), self.told(self.run_import())['images'])
        self.assertEqual('ours', self.client.call(ADMIN, 'image_get', {'image_id': 'image 1'})['name'])
        self.assertEqual(1, self.client.call(ADMIN, 'image_member_count', {'image_id': 'image 0'}))

    def test_deleted_images_stay_behind_unless_they_wait_to_be_scrubbed(self):
        self.insert_image('gone', status='deleted', deleted=1, deleted_at=TIME)
        self.insert_image('waits', status='pending_delete', deleted=1, deleted_at=TIME)
        deleted = {'deleted': 1, 'deleted_at': TIME}
        self.insert('image_locations', image_id='waits', value='a', meta_data=None, status='pending_delete', **deleted)
        self.insert('image_locations', image_id='waits', value='b', meta_data='{}', status='deleted', **deleted)
        self.assertEqual((1, 0, 0, 1), self.told(self.run_import())['images'])
        image = self.client.call(ADMIN, 'image_get', {'image_id': 'waits', 'force_show_deleted': True})
        self.assertTrue(image['deleted'])
        self.assertEqual([('a', 'pending_delete')], [(at['url'], at['status']) for at in image['locations']])

    def test_an_image_that_cannot_be_stored_is_named_and_the_others_are_carried_over(self):
        self.insert_image('bad', status='fancy')
        self.insert_image('good')
        run = self.run_import()
        self.assertEqual((1, 0, 1, 2), self.told(run)['images'])
        self.assertIn('failed images bad: CatalogueError: Invalid', run.stderr)
        self.assertEqual(1, run.returncode)

    def test_tasks_come_with_what_they_were_given_and_what_came_of_it(self):
        self.database.executescript(OTHER_TABLES)
        fixed = {'type': 'import', 'status': 'success', 'owner': 'alice', 'image_id': 'one', 'request_id': 'r', 'user_id': 'u'}
        self.insert('tasks', id='one', expires_at='2035-01-02 03:04:05.000000', **fixed)
        self.insert_plain('task_info', task_id='one', input='{"a": [1]}', result='"a text"', message='done')
        self.insert('tasks', id='bare', **fixed)
        self.insert('tasks', id='gone', **{**fixed, 'deleted': 1})
        self.assertEqual((2, 0, 0, 2), self.told(self.run_import())['tasks'])
        self.assertEqual((0, 2, 0, 2), self.told(self.run_import())['tasks'])
        task = self.client.call(ADMIN, 'task_get', {'task_id': 'one'})
        self.assertEqual(fixed, {name: task[name] for name in fixed})
        self.assertEqual(({'a': [1]}, 'a text', 'done'), tuple(task[name] for name in ('input', 'result', 'message')))
        self.assertEqual([datetime.datetime.fromisoformat(TIME)] * 2, [task['created_at'], task['updated_at']])
        self.assertEqual(datetime.datetime(2035, 1, 2, 3, 4, 5), task['expires_at'])
        self.assertIsNone(self.client.call(ADMIN, 'task_get', {'task_id': 'bare'})['input'])

    def test_definitions_come_with_all_that_namespaces_hold(self):
        self.database.executescript(OTHER_TABLES)
        for number, name in ((5, 'ours'), (9, 'theirs')):
            values = {'namespace': name, 'visibility': 'private', 'protected': number == 5, 'owner': 'alice'}
            self.insert_dated('metadef_namespaces', id=number, **values)
            self.insert_dated('metadef_objects', namespace_id=number, name='cpu', required='a', json_schema='{"a": "b"}')
            self.insert_dated('metadef_properties', namespace_id=number, name='hw', json_schema='{"type": "string"}')
            for tag in ('z', 'a'):
                self.insert_dated('metadef_tags', namespace_id=number, name=tag)
        self.insert_dated('metadef_resource_types', id=3, name='OS::Glance::Image', protected=1)
        associated = {'properties_target': 'image', 'prefix': 'hw_'}
        self.insert_dated('metadef_namespace_resource_types', resource_type_id=3, namespace_id=9, **associated)
        counts = {'resource types': 1, 'namespaces': 2, 'objects': 2, 'properties': 2, 'tags': 4, 'associations': 1}
        carried, again = self.told(self.run_import()), self.told(self.run_import())
        self.assertEqual({name: (count, 0, 0, count) for name, count in counts.items()}, {n: carried[n] for n in counts})
        self.assertEqual({name: (0, count, 0, count) for name, count in counts.items()}, {n: again[n] for n in counts})

        def ask(command, **kwargs):
            return self.client.call(ADMIN, command, {'namespace_name': 'theirs', **kwargs})

        self.assertEqual((False, 'alice'), tuple(ask('metadef_namespace_get')[name] for name in ('protected', 'owner')))
        self.assertEqual({'a': 'b'}, ask('metadef_object_get', object_name='cpu')['json_schema'])
        self.assertEqual('a', ask('metadef_object_get', object_name='cpu')['required'])
        self.assertEqual({'type': 'string'}, ask('metadef_property_get', property_name='hw')['json_schema'])
        tags = ask('metadef_tag_get_all', sort_key='created_at', sort_dir='asc')
        self.assertEqual(['z', 'a'], [tag['name'] for tag in tags])
        [association] = ask('metadef_resource_type_association_get_all_by_namespace')
        self.assertEqual(('OS::Glance::Image', 'image', 'hw_'), tuple(association[n] for n in ('name', 'properties_target', 'prefix')))
        [kind] = self.client.call(ADMIN, 'metadef_resource_type_get_all', {})
        self.assertTrue(kind['protected'])

    def test_a_definition_that_cannot_be_stored_is_named_with_its_namespace(self):
        self.database.executescript(OTHER_TABLES)
        self.insert_dated('metadef_namespaces', id=1, namespace='ours', owner='alice')
        self.insert_dated('metadef_tags', namespace_id=1, name='x' * 90)
        self.insert_dated('metadef_tags', namespace_id=1, name='fits')
        run = self.run_import()
        self.assertEqual((1, 0, 1, 2), self.told(run)['tags'])
        self.assertIn('failed tags ours xxx', run.stderr)
        self.assertEqual(1, run.returncode)

    def test_a_file_that_is_not_there_is_refused(self):
        self.path = self.path.with_name('missing')
        self.assertIn('There is no file', self.run_import().stderr)


if __name__ == '__main__':
    unittest.main()
