"""Timeline of an SMS for admin and report pages. `ingest`, a higher layer, registers the loader."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from smsreports.accounts.models import Account

# Limits the size of a page, because a phone may open a link any number of times.
MAX_ENTRIES = 200
# Fields of an SMS by which its delivery receipts are found and their verdicts determined.
SMS_FIELDS = ("client_message_id", "message_id", "status", "status_code", "status_at")
# Explains the column of verdicts.
VERDICT_HELP = (
    "Applied: the receipt set the status, or is a step on the way to it. Late: it reports a step, but the final status "
    "was already known. Duplicate: another receipt reports the same at a later time. Contradicts: it reports a final "
    "status other than the one that was kept."
)


@dataclass(frozen=True)
class TimelineEntry:
    """One delivery receipt, click or action of an SMS: times, kind, content, and the verdict on a receipt."""

    at: datetime
    received_at: datetime
    kind: str
    report: str
    verdict: str


# Loads the timeline of an account's SMS, given its SMS_FIELDS: the latest MAX_ENTRIES, oldest first, and their total.
Reader = Callable[[Account, Mapping[str, object]], tuple[Sequence[TimelineEntry], int]]
_readers: list[Reader] = []


def register_reader(reader: Reader) -> None:
    """Set the reader of timelines, replacing an earlier one."""
    _readers[:] = [reader]


def get_timeline(account: Account, sms: Mapping[str, object]) -> tuple[Sequence[TimelineEntry], int]:
    """Return the latest MAX_ENTRIES entries of an SMS, oldest first, and their total. Empty without a reader."""
    return _readers[0](account, sms) if _readers else ([], 0)
