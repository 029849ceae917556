"""Helpers that load files of other systems and read the stored messages."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from messages_app.models import Message
from smsreports.accounts.models import Account
from smsreports.ingest.load import AccountResolver, BatchResult, load_lines
from smsreports.ingest.providers import ImportRun, get_provider


def load_file(provider: str, account: Account, content: bytes) -> tuple[BatchResult, ImportRun]:
    """Load a file. Return the result of all its batches, and the run with its notes."""
    total, run = BatchResult(), ImportRun(account)
    for result in load_lines(get_provider(provider).read_records(io.BytesIO(content), run), AccountResolver()):
        total.accepted += result.accepted
        total.duplicates += result.duplicates
        total.rejected += result.rejected
    return total, run


def build_csv(rows: Sequence[Mapping[str, Any]], **options: Any) -> bytes:
    """Return a CSV file of the rows. The keys of the first one are the columns."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, list(rows[0]), lineterminator=options.pop("end", "\r\n"), **options)
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def stored_messages(*names: str) -> Iterable[tuple[Any, ...]]:
    return list(Message.unscoped.order_by("client_message_id").values_list(*names))
