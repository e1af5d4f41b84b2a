"""Carrying the images of a SQLite file over, where no Glance is installed."""

import datetime
import os
import pathlib
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

    def insert(self, table, **values):
        row = {'created_at': TIME, 'updated_at': TIME, 'deleted': 0, **values}
        marks = ', '.join('?' for _ in row)
        self.database.execute(f'insert into {table} ({", ".join(row)}) values ({marks})', list(row.values()))

    def insert_image(self, image_id, **values):
        fixed = {'min_disk': 1, 'min_ram': 2, 'protected': 0, 'os_hidden': 0, 'visibility': 'shared'}
        self.insert('images', **{'id': image_id, 'status': 'active', 'owner': 'alice', **fixed, **values})

    def run_import(self, *options):
        self.database.commit()
        arguments = ['-m', 'rome_glance.import_images', '--endpoint', ENDPOINT, '--sqlite', str(self.path), *options]
        return subprocess.run([sys.executable, *arguments], capture_output=True, text=True, cwd=HERE)

    def test_images_come_with_all_that_belongs_to_them(self):
        self.insert_image('one', name='cirros', size=2**40, os_hidden=1)
        for name, deleted in (('arch', 0), ('gone', 1)):
            self.insert('image_properties', image_id='one', name=name, value='x86_64', deleted=deleted)
            self.insert('image_tags', image_id='one', value=name, deleted=deleted)
        self.insert('image_members', image_id='one', member='bob', status='accepted', can_share=1)
        self.insert('image_locations', image_id='one', value='file:///1', meta_data='{"store": "fast"}', status='active')
        run = self.run_import()
        self.assertEqual('1 images carried over, 0 were there, 0 failed, of 1\n', run.stdout, run.stderr)
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
        self.assertEqual('4 images carried over, 1 were there, 0 failed, of 5\n', self.run_import().stdout)
        self.assertEqual('0 images carried over, 5 were there, 0 failed, of 5\n', self.run_import().stdout)
        self.assertEqual('ours', self.client.call(ADMIN, 'image_get', {'image_id': 'image 1'})['name'])
        self.assertEqual(1, self.client.call(ADMIN, 'image_member_count', {'image_id': 'image 0'}))

    def test_deleted_images_stay_behind_unless_they_wait_to_be_scrubbed(self):
        self.insert_image('gone', status='deleted', deleted=1, deleted_at=TIME)
        self.insert_image('waits', status='pending_delete', deleted=1, deleted_at=TIME)
        deleted = {'deleted': 1, 'deleted_at': TIME}
        self.insert('image_locations', image_id='waits', value='a', meta_data=None, status='pending_delete', **deleted)
        self.insert('image_locations', image_id='waits', value='b', meta_data='{}', status='deleted', **deleted)
        self.assertEqual('1 images carried over, 0 were there, 0 failed, of 1\n', self.run_import().stdout)
        image = self.client.call(ADMIN, 'image_get', {'image_id': 'waits', 'force_show_deleted': True})
        self.assertTrue(image['deleted'])
        self.assertEqual([('a', 'pending_delete')], [(at['url'], at['status']) for at in image['locations']])

    def test_an_image_that_cannot_be_stored_is_named_and_the_others_are_carried_over(self):
        self.insert_image('bad', status='fancy')
        self.insert_image('good')
        run = self.run_import()
        self.assertEqual('1 images carried over, 0 were there, 1 failed, of 2\n', run.stdout)
        self.assertIn('failed bad: CatalogueError: Invalid', run.stderr)
        self.assertEqual(1, run.returncode)

    def test_a_file_that_is_not_there_is_refused(self):
        self.path = self.path.with_name('missing')
        self.assertIn('There is no file', self.run_import().stderr)


if __name__ == '__main__':
    unittest.main()
