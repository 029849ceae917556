"""Loader of broadcasts and sends, and the importer of their rows in our own exports."""

from collections.abc import Iterator

from broadcasts_app.merge import SENDS, merge_broadcasts, merge_sends
from broadcasts_app.models import Broadcast, WaitingSend
from broadcasts_app.records import BROADCAST_KIND, SEND_KIND
from smsreports.accounts.models import Account
from smsreports.records.field_parsers import InvalidRecord
from smsreports.records.loader import ExportRow, Loader, RecordDict, RowImporter
from smsreports.records.merge_steps import MergeStep

# Prefix of a rebuilt broadcast's key; the exported id follows.
BROADCAST_KEY_PREFIX = "export:"


class SendImporter:
    """Importer of one account's exported sends. It rebuilds each broadcast from the first send that it gets."""

    def __init__(self, account: Account) -> None:
        # Those that earlier imports rebuilt, by key.
        rebuilt_broadcasts = Broadcast.objects.for_account(account).filter(key__startswith=BROADCAST_KEY_PREFIX)
        self._names: dict[str, object] = dict(rebuilt_broadcasts.values_list("key", "name"))

    def build_records(self, row: ExportRow) -> Iterator[RecordDict]:
        """Yield the send of a row, and before it its broadcast if that is not known. Raises InvalidRecord."""
        if row["broadcast_id"] is None or row["broadcast_name"] is None:
            raise InvalidRecord("broadcast_id, broadcast_name: must be given for a campaign")
        key = f"{BROADCAST_KEY_PREFIX}{row['broadcast_id']}"
        send = LOADER.build_export_record(row) | {"broadcast": key}
        if key not in self._names:
            yield _build_broadcast(row, send)
            self._names[key] = row["broadcast_name"]
        if self._names[key] != row["broadcast_name"]:
            raise InvalidRecord("broadcast_id: was loaded before with another broadcast_name")
        yield send


def _build_broadcast(row: ExportRow, send: RecordDict) -> RecordDict:
    """Return the broadcast that `send` belongs to, as far as the row describes it.

    Raises InvalidRecord if the send itself is invalid. The next valid send then describes the broadcast.
    """
    SEND_KIND.build_row(send)
    record: RecordDict = {
        "type": "broadcast",
        "broadcast": send["broadcast"],
        "name": row["broadcast_name"],
        "message": row["text"],
        "sender_id": row["sender_id"],
        "created_at": row["sent_at"],
    }
    BROADCAST_KIND.build_row(record)
    return record


def start_import(account: Account) -> RowImporter:
    return SendImporter(account).build_records


LOADER = Loader(
    kinds={"broadcast": BROADCAST_KIND, "send": SEND_KIND},
    sms=SENDS,
    steps=[
        MergeStep(merge_broadcasts, frozenset([BROADCAST_KIND.stage.name])),
        # A broadcast may release sends that waited for it.
        MergeStep(merge_sends, frozenset([BROADCAST_KIND.stage.name, SEND_KIND.stage.name])),
    ],
    other_tables=[Broadcast._meta.db_table, WaitingSend._meta.db_table],
    start_import=start_import,
)
