"""Images, with their properties, locations, tags and members."""

import datetime
import json

from rome_glance.kinds import ADMIN, Kind, columns_of, is_error

PAGE_SIZE = 100
CONDITION = "not deleted or status = 'pending_delete'"

COLUMNS = (
    *('id', 'name', 'disk_format', 'container_format', 'size', 'virtual_size', 'status', 'visibility', 'checksum'),
    *('os_hash_algo', 'os_hash_value', 'min_disk', 'min_ram', 'owner', 'protected', 'os_hidden'),
    *('created_at', 'updated_at', 'deleted_at', 'deleted'),
)


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
    if not is_error(there, 'ImageNotFound'):
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
    values = columns_of(image, COLUMNS)
    values['properties'] = image['properties']
    values['locations'] = image['locations']
    client.call(ADMIN, 'image_create', {'values': values})
    return True


def is_carried_over(image):
    return not image['deleted'] or image['status'] == 'pending_delete'


def images_of_sqlite(database):
    """Those of a SQLite file."""
    [count] = database.execute(f'select count(*) from images where {CONDITION}').fetchone()

    def read():
        for row in database.execute(f'select * from images where {CONDITION} order by created_at, id'):
            yield image_of_rows(database, row)

    return _kind(count, read())


def image_of_rows(database, row):
    def rows(table, condition='not deleted'):
        query = f'select * from {table} where image_id = ? and {condition} order by id'
        return [dict(found) for found in database.execute(query, (row['id'],))]

    image = columns_of(row, COLUMNS)
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


def images_of_glance(api, admin):
    """Those of the database that Glance is configured for."""

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
                **columns_of(image, COLUMNS),
                'properties': {each['name']: each['value'] for each in whole['properties'] if not each['deleted']},
                'tags': list(image['tags']),
                'members': [member(each) for each in found],
                'locations': [
                    {name: location[name] for name in ('url', 'metadata', 'status')}
                    for location in whole['locations']
                    if location['status'] != 'deleted'
                ],
            }

    return _kind(sum(1 for _ in pages()), read())


def _kind(count, images):
    return Kind('images', count, images, store, lambda image: image['id'])


def member(found):
    return {'member': found['member'], 'status': found['status'], 'can_share': bool(found['can_share'])}
