"""Shipped server in a process of its own, as `manage.py serve` configures it."""

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
from tests.benchmarks.databases import ROOT

# Seconds from the start of the process to its first answer, and from the signal to its end.
START_SECONDS, STOP_SECONDS = 60, 60
POLL_SECONDS = 0.1
# Default of `manage.py serve`.
SHIPPED_WORKERS = os.cpu_count() or 1
# Between two samples of the memory; reading one takes about a millisecond.
SAMPLE_SECONDS = 0.05


@dataclass(frozen=True)
class BenchmarkServer:
    """Running server on `port`; `process` is the process id of gunicorn's arbiter."""

    port: int
    process: int

    def memory(self) -> int | None:
        """Return the proportional set size of the workers in bytes, or None without /proc."""
        try:
            return sum(_read_pss(worker) for worker in self._workers())
        except OSError:
            return None

    def _workers(self) -> list[int]:
        children = Path(f"/proc/{self.process}/task/{self.process}/children").read_text()
        return [int(child) for child in children.split()]


def _read_pss(process: int) -> int:
    for line in Path(f"/proc/{process}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1024
    raise OSError(f"/proc/{process}/smaps_rollup has no Pss")


@contextmanager
def run_server(health_path: str, workers: int, **environment: str) -> Iterator[BenchmarkServer]:
    """Run the server with additional `environment`; yield it once `health_path` responds."""
    port = _free_port()
    process = subprocess.Popen(
        [sys.executable, "manage.py", "serve", "--port", str(port), "--workers", str(workers)],
        cwd=ROOT,
        # The access log is part of what is measured, and is discarded.
        env=os.environ | environment,
        stdout=sys.stderr,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait_until_ready(process, port, health_path)
        yield BenchmarkServer(port, process.pid)
    finally:
        process.terminate()
        process.wait(STOP_SECONDS)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def _wait_until_ready(process: subprocess.Popen[bytes], port: int, health_path: str) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and process.poll() is None:
        try:
            client.timed_get(port, health_path)
        except (OSError, HTTPException):
            time.sleep(POLL_SECONDS)
        else:
            return
    raise RuntimeError("The server did not start; its output is above.")


@contextmanager
def sample_memory(server: BenchmarkServer) -> Iterator[list[int]]:
    """Yield a list that receives the workers' memory in bytes, sampled while the body of the `with` runs."""
    samples: list[int] = []
    is_over = Event()

    def sample() -> None:
        while not is_over.wait(SAMPLE_SECONDS):
            if (memory := server.memory()) is not None:
                samples.append(memory)

    thread = Thread(target=sample)
    thread.start()
    try:
        yield samples
    finally:
        is_over.set()
        thread.join()
