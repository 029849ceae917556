"""A real gunicorn, started as `manage.py serve` starts it, on the test database; and a client that reads slowly."""

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
STOP = 60
PROGRAM = (sys.executable, "manage.py")
# What a server says whose port is taken.
TAKEN = "in use"
# What a slow reader's kernel takes in ahead of it.
SMALL_WINDOW = 64 * 1024
# Nobody listens at this port.
NO_DATABASE = f"postgres://nobody@{HOST}:1/nothing"


@dataclass(frozen=True)
class Server:
    """A gunicorn with one worker; `log` is what it wrote."""

    port: int
    pid: int
    log: Path

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"

    def metric(self, name: str, **labels: str) -> float:
        """The sum of what is counted under this name with these labels.

        A request is counted after its answer, so wait until all that were answered are: then only this one is open.
        """
        within(SOON, lambda: self._sum("smsreports_requests_under_way", {}) == 1)
        return self._sum(name, labels)

    def _sum(self, name: str, labels: Mapping[str, str]) -> float:
        text = requests.get(f"{self.url}/metrics", timeout=SOON).text
        samples = (sample for family in text_string_to_metric_families(text) for sample in family.samples)
        return sum(found.value for found in samples if found.name == name and labels.items() <= found.labels.items())

    def memory(self) -> int:
        """Bytes of memory that the worker holds; Linux tells."""
        return self._memory("VmRSS")

    def peak(self) -> int:
        """The most that it held since `forget_peak`."""
        return self._memory("VmHWM")

    def forget_peak(self) -> None:
        Path(f"/proc/{self.worker()}/clear_refs").write_text("5")

    def _memory(self, field: str) -> int:
        status = Path(f"/proc/{self.worker()}/status").read_text()
        return int(status.split(f"{field}:")[1].split()[0]) * 1024

    def worker(self) -> int:
        """The process id of the one worker; Linux tells."""
        return self.workers()[0]

    def workers(self) -> list[int]:
        """The process ids of the workers; none of a server that has ended."""
        try:
            return [int(pid) for pid in Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()]
        except FileNotFoundError:
            return []


class SlowReader:
    """A client that takes in no more than it is told to; what it does not read, the server cannot send."""

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

    def leave(self) -> None:
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
        process.wait(STOP)


def database_url() -> str:
    """The test database as a subprocess is told of it."""
    known = {name: quote(str(value), safe="") for name, value in connection.settings_dict.items()}
    options = urlencode(connection.settings_dict.get("OPTIONS") or {})
    who = f"{known['USER']}:{known['PASSWORD']}" if known.get("PASSWORD") else known["USER"]
    where = f"{known['HOST']}:{known['PORT']}" if known.get("PORT") else known["HOST"]
    return f"postgres://{who}@{where}/{known['NAME']}?{options}".rstrip("?")


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
    """Start a server that answers, on another port where somebody else took the first one in between."""
    named = {"SMSREPORTS_MODE": "local", "SECRET_KEY": settings.SECRET_KEY, "DEBUG": "off"}
    while True:
        port = _free_port()
        command = [*program, "serve", "--port", str(port), "--workers", str(workers)]
        with log.open("wb") as output:
            process = subprocess.Popen(
                command,
                cwd=folder or settings.BASE_DIR,
                env={**os.environ, **named, **environment},
                stdout=output,
                stderr=output,
                process_group=process_group,
            )
        server = Server(port, process.pid, log)
        try:
            within(SOON, partial(_has_begun, server, process))
        except BaseException:
            process.kill()
            raise
        if process.poll() is None and TAKEN not in log.read_text():
            return server, process
        process.terminate()
        process.wait(STOP)
        assert TAKEN in log.read_text(), log.read_text()


def _has_begun(server: Server, process: subprocess.Popen[bytes]) -> bool:
    """Return whether it answers, has ended, or has found its port taken."""
    if process.poll() is not None or TAKEN in server.log.read_text():
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
    """A server whose database is gone."""
    with serving(tmp_path_factory.mktemp("without") / "log", DATABASE_URL=NO_DATABASE) as server:
        yield server
