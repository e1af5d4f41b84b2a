"""The adapter against a service in test mode, whose endpoint stands in ROME_GLANCE_ENDPOINT. Glance need not be there:
a module in the place of glance.common.exception has the classes of errors.
"""

import datetime
import http.server
import os
import sys
import threading
import types
import unittest


def stand_in_for_glance():
    """Classes of errors by their names, made as they are asked for."""
    exception = types.ModuleType('glance.common.exception')
    names = ('Invalid', 'NotAuthenticated', 'Forbidden', 'NotFound', 'Duplicate', 'Conflict', 'LimitExceeded')
    names += ('ServerError', 'ServiceUnavailable', 'UnexpectedStatus', 'RPCError')
    for name in names:
        setattr(exception, name, type(name, (Exception,), {}))
    exception.ImageNotFound = type('ImageNotFound', (exception.NotFound,), {})
    sys.modules['glance'] = types.ModuleType('glance')
    sys.modules['glance.common'] = types.ModuleType('glance.common')
    sys.modules['glance.common.exception'] = exception
    return exception


exception = stand_in_for_glance()

from rome_glance import api, client, wire  # noqa: E402

ENDPOINT = os.environ['ROME_GLANCE_ENDPOINT']


def caller(owner=None, is_admin=False, **others):
    return types.SimpleNamespace(owner=owner, is_admin=is_admin, **others)


ADMIN = caller(is_admin=True)
ALICE = caller('alice', roles=['admin'])
BOB = caller('bob')


class OverTheService(unittest.TestCase):
    def setUp(self):
        self.client = client.Client(ENDPOINT)
        api.client = lambda: self.client
        self.client.call(ADMIN, 'reset', {})


class Images(OverTheService):
    def test_an_image_goes_through_its_life(self):
        created = api.image_create(ALICE, {'status': 'queued', 'owner': 'alice', 'properties': {'arch': 'x86_64'}})
        api.image_tag_set_all(ALICE, created['id'], {'lts'})
        updated = api.image_update(ALICE, created['id'], {'status': 'active'}, from_state='queued')
        self.assertEqual('active', updated['status'])
        listed = api.image_get_all(ALICE, filters={'arch': 'x86_64'}, return_tag=True)
        self.assertEqual([['lts']], [image['tags'] for image in listed])
        self.assertTrue(api.image_destroy(ALICE, created['id'])['deleted'])
        with self.assertRaises(exception.ImageNotFound):
            api.image_get(ALICE, created['id'])

    def test_properties_are_read_by_key_and_by_attribute(self):
        image = api.image_create(ADMIN, {'status': 'active', 'properties': {'arch': 'x86_64'}})
        [found] = image['properties']
        self.assertEqual(('arch', 'x86_64', False), (found.name, found['value'], found.deleted))
        self.assertFalse(hasattr(found, 'fancy'))

    def test_times_keep_their_microseconds_and_lose_their_zone(self):
        naive = datetime.datetime(2026, 1, 2, 3, 4, 5, 678901)
        zone = datetime.timezone(datetime.timedelta(hours=2))
        for given in (naive, naive.replace(tzinfo=datetime.timezone.utc), (naive + zone.utcoffset(None)).replace(tzinfo=zone)):
            image = api.image_create(ADMIN, {'status': 'active', 'created_at': given})
            self.assertEqual(naive, image['created_at'])
        whole = naive.replace(microsecond=0)
        self.assertEqual(whole, api.image_create(ADMIN, {'status': 'active', 'created_at': whole})['created_at'])

    def test_who_may_see_and_change_an_image_is_found_out_here(self):
        cases = [
            ({'visibility': 'private'}, False, False),
            ({'visibility': 'shared'}, False, False),
            ({'visibility': 'public'}, True, False),
            ({'visibility': 'community'}, True, False),
            ({'visibility': 'private', 'owner': None}, True, False),
            ({'visibility': 'private', 'owner': 'bob'}, True, True),
        ]
        for values, is_visible, is_mutable in cases:
            image = api.image_create(ADMIN, {'status': 'active', 'owner': 'alice', **values})
            self.assertEqual(is_visible, api.is_image_visible(BOB, image), values)
            self.assertEqual(is_mutable, api.is_image_mutable(BOB, image), values)
            self.assertTrue(api.is_image_visible(ADMIN, image) and api.is_image_mutable(ADMIN, image))
        shared = api.image_create(ADMIN, {'status': 'active', 'owner': 'alice'})
        api.image_member_create(ADMIN, {'image_id': shared['id'], 'member': 'bob'})
        self.assertTrue(api.is_image_visible(BOB, shared))
        self.assertFalse(api.is_image_visible(BOB, shared, status='accepted'))
        self.assertFalse(api.is_image_visible(caller(), shared))

    def test_a_role_does_not_make_an_admin(self):
        image = api.image_create(ADMIN, {'status': 'active', 'owner': 'bob', 'visibility': 'private'})
        with self.assertRaises(exception.Forbidden):
            api.image_get(ALICE, image['id'])

    def test_deleted_images_are_shown_to_who_asks_for_them(self):
        image = api.image_create(BOB, {'status': 'active', 'owner': 'bob'})
        api.image_destroy(BOB, image['id'])
        self.assertTrue(api.image_get(caller('bob', show_deleted=True), image['id'])['deleted'])

    def test_atomic_properties_are_set_on_behalf_of_nobody(self):
        image = api.image_create(ADMIN, {'status': 'active'})
        api.image_set_property_atomic(image['id'], 'lock', 'mine')
        with self.assertRaises(exception.Duplicate):
            api.image_set_property_atomic(image['id'], 'lock', 'yours')
        api.image_delete_property_atomic(image['id'], 'lock', 'mine')
        with self.assertRaises(exception.NotFound):
            api.image_delete_property_atomic(image['id'], 'lock', 'mine')


class Arguments(OverTheService):
    def test_a_session_is_dropped(self):
        self.assertEqual([], api.image_tag_get_all(ADMIN, 'nope', session=object()))

    def test_wrong_arguments_are_type_errors(self):
        for call in (
            lambda: api.image_get(ADMIN),
            lambda: api.image_get(ADMIN, 'a', fancy=1),
            lambda: api.image_get(ADMIN, 'a', image_id='b'),
            lambda: api.image_get(ADMIN, 'a', False, False, 'more'),
            lambda: api.image_get(ADMIN, 5),
        ):
            self.assertRaises(TypeError, call)

    def test_what_json_has_no_word_for_is_not_sent(self):
        for value in (b'bytes', object()):
            self.assertRaises(TypeError, api.image_create, ADMIN, {'status': 'active', 'name': value})

    def test_every_command_of_the_service_has_its_function(self):
        commands = os.environ['ROME_GLANCE_COMMANDS'].split(',')
        self.assertEqual([], [name for name in commands if not callable(getattr(api, name, None))])


class Connections(OverTheService):
    def test_one_connection_serves_many_calls(self):
        for _ in range(5):
            api.image_get_all(ADMIN)
        self.assertEqual(1, len(self.client._kept))

    def test_threads_have_a_connection_each_while_they_call(self):
        failures = []

        def work(name):
            try:
                for _ in range(5):
                    image = api.image_create(ADMIN, {'status': 'active', 'name': name})
                    self.assertEqual(name, api.image_get(ADMIN, image['id'])['name'])
            except Exception as error:
                failures.append(error)

        threads = [threading.Thread(target=work, args=(f'thread {number}',)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual([], failures)
        self.assertEqual(40, len(api.image_get_all(ADMIN)))

    def test_a_kept_connection_that_was_closed_is_not_used(self):
        answered = []

        class ClosesSilently(http.server.BaseHTTPRequestHandler):
            protocol_version = 'HTTP/1.1'

            def do_POST(self):
                self.rfile.read(int(self.headers['Content-Length']))
                answered.append(self.path)
                self.send_response(200)
                self.send_header('Content-Length', '6')
                self.end_headers()
                self.wfile.write(b'[null]')
                self.close_connection = True

            def log_message(self, *args):
                pass

        with serving(ClosesSilently) as endpoint:
            one = client.Client(endpoint + '/catalogue/')
            for _ in range(3):
                one.call(ADMIN, 'image_get', {})
                for connection, _ in one._kept:
                    connection.sock.settimeout(5)
                    connection.sock.recv(1, client.socket.MSG_PEEK)
        self.assertEqual(['/catalogue/rpc'] * 3, answered)

    def test_a_service_that_is_not_there_is_unavailable(self):
        with serving(http.server.BaseHTTPRequestHandler) as endpoint:
            pass
        with self.assertRaises(exception.ServiceUnavailable):
            client.Client(endpoint).call(ADMIN, 'image_get', {})

    def test_an_endpoint_needs_a_scheme_and_a_host(self):
        for endpoint in ('', '127.0.0.1:9191', 'ftp://catalogue'):
            self.assertRaises(ValueError, client.Client, endpoint)


class Errors(OverTheService):
    def test_a_status_becomes_the_error_that_it_stands_for(self):
        cases = [
            (400, 'Invalid'),
            (401, 'NotAuthenticated'),
            (403, 'Forbidden'),
            (404, 'NotFound'),
            (409, 'Duplicate'),
            (413, 'LimitExceeded'),
            (500, 'ServerError'),
            (503, 'ServiceUnavailable'),
            (418, 'UnexpectedStatus'),
        ]
        for status, name in cases:

            class Refuses(http.server.BaseHTTPRequestHandler):
                def do_POST(self):
                    self.rfile.read(int(self.headers['Content-Length']))
                    self.send_error(status)

                def log_message(self, *args):
                    pass

            with serving(Refuses) as endpoint, self.assertRaises(getattr(exception, name)):
                client.Client(endpoint).call(ADMIN, 'image_get', {})

    def test_an_unknown_command_is_not_found(self):
        with self.assertRaises(exception.NotFound):
            self.client.call(ADMIN, 'image_paint', {})

    def test_only_classes_of_errors_are_believed(self):
        for cls in ('builtins.eval', 'os.system', 'glance.common.exception.os', 'fancy'):
            error = client._error_of_entry({'cls': cls, 'val': 'text'})
            self.assertIsInstance(error, exception.RPCError, cls)
        self.assertIsInstance(client._error_of_entry({'cls': 'builtins.ValueError', 'val': 'text'}), ValueError)


class Wire(unittest.TestCase):
    def test_a_dictionary_that_only_looks_like_a_time_comes_back(self):
        for value in ({'_type': 'datetime'}, {'_type': 'date', '_value': 'x'}, {'_type': 'datetime', '_value': 1, 'a': 2}):
            self.assertEqual(value, wire.load(wire.dump(value)))


class serving:
    """A server of this process, for the time of a block."""

    def __init__(self, handler):
        self._server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), handler)

    def __enter__(self):
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return f'http://127.0.0.1:{self._server.server_port}'

    def __exit__(self, *error):
        self._server.shutdown()
        self._server.server_close()


if __name__ == '__main__':
    unittest.main()
