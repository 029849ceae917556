"""Importer of our own exports: the unified list as a CSV file of any dialect, or as JSON lines.

An export is newest first, and rows of the same second are ordered by id. The file is loaded from its end, so that the
new ids have the same order. Fields of a broadcast that the export lacks come from the broadcast's oldest send in the
file; see docs/operators/providers/smsreports.md.
"""

from broadcasts_app.models import Broadcast
from smsreports.export.columns import ColumnKind
from smsreports.export.formats import unguard_cell
from smsreports.ingest.field_parsers import InvalidRecord
from smsreports.ingest.providers import ImportRun, NumberedRecords, Provider, RecordDict, parse_whole_number, safe_repr
from smsreports.ingest.readers import FileLayout, FileRow, FileRows
from smsreports.ingest.readers.reverse import reverse_rows
from smsreports.ingest.records import build_staging_row
from smsreports.unified.columns import COLUMNS

# Prefix of a rebuilt broadcast's key; the exported id follows.
BROADCAST_KEY_PREFIX = "export:"
# Columns that are null for rows of another source or for SMS that have not come so far. CSV has empty values instead.
NULLABLE_COLUMNS = frozenset(
    {
        "delivered_at",
        "clicked_at",
        "action_type",
        "action_at",
        "message_id",
        "client_message_id",
        "broadcast_id",
        "broadcast_name",
    }
)
# `id` is assigned anew, and `clicked` follows from `clicked_at`. The files use the names of the API: `message` is the
# text.
IGNORED_COLUMNS = frozenset(("id", "clicked"))
FILE_NAMES = {column.name: "message" if column.name == "text" else column.name for column in COLUMNS}
TEXT_COLUMNS = frozenset(FILE_NAMES[column.name] for column in COLUMNS if column.kind is ColumnKind.TEXT)
LAYOUT = FileLayout(
    loaded=frozenset(FILE_NAMES.values()) - IGNORED_COLUMNS,
    ignored=IGNORED_COLUMNS,
    required=frozenset(FILE_NAMES.values()),
    envelope="messages",
)
# Fields that both record types share under the same names.
SHARED_FIELDS = ("recipient", "sender_id", "message", "status", "status_code", "cost", "delivered_at", "message_id")


def build_records(rows: FileRows, run: ImportRun) -> NumberedRecords:
    """Yield a message or a send per row, and an unknown broadcast before its first send."""
    broadcast_names = _load_broadcast_names(run)
    for number, row in reverse_rows(_normalize_rows(rows, run)):
        try:
            if isinstance(row, InvalidRecord):
                raise row
            record = _build_record(row)
            if record["type"] == "send" and record["broadcast"] not in broadcast_names:
                yield number, _build_broadcast(row, record)
                broadcast_names[record["broadcast"]] = row["broadcast_name"]
            if record["type"] == "send" and broadcast_names[record["broadcast"]] != row["broadcast_name"]:
                raise InvalidRecord("broadcast_id: was loaded before with another broadcast_name")
            yield number, record
        except InvalidRecord as error:
            yield number, error


def _load_broadcast_names(run: ImportRun) -> dict[str, str]:
    """Return the names of broadcasts that earlier imports rebuilt, by their keys."""
    rebuilt_broadcasts = Broadcast.objects.for_account(run.account).filter(key__startswith=BROADCAST_KEY_PREFIX)
    return dict(rebuilt_broadcasts.values_list("key", "name"))


def _normalize_rows(rows: FileRows, run: ImportRun) -> FileRows:
    """Bring CSV rows into the shape of JSON rows: remove spreadsheet guards, and turn empty optional values into null.

    Yields an InvalidRecord for a row without a required value.
    """
    for number, row in rows:
        if isinstance(row, InvalidRecord):
            yield number, row
            continue
        if run.notes.has_bom:
            run.notes.add_remark("read as dialect=excel because of its byte order mark: a ' before = + - @ was removed")
            row = {name: unguard_cell(value) if name in TEXT_COLUMNS else value for name, value in row.items()}
        row = {name: None if value == "" and name in NULLABLE_COLUMNS else value for name, value in row.items()}
        missing = sorted(name for name, value in row.items() if value is None and name not in NULLABLE_COLUMNS)
        yield number, InvalidRecord(f"{', '.join(missing)}: is missing") if missing else row


def _build_record(row: FileRow) -> RecordDict:
    """Return the message or the send of a row. Raises InvalidRecord."""
    record = {name: row[name] for name in SHARED_FIELDS} | {"segments": parse_whole_number(row["segments"])}
    if row["source"] == "api":
        return record | {
            "type": "message",
            "client_message_id": row["client_message_id"],
            "created_at": row["sent_at"],
        }
    if row["source"] != "campaign":
        raise InvalidRecord(f"source: {safe_repr(row['source'])}is not known")
    if row["broadcast_id"] is None or row["broadcast_name"] is None:
        raise InvalidRecord("broadcast_id, broadcast_name: must be given for a campaign")
    return record | {
        "type": "send",
        "broadcast": f"{BROADCAST_KEY_PREFIX}{row['broadcast_id']}",
        "sent_at": row["sent_at"],
        **{name: row[name] for name in ("clicked_at", "action_type", "action_at")},
    }


def _build_broadcast(row: FileRow, send: RecordDict) -> RecordDict:
    """Return the broadcast that `send` belongs to, as far as the row describes it.

    Raises InvalidRecord if the send itself is invalid. The next valid send then describes the broadcast.
    """
    build_staging_row(send)
    record = {
        "type": "broadcast",
        "broadcast": send["broadcast"],
        "name": row["broadcast_name"],
        "message": row["message"],
        "sender_id": row["sender_id"],
        "created_at": row["sent_at"],
    }
    build_staging_row(record)
    return record


PROVIDER = Provider(LAYOUT, build_records)
