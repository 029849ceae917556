"""The shipped server as a process of its own: one worker, as `manage.py serve` configures it."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from threading import Event, Thread

from tests.benchmarks import client
from tests.benchmarks.place import ROOT

# Seconds from the start of the process to its first answer, and from the signal to its end.
START_SECONDS, STOP_SECONDS = 60, 60
POLL_SECONDS = 0.1
# What `manage.py serve` starts by itself.
SHIPPED_WORKERS = os.cpu_count() or 1
# Between two looks at the memory: an export of seconds is seen often, and reading costs about a millisecond.
LOOK_SECONDS = 0.05


@dataclass(frozen=True)
class Served:
    """A server that answers on `port`; `process` is gunicorn's arbiter."""

    port: int
    process: int

    def memory(self) -> int | None:
        """Bytes that the workers hold; pages shared between processes count in parts. None without /proc."""
        try:
            return sum(_proportional(worker) for worker in self._workers())
        except OSError:
            return None

    def _workers(self) -> list[int]:
        children = Path(f"/proc/{self.process}/task/{self.process}/children").read_text()
        return [int(child) for child in children.split()]


def _proportional(process: int) -> int:
    for line in Path(f"/proc/{process}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1024
    raise OSError(f"/proc/{process}/smaps_rollup has no Pss")


@contextmanager
def serving(alive: str, workers: int, **environment: str) -> Iterator[Served]:
    """The server with `environment` on top of ours, from when the path `alive` is answered."""
    port = _free_port()
    process = subprocess.Popen(
        [sys.executable, "manage.py", "serve", "--port", str(port), "--workers", str(workers)],
        cwd=ROOT,
        # A line for every request is part of what is shipped, and of no interest here.
        env=os.environ | environment,
        stdout=sys.stderr,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait(process, port, alive)
        yield Served(port, process.pid)
    finally:
        process.terminate()
        process.wait(STOP_SECONDS)


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
    return port


def _wait(process: subprocess.Popen[bytes], port: int, alive: str) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and process.poll() is None:
        try:
            client.get(port, alive)
        except (OSError, HTTPException):
            time.sleep(POLL_SECONDS)
        else:
            return
    raise RuntimeError("The server did not start; its own words are above.")


@contextmanager
def watched(served: Served) -> Iterator[list[int]]:
    """What the workers held, in bytes, look after look while the body of the `with` runs."""
    looks: list[int] = []
    over = Event()

    def look() -> None:
        while not over.wait(LOOK_SECONDS):
            if (held := served.memory()) is not None:
                looks.append(held)

    thread = Thread(target=look)
    thread.start()
    try:
        yield looks
    finally:
        over.set()
        thread.join()
