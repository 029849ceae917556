"""Staging tables, which hold the parsed rows of a batch until they are merged."""

from collections.abc import Mapping, Sequence

from django.db.backends.utils import CursorWrapper

# Columns and their types, after `line` and `account_id`, in the order of the values that `records` builds.
STAGING_TABLES: Mapping[str, Mapping[str, str]] = {
    "stage_message": {
        "client_message_id": "text",
        "request_key": "text",
        "message_id": "text",
        "recipient": "text",
        "country": "text",
        "sender_id": "text",
        "text": "text",
        "status": "text",
        "status_code": "text",
        "segments": "smallint",
        "cost": "numeric(12,6)",
        "contact_group_id": "text",
        "created_at": "timestamptz",
        "sent_at": "timestamptz",
        "delivered_at": "timestamptz",
        "status_at": "timestamptz",
    },
    "stage_broadcast": {
        "key": "text",
        "name": "text",
        "text": "text",
        "sender_id": "text",
        "contact_group_id": "text",
        "created_at": "timestamptz",
        "segments": "smallint",
    },
    "stage_send": {
        "broadcast_key": "text",
        "message_id": "text",
        "recipient": "text",
        "country": "text",
        "sender_id": "text",
        "text": "text",
        "status": "text",
        "status_code": "text",
        "segments": "smallint",
        "cost": "numeric(12,6)",
        "sent_at": "timestamptz",
        "delivered_at": "timestamptz",
        "clicked_at": "timestamptz",
        "action_type": "text",
        "action_at": "timestamptz",
        "status_at": "timestamptz",
    },
    "stage_event": {
        "kind": "text",
        "reference_kind": "text",
        "reference": "text",
        "status": "text",
        "status_code": "text",
        "action_type": "text",
        "at": "timestamptz",
    },
}
# Filled by the merge: requests whose head may change, and reports on known rows.
WORK_TABLES = {
    "stage_follower": "account_id bigint, request_key text",
    "stage_head": "old_id bigint, new_id bigint",
    "stage_report": (
        "target text, row_id bigint, status text, status_code text, at timestamptz,"
        " sent_at timestamptz, delivered_at timestamptz"
    ),
    "stage_response": "row_id bigint, clicked_at timestamptz, action_type text, action_at timestamptz",
    # Events that are new to a row, and the rows that references resolve to.
    "stage_arrival": ", ".join(
        ["account_id bigint", *(f"{name} {kind}" for name, kind in STAGING_TABLES["stage_event"].items())]
    ),
    "stage_reached": "account_id bigint, reference_kind text, reference text, target text, row_id bigint",
}
# `is_new` marks the rows to insert; the others update known rows. `got_carrier_id` marks rows that gave a known message
# its carrier's id. `is_replay` marks sends that waited for their broadcast (whose id is `broadcast_id`) and events
# taken from a send's record: their lines are counted elsewhere.
MARK_COLUMNS = (
    "n bigint GENERATED ALWAYS AS IDENTITY, is_new boolean DEFAULT true,"
    " got_carrier_id boolean DEFAULT false, is_replay boolean DEFAULT false, broadcast_id bigint"
)


def prepare_tables(cursor: CursorWrapper) -> None:
    """Create the staging tables for the connection's first batch, and empty them for later ones.

    The ORM has no temporary tables. Only tables with rows are truncated: each TRUNCATE creates a file, which costs a
    small batch more than its rows.
    """
    cursor.execute(
        "SELECT relname, pg_relation_size(oid) > 0 FROM pg_class"
        " WHERE relnamespace = pg_my_temp_schema() AND relname = ANY (%s)",
        [[*STAGING_TABLES, *WORK_TABLES]],
    )
    if existing := cursor.fetchall():
        if used := [table for table, has_rows in existing if has_rows]:
            cursor.execute(f"TRUNCATE {', '.join(used)}")
        return
    for table, columns in STAGING_TABLES.items():
        definitions = ", ".join(f"{name} {kind}" for name, kind in columns.items())
        cursor.execute(
            f"CREATE TEMPORARY TABLE {table} (line bigint, account_id bigint, {definitions}, {MARK_COLUMNS})"
        )
    for table, definitions in WORK_TABLES.items():
        cursor.execute(f"CREATE TEMPORARY TABLE {table} ({definitions})")


def copy_rows(cursor: CursorWrapper, table: str, rows: Sequence[str]) -> None:
    """Copy `rows`, lines in COPY's text format, into the table and analyze it."""
    columns = ", ".join(["line", "account_id", *STAGING_TABLES[table]])
    # Django converts errors to its own exceptions only for its own cursor methods.
    with cursor.db.wrap_database_errors, cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
        copy.write("\n".join(rows) + "\n")
    # A small sample is enough to distinguish 10 rows from 10,000.
    cursor.execute("SET LOCAL default_statistics_target = 1")
    cursor.execute(f"ANALYZE {table}")
