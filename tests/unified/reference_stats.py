"""Slow calculation of statistics from the rows, with which the tests compare the API's."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from broadcasts_app.models import BroadcastSend
from messages_app.models import Message
from smsreports.sms.statuses import STATUSES
from tests.counters.rows import Row

# The day of the vendors' examples.
TODAY = date(2026, 2, 13)
# Aliases among the vendor's status filters, and the groups that they mean.
STATUS_WORDS = {"sent": "pending", "failed": "undelivered"}


@dataclass(frozen=True)
class Sms:
    source: str
    day: date
    row: Row

    @property
    def group(self) -> str:
        return STATUSES[self.row.status].group.value


def stored_sms(account: str) -> Iterator[Sms]:
    """Yield every SMS of the account, read back from its table."""
    for message in Message.unscoped.filter(account__name=account):
        row = Row(sender=message.sender_id, recipient=message.recipient)
        yield Sms("api", message.created_at.date(), _with(row, message))
    for sent in BroadcastSend.unscoped.filter(account__name=account):
        row = Row(sender=sent.sender_id, clicks=sent.click_count, actions=sent.action_count)
        yield Sms("broadcasts", sent.sent_at.date(), _with(row, sent))


def _with(row: Row, sms: Message | BroadcastSend) -> Row:
    return replace(row, status=sms.status, country=sms.country, cost=sms.cost, recipient=sms.recipient)


def filter_rows(query: Mapping[str, str], rows: Iterable[Sms]) -> list[Sms]:
    """Return the SMS that match the query parameters."""
    first, last = query_window(query)
    status = STATUS_WORDS.get(query.get("status", ""), query.get("status"))
    conditions: dict[str, Callable[[Sms], bool]] = {
        "source": lambda sms: query.get("source", "api") in ("all", sms.source),
        "status": lambda sms: status in (None, sms.group),
        "phone": lambda sms: query.get("phone", "").strip("+ ") in sms.row.recipient,
        "country": lambda sms: query.get("country", "").upper() in ("", sms.row.country),
        "sender": lambda sms: query.get("sender") in (None, sms.row.sender),
        "days": lambda sms: (first or date.min) <= sms.day <= (last or date.max),
    }
    return [sms for sms in rows if all(matches(sms) for matches in conditions.values())]


def query_window(query: Mapping[str, str]) -> tuple[date | None, date | None]:
    if "from" in query or "to" in query:
        first, last = (date.fromisoformat(query[name]) if name in query else None for name in ("from", "to"))
        return first, last or TODAY
    return {
        "today": (TODAY, TODAY),
        "yesterday": (date(2026, 2, 12), date(2026, 2, 12)),
        "7d": (date(2026, 2, 6), TODAY),
        "30d": (date(2026, 1, 14), TODAY),
        "this_month": (date(2026, 2, 1), TODAY),
        "last_month": (date(2026, 1, 1), date(2026, 1, 31)),
    }[query.get("period", "7d")]


def expected_stats(rows: Iterable[Sms]) -> dict[str, Any]:
    all_sms = list(rows)
    groups = [sms.group for sms in all_sms]
    undelivered = groups.count("undelivered") + groups.count("unknown")
    cost = sum((sms.row.cost for sms in all_sms), Decimal(0))
    return {
        "total_sent": len(all_sms),
        "sent": len(all_sms),
        "delivered": groups.count("delivered"),
        "undelivered": undelivered,
        "pending": groups.count("pending"),
        "expired": groups.count("expired"),
        "not_billed": 0,
        "failed": undelivered,
        "click_count": sum(sms.row.clicks for sms in all_sms),
        "unique_click_count": sum(sms.row.clicks > 0 for sms in all_sms),
        "action_count": sum(sms.row.actions for sms in all_sms),
        "sent_rate": Decimal(100 if all_sms else 0),
        "delivery_rate": rounded_share(Decimal(100 * groups.count("delivered")), len(all_sms), "0.01"),
        "total_cost": rounded_share(cost, 1, "0.01"),
        "avg_cost_per_msg": rounded_share(cost, len(all_sms), "0.0001"),
    }


def rounded_share(part: Decimal, whole: int, step: str) -> Decimal:
    return (part / whole).quantize(Decimal(step), ROUND_HALF_UP) if whole else Decimal(0)


def expected_days(rows: list[Sms], query: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return the stats of every day of the window. An open window begins with the first day of traffic."""
    first, last = query_window(query)
    first = first or min((sms.day for sms in rows), default=None)
    if first is None or last is None:
        return []
    dates = (first + timedelta(days=n) for n in range((last - first).days + 1))
    return [{"date": str(day), **expected_stats(sms for sms in rows if sms.day == day)} for day in dates]


def expected_countries(rows: list[Sms]) -> list[dict[str, Any]]:
    by_country: dict[str, list[Sms]] = defaultdict(list)
    for sms in rows:
        by_country[sms.row.country or ""].append(sms)
    countries = sorted(by_country, key=lambda country: (-len(by_country[country]), country))
    return [{"country": country or None, **expected_stats(by_country[country])} for country in countries]
