"""The adapter in a Glance that is installed: configured by `data_api`, used through Glance's own repository of images.
Run by itself: it needs ROME_GLANCE_ENDPOINT, and a service in test mode there.
"""

import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).parent.parent
ENDPOINT = os.environ['ROME_GLANCE_ENDPOINT']

# What a process of Glance does: its Python reads the .pth file, Glance its configuration.
PRELUDE = """
import site, sys
site.addsitedir(sys.argv[1])
from glance.common import config
config.parse_args(args=[], default_config_files=[sys.argv[2]])
import glance.context, glance.db, glance.domain
from glance.quota import keystone
api = glance.db.get_api()
"""
LIFE = """
from glance.common import exception
assert api.__name__ == 'rome_glance.api', api
alice = glance.context.RequestContext(project_id='alice', user_id='a', roles=['member'])
api.client().call(glance.context.get_admin_context(), 'reset', {})
repository = glance.db.ImageRepo(alice, api)
made = glance.domain.ImageFactory().new_image(
    name='cirros', owner='alice', tags=['lts', 'small'], disk_format='qcow2', container_format='bare',
    extra_properties={'arch': 'x86_64'})
repository.add(made)
image = repository.get(made.image_id)
assert image.name == 'cirros' and set(image.tags) == {'lts', 'small'} and image.extra_properties == {'arch': 'x86_64'}
image.status, image.tags, image.extra_properties['os'] = 'importing', ['new'], 'linux'
repository.save(image, from_state='queued')
image.locations = [{'url': 'file:///1', 'metadata': {}, 'status': 'active'}]
image.status, image.size = 'active', 5
repository.save(image, from_state='importing')
try:
    repository.save(image, from_state='queued')
    raise AssertionError('a save from another state was let through')
except exception.Conflict:
    pass
members = glance.db.ImageMemberRepo(alice, api, image)
members.add(glance.domain.ImageMemberFactory().new_image_member(image, 'bob'))
bob = glance.context.RequestContext(project_id='bob', roles=['member'])
theirs = glance.db.ImageMemberRepo(bob, api, image)
shared = theirs.get('bob')
shared.status = 'accepted'
theirs.save(shared)
[seen] = glance.db.ImageRepo(bob, api).list(filters={'deleted': False}, sort_key=['name'], sort_dir=['asc'])
assert seen.member == 'bob' and set(seen.tags) == {'new'} and seen.extra_properties['os'] == 'linux'
assert keystone.db.user_get_image_count(alice, 'alice') == 1
assert keystone.db.user_get_storage_usage(alice, 'alice') == 5
image.deactivate()
repository.save(image, from_state='active')
assert repository.get(image.image_id).status == 'deactivated'
image.delete()
repository.remove(image)
try:
    repository.get(image.image_id)
    raise AssertionError('a deleted image was found')
except exception.ImageNotFound:
    pass
"""
STOCK = """
assert api.__name__ == 'glance.db.sqlalchemy.api', api
from glance.db.sqlalchemy import models, models_metadef
models.register_models(api.get_engine())
models_metadef.register_models(api.get_engine())
alice = glance.context.RequestContext(project_id='alice', roles=['member'])
image = api.image_create(alice, {'status': 'active', 'owner': 'alice', 'size': 7, 'visibility': 'community',
    'properties': {'arch': 'x86_64'}, 'locations': [{'url': 'file:///1', 'metadata': {}, 'status': 'active'}]})
api.image_tag_set_all(alice, image['id'], ['b', 'a'])
api.image_member_create(alice, {'image_id': image['id'], 'member': 'bob', 'status': 'accepted'})
for _ in range(120):
    api.image_create(alice, {'status': 'queued', 'owner': 'alice'})
api.task_create(alice, {'id': 'one', 'type': 'import', 'status': 'success', 'owner': 'alice', 'input': {'a': 1}})
api.metadef_namespace_create(alice, {'namespace': 'ours', 'owner': 'alice', 'visibility': 'private'})
api.metadef_object_create(alice, 'ours', {'name': 'cpu', 'json_schema': {'a': 'b'}})
api.metadef_property_create(alice, 'ours', {'name': 'hw', 'json_schema': {'c': 'd'}})
api.metadef_tag_create(alice, 'ours', {'name': 'lts'})
values = {'name': 'OS::Glance::Image', 'properties_target': 'image', 'prefix': 'hw_'}
api.metadef_resource_type_association_create(alice, 'ours', values)
gone = api.image_create(alice, {'status': 'queued', 'owner': 'alice'})
api.image_destroy(alice, gone['id'])
"""


class WithGlance(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.site = pathlib.Path(directory.name, 'site')
        self.config = pathlib.Path(directory.name, 'glance-api.conf')
        self.database = pathlib.Path(directory.name, 'glance.sqlite')
        self.config.write_text(f'[database]\nconnection = sqlite:///{self.database}\n')

    def run_python(self, *arguments):
        # Warnings of libraries that are older than their Python say nothing here.
        run = subprocess.run(
            [sys.executable, '-W', 'ignore', *arguments], capture_output=True, text=True, cwd=self.site.parent
        )
        self.assertEqual(0, run.returncode, run.stderr)
        return run.stdout

    def switch(self, direction):
        options = ['--config-dir', str(self.config.parent), '--site', str(self.site), '--endpoint', ENDPOINT]
        self.run_python(str(HERE / 'switch'), direction, *options)

    def in_glance(self, code):
        self.run_python('-c', PRELUDE + code, str(self.site), str(self.config))

    def test_a_glance_that_was_switched_over_keeps_its_images_in_the_catalogue_and_goes_back(self):
        self.switch('on')
        self.in_glance(LIFE)
        self.switch('off')
        self.in_glance("assert api.__name__ == 'glance.db.sqlalchemy.api', api")

    def test_rows_are_read_through_glance_itself_and_from_its_file(self):
        self.site.mkdir()
        self.in_glance(STOCK)
        self.switch('on')
        reset = "api.client().call(glance.context.get_admin_context(), 'reset', {})"
        check = """
[image] = api.image_get_all(glance.context.get_admin_context(), filters={'visibility': 'community'}, return_tag=True)
assert image['tags'] == ['b', 'a'] and image['size'] == 7 and image['properties'][0].value == 'x86_64'
assert image['locations'][0]['url'] == 'file:///1'
admin = glance.context.get_admin_context()
assert api.task_get(admin, 'one')['input'] == {'a': 1}
assert api.metadef_object_get(admin, 'ours', 'cpu')['json_schema'] == {'a': 'b'}
[association] = api.metadef_resource_type_association_get_all_by_namespace(admin, 'ours')
assert association['prefix'] == 'hw_', association
assert api.image_member_count(glance.context.get_admin_context(), image['id']) == 1
"""
        for source in (['--config-file', str(self.config)], ['--sqlite', str(self.database)]):
            self.in_glance(reset)
            options = ['--endpoint', ENDPOINT, *source]
            code = 'import site, sys; site.addsitedir(sys.argv.pop(1)); from rome_glance import import_catalogue as main; '
            ones = ('tasks', 'resource types', 'namespaces', 'objects', 'properties', 'tags', 'associations')
            counts = {'images': 121, **{name: 1 for name in ones}}
            for outcome in ('{0} {1} carried over, 0 were there', '0 {1} carried over, {0} were there'):
                told = self.run_python('-c', f'{code}main.main()', str(self.site), *options)
                expected = [f'{outcome.format(counts[name], name)}, 0 failed, of {counts[name]}' for name in counts]
                self.assertEqual(expected, told.splitlines())
            self.in_glance(check)


if __name__ == '__main__':
    unittest.main()
