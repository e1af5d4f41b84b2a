"""Carries the images of an existing SQL database over into the catalogue.

    python3 -m rome_glance.import_images --sqlite /var/lib/glance/glance.sqlite
    python3 -m rome_glance.import_images --config-file /etc/glance/glance-api.conf

The first reads a SQLite file by itself; the second reads whatever database Glance is configured for, through the
database functions of the Glance that is installed. Images come with their properties, locations, tags and members.
Images that are there are left alone, so that a run that was broken off can be repeated. Deleted images stay behind,
but for those whose data wait to be scrubbed.
"""

import argparse
import datetime
import json
import pathlib
import sqlite3
import sys
import types

from rome_glance.client import Client

ADMIN = types.SimpleNamespace(is_admin=True, owner=None)
PAGE_SIZE = 100

COLUMNS = (
    *('id', 'name', 'disk_format', 'container_format', 'size', 'virtual_size', 'status', 'visibility', 'checksum'),
    *('os_hash_algo', 'os_hash_value', 'min_disk', 'min_ram', 'owner', 'protected', 'os_hidden'),
    *('created_at', 'updated_at', 'deleted_at', 'deleted'),
)


def import_images(client, images, count, report=lambda done, count: None):
    """Stores each image that is not there. How many were stored, how many were there, and what went wrong by id."""
    stored, found, failures = 0, 0, {}
    for done, image in enumerate(images, start=1):
        try:
            if store(client, image):
                stored += 1
            else:
                found += 1
        except Exception as error:
            failures[image['id']] = f'{type(error).__name__}: {error}'
        report(done, count)
    return stored, found, failures


def store(client, image):
    """False when the image is there. It is made after all that belongs to it: once it is there, so is the rest."""
    image_id = image['id']
    there, members = client.answers(
        ADMIN,
        [
            ('image_get', {'image_id': image_id, 'force_show_deleted': True}),
            ('image_member_find', {'image_id': image_id}),
        ],
    )
    if not isinstance(there, Exception):
        return False
    if 'ImageNotFound' not in (type(there).__name__, str(there).partition(':')[0]):
        raise there
    if isinstance(members, Exception):
        raise members
    known = {member['member'] for member in members}
    commands = [('image_tag_set_all', {'image_id': image_id, 'tags': image['tags']})]
    commands += [
        ('image_member_create', {'values': {'image_id': image_id, **member}})
        for member in image['members']
        if member['member'] not in known
    ]
    client.run(ADMIN, commands)
    values = {name: image[name] for name in COLUMNS if name in image}
    values['properties'] = image['properties']
    values['locations'] = image['locations']
    client.call(ADMIN, 'image_create', {'values': values})
    return True


def is_carried_over(image):
    return not image['deleted'] or image['status'] == 'pending_delete'


def images_of_sqlite(path):
    """The images of a SQLite file, and how many there are."""
    if not pathlib.Path(path).is_file():
        sys.exit(f'There is no file {path}.')
    database = sqlite3.connect(f'{pathlib.Path(path).resolve().as_uri()}?mode=ro', uri=True)
    database.row_factory = sqlite3.Row
    condition = "not deleted or status = 'pending_delete'"
    [count] = database.execute(f'select count(*) from images where {condition}').fetchone()

    def read():
        for row in database.execute(f'select * from images where {condition} order by created_at, id'):
            yield image_of_rows(database, row)

    return read(), count


def image_of_rows(database, row):
    def rows(table, condition='not deleted'):
        query = f'select * from {table} where image_id = ? and {condition} order by id'
        return [dict(found) for found in database.execute(query, (row['id'],))]

    image = {name: row[name] for name in COLUMNS if name in row.keys()}
    for name in ('created_at', 'updated_at', 'deleted_at'):
        if image[name] is not None:
            image[name] = datetime.datetime.fromisoformat(image[name])
    for name in ('deleted', 'protected', 'os_hidden'):
        image[name] = bool(image.get(name))
    shown = "(not deleted or status = 'pending_delete')"
    return {
        **image,
        'properties': {found['name']: found['value'] for found in rows('image_properties')},
        'tags': [found['value'] for found in rows('image_tags')],
        'members': [member(found) for found in rows('image_members')],
        'locations': [
            {'url': found['value'], 'metadata': json.loads(found['meta_data'] or '{}'), 'status': found['status']}
            for found in rows('image_locations', shown)
        ],
    }


def images_of_glance(config_files):
    """The images of the database that Glance is configured for, and how many there are."""
    from glance import context
    from glance.common import config
    from glance.db.sqlalchemy import api

    config.parse_args(args=[], default_config_files=config_files)
    admin = context.get_admin_context(show_deleted=True)

    def pages():
        marker = None
        while True:
            page = api.image_get_all(
                admin,
                filters={'visibility': 'all'},
                marker=marker,
                limit=PAGE_SIZE,
                sort_key=['created_at'],
                sort_dir=['asc'],
                return_tag=True,
            )
            yield from (image for image in page if is_carried_over(image))
            if len(page) < PAGE_SIZE:
                return
            marker = page[-1]['id']

    def read():
        for image in pages():
            # This shows the locations that wait to be scrubbed.
            whole = api.image_get(admin, image['id'], force_show_deleted=True)
            found = api.image_member_find(admin, image_id=image['id'])
            yield {
                **{name: image[name] for name in COLUMNS if name in image},
                'properties': {each['name']: each['value'] for each in whole['properties'] if not each['deleted']},
                'tags': list(image['tags']),
                'members': [member(each) for each in found],
                'locations': [
                    {name: location[name] for name in ('url', 'metadata', 'status')}
                    for location in whole['locations']
                    if location['status'] != 'deleted'
                ],
            }

    return read(), sum(1 for _ in pages())


def member(found):
    return {'member': found['member'], 'status': found['status'], 'can_share': bool(found['can_share'])}


def show_progress(done, count):
    if sys.stderr.isatty():
        print(f'\r{done} of {count} images', end='\n' if done == count else '', file=sys.stderr, flush=True)
    elif done % 1000 == 0 or done == count:
        print(f'{done} of {count} images', file=sys.stderr)


def main():
    parser = argparse.ArgumentParser(
        prog='rome_glance.import_images', description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument('--sqlite', metavar='FILE')
    source.add_argument('--config-file', action='append', metavar='FILE')
    parser.add_argument('--endpoint', default='http://127.0.0.1:9191')
    parser.add_argument('--secret-file', metavar='FILE')
    given = parser.parse_args()
    secret = pathlib.Path(given.secret_file).read_text(encoding='utf-8').strip() if given.secret_file else None
    images, count = images_of_sqlite(given.sqlite) if given.sqlite else images_of_glance(given.config_file)
    client = Client(given.endpoint, secret=secret)
    stored, found, failures = import_images(client, images, count, show_progress)
    for image_id, reason in failures.items():
        print(f'failed {image_id}: {reason}', file=sys.stderr)
    print(f'{stored} images carried over, {found} were there, {len(failures)} failed, of {count}')
    sys.exit(1 if failures or stored + found != count else 0)


if __name__ == '__main__':
    main()
