"""Rows written by raw SQL instead of the loader, and sums of them to compare the counters with."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from django.db import connection

from broadcasts_app.models import Broadcast, BroadcastSend
from messages_app.models import Message
from smsreports.accounts.models import Account
from smsreports.counters.models import DIMENSIONS, KEY, MEASURES, Counter, Grain
from smsreports.sms.statuses import STATUSES

MESSAGES, SENDS, BROADCASTS = "messages_app_message", "broadcasts_app_broadcastsend", "broadcasts_app_broadcast"
NOON = datetime(2026, 2, 13, 12, tzinfo=UTC)
NAMES = ("acme", "globex")
CAMPAIGNS = ("spring", "autumn")
# Measures by key, as the counters' table names both.
Totals = dict[tuple[Any, ...], tuple[Any, ...]]


@dataclass(frozen=True)
class Row:
    """Counted columns of a message or a send."""

    account: str = "acme"
    at: datetime = NOON
    status: str = "DELIVRD"
    sender: str = "MyApp"
    country: str | None = "US"
    cost: Decimal = Decimal("0.0085")
    segments: int = 1
    recipient: str = "+14155551234"
    # Of messages.
    heads: bool = True
    # Of sends.
    campaign: str = "spring"
    clicks: int = 0
    actions: int = 0


def run(sql: str, *params: Any) -> int:
    """Execute a statement and return the number of rows that it wrote."""
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return int(cursor.rowcount)


def create_accounts() -> None:
    """Create the accounts, and the campaigns of the first account."""
    for name in NAMES:
        Account.objects.create(name=name)
    insert_campaigns()


def insert_campaigns(at: datetime = NOON) -> int:
    return run(
        f"""INSERT INTO {BROADCASTS} (account_id, key, name, text, segments, sender_id, created_at)
            SELECT a.id, k, k, 'x', 1, 'Promo', %s FROM accounts_account a, unnest(%s::text[]) k WHERE a.name = %s
            ON CONFLICT DO NOTHING""",
        at,
        list(CAMPAIGNS),
        NAMES[0],
    )


def insert_messages(rows: Iterable[Row]) -> int:
    """Insert messages by one statement. Each is a request of its own."""
    values, params = _values_sql((row.account, row.heads, *_sms_columns(row)) for row in rows)
    return run(
        f"""INSERT INTO {MESSAGES} (account_id, client_message_id, request_key, heads_request, recipient, sender_id,
                country, text, status, status_code, segments, cost, created_at, status_at)
            SELECT a.id, v.key, v.key, heads, recipient, sender, country, 'x', status, '', segments, cost, at, at
            FROM (SELECT gen_random_uuid()::text, w.* FROM (VALUES {values}) w)
                v (key, account, heads, recipient, sender, country, status, segments, cost, at)
            JOIN accounts_account a ON a.name = v.account""",
        *params,
    )


def insert_sends(rows: Iterable[Row]) -> int:
    """Insert sends by one statement. Those of a deleted campaign are left out."""
    values, params = _values_sql(
        (row.account, row.campaign, *_sms_columns(row), row.clicks, row.actions) for row in rows
    )
    return run(
        f"""INSERT INTO {SENDS} (account_id, broadcast_id, message_id, recipient, sender_id, country, text, status,
                status_code, segments, cost, sent_at, status_at, click_count, clicked_at, action_count)
            SELECT a.id, b.id, gen_random_uuid(), recipient, sender, v.country, 'x', status,
                '', v.segments, cost, at, at, clicks, CASE WHEN clicks > 0 THEN at END, actions
            FROM (VALUES {values})
                v (account, campaign, recipient, sender, country, status, segments, cost, at, clicks, actions)
            JOIN accounts_account a ON a.name = v.account JOIN {BROADCASTS} b ON b.key = v.campaign""",
        *params,
    )


def _sms_columns(row: Row) -> tuple[Any, ...]:
    return row.recipient, row.sender, row.country, row.status, row.segments, row.cost, row.at


def _values_sql(rows: Iterable[tuple[Any, ...]]) -> tuple[str, list[Any]]:
    all_rows = list(rows)
    return ", ".join(f"({', '.join(['%s'] * len(row))})" for row in all_rows), [
        value for row in all_rows for value in row
    ]


def sum_counters() -> Totals:
    """Return the totals of the counters, added up in Python."""
    totals = _TotalsBuilder()
    for row in Counter.unscoped.all():
        totals.add(tuple(getattr(row, name) for name in KEY), tuple(getattr(row, name) for name in MEASURES))
    return totals.nonzero()


def recount_rows() -> Totals:
    """Return the totals that the counters must have, added up from the rows in Python."""
    totals = _TotalsBuilder()
    for row in Message.unscoped.all():
        figures = {"sms": 1, "requests": int(row.heads_request), "segments": row.segments, "cost": row.cost}
        dimensions = _get_dimensions(row)
        for grain in (Grain.DAY, Grain.ROUTE):
            totals.add(_build_key(row.account_id, "api", grain, row.created_at, dimensions), _build_measures(figures))
    for send in BroadcastSend.unscoped.all():
        figures = {"sms": 1, "segments": send.segments, "cost": send.cost, "clicks": send.click_count}
        figures |= {"unique_clicks": int(send.clicked_at is not None), "actions": send.action_count}
        dimensions = _get_dimensions(send) | {"broadcast_id": send.broadcast_id}
        for grain in Grain:
            totals.add(
                _build_key(send.account_id, "broadcasts", grain, send.sent_at, dimensions), _build_measures(figures)
            )
    for campaign in Broadcast.unscoped.all():
        totals.add(
            _build_key(campaign.account_id, "broadcasts", Grain.DAY, campaign.created_at, {}),
            _build_measures({"requests": 1}),
        )
    return totals.nonzero()


class _TotalsBuilder:
    def __init__(self) -> None:
        self._sums: dict[tuple[Any, ...], list[Any]] = defaultdict(lambda: [0] * len(MEASURES))

    def add(self, key: tuple[Any, ...], measures: tuple[Any, ...]) -> None:
        self._sums[key] = [total + more for total, more in zip(self._sums[key], measures, strict=True)]

    def nonzero(self) -> Totals:
        return {key: tuple(sums) for key, sums in self._sums.items() if any(sums)}


def _get_dimensions(row: Message | BroadcastSend) -> dict[str, Any]:
    group = STATUSES[row.status].group.value
    return {"status_group": group, "sender_id": row.sender_id, "country": row.country or ""}


GRAIN_DIMENSIONS = {
    Grain.DAY: ("status_group",),
    Grain.ROUTE: ("status_group", "sender_id", "country"),
    Grain.BROADCAST: ("status_group", "broadcast_id"),
}


def _build_key(account: int, source: str, grain: Grain, at: datetime, dimensions: Mapping[str, Any]) -> tuple[Any, ...]:
    used = {name: value for name, value in dimensions.items() if name in GRAIN_DIMENSIONS[grain]}
    values = (used.get(name, 0 if name == "broadcast_id" else "") for name in DIMENSIONS)
    return (account, source, grain.value, at.date(), *values)


def _build_measures(figures: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(figures.get(name, 0) for name in MEASURES)
