"""The server: gunicorn in this process, its workers and its folder of counts."""

import os
from shutil import rmtree
from tempfile import TemporaryFile, mkdtemp
from typing import Any

from django.conf import settings
from gunicorn.app.base import BaseApplication

from smsreports.concurrency.limits import THREADS
from smsreports.serving.connection import MAX_LINE_BYTES
from smsreports.serving.log import Log
from smsreports.telemetry import request_context
from smsreports.telemetry.metrics import SHARED_FOLDER_VARIABLE, get_metrics

# Memory that looks like a folder, where there is some: heartbeats and counts need no disk.
MEMORY = "/dev/shm"  # noqa: S108


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


def run_server(bind: str, workers: int) -> None:
    """Until it is told to stop. The workers' counts lie in a folder of their own, which is gone afterwards."""
    folder = mkdtemp(prefix="smsreports-counts-", dir=_find_memory_folder())
    os.environ[SHARED_FOLDER_VARIABLE] = folder
    Gunicorn(build_configuration(bind, workers) | _build_hooks(folder)).run()


def build_configuration(bind: str, workers: int) -> dict[str, Any]:
    return {
        "bind": bind,
        "workers": workers,
        "worker_class": "smsreports.serving.worker.Worker",
        "threads": THREADS,
        # Of each worker: a socket each, and with the database's and files below the usual limit of 1,024 descriptors.
        "worker_connections": 800,
        # Seconds for which a connection without a request is kept: longer than clients and proxies keep theirs, which
        # would else send a request into one that has just been closed. It costs a socket and no thread.
        "keepalive": 75,
        # A worker ends by itself after STOP_SECONDS. One that does not is killed.
        "graceful_timeout": settings.STOP_SECONDS + 5,
        # Workers are not replaced after so many requests: their memory stays flat, and one that is told to go away
        # would break an export that lasts longer than a stop may.
        "max_requests": 0,
        "worker_tmp_dir": _find_memory_folder(),
        "proc_name": "smsreports",
        # Every request has its line from `smsreports.telemetry`; gunicorn's would hold numbers.
        "accesslog": None,
        "logger_class": Log,
        "loglevel": settings.LOG_LEVEL.lower(),
        # The largest request line and header that gunicorn's parser takes.
        "limit_request_line": MAX_LINE_BYTES,
        "limit_request_field_size": MAX_LINE_BYTES,
        # No client sets the WSGI environment or the scheme by a header; what proxies say is read from the headers by
        # `accounts.addresses`.
        "forwarder_headers": "",
        "forwarded_allow_ips": "",
        "secure_scheme_headers": {},
        # Files go out like other answers, so that a slow client holds no thread.
        "sendfile": False,
        # It would listen at a socket in the home folder, which is not ours.
        "control_socket_disable": True,
    }


def _build_hooks(folder: str) -> dict[str, Any]:
    """What gunicorn calls: workers the first two, this process the others."""

    def on_exit(arbiter: Any) -> None:
        rmtree(folder, ignore_errors=True)

    return {
        "post_worker_init": _worker_begins,
        "post_request": _request_ends,
        "child_exit": _worker_ended,
        "on_exit": on_exit,
    }


def _worker_begins(worker: Any) -> None:
    get_metrics()


def _request_ends(worker: Any, request: Any, environ: Any, response: Any) -> None:
    request_context.end_request()


def _worker_ended(arbiter: Any, worker: Any) -> None:
    """What it had under way is not under way any more; what it counted stays."""
    from prometheus_client.multiprocess import mark_process_dead

    mark_process_dead(worker.pid, os.environ[SHARED_FOLDER_VARIABLE])  # type: ignore[no-untyped-call]


def _find_memory_folder() -> str | None:
    """Return the folder in memory, or None, which stands for the usual temporary folder, where it takes no file."""
    try:
        with TemporaryFile(dir=MEMORY):
            return MEMORY
    except OSError:
        return None
