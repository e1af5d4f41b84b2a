"""A Glance API that was switched over, asked over HTTP as its users do.
Run by itself: it needs ROME_GLANCE_ENDPOINT, and an empty catalogue there.
"""

import http.client
import json
import os
import pathlib
import socket
import subprocess
import sys
import tempfile
import time
import unittest

HERE = pathlib.Path(__file__).parent.parent
ENDPOINT = os.environ['ROME_GLANCE_ENDPOINT']
START_SECONDS = 60

# Who is asking is taken from the headers, as Keystone's filter would set them.
PASTE = """
[pipeline:glance-api]
pipeline = versionnegotiation context rootapp
[composite:rootapp]
paste.composite_factory = glance.api:root_app_factory
/: apiversions
/v2: apiv2app
[app:apiversions]
paste.app_factory = glance.api.versions:create_resource
[app:apiv2app]
paste.app_factory = glance.api.v2.router:API.factory
[filter:versionnegotiation]
paste.filter_factory = glance.api.middleware.version_negotiation:VersionNegotiationFilter.factory
[filter:context]
paste.filter_factory = glance.api.middleware.context:ContextMiddleware.factory
"""
CONFIG = """
[DEFAULT]
bind_host = 127.0.0.1
bind_port = {port}
workers = 0
use_journal = false
enabled_backends = disk:file
[glance_store]
default_backend = disk
[disk]
filesystem_store_datadir = {directory}/images
[os_glance_tasks_store]
filesystem_store_datadir = {directory}/tasks
[os_glance_staging_store]
filesystem_store_datadir = {directory}/staging
[paste_deploy]
config_file = {directory}/glance-api-paste.ini
"""
# What a process of Glance does: its Python reads the .pth file, then Glance starts.
START = """
import site, sys
site.addsitedir(sys.argv[1])
from glance.cmd import api
sys.argv[1:] = ['--config-file', sys.argv[2]]
api.main()
"""
PATCH = 'application/openstack-images-v2.1-json-patch'


class WithGlanceApi(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        path = pathlib.Path(directory.name)
        with socket.socket() as free:
            free.bind(('127.0.0.1', 0))
            self.port = free.getsockname()[1]
        (path / 'glance-api-paste.ini').write_text(PASTE)
        config = path / 'glance-api.conf'
        config.write_text(CONFIG.format(port=self.port, directory=path))
        options = ['--config-dir', str(path), '--site', str(path / 'site'), '--endpoint', ENDPOINT]
        subprocess.run([sys.executable, str(HERE / 'switch'), 'on', *options], check=True, capture_output=True)
        self.log = path / 'glance-api.log'
        with self.log.open('w') as log:
            command = [sys.executable, '-W', 'ignore', '-c', START, str(path / 'site'), str(config)]
            process = subprocess.Popen(command, stdout=log, stderr=log, cwd=path)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        self.wait_for_start(process)

    def wait_for_start(self, process):
        end = time.monotonic() + START_SECONDS
        while process.poll() is None and time.monotonic() < end:
            try:
                return socket.create_connection(('127.0.0.1', self.port), 1).close()
            except OSError:
                time.sleep(0.1)
        self.fail(self.log.read_text())

    def ask(self, status, method, path, body=None, *, tenant='alice', role='member', type='application/json'):
        headers = {'X-Identity-Status': 'Confirmed', 'X-Project-Id': tenant, 'X-Tenant-Id': tenant, 'X-Roles': role}
        headers |= {'X-User-Id': tenant, 'Content-Type': type}
        connection = http.client.HTTPConnection('127.0.0.1', self.port, timeout=30)
        data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        connection.request(method, path, data, headers)
        answer = connection.getresponse()
        text = answer.read()
        connection.close()
        self.assertEqual(status, answer.status, f'{method} {path}: {text!r}\n{self.log.read_text()}')
        return json.loads(text) if answer.headers.get_content_type() == 'application/json' and text else text

    def names(self, path, **caller):
        return [image['name'] for image in self.ask(200, 'GET', path, **caller)['images']]

    def test_images_are_created_listed_shown_updated_shared_tagged_deactivated_and_deleted(self):
        values = {'name': 'cirros', 'disk_format': 'qcow2', 'container_format': 'bare', 'visibility': 'shared'}
        image = self.ask(201, 'POST', '/v2/images', {**values, 'tags': ['lts'], 'arch': 'x86_64'})
        path = f'/v2/images/{image["id"]}'
        self.ask(204, 'PUT', f'{path}/file', b'some bytes', type='application/octet-stream')
        shown = self.ask(200, 'GET', path)
        self.assertEqual(('active', 10, 'x86_64'), (shown['status'], shown['size'], shown['arch']))
        self.assertEqual(['lts'], shown['tags'])
        self.assertEqual(['cirros'], self.names('/v2/images?status=active&arch=x86_64&tag=lts&sort_key=created_at'))
        self.assertEqual([], self.names('/v2/images?arch=arm64'))

        changes = [{'op': 'replace', 'path': '/name', 'value': 'new'}, {'op': 'remove', 'path': '/arch'}]
        changed = self.ask(200, 'PATCH', path, changes, type=PATCH)
        self.assertEqual(('new', False), (changed['name'], 'arch' in changed))

        self.ask(404, 'GET', path, tenant='bob')
        self.ask(200, 'POST', f'{path}/members', {'member': 'bob'})
        self.ask(200, 'PUT', f'{path}/members/bob', {'status': 'accepted'}, tenant='bob')
        self.assertEqual(['new'], self.names('/v2/images', tenant='bob'))
        self.ask(403, 'PUT', f'{path}/tags/mine', tenant='bob')

        self.ask(204, 'PUT', f'{path}/tags/small')
        self.ask(204, 'DELETE', f'{path}/tags/lts')
        self.assertEqual(['small'], self.ask(200, 'GET', path)['tags'])

        self.ask(204, 'POST', f'{path}/actions/deactivate', role='admin')
        self.ask(403, 'GET', f'{path}/file')
        self.ask(204, 'POST', f'{path}/actions/reactivate', role='admin')
        self.assertEqual(b'some bytes', self.ask(200, 'GET', f'{path}/file'))

        self.ask(204, 'DELETE', path)
        self.ask(404, 'GET', path)
        self.assertEqual([], self.names('/v2/images'))

    def test_pages_lead_from_one_to_the_next(self):
        made = [f'image-{number}' for number in range(12)]
        for name in made:
            self.ask(201, 'POST', '/v2/images', {'name': name}, tenant='carol')
        found, path = [], '/v2/images?limit=5&sort_key=name&sort_dir=asc'
        while path:
            page = self.ask(200, 'GET', path, tenant='carol')
            found += [image['name'] for image in page['images']]
            path = page.get('next')
        self.assertEqual(sorted(made), found)


if __name__ == '__main__':
    unittest.main()
