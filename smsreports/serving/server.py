"""Configuration and start of gunicorn in this process."""

import os
from shutil import rmtree
from tempfile import TemporaryFile, mkdtemp
from wsgiref.types import WSGIApplication

from django.conf import settings
from gunicorn.app.base import BaseApplication
from gunicorn.workers.base import Worker

from smsreports.concurrency.limits import THREADS
from smsreports.serving.connection import MAX_LINE_BYTES
from smsreports.serving.log import Log
from smsreports.telemetry import request_context
from smsreports.telemetry.metrics import SHARED_FOLDER_VARIABLE, get_metrics

# Folder in memory, for heartbeats and metrics.
MEMORY_FOLDER = "/dev/shm"  # noqa: S108


class Gunicorn(BaseApplication):
    """gunicorn in this process, so that the server and the embedded database end together."""

    def __init__(self, options: dict[str, object]) -> None:
        self._options = options
        super().__init__()

    def load_config(self) -> None:
        for name, value in self._options.items():
            self.cfg.set(name, value)

    def load(self) -> WSGIApplication:
        from smsreports.wsgi import application

        return application


def run_server(bind: str, workers: int) -> None:
    """Serve until a signal stops the process. The workers keep their metrics in a folder that is deleted at the end."""
    folder = mkdtemp(prefix="smsreports-counts-", dir=_find_memory_folder())
    os.environ[SHARED_FOLDER_VARIABLE] = folder
    Gunicorn(build_configuration(bind, workers) | _build_hooks(folder)).run()


def build_configuration(bind: str, workers: int) -> dict[str, object]:
    """Return gunicorn's settings."""
    return {
        "bind": bind,
        "workers": workers,
        "worker_class": "smsreports.serving.worker.Worker",
        "threads": THREADS,
        # Per worker. With database connections and files this stays below the usual limit of 1,024 descriptors.
        "worker_connections": 800,
        # Seconds until an idle connection is closed. Clients and proxies close theirs earlier; otherwise they would
        # send a request into a connection that has just been closed. An idle connection costs a socket and no thread.
        "keepalive": 75,
        # A worker ends by itself after STOP_SECONDS. If it does not, it is killed.
        "graceful_timeout": settings.STOP_SECONDS + 5,
        # Workers are not replaced after some number of requests: their memory does not grow, and a replacement would
        # break an export that lasts longer than STOP_SECONDS.
        "max_requests": 0,
        "worker_tmp_dir": _find_memory_folder(),
        "proc_name": "smsreports",
        # `smsreports.telemetry` writes a line for each request. gunicorn's would contain telephone numbers.
        "accesslog": None,
        "logger_class": Log,
        "loglevel": settings.LOG_LEVEL.lower(),
        # The largest values that gunicorn's parser allows.
        "limit_request_line": MAX_LINE_BYTES,
        "limit_request_field_size": MAX_LINE_BYTES,
        # No header sets the WSGI environment or the scheme. The headers of proxies are read by the application.
        "forwarder_headers": "",
        "forwarded_allow_ips": "",
        "secure_scheme_headers": {},
        # Files are sent like other responses, so that a slow client blocks no thread.
        "sendfile": False,
        # The control socket would be in the user's home folder.
        "control_socket_disable": True,
    }


def _build_hooks(folder: str) -> dict[str, object]:
    """Return gunicorn's server hooks. Workers call the first two, this process the others."""

    def on_exit(arbiter: object) -> None:
        rmtree(folder, ignore_errors=True)

    return {
        "post_worker_init": _create_metrics,
        "post_request": _end_request,
        "child_exit": _remove_worker_gauges,
        "on_exit": on_exit,
    }


def _create_metrics(worker: object) -> None:
    get_metrics()


def _end_request(worker: object, request: object, environ: object, response: object) -> None:
    request_context.end_request()


def _remove_worker_gauges(arbiter: object, worker: Worker) -> None:
    """Remove the gauges of a worker that has ended, such as requests in progress. Its counters stay."""
    from prometheus_client.multiprocess import mark_process_dead

    mark_process_dead(worker.pid, os.environ[SHARED_FOLDER_VARIABLE])  # type: ignore[no-untyped-call]


def _find_memory_folder() -> str | None:
    """Return the folder in memory; None, which means the usual temporary folder, if no file can be written to it."""
    try:
        with TemporaryFile(dir=MEMORY_FOLDER):
            return MEMORY_FOLDER
    except OSError:
        return None
