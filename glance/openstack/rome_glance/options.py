"""What Glance's configuration says of the catalogue: `[DEFAULT] data_api`, and the section `[rome]`."""

from oslo_config import cfg

_rome = [
    cfg.StrOpt('endpoint', default='http://127.0.0.1:9191', help='Where the catalogue listens.'),
    cfg.StrOpt('secret_file', help='The file with the secret that the catalogue was started with.'),
    cfg.FloatOpt('timeout', default=60, min=1, help='How many seconds a request may take.'),
]


def group(conf=cfg.CONF):
    """The section `[rome]`."""
    conf.register_opts(_rome, 'rome')
    return conf.rome


def data_api(conf=cfg.CONF):
    """The module that Glance is to use as its data API."""
    if 'data_api' not in conf:
        default = 'glance.db.sqlalchemy.api'
        conf.register_opt(cfg.StrOpt('data_api', default=default, help='The module of the data API.'))
    return conf.data_api
