"""Files of other systems on their way in, and what is stored of them."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from messages_app.models import Message
from smsreports.accounts.models import Account
from smsreports.ingest.load import Accounts, Outcome, load
from smsreports.ingest.providers import Import, named, taken


def load_file(provider: str, account: Account, content: bytes) -> tuple[Outcome, Import]:
    """What becomes of a file, as one outcome, and what was told beside it."""
    whole, imported = Outcome(), Import(account)
    for outcome in load(named(provider).read(io.BytesIO(content), imported), Accounts(), taken):
        whole.accepted += outcome.accepted
        whole.duplicates += outcome.duplicates
        whole.rejected += outcome.rejected
    return whole, imported


def table(rows: Sequence[Mapping[str, Any]], **options: Any) -> bytes:
    """A CSV file of these rows under the keys of the first."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, list(rows[0]), lineterminator=options.pop("end", "\r\n"), **options)
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def stored(*names: str) -> Iterable[tuple[Any, ...]]:
    return list(Message.everyones.order_by("client_message_id").values_list(*names))
