"""A client of the service: POST /rpc over kept connections, errors by Glance's own classes."""

import builtins
import collections
import http.client
import importlib
import os
import socket
import time
import urllib.parse

from rome_glance import wire

# The service keeps an idle connection for 72 seconds.
IDLE_SECONDS_MAX = 30
CONNECTIONS_KEPT_MAX = 64

_ERROR_OF_STATUS = {
    400: 'Invalid',
    401: 'NotAuthenticated',
    403: 'Forbidden',
    404: 'NotFound',
    409: 'Duplicate',
    413: 'LimitExceeded',
    500: 'ServerError',
    503: 'ServiceUnavailable',
}


class CatalogueError(Exception):
    """An error of Glance where Glance is not installed."""


class Client:
    """Speaks to one service. Threads, green ones too, may share it; a forked process takes connections of its own."""

    def __init__(self, endpoint, secret=None, timeout_seconds=60):
        parts = urllib.parse.urlsplit(endpoint)
        if parts.scheme not in ('http', 'https') or not parts.hostname:
            raise ValueError(f'{endpoint} is no endpoint: write http://127.0.0.1:9191')
        self._connection_class = {
            'http': http.client.HTTPConnection,
            'https': http.client.HTTPSConnection,
        }[parts.scheme]
        self._address = (parts.hostname, parts.port)
        self._path = parts.path.rstrip('/') + '/rpc'
        self._secret = secret
        self._timeout = timeout_seconds
        self._kept = collections.deque()
        self._process = os.getpid()

    def call(self, context, command, kwargs):
        """What a command answers. Raises what it raised."""
        return self.run(context, [(command, kwargs)])[0]

    def run(self, context, commands):
        """What commands of one request answer, one by one; raises what the first of them raised that failed."""
        results = self.answers(context, commands)
        for result in results:
            if isinstance(result, Exception):
                raise result
        return results

    def answers(self, context, commands):
        """The same, with the error of a command in the place of its answer."""
        body = wire.dump([{'command': name, 'kwargs': kwargs} for name, kwargs in commands])
        status, answer = self._post(body, self._headers(context))
        if status != 200:
            text = answer.decode('utf-8', 'replace')
            name = _ERROR_OF_STATUS.get(status)
            raise _error('UnexpectedStatus', f'{status}: {text}') if name is None else _error(name, text)
        return [
            _error_of_entry(result['_error']) if isinstance(result, dict) and result.keys() == {'_error'} else result
            for result in wire.load(answer)
        ]

    def _headers(self, context):
        headers = {
            'X-Identity-Status': 'Confirmed',
            # Whether a role makes an admin is for Glance's policy to say, which has said it.
            'X-Roles': 'admin' if context.is_admin else 'member',
            'X-Tenant-Id': context.owner or '',
            'X-User-Id': getattr(context, 'user_id', None) or '',
        }
        if getattr(context, 'show_deleted', False):
            headers['X-Show-Deleted'] = 'True'
        if getattr(context, 'request_id', None):
            headers['X-Openstack-Request-ID'] = context.request_id
        if self._secret is not None:
            headers['X-Rpc-Secret'] = self._secret
        return headers

    def _post(self, body, headers):
        connection = self._take()
        try:
            connection.request('POST', self._path, body, headers)
            response = connection.getresponse()
            answer = response.read()
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            # Nothing is sent a second time: nobody knows whether the first did its work.
            raise _error('ServiceUnavailable', f'the catalogue does not answer: {error or type(error).__name__}') from error
        except BaseException:
            connection.close()
            raise
        if response.will_close:
            connection.close()
        else:
            self._keep(connection)
        return response.status, answer

    def _take(self):
        if self._process != os.getpid():
            # These are the parent's.
            self._kept = collections.deque()
            self._process = os.getpid()
        while self._kept:
            try:
                connection, kept_at = self._kept.pop()
            except IndexError:
                break
            if time.monotonic() - kept_at < IDLE_SECONDS_MAX and self._is_open(connection):
                return connection
            connection.close()
        host, port = self._address
        return self._connection_class(host, port, timeout=self._timeout)

    def _keep(self, connection):
        if len(self._kept) < CONNECTIONS_KEPT_MAX:
            self._kept.append((connection, time.monotonic()))
        else:
            connection.close()

    def _is_open(self, connection):
        """Whether the service has not closed it: then there is something to read, namely its end."""
        if connection.sock is None:
            return False
        try:
            connection.sock.setblocking(False)
            if isinstance(connection, http.client.HTTPSConnection):
                connection.sock.read(1)
            else:
                connection.sock.recv(1, socket.MSG_PEEK)
            return False
        except (BlockingIOError, InterruptedError):
            return True
        except OSError as error:
            return type(error).__name__ == 'SSLWantReadError'
        finally:
            connection.sock.settimeout(self._timeout)


def _error_of_entry(entry):
    module, _, name = entry['cls'].rpartition('.')
    if module == 'glance.common.exception':
        return _error(name, entry['val'])
    if module == 'builtins' and _is_error(getattr(builtins, name, None)):
        return getattr(builtins, name)(entry['val'])
    return _error('RPCError', entry['val'])


def _error(name, text):
    """An error of Glance. Only classes of errors are believed."""
    try:
        exception = importlib.import_module('glance.common.exception')
    except ModuleNotFoundError:
        return CatalogueError(f'{name}: {text}')
    found = getattr(exception, name, None)
    return found(text) if _is_error(found) else exception.RPCError(f'{name}: {text}')


def _is_error(found):
    return isinstance(found, type) and issubclass(found, Exception)
