"""A PostgreSQL and a server of their own, which a storm may break: the machine's other ones are left alone."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psycopg

from smsreports.embedded_postgres.runner import OsUser
from smsreports.embedded_postgres.server import Server as Postgres
from tests.ingest.killing import Place
from tests.server import Server, serving

ACCOUNTS = ("acme", "globex", "initech")
WORKERS = 2
LIMITS = {
    # Those who come back at once after each fault are not what is looked at here.
    "SMSREPORTS_RATE_LIMIT": "1000000",
    # Shorter than an operator's, so that they are met within a minute.
    "SMSREPORTS_READER_SECONDS": "8",
    "SMSREPORTS_STOP_SECONDS": "5",
}
# Of the disk that is made full: nothing is held for it before it is used.
DISK = 2 * 1024**3
# What is left of a full disk: less than what a load extends a table by.
LEFT_BYTES = 64 * 1024
SCOPES = ("--scope", "sms.read", "--scope", "sms.write")


@dataclass(frozen=True)
class Disk:
    """A file system in memory, with every table on it; PostgreSQL's log of changes is elsewhere."""

    folder: Path

    def fill(self) -> bool:
        """Whether it could be: who writes in between needs more than it would have."""
        used = os.statvfs(self.folder)
        try:
            self._resize((used.f_blocks - used.f_bfree) * used.f_frsize + LEFT_BYTES)
        except subprocess.CalledProcessError:
            return False
        return True

    def clear(self) -> None:
        self._resize(DISK)

    def _resize(self, size: int) -> None:
        _run("mount", "-o", f"remount,size={size}", str(self.folder))


@dataclass(frozen=True)
class World:
    folder: Path
    postgres: Postgres
    place: Place
    server: Server
    keys: Mapping[str, str]
    # None where disks cannot be made: only root can.
    disk: Disk | None


@contextmanager
def postgres(folder: Path) -> Iterator[Postgres]:
    """Started here alone: the server and the loaders know an address of it, as of an operator's."""
    made = Postgres.for_data(folder / "data")
    made.start()
    try:
        yield made
    finally:
        made.stop()


@contextmanager
def disk(place: Place, made: Postgres, folder: Path) -> Iterator[Disk | None]:
    """Whose tables and loads' staging tables are on it from now on."""
    folder.mkdir()
    try:
        _run("mount", "-t", "tmpfs", "-o", f"size={DISK}", "smsreports-faults", str(folder))
    except (subprocess.CalledProcessError, FileNotFoundError):
        yield None
        return
    try:
        space = folder / "space"
        space.mkdir(0o700)
        OsUser.of(made.layout.postgres).chown(space)
        for statement in _moved(space):
            _psql(place, statement)
        yield Disk(folder)
    finally:
        made.stop()
        _run("umount", str(folder))


@contextmanager
def world() -> Iterator[World]:
    with ExitStack() as held:
        folder = Path(held.enter_context(tempfile.TemporaryDirectory(prefix="smsreports-faults-")))
        # PostgreSQL passes through it, as another user where we are root.
        folder.chmod(0o711)
        made = held.enter_context(postgres(folder))
        place = Place({"DATABASE_URL": _url(made)}, made.conninfo())
        _printed(place.manage("migrate", "--verbosity", "0"))
        space = held.enter_context(disk(place, made, folder / "disk"))
        keys = dict(zip(ACCOUNTS, _keys(place), strict=True))
        log = folder / "server.log"
        server = held.enter_context(serving(log, WORKERS, **place.environment, **LIMITS))
        yield World(folder, made, place, server, keys, space)


def _keys(place: Place) -> list[str]:
    """Of each account, made here. All at once: each begins a Python."""
    for made in [place.manage("create_account", account) for account in ACCOUNTS]:
        _printed(made)
    return [_printed(key) for key in [place.manage("create_api_key", account, *SCOPES) for account in ACCOUNTS]]


def _printed(process: "subprocess.Popen[str]") -> str:
    printed, complained = process.communicate()
    assert process.returncode == 0, complained
    return printed.strip()


def _url(made: Postgres) -> str:
    return f"postgres://smsreports@{quote(str(made.layout.socket), safe='')}:5432/smsreports"


def _moved(space: Path) -> Iterator[str]:
    yield f"CREATE TABLESPACE full_at_times LOCATION '{space}'"
    for kind in ("TABLE", "INDEX"):
        yield f"ALTER {kind} ALL IN TABLESPACE pg_default SET TABLESPACE full_at_times"
    for setting in ("default_tablespace", "temp_tablespaces"):
        yield f"ALTER DATABASE smsreports SET {setting} = full_at_times"


def _psql(place: Place, statement: str) -> None:
    with psycopg.connect(place.conninfo, autocommit=True) as connection:
        connection.execute(statement.encode())


def _run(*command: str) -> None:
    program = shutil.which(command[0])
    if program is None:
        raise FileNotFoundError(command[0])
    subprocess.run([program, *command[1:]], check=True, capture_output=True)
