"""What an SMS was told, for its staff pages. Whoever keeps receipts says how they are read: they stand above."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from smsreports.accounts.models import Account

# A phone that opens its links over and over must not make a page of megabytes.
MAX_ENTRIES = 200
# What of an SMS says which reports are its own, and what became of each.
SMS_FIELDS = ("client_message_id", "message_id", "status", "status_code", "status_at")
# What stands in the column of verdicts, for those who read it for the first time.
VERDICT_HELP = (
    "Applied: the receipt set the status, or is a step on the way to it. Late: it reports a step, but the final status "
    "was already known. Duplicate: another receipt reports the same at a later time. Contradicts: it reports a final "
    "status other than the one that was kept."
)


@dataclass(frozen=True)
class TimelineEntry:
    """A receipt, a click or an action: when it happened, when it was received, what it said, and, of a receipt, what
    became of it."""

    at: datetime
    received_at: datetime
    kind: str
    report: str
    verdict: str


# What was told of an account's SMS, of which OF_SMS is given: the latest MOST_TOLD, oldest first, and how many there
# are.
Reader = Callable[[Account, Mapping[str, Any]], tuple[Sequence[TimelineEntry], int]]
_readers: list[Reader] = []


def register_reader(reader: Reader) -> None:
    _readers[:] = [reader]


def get_timeline(account: Account, sms: Mapping[str, Any]) -> tuple[Sequence[TimelineEntry], int]:
    return _readers[0](account, sms) if _readers else ([], 0)
