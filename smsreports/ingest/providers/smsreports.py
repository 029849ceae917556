"""Our own exports: the unified list as a CSV file, of either dialect, or as lines of JSON.

An export is newest first, and rows of one second lie in the order of their ids. It is loaded from its end, so that
they come to lie in the same order again. What it does not say of a broadcast is taken from the broadcast's oldest
send in the file; see docs/operators/providers/smsreports.md.
"""

from broadcasts_app.models import Broadcast
from smsreports.export.columns import Kind
from smsreports.export.formats import unguarded
from smsreports.ingest.fields import Refused
from smsreports.ingest.providers import Import, Provider, Record, Records, shown, whole
from smsreports.ingest.readers import Layout, Row, Rows
from smsreports.ingest.readers.backwards import backwards
from smsreports.ingest.records import staged
from smsreports.unified.exports import COLUMNS

# Before the exported id in the key of a broadcast that was rebuilt.
KEY = "export:"
# What a row of another source does not have, or an SMS has not met yet; a table writes it as an empty value.
NULLABLE = frozenset(
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
# The file's names are those of its door, which calls a text a message. `id` is ours, and `clicked` is told by its time.
PASSED_OVER = frozenset(("id", "clicked"))
NAMES = {column.name: "message" if column.name == "text" else column.name for column in COLUMNS}
TEXTS = frozenset(NAMES[column.name] for column in COLUMNS if column.kind is Kind.TEXT)
LAYOUT = Layout(
    read=frozenset(NAMES.values()) - PASSED_OVER,
    passed_over=PASSED_OVER,
    required=frozenset(NAMES.values()),
    envelope="messages",
)
# What both kinds of record say in the same words.
SAME = ("recipient", "sender_id", "message", "status", "status_code", "cost", "delivered_at", "message_id")


def records(rows: Rows, imported: Import) -> Records:
    """A message or a send of each row, and before the first send of a broadcast that is not known the broadcast."""
    names = _known(imported)
    for number, row in backwards(_plain(rows, imported)):
        try:
            if isinstance(row, Refused):
                raise row
            made = _record(row)
            if made["type"] == "send" and made["broadcast"] not in names:
                yield number, _broadcast(row, made)
                names[made["broadcast"]] = row["broadcast_name"]
            if made["type"] == "send" and names[made["broadcast"]] != row["broadcast_name"]:
                raise Refused("broadcast_id: was loaded before with another broadcast_name")
            yield number, made
        except Refused as fault:
            yield number, fault


def _known(imported: Import) -> dict[str, str]:
    """The names of the broadcasts that were rebuilt before, by their keys."""
    rebuilt = Broadcast.objects.for_account(imported.account).filter(key__startswith=KEY)
    return dict(rebuilt.values_list("key", "name"))


def _plain(rows: Rows, imported: Import) -> Rows:
    """Rows as the lines of JSON have them: without guards, and with null for what is empty because it is not there."""
    for number, row in rows:
        if isinstance(row, Refused):
            yield number, row
            continue
        if imported.notes.marked:
            imported.notes.remark(
                "read as dialect=excel because of its byte order mark: a ' before = + - @ was removed"
            )
            row = {name: unguarded(value) if name in TEXTS else value for name, value in row.items()}
        row = {name: None if value == "" and name in NULLABLE else value for name, value in row.items()}
        missing = sorted(name for name, value in row.items() if value is None and name not in NULLABLE)
        yield number, Refused(f"{', '.join(missing)}: is missing") if missing else row


def _record(row: Row) -> Record:
    record = {name: row[name] for name in SAME} | {"segments": whole(row["segments"])}
    if row["source"] == "api":
        return record | {
            "type": "message",
            "client_message_id": row["client_message_id"],
            "created_at": row["sent_at"],
        }
    if row["source"] != "campaign":
        raise Refused(f"source: {shown(row['source'])}is not known")
    if row["broadcast_id"] is None or row["broadcast_name"] is None:
        raise Refused("broadcast_id, broadcast_name: must be given for a campaign")
    return record | {
        "type": "send",
        "broadcast": f"{KEY}{row['broadcast_id']}",
        "sent_at": row["sent_at"],
        **{name: row[name] for name in ("clicked_at", "action_type", "action_at")},
    }


def _broadcast(row: Row, send: Record) -> Record:
    """What the send tells of its broadcast. Raises Refused where it cannot be loaded itself: the next one tells it."""
    staged(send)
    made = {
        "type": "broadcast",
        "broadcast": send["broadcast"],
        "name": row["broadcast_name"],
        "message": row["message"],
        "sender_id": row["sender_id"],
        "created_at": row["sent_at"],
    }
    staged(made)
    return made


PROVIDER = Provider(LAYOUT, records)
