"""Rows of the reference model: SMS, items of the Ersaal list, and the delivery reports that decide a status."""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import cached_property

NON_FINAL = ("pending", "sent", "ENROUTE", "ACCEPTD")
SUBMITTED = NON_FINAL[1:]


@dataclass(frozen=True)
class Report:
    """Delivery report about a row, with its time."""

    status: str
    code: str
    at: datetime
    delivered_at: datetime | None

    @property
    def rank(self) -> tuple[bool, bool, datetime, int]:
        """Sort key: the report with the highest rank wins, whatever the order of arrival."""
        final = self.status not in NON_FINAL
        return final, self.status == "DELIVRD", self.at, -1 if final else NON_FINAL.index(self.status)


@dataclass(eq=False)
class Row:
    """SMS to one recipient; `key` is its client_message_id, or the message_id of a send."""

    source: str
    key: str
    recipient: str
    country: str | None
    sender_id: str
    message: str
    segments: int
    cost: Decimal
    created_at: datetime
    message_id: str | None
    broadcast: "Item | None" = None
    reports: list[Report] = field(default_factory=list)
    sent_times: list[datetime] = field(default_factory=list)
    clicked_at: datetime | None = None
    action_type: str | None = None
    action_at: datetime | None = None
    receipts: list[Report] = field(default_factory=list)
    id: int = 0

    @cached_property
    def winner(self) -> Report:
        """Report that decides the status. Cached, so it is valid only after the load."""
        return max(self.reports, key=lambda report: report.rank)

    @property
    def sent_at(self) -> datetime | None:
        return min(self.sent_times, default=None)

    @property
    def updated_at(self) -> datetime:
        """Latest of the row's own times and the time of its winning report."""
        times = (self.created_at, self.sent_at, self.winner.delivered_at, self.winner.at)
        return max(moment for moment in times if moment is not None)

    @property
    def order(self) -> tuple[datetime, str, int]:
        return self.created_at, self.source, self.id


@dataclass(eq=False)
class Item:
    """Entry of the Ersaal list: a request or a broadcast, with its rows."""

    source: str
    key: str
    created_at: datetime
    text: str
    group: str | None
    sender_id: str
    name: str | None = None
    rows: list[Row] = field(default_factory=list)
    id: int = 0
    rank: int = 0

    @property
    def receivers(self) -> list[Row]:
        """Rows of a broadcast by id; of a request its first message, then the others by id."""
        by_id = sorted(self.rows, key=lambda row: row.id)
        if self.source == "campaign":
            return by_id
        first = min(self.rows, key=lambda row: (row.created_at, row.key))
        return [first] + [row for row in by_id if row is not first]

    @property
    def order(self) -> tuple[datetime, str, int]:
        return self.created_at, self.source, self.rank


class Account:
    """Rows and items of one account."""

    def __init__(self) -> None:
        self.rows: dict[tuple[str, str], Row] = {}
        self.items: dict[tuple[str, str], Item] = {}
