"""Faults of PostgreSQL, the server and its clients. Each function returns whether it could inject its fault."""

import os
import random
import signal
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psycopg

from smsreports.embedded_postgres.server import ServerStatus
from tests.faults.deployment import Deployment
from tests.faults.downloads import Download
from tests.faults.exporters import Exporter
from tests.faults.loaders import FileLoader
from tests.faults.outcome import Outcome

# Ranges of seconds for which processes are stopped, a client reads one byte a second, and PostgreSQL is down.
PAUSE_SECONDS, SLOW_SECONDS, DOWNTIME_SECONDS = (0.2, 3.0), (2.0, 12.0), (0.0, 0.5)
# Seconds for which the disk is full at most, unless a load is refused earlier.
MAX_FULL_SECONDS = 4.0
OTHER_BACKENDS_SQL = "SELECT pid FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND backend_type"
COPY_BACKENDS_SQL = "FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND query LIKE 'COPY (SELECT%%'"


@dataclass(frozen=True)
class FaultContext:
    """Deployment under test, its clients, and the random generator of the run."""

    deployment: Deployment
    outcome: Outcome
    rng: random.Random
    exporters: Sequence[Exporter]
    file_loaders: Sequence[FileLoader]
    # Seconds in which the server must serve lists again.
    max_recovery: float

    def pids(self, query: str) -> list[int]:
        """Return the process ids that `query` selects; none while PostgreSQL is down."""
        try:
            return [int(str(pid)) for (pid,) in self.deployment.place.query(query)]
        except psycopg.OperationalError:
            return []

    def downloads(self) -> list[Download]:
        """Return the downloads that have received bytes."""
        downloads = [exporter.download for exporter in self.exporters]
        return [download for download in downloads if download is not None and download.bytes_read]

    def worker_pids(self) -> list[int]:
        master = self.deployment.server.pid
        return [int(pid) for pid in Path(f"/proc/{master}/task/{master}/children").read_text().split()]


Fault = Callable[[FaultContext], bool]


def kill_postgres(context: FaultContext) -> bool:
    """Kill the first process, with which the others end, and start PostgreSQL again."""
    postgres = context.deployment.postgres
    pid = int((postgres.layout.postgres / "postmaster.pid").read_text().splitlines()[0])
    os.kill(pid, signal.SIGKILL)
    time.sleep(context.rng.uniform(*DOWNTIME_SECONDS))
    postgres.start()
    return True


def restart_postgres(context: FaultContext) -> bool:
    context.deployment.postgres.stop()
    time.sleep(context.rng.uniform(*DOWNTIME_SECONDS))
    context.deployment.postgres.start()
    return True


def kill_backend(context: FaultContext) -> bool:
    """Kill the backend of a client: PostgreSQL ends all the others too, and recovers by itself."""
    backends = context.pids(f"{OTHER_BACKENDS_SQL} = 'client backend'")
    return bool(backends) and _send_signal([context.rng.choice(backends)], signal.SIGKILL)


def pause_backends(context: FaultContext) -> bool:
    """Stop the backends of clients for a while, as on an overloaded machine."""
    return _pause_processes(context, f"{OTHER_BACKENDS_SQL} = 'client backend'")


def pause_writers(context: FaultContext) -> bool:
    """Stop the processes that write to the disk, as if the disk were slow."""
    return _pause_processes(context, f"{OTHER_BACKENDS_SQL} IN ('checkpointer', 'walwriter', 'background writer')")


def terminate_export(context: FaultContext) -> bool:
    """Terminate the backend of an export in the middle of its COPY."""
    return bool(
        context.pids(f"SELECT pid FROM (SELECT pid {COPY_BACKENDS_SQL} LIMIT 1) x WHERE pg_terminate_backend(pid)")
    )


def disconnect_client(context: FaultContext) -> bool:
    return _disconnect(context, resets=False)


def reset_client(context: FaultContext) -> bool:
    return _disconnect(context, resets=True)


def slow_client(context: FaultContext) -> bool:
    """Let a client read one byte a second, for less or more time than the server waits."""
    downloads = context.downloads()
    for download in downloads[:1]:
        download.slow_down(context.rng.uniform(*SLOW_SECONDS))
    return bool(downloads)


def kill_worker(context: FaultContext) -> bool:
    workers = context.worker_pids()
    return bool(workers) and _send_signal([context.rng.choice(workers)], signal.SIGKILL)


def stop_worker(context: FaultContext) -> bool:
    """Stop one of the workers gracefully: it finishes its responses while the other one serves."""
    workers = context.worker_pids()
    if len(workers) < 2:
        return False
    chosen = context.rng.choice(workers)
    if not _send_signal([chosen], signal.SIGTERM):
        return False
    # Wait, because to stop the next one too would be a stop of the service.
    while chosen in context.worker_pids():
        time.sleep(0.05)
    return True


def kill_loader(context: FaultContext) -> bool:
    processes = [loader.process for loader in context.file_loaders]
    running = [process for process in processes if process is not None and process.poll() is None]
    for process in running:
        process.kill()
    return bool(running)


def fill_disk(context: FaultContext) -> bool:
    """Fill the disk until a load is refused because of it."""
    disk, done = context.deployment.disk, context.outcome.done
    if disk is None or not disk.fill():
        return False
    before = done[REFUSED_LOADS]
    try:
        deadline = time.monotonic() + MAX_FULL_SECONDS
        while done[REFUSED_LOADS] == before and time.monotonic() < deadline:
            time.sleep(0.05)
    finally:
        disk.clear()
    return done[REFUSED_LOADS] > before


REFUSED_LOADS = "loads answered 503"
FAULTS: Mapping[str, Fault] = {
    "PostgreSQL killed": kill_postgres,
    "PostgreSQL restarted": restart_postgres,
    "a backend killed": kill_backend,
    "backends stopped for a while": pause_backends,
    "checkpointer and writers stopped for a while": pause_writers,
    "an export's backend terminated": terminate_export,
    "a client left midway": disconnect_client,
    "a client's connection reset": reset_client,
    "a client read one byte a second": slow_client,
    "a worker killed": kill_worker,
    "a worker stopped gracefully": stop_worker,
    "a loader killed": kill_loader,
    "the disk full": fill_disk,
}


def is_postgres_running(deployment: Deployment) -> bool:
    return deployment.postgres.status() is ServerStatus.RUNNING


def _disconnect(context: FaultContext, *, resets: bool) -> bool:
    downloads = context.downloads()
    if downloads:
        context.rng.choice(downloads).disconnect(resets=resets)
    return bool(downloads)


def _pause_processes(context: FaultContext, query: str) -> bool:
    with _stopped_processes(context.pids(query)) as pids:
        if pids:
            time.sleep(context.rng.uniform(*PAUSE_SECONDS))
        return bool(pids)


@contextmanager
def _stopped_processes(pids: Sequence[int]) -> Iterator[Sequence[int]]:
    try:
        _send_signal(pids, signal.SIGSTOP)
        yield pids
    finally:
        _send_signal(pids, signal.SIGCONT)


def _send_signal(pids: Sequence[int], number: signal.Signals) -> bool:
    """Send a signal to the processes; return whether one of them still existed."""
    was_sent = False
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, number)
            was_sent = True
    return was_sent
