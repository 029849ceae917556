"""Kill loads with SIGKILL at random moments, and compare the final tables with the loaded files."""

import json
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import psycopg
from django.conf import settings

from smsreports.embedded_postgres.server import Server
from tests.ingest.conftest import NOON, Record, action, broadcast, click, message, receipt, send
from tests.server import serving

# Seconds that a load may take on a busy machine, with a recovery of the database before it.
LOAD_TIMEOUT = 300
# Earliest kill, as a share of the duration of a whole load: before that Python has not started.
EARLIEST_KILL = 0.3
# A pair is a message, a send and the events of both.
LINES_PER_PAIR, EVENTS_PER_PAIR = 9, 7
MESSAGES_PER_REQUEST = 3
# Pairs per file of the long run: two batches of lines.
PAIRS_PER_FILE = 1500
# Attempts to complete a load, one second apart: the database may still recover from the last kill.
MAX_TRIES = 30


@dataclass(frozen=True)
class LoadTarget:
    """A migrated database: the environment of manage.py, and the connection string of libpq."""

    environment: Mapping[str, str]
    conninfo: str

    def start_load(self, file: Path) -> "subprocess.Popen[str]":
        """Start loading a file. The process prints the number of accepted lines."""
        return self.manage("import_traffic", "--create-accounts", str(file))

    def manage(self, *arguments: str) -> "subprocess.Popen[str]":
        return self.start_python("manage.py", *arguments)

    def start_python(self, *arguments: str) -> "subprocess.Popen[str]":
        environment = {"PATH": os.environ["PATH"], "SMSREPORTS_MODE": "local", "SECRET_KEY": settings.SECRET_KEY}
        return subprocess.Popen(
            [sys.executable, *arguments],
            cwd=settings.BASE_DIR,
            env=environment | dict(self.environment),
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def query(self, query: str, *params: object) -> list[tuple[object, ...]]:
        with psycopg.connect(self.conninfo) as connection:
            return connection.execute(query.encode(), params).fetchall()


@dataclass(frozen=True)
class HttpLoadTarget(LoadTarget):
    """A database behind a server, with an API key that may write."""

    url: str
    key: str

    def start_load(self, file: Path) -> "subprocess.Popen[str]":
        return self.start_python("-m", "tests.ingest.post_file", self.url, self.key, str(file))


# Kills a process that takes part in a running load, and returns True if there was one.
Kill = Callable[[LoadTarget, "subprocess.Popen[str]"], bool]


def kill_loader(target: LoadTarget, process: "subprocess.Popen[str]") -> bool:
    process.kill()
    return True


def kill_backends(target: LoadTarget, process: "subprocess.Popen[str]") -> bool:
    """Kill PostgreSQL's backends of clients. PostgreSQL then ends its other processes and recovers by itself."""
    others = "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
    try:
        pids = [int(str(pid)) for (pid,) in target.query(others)]
    except psycopg.OperationalError:
        # It has not recovered from the last kill yet.
        return False
    return any(_kill_process(pid) for pid in pids)


def make_postmaster_kill(data: Path) -> Kill:
    """Return a kill of PostgreSQL's postmaster. The server stays down until it is started again."""

    def kill(target: LoadTarget, process: "subprocess.Popen[str]") -> bool:
        with suppress(FileNotFoundError):
            return _kill_process(int((data / "postmaster.pid").read_text().splitlines()[0]))
        return False

    return kill


def make_worker_kill(master: int) -> Kill:
    """Return a kill of gunicorn's workers. The master starts new ones."""

    def kill(target: LoadTarget, process: "subprocess.Popen[str]") -> bool:
        children = Path(f"/proc/{master}/task/{master}/children").read_text().split()
        return any(_kill_process(int(pid)) for pid in children)

    return kill


def _kill_process(pid: int) -> bool:
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
        return True
    return False


@dataclass(frozen=True)
class Traffic:
    """Shuffled lines of `pairs` of a message and a send, with all their events."""

    mark: str
    pairs: int

    @property
    def lines(self) -> int:
        return self.pairs * LINES_PER_PAIR + 1

    def records(self) -> Iterator[Record]:
        promo = f"{self.mark}promo"
        yield broadcast(promo)
        for number in range(self.pairs):
            own, carrier, sent = (f"{self.mark}{kind}-{number}" for kind in "mcs")
            yield message(
                own, message_id=carrier, request_id=f"{self.mark}r-{number // MESSAGES_PER_REQUEST}", cost="0.01"
            )
            yield send(sent, broadcast=promo, cost="0.02")
            yield receipt(client_message_id=own, status="sent", at=NOON)
            yield receipt(message_id=carrier)
            yield receipt(message_id=carrier, status="EXPIRED")
            yield receipt(message_id=sent)
            yield click(sent)
            yield click(sent, at="2026-02-13T13:00:00Z")
            yield action(sent)

    def write_file(self, folder: Path, rng: random.Random) -> Path:
        records = list(self.records())
        rng.shuffle(records)
        file = folder / f"{self.mark}traffic.ndjson"
        file.write_text("".join(f"{json.dumps(record)}\n" for record in records))
        return file

    def find_differences(self, target: LoadTarget) -> Iterator[str]:
        """Yield a text for each query whose result differs: rows are missing, duplicated or wrong."""
        requests = -(-self.pairs // MESSAGES_PER_REQUEST)
        expected: dict[str, tuple[object, ...]] = {
            "SELECT count(*), count(*) FILTER (WHERE heads_request), count(DISTINCT request_key)"
            " FROM messages_app_message WHERE client_message_id LIKE %s AND status = 'DELIVRD'"
            " AND sent_at IS NOT NULL": (self.pairs, requests, requests),
            "SELECT count(*), sum(click_count), sum(action_count) FROM broadcasts_app_broadcastsend"
            " WHERE message_id LIKE %s AND status = 'DELIVRD'": (self.pairs, 2 * self.pairs, self.pairs),
            "SELECT count(*), count(*) FILTER (WHERE waits), 0 FROM ingest_event WHERE reference LIKE %s": (
                self.pairs * EVENTS_PER_PAIR,
                0,
                0,
            ),
        }
        for query, expected_row in expected.items():
            [row] = target.query(query, f"{self.mark}%")
            if row != expected_row:
                yield f"{self.mark}: {row} instead of {expected_row} of {query}"


@dataclass
class KillReport:
    """Number of kills by name, and failures found afterwards."""

    kills: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)


def kill_loads(
    target: LoadTarget, folder: Path, kills: Mapping[str, Kill], *, times: int, pairs: int, seed: int
) -> KillReport:
    """Kill loads of files, `times` in all. Each file is loaded until it is complete."""
    report, rng = KillReport(), random.Random(seed)
    started = time.monotonic()
    whole = Traffic(f"{type(target).__name__} whole ", pairs)
    report.failures += complete_load(target, whole, whole.write_file(folder, rng))
    duration = time.monotonic() - started
    for number in count(1):
        if report.failures or report.kills.total() >= times:
            break
        traffic = Traffic(f"{type(target).__name__} {number} ", pairs)
        file, accepted = traffic.write_file(folder, rng), 0
        while report.kills.total() < times:
            process = target.start_load(file)
            if is_running := _is_running_after(duration * rng.uniform(EARLIEST_KILL, 1), process):
                name = rng.choice(sorted(kills))
                report.kills[name] += kills[name](target, process)
            accepted += wait_for_load(process)[0]
            if not is_running:
                break
        report.failures += complete_load(target, traffic, file, accepted)
    report.failures += wait_for_load(target.manage("verify_counters"))[1]
    return report


def kill_everything(times: int, *, seed: int) -> Iterator[KillReport]:
    """Kill loaders, a server's workers and their PostgreSQL, which is started for it like the bundled one."""
    with tempfile.TemporaryDirectory(prefix="smsreports-kills-") as folder:
        server = Server.for_data(Path(folder) / "data")
        target = LoadTarget({"SMSREPORTS_DATA": str(server.layout.data)}, server.conninfo())
        database = {"backend": kill_backends, "postmaster": make_postmaster_kill(server.layout.postgres)}
        try:
            # Hold a use of the server until the end, so that no loader that ends stops it.
            server.acquire_use()
            assert wait_for_load(target.manage("migrate", "--verbosity", "0"))[1] == []
            by_http = times // 2
            by_file = times - by_http
            yield kill_loads(
                target, Path(folder), database | {"loader": kill_loader}, times=by_file, pairs=PAIRS_PER_FILE, seed=seed
            )
            with _serve(target, Path(folder)) as (served, master):
                kills = database | {"worker": make_worker_kill(master)}
                yield kill_loads(served, Path(folder), kills, times=by_http, pairs=PAIRS_PER_FILE, seed=seed)
        finally:
            server.release_use()
            server.stop()


@contextmanager
def _serve(target: LoadTarget, folder: Path) -> Iterator[tuple[HttpLoadTarget, int]]:
    """Run a server for the database; yield its target and the server's process id."""
    key, _ = target.manage("create_api_key", "acme", "--scope", "sms.write").communicate()
    with serving(folder / "server.log", **target.environment, DATABASE_URL="") as server:
        yield HttpLoadTarget(target.environment, target.conninfo, server.url, key.strip()), server.pid


def complete_load(target: LoadTarget, traffic: Traffic, file: Path, accepted: int = 0) -> Iterator[str]:
    """Load the file to its end and yield failures. `accepted` is the number of lines accepted by earlier loads."""
    for _ in range(MAX_TRIES):
        newly_accepted, failures = wait_for_load(target.start_load(file))
        accepted += newly_accepted
        if not failures:
            break
        # PostgreSQL may be recovering, or a worker starting.
        time.sleep(1)
    yield from failures
    if accepted > traffic.lines:
        yield f"{traffic.mark}: {accepted} of {traffic.lines} lines were accepted: some twice, or lost between"
    yield from traffic.find_differences(target)


def _is_running_after(seconds: float, process: "subprocess.Popen[str]") -> bool:
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        return True
    return False


def wait_for_load(process: "subprocess.Popen[str]") -> tuple[int, list[str]]:
    """Return the number of accepted lines, and the output of a process that failed."""
    stdout, stderr = process.communicate(timeout=LOAD_TIMEOUT)
    accepted = sum(map(int, re.findall(r"^(\d+) accepted", stdout, re.MULTILINE)))
    return accepted, [stdout + stderr] if process.returncode else []
