"""Gives Glance back the option `data_api`, which it had until 2020.

Since then `glance.db.get_api` names its SQL module outright. The file rome_glance.pth has every Python process of the
installation install this hook, so that it is there however Glance is started: by uWSGI, as a script, from the
scrubber. It does nothing until `glance.db` is imported, and there nothing unless the option is set.
"""

import importlib
import importlib.abc
import importlib.machinery
import sys


def install():
    if not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Finder())


class _Finder(importlib.abc.MetaPathFinder):
    def find_spec(self, fullname, path, target=None):
        change = _changes.get(fullname)
        if change is None:
            return None
        spec = importlib.machinery.PathFinder.find_spec(fullname, path)
        if spec is not None and spec.loader is not None:
            spec.loader = _Loader(spec.loader, change)
        return spec


class _Loader(importlib.abc.Loader):
    def __init__(self, loader, change):
        self._loader = loader
        self._change = change

    def create_module(self, spec):
        return self._loader.create_module(spec)

    def exec_module(self, module):
        self._loader.exec_module(module)
        self._change(module)

    def __getattr__(self, name):
        return getattr(self._loader, name)


def _change_database(module):
    stock = module.get_api

    def get_api():
        from rome_glance import options

        name = options.data_api()
        if not name.startswith('rome_glance.'):
            return stock()
        return importlib.import_module(name)

    module.get_api = get_api


def _change_quota(module):
    """Quotas call the SQL module by its name."""
    if hasattr(module, 'db'):
        module.db = _DataApi()


class _DataApi:
    """Whatever the data API is once the configuration was read."""

    def __getattr__(self, name):
        import glance.db

        return getattr(glance.db.get_api(), name)


_changes = {'glance.db': _change_database, 'glance.quota.keystone': _change_quota}
