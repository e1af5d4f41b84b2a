"""Kinds of rows that are carried over, each by the same rule: what is there is left alone."""

import types
from typing import Any, Callable, Iterable, NamedTuple

ADMIN = types.SimpleNamespace(is_admin=True, owner=None)


class Kind(NamedTuple):
    """What is read of one kind: as many items as `count` says, each known by `name_of` when it fails."""

    name: str
    count: int
    items: Iterable[Any]
    # Whether the item was stored; False when it is there.
    store: Callable[[Any, Any], bool]
    name_of: Callable[[Any], str]


class Outcome(NamedTuple):
    """How many items were stored and how many were there, and why others failed, by name."""

    stored: int
    found: int
    failures: dict


def carry_over(client, kind, report=lambda kind, done: None):
    """Stores each item that is not there."""
    stored, found, failures = 0, 0, {}
    for done, item in enumerate(kind.items, start=1):
        try:
            if kind.store(client, item):
                stored += 1
            else:
                found += 1
        except Exception as error:
            failures[kind.name_of(item)] = f'{type(error).__name__}: {error}'
        report(kind, done)
    return Outcome(stored, found, failures)


def storing(command, duplicate):
    """Stores arguments of a command that makes one row; `duplicate` is its error when there is one already."""

    def store(client, arguments):
        try:
            client.call(ADMIN, command, arguments)
        except Exception as error:
            if is_error(error, duplicate):
                return False
            raise
        return True

    return store


def is_error(error, name):
    """Whether it is the error of Glance of that name, also where Glance is not installed."""
    return name in (type(error).__name__, str(error).partition(':')[0])


def columns_of(row, names):
    """Those of the columns that the row has: older databases have fewer."""
    present = row.keys()
    return {name: row[name] for name in names if name in present}


def rows_of(database, table, query):
    """The rows that a query of a SQLite file gives; none where the table is not there yet."""
    known = database.execute("select 1 from sqlite_master where type = 'table' and name = ?", (table,))
    return database.execute(query).fetchall() if known.fetchone() else []
