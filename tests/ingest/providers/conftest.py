"""Files of other systems on their way in, and what is stored of them."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from messages_app.models import Message
from smsreports.accounts.models import Account
from smsreports.ingest.load import AccountResolver, BatchResult, load_lines
from smsreports.ingest.providers import ImportRun, get_provider, raise_if_invalid


def load_file(provider: str, account: Account, content: bytes) -> tuple[BatchResult, ImportRun]:
    """What becomes of a file, as one outcome, and what was told beside it."""
    whole, imported = BatchResult(), ImportRun(account)
    for outcome in load_lines(
        get_provider(provider).read_records(io.BytesIO(content), imported), AccountResolver(), raise_if_invalid
    ):
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
