"""Rows and answers in our own words, as views give them to dialects to render."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import TypedDict

from smsreports.counters.queries import GroupFigures
from smsreports.sources import ReceiverRow

# A row of a list, by our names.
Row = Mapping[str, object]


class BareItemRow(TypedDict):
    """Request or broadcast: the columns of items in `smsreports.unified.columns`."""

    id: int
    source: str
    text: str
    is_broadcast: bool
    contact_group_id: str | None
    created_at: datetime


class ItemRow(BareItemRow):
    """Item with its first receivers. `segments` and `receiver_total` count all of them."""

    updated_at: datetime
    segments: int
    receiver_total: int
    receivers: Sequence[ReceiverRow]


class WindowDays(TypedDict):
    """First and last day of a window, both included. An open side is None."""

    first: date | None
    last: date | None


class TotalStats(WindowDays):
    currency: str
    figures: GroupFigures


class DailyStats(WindowDays):
    days: Sequence[tuple[date, GroupFigures]]


class CountryStats(WindowDays):
    """Figures by country. The empty country is that of numbers without one."""

    countries: Sequence[tuple[str, GroupFigures]]


class AuditPage(TypedDict):
    """Page of the audit log, `total` entries of which match."""

    entries: Sequence[Row]
    total: int
    page: int
    size: int


class RejectedRow(TypedDict):
    line: int
    error: str


class IngestResult(TypedDict):
    """Numbers of the lines of a batch, and those that were rejected."""

    accepted: int
    duplicates: int
    rejected: Sequence[RejectedRow]
