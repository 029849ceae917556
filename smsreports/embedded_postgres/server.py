"""PostgreSQL server of a data directory. The first process that uses it starts it, the last one stops it."""

import atexit
import logging
import shlex
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path
from typing import Self

import psycopg
from psycopg import pq, sql
from psycopg.conninfo import make_conninfo

from smsreports.embedded_postgres import cluster, locks
from smsreports.embedded_postgres.errors import ADVICE, DatabaseUnavailable
from smsreports.embedded_postgres.layout import NAME, PORT, Layout
from smsreports.embedded_postgres.runner import OsUser, Runner

logger = logging.getLogger(__name__)
# Recovery after a crash takes minutes on a slow disk; a server that takes more than an hour hangs.
MAX_START_SECONDS = 3600
# Interval of the messages of a waiting command.
REPORT_SECONDS = 10
# Every connection attempt to a server that is not ready adds a line to its log.
POLL_SECONDS = 0.5
# The processes of a server that was just killed take a moment to exit, longer in the middle of a long statement. Until
# then a new server cannot use the data.
SHUTDOWN_WAIT_SECONDS = 60
SHUTTING_DOWN = ("pre-existing shared memory block", 'lock file "postmaster.pid" already exists')
# A stop writes a checkpoint: seconds, a minute on a slow disk.
MAX_STOP_SECONDS = 120
# A running server answers immediately; a suspended one never does.
PING_TIMEOUT_SECONDS = 5
# Lines of the log in an error: enough for the reason.
MAX_LOG_LINES = 20

# Set at every start, so that a change here applies to existing data as well.
SETTINGS = {
    # No network: the server is reached through the socket's private folder only.
    "listen_addresses": "",
    "port": PORT,
    "unix_socket_permissions": "0700",
    # The indexes of a few million messages outgrow the default 128MB.
    "shared_buffers": "256MB",
    # Indexes are built by sorting in memory instead of in files.
    "maintenance_work_mem": "256MB",
    # With the default 1GB an import of millions of rows forces one checkpoint after the other.
    "max_wal_size": "4GB",
    # Records the slow statements.
    "shared_preload_libraries": "pg_stat_statements",
    # Days are UTC days, in the log too.
    "timezone": "UTC",
    "log_timezone": "UTC",
    # Compiling costs more than it saves for queries of milliseconds.
    "jit": "off",
}


class ServerStatus(Enum):
    STOPPED = auto()
    # Starting, recovering or stopping: it refuses connections.
    BUSY = auto()
    RUNNING = auto()


PING_STATUSES = {pq.Ping.OK: ServerStatus.RUNNING, pq.Ping.REJECT: ServerStatus.BUSY}


@dataclass(frozen=True)
class Server:
    """Server of one data directory. Its methods raise DatabaseUnavailable on failure."""

    layout: Layout

    @classmethod
    def for_data(cls, data: str | Path) -> Self:
        return cls(Layout.for_data(Path(data)))

    @property
    def is_in_use_here(self) -> bool:
        """True if this process is registered as a user of the server."""
        return locks.holds_shared(self.layout.use_lock)

    def acquire_use(self) -> None:
        """Start it if necessary, and register this process as a user until `release_use` or its end."""
        with self._exclusive_lock():
            if locks.acquire_shared(self.layout.use_lock):
                atexit.register(self._release_at_exit)
            self._ensure_running()

    def release_use(self) -> None:
        """Unregister this process, and stop the server unless others use it or `start` keeps it running.

        Does nothing in a forked child of the process that acquired it.
        """
        if self.is_in_use_here:
            locks.release_shared(self.layout.use_lock)
            self._stop_if_unused()

    def start(self) -> None:
        """Start it if necessary, and keep it running until `stop`, even without users."""
        with self._exclusive_lock():
            self._ensure_running()
            self.layout.keep.touch(0o600)

    def stop(self) -> bool:
        """Stop it, and return True if processes still use it: their next connection starts it again."""
        with self._exclusive_lock():
            self.layout.keep.unlink(missing_ok=True)
            self._shut_down()
            return not locks.is_unused(self.layout.use_lock)

    def list_users(self) -> list[int]:
        """Return the ids of the processes that use it; empty on systems other than Linux."""
        return locks.list_holders(self.layout.use_lock)

    def status(self) -> ServerStatus:
        conninfo = make_conninfo(self._build_conninfo("postgres"), connect_timeout=PING_TIMEOUT_SECONDS)
        return PING_STATUSES.get(pq.Ping(pq.PGconn.ping(conninfo.encode())), ServerStatus.STOPPED)

    def conninfo(self) -> str:
        """Return the connection string for psql and other libpq clients."""
        return self._build_conninfo(NAME)

    def _build_conninfo(self, database: str) -> str:
        return make_conninfo(host=str(self.layout.socket), port=PORT, user=NAME, dbname=database)

    @contextmanager
    def _exclusive_lock(self) -> Iterator[None]:
        """Create the data directory, and run the block while no other process starts or stops the server."""
        try:
            cluster.ensure_data_folder(self.layout)
            with locks.hold_exclusive(self.layout.start_lock):
                yield
        except OSError as error:
            raise DatabaseUnavailable(
                f"The database can't be kept in {self.layout.data} ({error}): {ADVICE}"
            ) from error

    def _ensure_running(self) -> None:
        user = OsUser.for_files(self.layout.postgres)
        cluster.ensure_socket_folder(self.layout, user)
        if self.status() is not ServerStatus.RUNNING:
            self._start_server(Runner.for_user(user, self.layout.data))
        self._ensure_database()

    def _start_server(self, runner: Runner) -> None:
        cluster.ensure_files(self.layout, runner)
        for waited in self._poll_until_ready():
            status = self.status()
            if status is ServerStatus.RUNNING or (
                status is ServerStatus.STOPPED and self._run_pg_ctl_start(runner, waited)
            ):
                return

    def _poll_until_ready(self) -> Iterator[float]:
        """Yield the seconds waited so far, every POLL_SECONDS. Raises DatabaseUnavailable after MAX_START_SECONDS."""
        started_at = time.monotonic()
        reported_at = 0.0
        while (waited := time.monotonic() - started_at) < MAX_START_SECONDS:
            if waited - reported_at > REPORT_SECONDS:
                reported_at = waited
                logger.warning("Waiting for PostgreSQL, see %s", self.layout.log)
            yield waited
            time.sleep(POLL_SECONDS)
        raise DatabaseUnavailable(f"PostgreSQL is not ready after {MAX_START_SECONDS} s, see {self.layout.log}")

    def _run_pg_ctl_start(self, runner: Runner, waited: float) -> bool:
        """Run `pg_ctl start`. Return True if the server runs, False if another attempt may succeed.

        Raises DatabaseUnavailable, with the end of the log, if the start failed.
        """
        log_size = self.layout.log.stat().st_size
        postgres, log = self.layout.postgres.name, self.layout.log.name
        wait = ("-w", "-t", str(REPORT_SECONDS))
        process = runner.run("pg_ctl", "start", "-D", postgres, "-l", log, *wait, "-o", self._build_options())
        if process.returncode == 0 or self.status() is not ServerStatus.STOPPED:
            return process.returncode == 0
        reason = self._read_log_tail(log_size) or process.stderr
        if waited < SHUTDOWN_WAIT_SECONDS and any(message in reason for message in SHUTTING_DOWN):
            return False
        raise DatabaseUnavailable(f"PostgreSQL did not start. The end of {self.layout.log}:\n{reason}")

    def _build_options(self) -> str:
        """Return the settings as options, quoted for the shell with which pg_ctl starts the server."""
        settings = SETTINGS | {"unix_socket_directories": str(self.layout.socket)}
        return " ".join(f"-c {shlex.quote(f'{name}={value}')}" for name, value in settings.items())

    def _read_log_tail(self, start: int) -> str:
        """Return the last MAX_LOG_LINES lines of the log after the byte `start`."""
        with self.layout.log.open("rb") as log:
            log.seek(start)
            lines = log.read().decode(errors="replace").splitlines()
        return "\n".join(lines[-MAX_LOG_LINES:])

    def _ensure_database(self) -> None:
        """Create the database if it does not exist. Not with the ORM, which needs it in order to connect."""
        create = sql.SQL("CREATE DATABASE {}").format(sql.Identifier(NAME))
        try:
            with psycopg.connect(self._build_conninfo("postgres"), autocommit=True) as connection:
                if not connection.execute("SELECT FROM pg_database WHERE datname = %s", [NAME]).rowcount:
                    connection.execute(create)
        except psycopg.Error as error:
            raise DatabaseUnavailable(f"PostgreSQL runs in {self.layout.data}, but: {error}") from error

    def _stop_if_unused(self) -> None:
        # The last user may have removed the folder; the server then stops by itself.
        if self.layout.data.exists():
            with self._exclusive_lock():
                if not self.layout.keep.exists() and locks.is_unused(self.layout.use_lock):
                    self._shut_down()

    def _shut_down(self) -> None:
        if not (self.layout.postgres / "postmaster.pid").exists():
            return
        runner = Runner.for_user(OsUser.for_files(self.layout.postgres), self.layout.data)
        wait = ("-w", "-t", str(MAX_STOP_SECONDS))
        process = runner.run("pg_ctl", "stop", "-D", self.layout.postgres.name, "-m", "fast", *wait)
        if process.returncode and self.status() is not ServerStatus.STOPPED:
            raise DatabaseUnavailable(f"PostgreSQL in {self.layout.data} did not stop: {process.stderr}")

    def _release_at_exit(self) -> None:
        """Release the server at the end of the process; log an error, because nothing could catch it."""
        try:
            self.release_use()
        except DatabaseUnavailable as error:
            logger.error("%s", error)
