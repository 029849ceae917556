"""Staging tables: where a batch's rows stand, as they were read, before they are merged."""

from collections.abc import Mapping, Sequence

from django.db.backends.utils import CursorWrapper

# Each column and its type, in the order in which `records` gives the values, after `line` and `account_id`.
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
# Filled while merging: followers whose request may want another head, and reports on known rows.
WORK_TABLES = {
    "stage_follower": "account_id bigint, request_key text",
    "stage_head": "old_id bigint, new_id bigint",
    "stage_report": (
        "target text, row_id bigint, status text, status_code text, at timestamptz,"
        " sent_at timestamptz, delivered_at timestamptz"
    ),
    "stage_response": "row_id bigint, clicked_at timestamptz, action_type text, action_at timestamptz",
    # Events that are news to a row, and where their references lead.
    "stage_arrival": ", ".join(
        ["account_id bigint", *(f"{name} {kind}" for name, kind in STAGING_TABLES["stage_event"].items())]
    ),
    "stage_reached": "account_id bigint, reference_kind text, reference text, target text, row_id bigint",
}
# `is_new` marks the rows to insert; the others speak of rows that are known, and `got_carrier_id` marks those that
# brought
# a known message its carrier's id. `is_replay` marks sends that waited for their broadcast (whose id is `broadcast_id`)
# and events that a send's record tells: those lines are answered elsewhere.
MARK_COLUMNS = (
    "n bigint GENERATED ALWAYS AS IDENTITY, is_new boolean DEFAULT true,"
    " got_carrier_id boolean DEFAULT false, is_replay boolean DEFAULT false, broadcast_id bigint"
)


def prepare_tables(cursor: CursorWrapper) -> None:
    """Empty staging tables, made with the connection's first batch. The ORM has no temporary tables.

    Only those that were used are emptied: a file each, which costs a small batch more than what it loads.
    """
    cursor.execute(
        "SELECT relname, pg_relation_size(oid) > 0 FROM pg_class"
        " WHERE relnamespace = pg_my_temp_schema() AND relname = ANY (%s)",
        [[*STAGING_TABLES, *WORK_TABLES]],
    )
    if existing := cursor.fetchall():
        if used := [table for table, filled in existing if filled]:
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
    """Writes `rows`, lines of COPY's text format, and lets the planner know how many there are."""
    columns = ", ".join(["line", "account_id", *STAGING_TABLES[table]])
    # Django turns the faults of its own methods alone into its exceptions.
    with cursor.db.wrap_database_errors, cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
        copy.write("\n".join(rows) + "\n")
    # A sample is enough to tell 10 rows from 10,000.
    cursor.execute("SET LOCAL default_statistics_target = 1")
    cursor.execute(f"ANALYZE {table}")
