"""Values as they travel: JSON, with times in dictionaries of two keys."""

import datetime
import json
from collections.abc import Iterable, Mapping


class Property(dict):
    """A property of an image, which Glance reads by key and by attribute."""

    __slots__ = ()

    def __getattr__(self, name):
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None


def dump(commands):
    """Bytes of JSON. Sets, and the sequences and mappings of Glance's own, become lists and dictionaries."""
    return json.dumps(commands, default=_plain).encode('ascii')


def load(body):
    """What was answered, with times as naive datetimes in UTC."""
    return json.loads(body, object_hook=_from_wire)


def _plain(value):
    if isinstance(value, datetime.datetime):
        if value.tzinfo is not None:
            value = value.astimezone(datetime.timezone.utc).replace(tzinfo=None)
        return {'_type': 'datetime', '_value': value.isoformat()}
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, Iterable) and not isinstance(value, (bytes, bytearray)):
        return list(value)
    raise TypeError(f'a {type(value).__name__} cannot be sent to the catalogue')


def _from_wire(value):
    if len(value) == 2 and value.get('_type') == 'datetime' and '_value' in value:
        return datetime.datetime.fromisoformat(value['_value'])
    return value


def with_properties(image):
    """An image whose properties can be read by attribute too."""
    image['properties'] = [Property(found) for found in image['properties']]
    return image
