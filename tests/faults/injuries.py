"""What is done to PostgreSQL, to the server and to its clients; each says whether there was anything to do it to."""

import os
import random
import signal
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psycopg

from smsreports.embedded_postgres.server import Status
from tests.faults.downloads import Download
from tests.faults.exporters import Exporter
from tests.faults.loaders import ByFile
from tests.faults.told import Told
from tests.faults.world import World

# Seconds for which PostgreSQL's processes stand still, a client reads a byte a second, and nobody starts PostgreSQL.
STANDSTILL, DRIP, DOWN = (0.2, 3.0), (2.0, 12.0), (0.0, 0.5)
# Seconds for which the disk is full at most; at least one load is refused in between.
FULL = 4.0
OTHERS = "SELECT pid FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND backend_type"
COPYING = "FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND query LIKE 'COPY (SELECT%%'"


@dataclass(frozen=True)
class Scene:
    """Where something is broken, and who is at work there."""

    world: World
    told: Told
    rng: random.Random
    exporters: Sequence[Exporter]
    files: Sequence[ByFile]
    # Seconds in which the server must answer again.
    recovery: float

    def pids(self, query: str) -> list[int]:
        """None while PostgreSQL does not answer."""
        try:
            return [int(str(pid)) for (pid,) in self.world.place.ask(query)]
        except psycopg.OperationalError:
            return []

    def downloads(self) -> list[Download]:
        """Those that have begun to come."""
        found = [exporter.download for exporter in self.exporters]
        return [download for download in found if download is not None and download.got]

    def workers(self) -> list[int]:
        master = self.world.server.pid
        return [int(pid) for pid in Path(f"/proc/{master}/task/{master}/children").read_text().split()]


Injury = Callable[[Scene], bool]


def postgres_killed(scene: Scene) -> bool:
    """Its first process; the others go by themselves. Then whoever looks after it starts it again."""
    postgres = scene.world.postgres
    pid = int((postgres.layout.postgres / "postmaster.pid").read_text().splitlines()[0])
    os.kill(pid, signal.SIGKILL)
    time.sleep(scene.rng.uniform(*DOWN))
    postgres.start()
    return True


def postgres_restarted(scene: Scene) -> bool:
    scene.world.postgres.stop()
    time.sleep(scene.rng.uniform(*DOWN))
    scene.world.postgres.start()
    return True


def backend_killed(scene: Scene) -> bool:
    """One that serves somebody: PostgreSQL ends all the others too, and recovers by itself."""
    serving = scene.pids(f"{OTHERS} = 'client backend'")
    return bool(serving) and _signalled([scene.rng.choice(serving)], signal.SIGKILL)


def backends_stopped(scene: Scene) -> bool:
    """Those that serve somebody stand still for a while, as on a machine that has no time for them."""
    return _stands_still(scene, f"{OTHERS} = 'client backend'")


def writers_stopped(scene: Scene) -> bool:
    """Those that write to the disk, as if that were slow."""
    return _stands_still(scene, f"{OTHERS} IN ('checkpointer', 'walwriter', 'background writer')")


def export_terminated(scene: Scene) -> bool:
    """The connection by which rows come is gone, midway."""
    return bool(scene.pids(f"SELECT pid FROM (SELECT pid {COPYING} LIMIT 1) x WHERE pg_terminate_backend(pid)"))


def client_left(scene: Scene) -> bool:
    return _told_to_leave(scene, resets=False)


def client_reset(scene: Scene) -> bool:
    return _told_to_leave(scene, resets=True)


def client_drips(scene: Scene) -> bool:
    """It reads a byte a second, longer than the server waits for it, or less long."""
    under_way = scene.downloads()
    for download in under_way[:1]:
        download.slow_down(scene.rng.uniform(*DRIP))
    return bool(under_way)


def worker_killed(scene: Scene) -> bool:
    workers = scene.workers()
    return bool(workers) and _signalled([scene.rng.choice(workers)], signal.SIGKILL)


def worker_told_to_stop(scene: Scene) -> bool:
    """It ends its answers, for as long as it may, while the other one serves."""
    workers = scene.workers()
    if len(workers) < 2:
        return False
    chosen = scene.rng.choice(workers)
    if not _signalled([chosen], signal.SIGTERM):
        return False
    # The next one to be told would leave nobody; that is a stop of the service.
    while chosen in scene.workers():
        time.sleep(0.05)
    return True


def loader_killed(scene: Scene) -> bool:
    running = [file.process for file in scene.files if file.process is not None and file.process.poll() is None]
    for process in running:
        process.kill()
    return bool(running)


def disk_full(scene: Scene) -> bool:
    """Until a load was refused for it."""
    disk, done = scene.world.disk, scene.told.done
    if disk is None or not disk.fill():
        return False
    before = done[REFUSED_LOADS]
    try:
        deadline = time.monotonic() + FULL
        while done[REFUSED_LOADS] == before and time.monotonic() < deadline:
            time.sleep(0.05)
    finally:
        disk.clear()
    return done[REFUSED_LOADS] > before


REFUSED_LOADS = "loads answered 503"
INJURIES: Mapping[str, Injury] = {
    "PostgreSQL killed": postgres_killed,
    "PostgreSQL restarted": postgres_restarted,
    "a backend killed": backend_killed,
    "backends stopped for a while": backends_stopped,
    "checkpointer and writers stopped for a while": writers_stopped,
    "an export's backend terminated": export_terminated,
    "a client left midway": client_left,
    "a client's connection reset": client_reset,
    "a client read one byte a second": client_drips,
    "a worker killed": worker_killed,
    "a worker told to stop": worker_told_to_stop,
    "a loader killed": loader_killed,
    "the disk full": disk_full,
}


def is_up(world: World) -> bool:
    return world.postgres.status() is Status.RUNNING


def _told_to_leave(scene: Scene, *, resets: bool) -> bool:
    under_way = scene.downloads()
    if under_way:
        scene.rng.choice(under_way).leave(resets=resets)
    return bool(under_way)


def _stands_still(scene: Scene, query: str) -> bool:
    with _stopped(scene.pids(query)) as pids:
        if pids:
            time.sleep(scene.rng.uniform(*STANDSTILL))
        return bool(pids)


@contextmanager
def _stopped(pids: Sequence[int]) -> Iterator[Sequence[int]]:
    try:
        _signalled(pids, signal.SIGSTOP)
        yield pids
    finally:
        _signalled(pids, signal.SIGCONT)


def _signalled(pids: Sequence[int], what: signal.Signals) -> bool:
    """Whether one of them was still there."""
    there = False
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, what)
            there = True
    return there
