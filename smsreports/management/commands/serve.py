"""`manage.py serve`: gunicorn with the project's own configuration."""

import os
import re
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from gunicorn.app.base import BaseApplication
from gunicorn.glogging import Logger

from smsreports.environment import number

# Local means loopback only; in production a proxy in front decides who reaches us.
LOCAL_ADDRESS, EVERY_ADDRESS = "127.0.0.1", "0.0.0.0"  # noqa: S104  behind the operator's proxy
QUERY_STRING = re.compile(r"\?\S*")


class Log(Logger):
    """gunicorn's log without query strings: there are numbers in them."""

    def exception(self, msg: Any, *args: Any, **kwargs: Any) -> None:
        super().exception(
            msg, *(QUERY_STRING.sub("?…", arg) if isinstance(arg, str) else arg for arg in args), **kwargs
        )


class Gunicorn(BaseApplication):
    """gunicorn in this process, so that it and the embedded database end together."""

    def __init__(self, options: dict[str, Any]) -> None:
        self._options = options
        super().__init__()

    def load_config(self) -> None:
        for name, value in self._options.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        from smsreports.wsgi import application

        return application


class Command(BaseCommand):
    help = "Serves the site by gunicorn."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, help="default: PORT, or 8000")
        parser.add_argument("--workers", type=int, help="processes; default: the cores of this machine")

    def handle(self, *, port: int | None, workers: int | None, **options: Any) -> None:
        address = LOCAL_ADDRESS if settings.LOCAL else EVERY_ADDRESS
        port = port or number("PORT", default=8000, least=1, most=65535)
        Gunicorn(configuration(f"{address}:{port}", workers or os.cpu_count() or 1)).run()


def configuration(bind: str, workers: int) -> dict[str, Any]:
    return {
        "bind": bind,
        "workers": workers,
        # Threads keep a long export from holding up the lists; the sync worker would be killed in the middle of one.
        # Ours cuts off clients who are too slow.
        "worker_class": "smsreports.worker.Worker",
        # Four load at most, three send files, one may wait to: two are always there for lists.
        "threads": 10,
        # Seconds that running exports have to end on a stop.
        "graceful_timeout": 30,
        # A heartbeat that needs no disk.
        "worker_tmp_dir": "/dev/shm" if os.path.isdir("/dev/shm") else None,  # noqa: S108, PTH112
        "proc_name": "smsreports",
        # Query strings hold numbers: what was asked for is not logged here.
        "accesslog": None,
        "logger_class": Log,
        # Its warnings are of HEAD requests, whose bodies it drops as it should.
        "loglevel": "error",
    }
