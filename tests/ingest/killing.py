"""Kills whoever loads, with -9 and at random moments, and holds what is there in the end against what was told."""

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
PATIENCE = 300
# No kill comes earlier than this part of a whole load: Python would not have begun yet.
SOONEST = 0.3
# Each message and each send, and what is told of both.
LINES_OF_A_PAIR, EVENTS_OF_A_PAIR = 9, 7
REQUEST = 3
# Of a file in the long run: two batches of lines.
PAIRS = 1500
# Of the load that is not killed, a second apart: it may come too early after the last kill.
TRIES = 30


@dataclass(frozen=True)
class Place:
    """A migrated database: what manage.py is told to find it, and what libpq connects by."""

    environment: Mapping[str, str]
    conninfo: str

    def load(self, file: Path) -> "subprocess.Popen[str]":
        """Loads a file; what it prints says how many lines were accepted."""
        return self.manage("import_traffic", "--create-accounts", str(file))

    def manage(self, *arguments: str) -> "subprocess.Popen[str]":
        return self.python("manage.py", *arguments)

    def python(self, *arguments: str) -> "subprocess.Popen[str]":
        named = {"PATH": os.environ["PATH"], "SMSREPORTS_MODE": "local", "SECRET_KEY": settings.SECRET_KEY}
        return subprocess.Popen(
            [sys.executable, *arguments],
            cwd=settings.BASE_DIR,
            env=named | dict(self.environment),
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def ask(self, query: str, *params: object) -> list[tuple[object, ...]]:
        with psycopg.connect(self.conninfo) as connection:
            return connection.execute(query.encode(), params).fetchall()


@dataclass(frozen=True)
class Served(Place):
    """The same behind a server, with a key that may write."""

    url: str
    key: str

    def load(self, file: Path) -> "subprocess.Popen[str]":
        return self.python("-m", "tests.ingest.posting", self.url, self.key, str(file))


# Kills something of a load that runs at a place, and says whether there was anything to kill.
Kill = Callable[[Place, "subprocess.Popen[str]"], bool]


def loader(place: Place, process: "subprocess.Popen[str]") -> bool:
    process.kill()
    return True


def backend(place: Place, process: "subprocess.Popen[str]") -> bool:
    """The processes of PostgreSQL that serve somebody: all the others end too, and it recovers by itself."""
    others = "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
    try:
        serving = [int(str(pid)) for (pid,) in place.ask(others)]
    except psycopg.OperationalError:
        # It has not recovered from the last time yet.
        return False
    return any(_killed(pid) for pid in serving)


def postmaster(data: Path) -> Kill:
    """PostgreSQL's first process, for the directory of its data: it is gone until somebody starts it."""

    def kill(place: Place, process: "subprocess.Popen[str]") -> bool:
        with suppress(FileNotFoundError):
            return _killed(int((data / "postmaster.pid").read_text().splitlines()[0]))
        return False

    return kill


def worker(master: int) -> Kill:
    """The process of a gunicorn that answers; its master makes another one."""

    def kill(place: Place, process: "subprocess.Popen[str]") -> bool:
        children = Path(f"/proc/{master}/task/{master}/children").read_text().split()
        return any(_killed(int(pid)) for pid in children)

    return kill


def _killed(pid: int) -> bool:
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
        return True
    return False


@dataclass(frozen=True)
class Traffic:
    """A file of lines in no order: `pairs` of a message and a send, with everything that is told of them."""

    mark: str
    pairs: int

    @property
    def lines(self) -> int:
        return self.pairs * LINES_OF_A_PAIR + 1

    def records(self) -> Iterator[Record]:
        promo = f"{self.mark}promo"
        yield broadcast(promo)
        for number in range(self.pairs):
            own, carrier, sent = (f"{self.mark}{kind}-{number}" for kind in "mcs")
            yield message(own, message_id=carrier, request_id=f"{self.mark}r-{number // REQUEST}", cost="0.01")
            yield send(sent, broadcast=promo, cost="0.02")
            yield receipt(client_message_id=own, status="sent", at=NOON)
            yield receipt(message_id=carrier)
            yield receipt(message_id=carrier, status="EXPIRED")
            yield receipt(message_id=sent)
            yield click(sent)
            yield click(sent, at="2026-02-13T13:00:00Z")
            yield action(sent)

    def written(self, folder: Path, rng: random.Random) -> Path:
        records = list(self.records())
        rng.shuffle(records)
        file = folder / f"{self.mark}traffic.ndjson"
        file.write_text("".join(f"{json.dumps(record)}\n" for record in records))
        return file

    def differences(self, place: Place) -> Iterator[str]:
        """What of it is missing, there twice or otherwise wrong."""
        requests = -(-self.pairs // REQUEST)
        expected: dict[str, tuple[object, ...]] = {
            "SELECT count(*), count(*) FILTER (WHERE heads_request), count(DISTINCT request_key)"
            " FROM messages_app_message WHERE client_message_id LIKE %s AND status = 'DELIVRD'"
            " AND sent_at IS NOT NULL": (self.pairs, requests, requests),
            "SELECT count(*), sum(click_count), sum(action_count) FROM broadcasts_app_broadcastsend"
            " WHERE message_id LIKE %s AND status = 'DELIVRD'": (self.pairs, 2 * self.pairs, self.pairs),
            "SELECT count(*), count(*) FILTER (WHERE waits), 0 FROM ingest_event WHERE reference LIKE %s": (
                self.pairs * EVENTS_OF_A_PAIR,
                0,
                0,
            ),
        }
        for query, true in expected.items():
            [there] = place.ask(query, f"{self.mark}%")
            if there != true:
                yield f"{self.mark}: {there} instead of {true} of {query}"


@dataclass
class Killing:
    """What was killed, by name, and what was wrong afterwards."""

    done: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)


def kill_loads(place: Place, folder: Path, kills: Mapping[str, Kill], *, times: int, pairs: int, seed: int) -> Killing:
    """Kills loads of files, `times` in all; each file is loaded until it is complete."""
    found, rng = Killing(), random.Random(seed)
    begun = time.monotonic()
    whole = Traffic(f"{type(place).__name__} whole ", pairs)
    found.faults += completed(place, whole, whole.written(folder, rng))
    lasts = time.monotonic() - begun
    for number in count(1):
        if found.faults or found.done.total() >= times:
            break
        traffic = Traffic(f"{type(place).__name__} {number} ", pairs)
        file, accepted = traffic.written(folder, rng), 0
        while found.done.total() < times:
            process = place.load(file)
            if runs := _runs_after(lasts * rng.uniform(SOONEST, 1), process):
                name = rng.choice(sorted(kills))
                found.done[name] += kills[name](place, process)
            accepted += ended(process)[0]
            if not runs:
                break
        found.faults += completed(place, traffic, file, accepted)
    found.faults += ended(place.manage("verify_counters"))[1]
    return found


def kill_everything(times: int, *, seed: int) -> Iterator[Killing]:
    """Kills loaders, a server's workers, and the PostgreSQL below them, which is made for it as the bundled one is."""
    with tempfile.TemporaryDirectory(prefix="smsreports-kills-") as folder:
        server = Server.for_data(Path(folder) / "data")
        place = Place({"SMSREPORTS_DATA": str(server.layout.data)}, server.conninfo())
        database = {"backend": backend, "postmaster": postmaster(server.layout.postgres)}
        try:
            # Made here, and used until the end: no loader that ends stops it.
            server.acquire_use()
            assert ended(place.manage("migrate", "--verbosity", "0"))[1] == []
            by_http = times // 2
            by_file = times - by_http
            yield kill_loads(place, Path(folder), database | {"loader": loader}, times=by_file, pairs=PAIRS, seed=seed)
            with _served(place, Path(folder)) as (served, master):
                kills = database | {"worker": worker(master)}
                yield kill_loads(served, Path(folder), kills, times=by_http, pairs=PAIRS, seed=seed)
        finally:
            server.release_use()
            server.stop()


@contextmanager
def _served(place: Place, folder: Path) -> Iterator[tuple[Served, int]]:
    """The place behind a server, and the number of the server's first process."""
    key, _ = place.manage("create_api_key", "acme", "--scope", "sms.write").communicate()
    with serving(folder / "server.log", **place.environment, DATABASE_URL="") as server:
        yield Served(place.environment, place.conninfo, server.url, key.strip()), server.pid


def completed(place: Place, traffic: Traffic, file: Path, accepted: int = 0) -> Iterator[str]:
    """Loads the file to its end, and tells what is wrong then; `accepted` lines were said to be in before."""
    for _ in range(TRIES):
        more, failures = ended(place.load(file))
        accepted += more
        if not failures:
            break
        # PostgreSQL recovers, or a worker starts.
        time.sleep(1)
    yield from failures
    if accepted > traffic.lines:
        yield f"{traffic.mark}: {accepted} of {traffic.lines} lines were accepted: some twice, or lost between"
    yield from traffic.differences(place)


def _runs_after(seconds: float, process: "subprocess.Popen[str]") -> bool:
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        return True
    return False


def ended(process: "subprocess.Popen[str]") -> tuple[int, list[str]]:
    """How many lines it said were accepted, and all that it said if it failed."""
    printed, complained = process.communicate(timeout=PATIENCE)
    accepted = sum(map(int, re.findall(r"^(\d+) accepted", printed, re.MULTILINE)))
    return accepted, [printed + complained] if process.returncode else []
