"""The PostgreSQL of a data directory: made and started by who needs it first, stopped by who leaves last."""

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
# Recovery after a crash takes minutes on a slow disk; after an hour the server hangs.
START_SECONDS = 3600
# How often a command that waits for it says so.
REPORT_SECONDS = 10
# A look at a server that is not ready leaves a line in its log.
POLL_SECONDS = 0.5
# The processes of a server that was just killed take a moment to go, one in the middle of a long statement
# more than that, and until then the data is refused to a new one.
SHUTDOWN_WAIT_SECONDS = 60
SHUTTING_DOWN = ("pre-existing shared memory block", 'lock file "postmaster.pid" already exists')
# A stop writes out what is in memory: seconds, on a slow disk a minute.
STOP_SECONDS = 120
# A server that is there answers at once; one that is suspended never does.
ANSWER_SECONDS = 5
# Of the log: enough for the reason, short enough for an error.
LOG_LINES = 20

# Given at every start, so that a change here reaches data made before it.
SETTINGS = {
    # No network: one comes to the server through the socket's private folder only.
    "listen_addresses": "",
    "port": PORT,
    "unix_socket_permissions": "0700",
    # The indexes of a few million messages outgrow the default 128MB.
    "shared_buffers": "256MB",
    # They are built by sorting in memory instead of in files.
    "maintenance_work_mem": "256MB",
    # With the default 1GB a load of millions of rows forces one checkpoint after the other.
    "max_wal_size": "4GB",
    # Which statement is slow is one query away.
    "shared_preload_libraries": "pg_stat_statements",
    # A day is a UTC day, in the log too.
    "timezone": "UTC",
    "log_timezone": "UTC",
    # Compiling costs more than it saves where answers take milliseconds.
    "jit": "off",
}


class Status(Enum):
    STOPPED = auto()
    # Starting, recovering or stopping: it is there and refuses connections.
    BUSY = auto()
    RUNNING = auto()


ANSWERS = {pq.Ping.OK: Status.RUNNING, pq.Ping.REJECT: Status.BUSY}


@dataclass(frozen=True)
class Server:
    """The server of one data directory. What fails raises DatabaseUnavailable."""

    layout: Layout

    @classmethod
    def for_data(cls, data: str | Path) -> Self:
        return cls(Layout.of(Path(data)))

    @property
    def is_in_use_here(self) -> bool:
        """Whether this process counts among the server's users."""
        return locks.shared(self.layout.use_lock)

    def acquire_use(self) -> None:
        """Make it run, and count among its users until `release` or the end of the process."""
        with self._exclusive_lock():
            if locks.share(self.layout.use_lock):
                atexit.register(self._leave)
            self._ensure_running()

    def release_use(self) -> None:
        """Stop using it, and stop it unless others use it or `start` said to keep it. Nothing happens in a
        child of the process that acquired it."""
        if self.is_in_use_here:
            locks.unshare(self.layout.use_lock)
            self._stop_unless_wanted()

    def start(self) -> None:
        """Make it run until `stop`, used or not."""
        with self._exclusive_lock():
            self._ensure_running()
            self.layout.keep.touch(0o600)

    def stop(self) -> bool:
        """Stop it, and return whether processes still use it: the next one that connects starts it again."""
        with self._exclusive_lock():
            self.layout.keep.unlink(missing_ok=True)
            self._shut_down()
            return not locks.unused(self.layout.use_lock)

    def users(self) -> list[int]:
        """Return the ids of the processes that use it, as far as the system tells them."""
        return locks.holders(self.layout.use_lock)

    def status(self) -> Status:
        asked = make_conninfo(self._conninfo("postgres"), connect_timeout=ANSWER_SECONDS)
        return ANSWERS.get(pq.Ping(pq.PGconn.ping(asked.encode())), Status.STOPPED)

    def conninfo(self) -> str:
        """What psql and everything else on libpq connects by."""
        return self._conninfo(NAME)

    def _conninfo(self, database: str) -> str:
        return make_conninfo(host=str(self.layout.socket), port=PORT, user=NAME, dbname=database)

    @contextmanager
    def _exclusive_lock(self) -> Iterator[None]:
        """While nobody else starts or stops it; makes the data directory."""
        try:
            cluster.ensure_data_folder(self.layout)
            with locks.exclusive(self.layout.start_lock):
                yield
        except OSError as error:
            raise DatabaseUnavailable(
                f"The database can't be kept in {self.layout.data} ({error}): {ADVICE}"
            ) from error

    def _ensure_running(self) -> None:
        account = OsUser.of(self.layout.postgres)
        cluster.ensure_socket_folder(self.layout, account)
        if self.status() is not Status.RUNNING:
            self._start_server(Runner.of(account, self.layout.data))
        self._ensure_database()

    def _start_server(self, runner: Runner) -> None:
        cluster.ensure_files(self.layout, runner)
        for waited in self._poll_until_ready():
            status = self.status()
            if status is Status.RUNNING or (status is Status.STOPPED and self._run_pg_ctl_start(runner, waited)):
                return

    def _poll_until_ready(self) -> Iterator[float]:
        """The seconds waited so far, for as long as it may take."""
        begun = time.monotonic()
        said = 0.0
        while (waited := time.monotonic() - begun) < START_SECONDS:
            if waited - said > REPORT_SECONDS:
                said = waited
                logger.warning("Waiting for PostgreSQL, see %s", self.layout.log)
            yield waited
            time.sleep(POLL_SECONDS)
        raise DatabaseUnavailable(f"PostgreSQL is not ready after {START_SECONDS} s, see {self.layout.log}")

    def _run_pg_ctl_start(self, runner: Runner, waited: float) -> bool:
        """Whether it runs now; if not, it is worth another look."""
        begin = self.layout.log.stat().st_size
        postgres, log = self.layout.postgres.name, self.layout.log.name
        wait = ("-w", "-t", str(REPORT_SECONDS))
        done = runner.run("pg_ctl", "start", "-D", postgres, "-l", log, *wait, "-o", self._build_options())
        if done.returncode == 0 or self.status() is not Status.STOPPED:
            return done.returncode == 0
        reason = self._log_after(begin) or done.stderr
        if waited < SHUTDOWN_WAIT_SECONDS and any(sign in reason for sign in SHUTTING_DOWN):
            return False
        raise DatabaseUnavailable(f"PostgreSQL did not start. The end of {self.layout.log}:\n{reason}")

    def _build_options(self) -> str:
        """For the shell that pg_ctl starts the server with."""
        settings = SETTINGS | {"unix_socket_directories": str(self.layout.socket)}
        return " ".join(f"-c {shlex.quote(f'{name}={value}')}" for name, value in settings.items())

    def _log_after(self, begin: int) -> str:
        with self.layout.log.open("rb") as log:
            log.seek(begin)
            lines = log.read().decode(errors="replace").splitlines()
        return "\n".join(lines[-LOG_LINES:])

    def _ensure_database(self) -> None:
        """Not through the ORM, whose connection needs the database to exist."""
        create = sql.SQL("CREATE DATABASE {}").format(sql.Identifier(NAME))
        try:
            with psycopg.connect(self._conninfo("postgres"), autocommit=True) as connection:
                if not connection.execute("SELECT FROM pg_database WHERE datname = %s", [NAME]).rowcount:
                    connection.execute(create)
        except psycopg.Error as error:
            raise DatabaseUnavailable(f"PostgreSQL runs in {self.layout.data}, but: {error}") from error

    def _stop_unless_wanted(self) -> None:
        # The last user may have removed the folder; the server then goes by itself.
        if self.layout.data.exists():
            with self._exclusive_lock():
                if not self.layout.keep.exists() and locks.unused(self.layout.use_lock):
                    self._shut_down()

    def _shut_down(self) -> None:
        if not (self.layout.postgres / "postmaster.pid").exists():
            return
        runner = Runner.of(OsUser.of(self.layout.postgres), self.layout.data)
        wait = ("-w", "-t", str(STOP_SECONDS))
        done = runner.run("pg_ctl", "stop", "-D", self.layout.postgres.name, "-m", "fast", *wait)
        if done.returncode and self.status() is not Status.STOPPED:
            raise DatabaseUnavailable(f"PostgreSQL in {self.layout.data} did not stop: {done.stderr}")

    def _leave(self) -> None:
        """The release at the end of the process, where nobody is left to catch an error."""
        try:
            self.release_use()
        except DatabaseUnavailable as error:
            logger.error("%s", error)
