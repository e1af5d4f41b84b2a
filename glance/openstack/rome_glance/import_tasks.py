"""Tasks, with what they were given and what came of it."""

import datetime
import json

from rome_glance.kinds import Kind, columns_of, rows_of, storing

PAGE_SIZE = 100
TIMES = ('created_at', 'updated_at', 'expires_at')
COLUMNS = ('id', 'type', 'status', 'owner', 'image_id', 'request_id', 'user_id', *TIMES)
INFO = ('input', 'result', 'message')


def tasks_of_sqlite(database):
    """Those that are not deleted."""
    columns = ', '.join(f'task_info.{name}' for name in INFO)
    query = f"""select tasks.*, {columns} from tasks left join task_info on task_info.task_id = tasks.id
        where not tasks.deleted order by tasks.created_at, tasks.id"""
    rows = rows_of(database, 'tasks', query)
    return _kind([_task_of_row(row) for row in rows])


def _task_of_row(row):
    task = columns_of(row, COLUMNS + INFO)
    for name in TIMES:
        if task.get(name) is not None:
            task[name] = datetime.datetime.fromisoformat(task[name])
    for name in ('input', 'result'):
        if task.get(name) is not None:
            task[name] = json.loads(task[name])
    return task


def tasks_of_glance(api, admin):
    """The same through Glance's own functions."""
    filters = {'deleted': False}
    ids = []
    while True:
        marker = ids[-1] if ids else None
        page = api.task_get_all(
            admin, filters=filters, marker=marker, limit=PAGE_SIZE, sort_key='created_at', sort_dir='asc'
        )
        ids += [task['id'] for task in page]
        if len(page) < PAGE_SIZE:
            return _kind([columns_of(api.task_get(admin, each), COLUMNS + INFO) for each in ids])


def _kind(tasks):
    arguments = [{'values': task} for task in tasks]
    name_of = lambda given: given['values']['id']
    return Kind('tasks', len(arguments), arguments, storing('task_create', 'Duplicate'), name_of)
