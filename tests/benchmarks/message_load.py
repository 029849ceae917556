"""Times of loading the same messages from NDJSON lines and by COPY."""

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
from tests.benchmarks.databases import ROOT

TABLE = Message._meta.db_table
KILOBYTE, MEGABYTE = 1024, 1024 * 1024
# Columns that the database computes or assigns.
COMPUTED_COLUMNS = ("id", "status_group")
COLUMNS = ", ".join(
    str(field.column) for field in Message._meta.concrete_fields if field.column not in COMPUTED_COLUMNS
)
TIME_FORMAT = 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'
TIME_COLUMNS = ("created_at", "sent_at", "delivered_at")
RECORD_SQL = ", ".join(
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
        *(f"'{name}', to_char(m.{name} AT TIME ZONE 'UTC', '{TIME_FORMAT}')" for name in TIME_COLUMNS),
    ]
)


class MessageFiles:
    """Files of the newest `rows` messages, as NDJSON and for COPY; a context manager, because the files are large."""

    def __init__(self, bench: Bench, rows: int) -> None:
        self._bench, self.rows = bench, rows
        self.peak_memory = 0.0

    def __enter__(self) -> MessageFiles:
        self._folder = TemporaryDirectory()
        self._lines, self._copy = Path(self._folder.name, "records.ndjson"), Path(self._folder.name, "rows.copy")
        newest = f"(SELECT * FROM {TABLE} WHERE id > (SELECT max(id) FROM {TABLE}) - {self.rows} ORDER BY id)"
        lines = f"SELECT json_build_object({RECORD_SQL}) FROM {newest} m JOIN accounts_account a ON a.id = m.account_id"
        self._write_copy(self._lines, f"COPY ({lines}) TO STDOUT WITH (FORMAT csv, QUOTE E'\\x01', DELIMITER E'\\x02')")
        self._write_copy(self._copy, f"COPY (SELECT {COLUMNS} FROM {newest} m) TO STDOUT")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._folder.cleanup()

    def time_copy(self) -> float:
        """Return the seconds of a COPY into the empty table with its indexes and triggers."""
        self._reset_tables()
        with (
            self._bench.scratch_database.connect() as connection,
            self._copy.open("rb") as file,
            connection.cursor() as cursor,
        ):
            start = time.perf_counter()
            with cursor.copy(f"COPY {TABLE} ({COLUMNS}) FROM STDIN") as copy:
                while block := file.read(MEGABYTE):
                    copy.write(block)
            return time.perf_counter() - start

    def time_load(self) -> float:
        """Return the seconds of `import_traffic` in a separate process. Raises RuntimeError unless all lines load."""
        self._reset_tables()
        command = [sys.executable, "manage.py", "import_traffic", str(self._lines)]
        environment = os.environ | {"DATABASE_URL": self._bench.scratch_database.url}
        start = time.perf_counter()
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        assert process.stdout
        output = process.stdout.read().decode()
        _, status, used = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode or not output.startswith(f"{self.rows} accepted"):
            raise RuntimeError(f"The load ended with {process.returncode}: {output}")
        self.peak_memory = max(self.peak_memory, used.ru_maxrss * KILOBYTE / MEGABYTE)
        return seconds

    def time_load_without_counters(self) -> float:
        with self._bench.scratch_database.connect() as connection:
            connection.execute(f"ALTER TABLE {TABLE} DISABLE TRIGGER USER")
            try:
                return self.time_load()
            finally:
                connection.execute(f"ALTER TABLE {TABLE} ENABLE TRIGGER USER")

    def _write_copy(self, path: Path, sql: str) -> None:
        with (
            self._bench.database.connect() as connection,
            connection.cursor().copy(sql) as copy,
            path.open("wb") as file,
        ):
            for block in copy:
                file.write(block)

    def _reset_tables(self) -> None:
        """Empty the tables except for accounts, and leave the server no maintenance to do."""
        with self._bench.scratch_database.connect() as connection:
            connection.execute(f"TRUNCATE {TABLE}, ingest_event, counters_counter")
            connection.execute("SELECT setval(pg_get_serial_sequence('accounts_account', 'id'), 1000)")
            connection.execute(_build_accounts_sql(self._bench))
            connection.execute("VACUUM ANALYZE")
            connection.execute("CHECKPOINT")


def _build_accounts_sql(bench: Bench) -> str:
    """Return an INSERT of the accounts with the ids in the rows of the COPY."""
    with bench.database.connect() as connection:
        rows = connection.execute("SELECT id, name FROM accounts_account").fetchall()
    values = ", ".join(f"({number}, '{name}', 'EUR', true)" for number, name in rows)
    return f"INSERT INTO accounts_account (id, name, currency, is_active) VALUES {values} ON CONFLICT DO NOTHING"
