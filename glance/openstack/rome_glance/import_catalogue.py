"""Carries the rows of an existing SQL database over into the catalogue.

    python3 -m rome_glance.import_catalogue --sqlite /var/lib/glance/glance.sqlite
    python3 -m rome_glance.import_catalogue --config-file /etc/glance/glance-api.conf

The first reads a SQLite file by itself; the second reads whatever database Glance is configured for, through the
database functions of the Glance that is installed. Images come with their properties, locations, tags and members;
tasks and metadata definitions come, too. What is there is left alone, so that a run that was broken off can be repeated.
Deleted rows stay behind, but for images whose data wait to be scrubbed.
"""

import argparse
import pathlib
import sqlite3
import sys

from rome_glance.client import Client
from rome_glance.import_images import images_of_glance, images_of_sqlite
from rome_glance.import_metadefs import metadefs_of_glance, metadefs_of_sqlite
from rome_glance.import_tasks import tasks_of_glance, tasks_of_sqlite
from rome_glance.kinds import carry_over


def kinds_of_sqlite(path):
    """What a SQLite file has."""
    if not pathlib.Path(path).is_file():
        sys.exit(f'There is no file {path}.')
    database = sqlite3.connect(f'{pathlib.Path(path).resolve().as_uri()}?mode=ro', uri=True)
    database.row_factory = sqlite3.Row
    yield images_of_sqlite(database)
    yield tasks_of_sqlite(database)
    yield from metadefs_of_sqlite(database)


def kinds_of_glance(config_files):
    """What the database has that Glance is configured for."""
    from glance import context
    from glance.common import config
    from glance.db.sqlalchemy import api

    config.parse_args(args=[], default_config_files=config_files)
    admin = context.get_admin_context(show_deleted=True)
    yield images_of_glance(api, admin)
    yield tasks_of_glance(api, admin)
    yield from metadefs_of_glance(api, admin)


def show_progress(kind, done):
    told = f'{done} of {kind.count} {kind.name}'
    if sys.stderr.isatty():
        print(f'\r{told}', end='\n' if done == kind.count else '', file=sys.stderr, flush=True)
    elif done % 1000 == 0 or done == kind.count:
        print(told, file=sys.stderr)


def main():
    parser = argparse.ArgumentParser(
        prog='rome_glance.import_catalogue', description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument('--sqlite', metavar='FILE')
    source.add_argument('--config-file', action='append', metavar='FILE')
    parser.add_argument('--endpoint', default='http://127.0.0.1:9191')
    parser.add_argument('--secret-file', metavar='FILE')
    given = parser.parse_args()
    secret = pathlib.Path(given.secret_file).read_text(encoding='utf-8').strip() if given.secret_file else None
    client = Client(given.endpoint, secret=secret)
    is_whole = True
    for kind in kinds_of_sqlite(given.sqlite) if given.sqlite else kinds_of_glance(given.config_file):
        stored, found, failures = carry_over(client, kind, show_progress)
        for name, reason in failures.items():
            print(f'failed {kind.name} {name}: {reason}', file=sys.stderr)
        print(f'{stored} {kind.name} carried over, {found} were there, {len(failures)} failed, of {kind.count}')
        is_whole = is_whole and not failures and stored + found == kind.count
    sys.exit(0 if is_whole else 1)


if __name__ == '__main__':
    main()
