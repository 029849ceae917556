"""PostgreSQL and server for fault injection, separate from the machine's other ones."""

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
from tests.ingest.load_killer import LoadTarget
from tests.server import Server, serving

ACCOUNTS = ("acme", "globex", "initech")
WORKERS = 2
LIMITS = {
    # Clients retry at once after each fault; the rate limit is not under test.
    "SMSREPORTS_RATE_LIMIT": "1000000",
    # Shorter than in production, so that they are reached within a minute.
    "SMSREPORTS_READER_SECONDS": "8",
    "SMSREPORTS_STOP_SECONDS": "5",
}
# Size of the disk that is filled; no memory is reserved for it.
DISK = 2 * 1024**3
# Free bytes of a full disk: less than a load extends a table by.
LEFT_BYTES = 64 * 1024
SCOPES = ("--scope", "sms.read", "--scope", "sms.write")


@dataclass(frozen=True)
class Disk:
    """File system in memory with every table on it; the write-ahead log is elsewhere."""

    folder: Path

    def fill(self) -> bool:
        """Shrink the disk to its used size; return False when a write meanwhile needs more."""
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
class Deployment:
    """PostgreSQL, server and API keys by account; `place` starts commands on the database."""

    folder: Path
    postgres: Postgres
    place: LoadTarget
    server: Server
    keys: Mapping[str, str]
    # None without the right to mount, which only root has.
    disk: Disk | None


@contextmanager
def run_postgres(folder: Path) -> Iterator[Postgres]:
    """Start a PostgreSQL whose address is passed to server and loaders, as an operator's would be."""
    postgres = Postgres.for_data(folder / "data")
    postgres.start()
    try:
        yield postgres
    finally:
        postgres.stop()


@contextmanager
def mount_disk(place: LoadTarget, postgres: Postgres, folder: Path) -> Iterator[Disk | None]:
    """Mount a disk and move all tables to it, those for staging too; yield None without the right to mount."""
    folder.mkdir()
    try:
        _run("mount", "-t", "tmpfs", "-o", f"size={DISK}", "smsreports-faults", str(folder))
    except (subprocess.CalledProcessError, FileNotFoundError):
        yield None
        return
    try:
        space = folder / "space"
        space.mkdir(0o700)
        OsUser.for_files(postgres.layout.postgres).chown(space)
        for statement in _tablespace_sql(space):
            _execute(place, statement)
        yield Disk(folder)
    finally:
        postgres.stop()
        _run("umount", str(folder))


@contextmanager
def run_deployment() -> Iterator[Deployment]:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="smsreports-faults-")))
        # PostgreSQL, which runs as another user when we are root, must be able to enter the folder.
        folder.chmod(0o711)
        postgres = stack.enter_context(run_postgres(folder))
        place = LoadTarget({"DATABASE_URL": build_database_url(postgres)}, postgres.conninfo())
        read_output(place.manage("migrate", "--verbosity", "0"))
        space = stack.enter_context(mount_disk(place, postgres, folder / "disk"))
        keys = dict(zip(ACCOUNTS, _create_keys(place), strict=True))
        log = folder / "server.log"
        server = stack.enter_context(serving(log, WORKERS, **place.environment, **LIMITS))
        yield Deployment(folder, postgres, place, server, keys, space)


def _create_keys(place: LoadTarget) -> list[str]:
    """Create the accounts and return a key of each. The commands run in parallel, since each starts Python."""
    for process in [place.manage("create_account", account) for account in ACCOUNTS]:
        read_output(process)
    return [
        read_output(process) for process in [place.manage("create_api_key", account, *SCOPES) for account in ACCOUNTS]
    ]


def read_output(process: "subprocess.Popen[str]") -> str:
    """Wait for the process and return its standard output; it must succeed."""
    output, errors = process.communicate()
    assert process.returncode == 0, errors
    return output.strip()


def build_database_url(postgres: Postgres) -> str:
    return f"postgres://smsreports@{quote(str(postgres.layout.socket), safe='')}:5432/smsreports"


def _tablespace_sql(space: Path) -> Iterator[str]:
    yield f"CREATE TABLESPACE full_at_times LOCATION '{space}'"
    for kind in ("TABLE", "INDEX"):
        yield f"ALTER {kind} ALL IN TABLESPACE pg_default SET TABLESPACE full_at_times"
    for setting in ("default_tablespace", "temp_tablespaces"):
        yield f"ALTER DATABASE smsreports SET {setting} = full_at_times"


def _execute(place: LoadTarget, statement: str) -> None:
    with psycopg.connect(place.conninfo, autocommit=True) as connection:
        connection.execute(statement.encode())


def _run(*command: str) -> None:
    program = shutil.which(command[0])
    if program is None:
        raise FileNotFoundError(command[0])
    subprocess.run([program, *command[1:]], check=True, capture_output=True)
