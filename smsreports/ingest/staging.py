"""Creation and filling of the staging tables, which hold the parsed rows of a batch until they are merged."""

from collections.abc import Mapping, Sequence

from django.db.backends.utils import CursorWrapper

from smsreports.ingest.loaders import get_loader_set
from smsreports.records.staging import EVENTS, REPORT_COLUMNS, REPORTS_TABLE

# Filled by the merge, besides the tables that its steps bring: reports and responses to apply to known rows, events
# that are new to a row, and the rows that references resolve to. `target` is the table of the row.
WORK_TABLES: Mapping[str, Mapping[str, str]] = {
    REPORTS_TABLE: REPORT_COLUMNS,
    "stage_response": {
        "target": "text",
        "row_id": "bigint",
        "clicked_at": "timestamptz",
        "action_type": "text",
        "action_at": "timestamptz",
    },
    "stage_arrival": {"account_id": "bigint", **EVENTS.columns},
    "stage_reached": {
        "account_id": "bigint",
        "reference_kind": "text",
        "reference": "text",
        "target": "text",
        "row_id": "bigint",
    },
}


def list_temporary_tables() -> dict[str, Mapping[str, str]]:
    """Return the columns of all temporary tables of a load, with their types, by table."""
    loaders = get_loader_set()
    tables = {name: stage.definitions for name, stage in loaders.stages.items()}
    for work_tables in (*(loader.work_tables for loader in loaders.loaders), WORK_TABLES):
        tables.update(work_tables)
    return tables


def prepare_tables(cursor: CursorWrapper) -> None:
    """Create the temporary tables for the connection's first batch, and empty them for later ones.

    The ORM has no temporary tables. Only tables with rows are truncated: each TRUNCATE creates a file, which costs a
    small batch more than its rows.
    """
    tables = list_temporary_tables()
    cursor.execute(
        "SELECT relname, pg_relation_size(oid) > 0 FROM pg_class"
        " WHERE relnamespace = pg_my_temp_schema() AND relname = ANY (%s)",
        [list(tables)],
    )
    if existing := cursor.fetchall():
        if used := [table for table, has_rows in existing if has_rows]:
            cursor.execute(f"TRUNCATE {', '.join(used)}")
        return
    for table, columns in tables.items():
        definitions = ", ".join(f"{name} {sql_type}" for name, sql_type in columns.items())
        cursor.execute(f"CREATE TEMPORARY TABLE {table} ({definitions})")


def copy_rows(cursor: CursorWrapper, table: str, rows: Sequence[str]) -> None:
    """Copy `rows`, lines in COPY's text format, into the table and analyze it."""
    columns = ", ".join(["line", "account_id", *get_loader_set().stages[table].columns])
    # Django converts errors to its own exceptions only for its own cursor methods.
    with cursor.db.wrap_database_errors, cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
        copy.write("\n".join(rows) + "\n")
    # A small sample is enough to distinguish 10 rows from 10,000.
    cursor.execute("SET LOCAL default_statistics_target = 1")
    cursor.execute(f"ANALYZE {table}")
