"""A real gunicorn, started by `manage.py serve`, on the test database; and a client that reads slowly."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from http.client import HTTPConnection
from pathlib import Path
from types import MappingProxyType
from urllib.parse import quote, urlencode

import pytest
import requests
from django.conf import settings
from django.db import connection
from prometheus_client.parser import text_string_to_metric_families

from tests.waiting import SOON, within

HOST = "127.0.0.1"
# Seconds that a stop may take on a busy machine.
STOP_SECONDS = 60
PROGRAM = (sys.executable, "manage.py")
# Part of a server's message if its port is in use.
PORT_IN_USE = "in use"
# Receive buffer of a slow reader.
SMALL_WINDOW = 64 * 1024
# Nothing listens on this port.
NO_DATABASE = f"postgres://nobody@{HOST}:1/nothing"


@dataclass(frozen=True)
class Server:
    """Running gunicorn; `log` is the file with its output."""

    port: int
    pid: int
    log: Path

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"

    def metric(self, name: str, **labels: str) -> float:
        """Return the sum of all samples of this name with these labels.

        A request is counted after its response. So first wait until the only request in progress is the one that reads
        the metrics.
        """
        within(SOON, lambda: self._sum("smsreports_requests_under_way", {}) == 1)
        return self._sum(name, labels)

    def _sum(self, name: str, labels: Mapping[str, str]) -> float:
        text = requests.get(f"{self.url}/metrics", timeout=SOON).text
        samples = (sample for family in text_string_to_metric_families(text) for sample in family.samples)
        return sum(
            sample.value for sample in samples if sample.name == name and labels.items() <= sample.labels.items()
        )

    def memory(self) -> int:
        """Return the bytes of memory of the worker, from /proc."""
        return self._memory("VmRSS")

    def peak_memory(self) -> int:
        """Return the most bytes of memory since `forget_peak`."""
        return self._memory("VmHWM")

    def reset_peak_memory(self) -> None:
        Path(f"/proc/{self.worker()}/clear_refs").write_text("5")

    def _memory(self, field: str) -> int:
        status = Path(f"/proc/{self.worker()}/status").read_text()
        return int(status.split(f"{field}:")[1].split()[0]) * 1024

    def worker(self) -> int:
        """Return the process id of the only worker."""
        return self.workers()[0]

    def workers(self) -> list[int]:
        """Return the process ids of the workers, from /proc; none if the server has ended."""
        try:
            return [int(pid) for pid in Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()]
        except FileNotFoundError:
            return []


class SlowReader:
    """Client that receives no more than it reads. The server cannot send the rest."""

    def __init__(self, server: Server, path: str, key: str, headers: Mapping[str, str] = MappingProxyType({})) -> None:
        self._connection = HTTPConnection(HOST, server.port, timeout=SOON)
        self._connection.sock = socket.socket()
        self._connection.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL_WINDOW)
        self._connection.sock.settimeout(SOON)
        self._connection.sock.connect((HOST, server.port))
        self._connection.request("GET", path, headers={"X-API-Key": key, **headers})
        self._answer = self._connection.getresponse()
        self.headers = self._answer.headers

    def read(self, size: int | None = None) -> bytes:
        return self._answer.read(size)

    def close(self) -> None:
        self._answer.close()
        self._connection.close()


@contextmanager
def serving(
    log: Path,
    workers: int = 1,
    program: Sequence[str] = PROGRAM,
    folder: Path | None = None,
    /,
    **environment: str,
) -> Iterator[Server]:
    server, process = start_server(log, workers, program, folder, environment)
    try:
        yield server
    finally:
        process.terminate()
        process.wait(STOP_SECONDS)


def database_url() -> str:
    """Return the DATABASE_URL of the test database, for a subprocess."""
    quoted = {name: quote(str(value), safe="") for name, value in connection.settings_dict.items()}
    options = urlencode(connection.settings_dict.get("OPTIONS") or {})
    user = f"{quoted['USER']}:{quoted['PASSWORD']}" if quoted.get("PASSWORD") else quoted["USER"]
    address = f"{quoted['HOST']}:{quoted['PORT']}" if quoted.get("PORT") else quoted["HOST"]
    return f"postgres://{user}@{address}/{quoted['NAME']}?{options}".rstrip("?")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
    return port


def start_server(
    log: Path,
    workers: int,
    program: Sequence[str] = PROGRAM,
    folder: Path | None = None,
    environment: Mapping[str, str] = MappingProxyType({}),
    process_group: int | None = None,
) -> tuple[Server, subprocess.Popen[bytes]]:
    """Start a server and wait until it answers. If its port is in use by then, try another one."""
    variables = {"SMSREPORTS_MODE": "local", "SECRET_KEY": settings.SECRET_KEY, "DEBUG": "off"}
    while True:
        port = _free_port()
        command = [*program, "serve", "--port", str(port), "--workers", str(workers)]
        with log.open("wb") as output:
            process = subprocess.Popen(
                command,
                cwd=folder or settings.BASE_DIR,
                env={**os.environ, **variables, **environment},
                stdout=output,
                stderr=output,
                process_group=process_group,
            )
        server = Server(port, process.pid, log)
        try:
            within(SOON, partial(_has_started_or_failed, server, process))
        except BaseException:
            process.kill()
            raise
        if process.poll() is None and PORT_IN_USE not in log.read_text():
            return server, process
        process.terminate()
        process.wait(STOP_SECONDS)
        assert PORT_IN_USE in log.read_text(), log.read_text()


def _has_started_or_failed(server: Server, process: subprocess.Popen[bytes]) -> bool:
    """Return True if the server answers, has ended, or has found its port in use."""
    if process.poll() is not None or PORT_IN_USE in server.log.read_text():
        return True
    try:
        requests.get(f"{server.url}/healthz", timeout=5)
    except requests.RequestException:
        return False
    return True


@pytest.fixture(scope="session")
def gunicorn(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("gunicorn") / "log", DATABASE_URL=database_url()) as server:
        yield server


@pytest.fixture(scope="session")
def without_database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Server without a database."""
    with serving(tmp_path_factory.mktemp("without") / "log", DATABASE_URL=NO_DATABASE) as server:
        yield server
