"""Traffic of two accounts with the same ids, numbers, senders, times and costs; only the texts differ."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import cycle, islice

from smsreports.sms.statuses import NAMES
from tests.conftest import broadcast_line, click_line, message_line, receipt_line, send_line

# The account whose responses are compared, and the one that acts meanwhile.
WATCHED, OTHER = "acme", "globex"
# A word in every text of an account. Pages list the names of accounts in a form, but none of their texts.
MARKERS = {WATCHED: "kestrel", OTHER: "heron"}
# The frozen current day: the one of the vendors' examples.
TODAY = date(2026, 2, 13)
# Days on both sides of the limits of every period. There are enough rows for several pages.
DAYS_AGO = (0, 1, 3, 7, 8, 12, 13, 30, 31, 43, 60)
MESSAGES, BROADCASTS, SENDS = 44, 5, 30
RECIPIENTS = {"+14155551234": "US", "+447911123456": "GB", "+4915112345678": "DE", "+218912345678": "LY"}
SENDERS = ("MyApp", "Promo", "R&D")
STATUSES = sorted(NAMES)
# Sums of a few of these differ, so a row of the other account changes every amount.
COSTS = ("0.002003", "0.003001", "0.005003", "0.007001", "0.011003", "0.013001")


def build_traffic_lines(account: str, *, first: int = 0) -> Iterator[str]:
    """Yield lines of rows numbered from `first` on, and of the events about them."""
    for number in range(first, first + MESSAGES):
        yield message_line(
            account=account,
            client_message_id=f"m-{number}",
            request_id=f"r-{number // 2}" if number % 3 else None,
            message_id=f"c-{number}" if number % 2 else None,
            message=f"Code {number} of {MARKERS[account]}",
            created_at=_format_moment(number // 3 * 3 if number % 3 else number),
            **_shared_fields(number),
        )
    for number in range(first, first + BROADCASTS):
        text = f"Sale {number} of {MARKERS[account]}"
        yield broadcast_line(
            account=account, broadcast=f"b-{number}", name=text, message=text, created_at=_format_moment(number)
        )
    for number in range(first, first + SENDS):
        broadcast = f"b-{first + number % BROADCASTS}"
        at = _format_moment(number)
        yield send_line(
            account=account, broadcast=broadcast, message_id=f"s-{number}", sent_at=at, **_shared_fields(number)
        )
    yield from build_event_lines(account, first)


def build_event_lines(account: str, first: int = 0, status: str = "DELIVRD") -> Iterator[str]:
    """Yield delivery receipts and clicks of every third SMS, and some for SMS that do not exist."""
    for number in (*range(first, first + SENDS, 3), 5000):
        at = _format_moment(0, minutes=number)
        yield receipt_line(account=account, client_message_id=f"m-{number}", status=status, status_code="000", at=at)
        yield receipt_line(account=account, message_id=f"s-{number}", status=status, status_code="001", at=at)
        yield click_line(account=account, message_id=f"s-{number}", at=at)


def _shared_fields(number: int) -> dict[str, str]:
    recipient, country = list(RECIPIENTS.items())[number % len(RECIPIENTS)]
    status = STATUSES[number % len(STATUSES)]
    fields = {"recipient": recipient, "country": country, "sender_id": SENDERS[number % len(SENDERS)]}
    return fields | {"status": status, "cost": COSTS[number % len(COSTS)]}


def _format_moment(number: int, minutes: int = 0) -> str:
    days = next(islice(cycle(DAYS_AGO), number % len(DAYS_AGO), None))
    at = datetime(TODAY.year, TODAY.month, TODAY.day, 9, tzinfo=UTC) - timedelta(days=days)
    return (at + timedelta(minutes=minutes)).isoformat()
