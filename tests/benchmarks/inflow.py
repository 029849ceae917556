"""Messages on their way in: the same ones as lines of NDJSON and as rows of a COPY, and the times both take."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType

from messages_app.models import Message
from tests.benchmarks.bench import Bench
from tests.benchmarks.place import ROOT

TABLE = Message._meta.db_table
KILOBYTE, MEGABYTE = 1024, 1024 * 1024
# What the database computes, or gives by itself.
OWN = ("id", "status_group")
COLUMNS = ", ".join(str(field.column) for field in Message._meta.concrete_fields if field.column not in OWN)
MOMENT = 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'
MOMENTS = ("created_at", "sent_at", "delivered_at")
RECORD = ", ".join(
    [
        "'type', 'message', 'account', a.name, 'request_id', m.request_key, 'message', m.text",
        *(
            f"'{name}', m.{name}"
            for name in (
                "client_message_id",
                "message_id",
                "recipient",
                "country",
                "sender_id",
                "status",
                "status_code",
                "segments",
                "contact_group_id",
            )
        ),
        "'cost', m.cost::text",
        *(f"'{name}', to_char(m.{name} AT TIME ZONE 'UTC', '{MOMENT}')" for name in MOMENTS),
    ]
)


class Traffic:
    """The newest `rows` messages of the data, in files; used as a context, since the files are large."""

    def __init__(self, bench: Bench, rows: int) -> None:
        self._bench, self.rows = bench, rows
        self.most_memory = 0.0

    def __enter__(self) -> Traffic:
        self._folder = TemporaryDirectory()
        self._lines, self._copy = Path(self._folder.name, "records.ndjson"), Path(self._folder.name, "rows.copy")
        newest = f"(SELECT * FROM {TABLE} WHERE id > (SELECT max(id) FROM {TABLE}) - {self.rows} ORDER BY id)"
        lines = f"SELECT json_build_object({RECORD}) FROM {newest} m JOIN accounts_account a ON a.id = m.account_id"
        self._written(self._lines, f"COPY ({lines}) TO STDOUT WITH (FORMAT csv, QUOTE E'\\x01', DELIMITER E'\\x02')")
        self._written(self._copy, f"COPY (SELECT {COLUMNS} FROM {newest} m) TO STDOUT")
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, at: TracebackType | None) -> None:
        self._folder.cleanup()

    def copied(self) -> float:
        """Seconds of one COPY into the empty table, its indexes and triggers kept."""
        self._emptied()
        with self._bench.scratch.connect() as own, self._copy.open("rb") as file, own.cursor() as cursor:
            begun = time.perf_counter()
            with cursor.copy(f"COPY {TABLE} ({COLUMNS}) FROM STDIN") as copy:
                while block := file.read(MEGABYTE):
                    copy.write(block)
            return time.perf_counter() - begun

    def loaded(self) -> float:
        """Seconds of `import_traffic` in a process of its own; every line must be taken."""
        self._emptied()
        command = [sys.executable, "manage.py", "import_traffic", str(self._lines)]
        environment = os.environ | {"DATABASE_URL": self._bench.scratch.url}
        begun = time.perf_counter()
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        assert process.stdout
        told = process.stdout.read().decode()
        _, status, used = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - begun
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode or not told.startswith(f"{self.rows} accepted"):
            raise RuntimeError(f"The load ended with {process.returncode}: {told}")
        self.most_memory = max(self.most_memory, used.ru_maxrss * KILOBYTE / MEGABYTE)
        return seconds

    def loaded_uncounted(self) -> float:
        with self._bench.scratch.connect() as own:
            own.execute(f"ALTER TABLE {TABLE} DISABLE TRIGGER USER")
            try:
                return self.loaded()
            finally:
                own.execute(f"ALTER TABLE {TABLE} ENABLE TRIGGER USER")

    def _written(self, path: Path, sql: str) -> None:
        with self._bench.place.connect() as own, own.cursor().copy(sql) as copy, path.open("wb") as file:
            for block in copy:
                file.write(block)

    def _emptied(self) -> None:
        """Empty tables and the accounts, with nothing left to do for the server."""
        with self._bench.scratch.connect() as own:
            own.execute(f"TRUNCATE {TABLE}, ingest_event, counters_counter")
            own.execute("SELECT setval(pg_get_serial_sequence('accounts_account', 'id'), 1000)")
            own.execute(_accounts(self._bench))
            own.execute("VACUUM ANALYZE")
            own.execute("CHECKPOINT")


def _accounts(bench: Bench) -> str:
    """Under the ids that the rows of the COPY name."""
    with bench.place.connect() as own:
        rows = own.execute("SELECT id, name FROM accounts_account").fetchall()
    values = ", ".join(f"({number}, '{name}', 'EUR', true)" for number, name in rows)
    return f"INSERT INTO accounts_account (id, name, currency, is_active) VALUES {values} ON CONFLICT DO NOTHING"
