"""Traffic of three sources, known row by row, so that a test can compute every number itself."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from smsreports.sms.statuses import STATUSES
from tests.conftest import NOON, broadcast_line, message_line, send_line, to_json

ACCOUNTS = ("acme", "globex")
# By the slug of the source: the word for it in rows. Rows of the same time are in the descending order of these words.
LABELS = {"api": "api", "broadcasts": "campaign", "whatsapp": "whatsapp"}
ROWS_PER_SOURCE = 12
NUMBERS = (("+14155551234", "US"), ("+447911123456", "GB"), ("+8835100123", None))
SENDERS = ("MyApp", "Promo")
START = datetime(2026, 2, 10, tzinfo=UTC)


@dataclass(frozen=True)
class Row:
    """One stored SMS, as lists, files and totals must show it."""

    source: str
    key: str
    at: datetime
    recipient: str
    country: str | None
    sender: str
    status: str
    cost: Decimal
    account: str

    @property
    def group(self) -> str:
        return STATUSES[self.status].group.value

    @property
    def text(self) -> str:
        return f"{self.key} of {self.account}"


def build_rows(account: str) -> list[Row]:
    """Return the account's rows in the order of lists: by time, source and id, descending."""
    rows = [
        _build_row(account, source, position, number)
        for position, source in enumerate(LABELS)
        # The second account has more, so that totals show rows of the wrong account.
        for number in range(ROWS_PER_SOURCE + (2 if account == ACCOUNTS[1] else 0))
    ]
    return sorted(rows, key=lambda row: (row.at, LABELS[row.source], row.key), reverse=True)


def _build_row(account: str, source: str, position: int, number: int) -> Row:
    recipient, country = NUMBERS[(number + position) % len(NUMBERS)]
    return Row(
        source,
        f"{source}-{number:02}",
        # Each time is that of two rows of each source; three days in all.
        START + timedelta(hours=number // 2 * 12),
        recipient,
        country,
        SENDERS[number % len(SENDERS)],
        tuple(STATUSES)[(number * 2 + position) % len(STATUSES)],
        Decimal(number * 7 + position + 1) / 1000,
        account,
    )


def build_lines(rows: Sequence[Row]) -> Iterator[str]:
    """Yield the lines that load the rows, in the order of their keys, which is that of their ids."""
    for account in {row.account: None for row in rows}:
        yield broadcast_line(account=account)
    for row in sorted(rows, key=lambda row: row.key):
        fields: dict[str, Any] = {"account": row.account, "message": row.text, "sender_id": row.sender}
        fields |= {"recipient": row.recipient, "country": row.country}
        fields |= {"status": row.status, "cost": str(row.cost)}
        at = row.at.isoformat()
        if row.source == "api":
            yield message_line(client_message_id=row.key, created_at=at, **fields)
        elif row.source == "broadcasts":
            yield send_line(message_id=row.key, sent_at=at, **fields)
        else:
            yield whatsapp_line(client_message_id=row.key, created_at=at, template="hello", **fields)


def whatsapp_record(**fields: Any) -> dict[str, Any]:
    """Return the record of a WhatsApp message of acme, with `fields` on top of its defaults."""
    record = {"type": "whatsapp", "account": "acme", "client_message_id": "w-1", "recipient": "+14155551234"}
    return record | {"sender_id": "MyApp", "message": "Hello", "created_at": NOON} | fields


def whatsapp_line(**fields: Any) -> str:
    return to_json(whatsapp_record(**fields))
