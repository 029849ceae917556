"""Rows in Acme's format."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Annotated, TypedDict, cast

from smsreports.openapi.schemas import enum_of, object_of
from smsreports.openapi.type_schemas import WithSchema, build_type_schema
from smsreports.queries.rows import Row, TotalStats
from smsreports.sms.statuses import NAMES, StatusGroup

# Begins the names of the schemas of rows.
SCHEMA_PREFIX = "Acme"
# The vendor's keys of our columns, where the names differ.
RENAMED = {
    "source": "channel",
    "recipient": "number",
    "sender_id": "origin",
    "text": "body",
    "status": "state",
    "status_code": "reason",
    "sent_at": "time",
    "created_at": "time",
}
UNIFIED_COLUMNS = (
    "id",
    "source",
    "client_message_id",
    "message_id",
    "recipient",
    "sender_id",
    "text",
    "status",
    "status_code",
    "segments",
    "cost",
    "sent_at",
    "delivered_at",
    "clicked",
    "clicked_at",
    "action_type",
    "action_at",
    "broadcast_id",
    "broadcast_name",
)
UNIFIED = {RENAMED.get(name, name): name for name in UNIFIED_COLUMNS}
State = Annotated[str, WithSchema(enum_of(NAMES))]


class Receipt(TypedDict):
    state: State
    time: datetime


class MessageState(TypedDict):
    client_message_id: str | None
    message_id: str | None
    number: str
    body: str
    state: State
    reason: str
    cost: Decimal
    delivered_at: datetime | None
    receipts: list[Receipt]


class StateTotals(TypedDict):
    messages: int
    cost: Decimal


class Totals(TypedDict):
    states: Annotated[
        dict[str, StateTotals],
        WithSchema(object_of({group.value: build_type_schema(StateTotals) for group in StatusGroup})),
    ]
    currency: str


def render_row(keys: Mapping[str, str], labels: Iterable[str], row: Row) -> dict[str, object]:
    """Render a row of a list. `labels` are the columns of numbers that are written as strings, as they are in files."""
    written = {**row, **{name: str(row[name]) for name in labels}}
    return {theirs: written[ours] for theirs, ours in keys.items()}


def render_state(row: Row) -> MessageState:
    """Render one message with the receipts about it."""
    keys = {theirs: ours for ours, theirs in RENAMED.items()}
    message = {key: row[keys.get(key, key)] for key in MessageState.__annotations__ if key != "receipts"}
    entries = cast(Sequence[Row], row["timeline"])
    return cast(MessageState, {**message, "receipts": [{"state": e["status"], "time": e["at"]} for e in entries]})


def render_totals(stats: TotalStats) -> Totals:
    """Render the number and cost of the SMS of each state."""
    figures = stats["figures"]
    states: dict[str, StateTotals] = {group.value: {"messages": 0, "cost": Decimal(0)} for group in StatusGroup}
    states |= {group: {"messages": sums["sms"], "cost": sums["cost"]} for group, sums in figures.items() if group}
    return {"states": states, "currency": stats["currency"]}
