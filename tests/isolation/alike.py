"""The traffic of two accounts, alike in ids, numbers, senders, times and costs: only the texts tell whose it is."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import cycle, islice

from smsreports.sms.statuses import NAMES
from tests.conftest import broadcast, click, message, receipt, send

# Who is watched while the other one acts.
WATCHED, OTHER = "acme", "globex"
# What stands in every text of an account; pages name accounts to choose from, but none of their texts.
WORDS = {WATCHED: "kestrel", OTHER: "heron"}
# The vendors' day is today.
TODAY = date(2026, 2, 13)
# Days on both sides of every period's edges, and enough rows for several pages.
DAYS_AGO = (0, 1, 3, 7, 8, 12, 13, 30, 31, 43, 60)
MESSAGES, BROADCASTS, SENDS = 44, 5, 30
RECIPIENTS = {"+14155551234": "US", "+447911123456": "GB", "+4915112345678": "DE", "+218912345678": "LY"}
SENDERS = ("MyApp", "Promo", "R&D")
STATUSES = sorted(NAMES)
# No sum of some of these is a sum of others soon: a foreign row moves every figure of money.
COSTS = ("0.002003", "0.003001", "0.005003", "0.007001", "0.011003", "0.013001")


def lines(account: str, *, first: int = 0) -> Iterator[str]:
    """Rows numbered from `first` on, with what was told of them."""
    for number in range(first, first + MESSAGES):
        yield message(
            account=account,
            client_message_id=f"m-{number}",
            request_id=f"r-{number // 2}" if number % 3 else None,
            message_id=f"c-{number}" if number % 2 else None,
            message=f"Code {number} of {WORDS[account]}",
            created_at=_time(number // 3 * 3 if number % 3 else number),
            **_alike(number),
        )
    for number in range(first, first + BROADCASTS):
        text = f"Sale {number} of {WORDS[account]}"
        yield broadcast(account=account, broadcast=f"b-{number}", name=text, message=text, created_at=_time(number))
    for number in range(first, first + SENDS):
        of = f"b-{first + number % BROADCASTS}"
        at = _time(number)
        yield send(account=account, broadcast=of, message_id=f"s-{number}", sent_at=at, **_alike(number))
    yield from told(account, first)


def told(account: str, first: int = 0, status: str = "DELIVRD") -> Iterator[str]:
    """Receipts and clicks of every third SMS; and some that wait for SMS which never come."""
    for number in (*range(first, first + SENDS, 3), 5000):
        at = _time(0, minutes=number)
        yield receipt(account=account, client_message_id=f"m-{number}", status=status, status_code="000", at=at)
        yield receipt(account=account, message_id=f"s-{number}", status=status, status_code="001", at=at)
        yield click(account=account, message_id=f"s-{number}", at=at)


def _alike(number: int) -> dict[str, str]:
    recipient, country = list(RECIPIENTS.items())[number % len(RECIPIENTS)]
    status = STATUSES[number % len(STATUSES)]
    told = {"recipient": recipient, "country": country, "sender_id": SENDERS[number % len(SENDERS)]}
    return told | {"status": status, "cost": COSTS[number % len(COSTS)]}


def _time(number: int, minutes: int = 0) -> str:
    days = next(islice(cycle(DAYS_AGO), number % len(DAYS_AGO), None))
    at = datetime(TODAY.year, TODAY.month, TODAY.day, 9, tzinfo=UTC) - timedelta(days=days)
    return (at + timedelta(minutes=minutes)).isoformat()
