"""Reference model of the contract: simple and slow. It keeps rows in memory and builds every response from them."""

import math
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from tests.oracle.bodies import (
    ERSAAL_STATUSES,
    UNIFIED_KEYS,
    Body,
    csv_cell,
    format_time,
    message_body,
    receipt_body,
    unified_body,
)
from tests.oracle.laravel import Params, paginate
from tests.oracle.merge import APPLY
from tests.oracle.rows import NON_FINAL, Account, Item, Row

GROUPS = {
    "delivered": {"DELIVRD"},
    "undelivered": {"UNDELIV", "REJECTD", "DELETED", "failed"},
    "expired": {"EXPIRED"},
    "pending": {"pending", "sent", "ENROUTE", "ACCEPTD"},
    "unknown": {"UNKNOWN"},
}
GROUPS |= {"sent": GROUPS["pending"], "failed": GROUPS["undelivered"]}
FINAL_STATUSES = set().union(*GROUPS.values()) - set(NON_FINAL)
SOURCE_WORDS = {"api": {"api"}, "broadcasts": {"campaign"}, "all": {"api", "campaign"}}
ERSAAL_COUNTERS = {
    "delivered": "delivered",
    **dict.fromkeys(("failed", "expired", "rejected"), "failed"),
    **dict.fromkeys(("pending", "sent"), "pending"),
}
MAX_RECEIVERS = 100
MAX_PAGE_SIZE = 100


class ReferenceModel:
    """All accounts after a load of `records`, with the responses to requests on the day `today`."""

    def __init__(self, records: Iterable[Mapping[str, Any]], today: date) -> None:
        self.today = today
        self.accounts: dict[str, Account] = {}
        all_records = list(records)
        for kind in ("broadcast", "message", "send", "receipt", "click", "action"):
            for record in all_records:
                if record["type"] == kind:
                    account = self.accounts.setdefault(record["account"], Account())
                    APPLY[kind](account, record)

    # Values that only the service can know.

    def learn_ids(self, account: str, source: str, ids: Mapping[str, int]) -> None:
        """Set the ids that the service gave to the rows of one source."""
        for (row_source, key), row in self.accounts[account].rows.items():
            if row_source == source:
                row.id = ids[key]

    def learn_broadcast_id(self, account: str, message_id: str, broadcast_id: int) -> None:
        """Set the id of the broadcast of a send; every send must give the same one."""
        item = self.accounts[account].rows["campaign", message_id].broadcast
        assert item is not None
        assert item.id in (0, broadcast_id), f"{item.key} has two ids: {item.id}, {broadcast_id}"
        item.id = broadcast_id

    def learn_item_order(self, account: str, bodies: list[Body]) -> None:
        """Set the order of Ersaal items with equal time and source; all others must be in order already."""
        waiting = sorted(self.accounts[account].items.values(), key=lambda item: item.order, reverse=True)
        for position, body in enumerate(bodies):
            equal = [item for item in waiting if item.order[:2] == waiting[0].order[:2]]
            match = next((item for item in equal if self.item_body(item) == body), None)
            expected = [self.item_body(item) for item in equal]
            assert match, f"item {position} of {account} is not next in order: {body}\nexpected one of {expected}"
            match.rank = -position
            waiting = [item for item in waiting if item is not match]
        assert not waiting, f"{len(waiting)} items of {account} are missing"

    # Dialect A.

    def list_messages(self, account: str, params: Params) -> Body:
        return self._paginate(self.filter_rows(account, {**params, "source": "api"}), params, message_body)

    def list_unified(self, account: str, params: Params) -> Body:
        rows = self.filter_rows(account, params)
        return self._paginate(rows, params, unified_body)

    def export_rows(self, account: str, params: Params) -> list[Body]:
        return [unified_body(row) for row in self.filter_rows(account, params)]

    def export_csv(self, account: str, params: Params) -> list[list[str]]:
        """Return the cells of the CSV file, header row first."""
        guard = params.get("dialect") != "strict"
        rows = [[csv_cell(value, guard) for value in body.values()] for body in self.export_rows(account, params)]
        return [list(UNIFIED_KEYS), *rows]

    def get_status(self, account: str, client_message_id: str) -> Body:
        row = self.accounts[account].rows["api", client_message_id]
        printed = message_body(row)
        renamed = {"message_id": row.key, "telecom_message_id": row.message_id}
        keys = ("recipient", "segments", "message", "sender_id", "status", "status_code", "cost")
        times = ("created_at", "delivered_at")
        return {"status": True, "message": renamed | {key: printed[key] for key in (*keys, *times)}}

    def filter_rows(self, account: str, params: Params) -> list[Row]:
        """Return the rows that match, newest first."""
        first, last = self.resolve_days(params, default="7d")
        rows = [
            row
            for row in self.accounts[account].rows.values()
            if row.source in SOURCE_WORDS[params.get("source", "all")]
            and first <= row.created_at.date() <= last
            and matches(row, params)
        ]
        return sorted(rows, key=lambda row: row.order, reverse=True)

    def _paginate(self, rows: list[Row], params: Params, body: Any) -> Body:
        number, limit = int(params.get("page", "1")), min(int(params.get("limit", "25")), MAX_PAGE_SIZE)
        page_rows = rows[(number - 1) * limit : number * limit]
        total_pages = math.ceil(len(rows) / limit)
        page = {"total": len(rows), "page": number, "limit": limit, "total_pages": total_pages}
        return {"messages": [body(row) for row in page_rows], **page}

    # Dialect B.

    def filter_items(self, account: str, params: Params) -> list[Item]:
        """Return the requests and broadcasts whose own time is in the window, newest first."""
        first, last = self.resolve_days(params, default=None)
        sources = SOURCE_WORDS[params.get("source", "all")]
        items = [item for item in self.accounts[account].items.values() if item.source in sources]
        inside = [item for item in items if first <= item.created_at.date() <= last]
        return sorted(inside, key=lambda item: item.order, reverse=True)

    def list_ersaal(self, account: str, params: Params, path: str, *, with_page: bool = False) -> Body:
        """Return the whole response; `path` is the URL without query, `with_page` selects the newer form of `links`."""
        items = self.filter_items(account, params)
        number, size = int(params.get("page", "1")), min(int(params.get("per_page", "20")), MAX_PAGE_SIZE)
        page_items = items[(number - 1) * size : number * size]
        bodies = [self.item_body(item) for item in page_items]
        paginator = paginate(bodies, len(items), number, size, path, params, with_page=with_page)
        return {"data": paginator, "summary": self.summarize(account, params)}

    def get_ersaal_item(self, account: str, request_id: str) -> list[Body]:
        body = self.item_body(self.accounts[account].items["api", request_id])
        return [{key: value for key, value in body.items() if key not in ("created_at", "updated_at")}]

    def summarize(self, account: str, params: Params) -> Body:
        """Count the SMS in the window by their own times, independent of the page."""
        first, last = self.resolve_days(params, default=None)
        rows = [
            row
            for row in self.accounts[account].rows.values()
            if row.source in SOURCE_WORDS[params.get("source", "all")] and first <= row.created_at.date() <= last
        ]
        counters = [ERSAAL_COUNTERS[ERSAAL_STATUSES[row.winner.status]] for row in rows]
        names = ("delivered", "failed", "pending")
        totals = {"total_cost": sum((row.cost for row in rows), Decimal(0)), "total_messages": len(rows)}
        return totals | {name: counters.count(name) for name in names}

    def item_body(self, item: Item) -> Body:
        rows = item.receivers
        return {
            "short_message": item.text,
            "message_type": "sms",
            "send_type": "multiple" if item.source == "campaign" or len(rows) > 1 else "single",
            "contact_group_id": item.group,
            "message_consumption": sum(row.segments for row in rows),
            "created_at": format_time(item.created_at),
            "updated_at": format_time(max([item.created_at] + [row.updated_at for row in rows])),
            "receiver": [receipt_body(row) for row in rows[:MAX_RECEIVERS]],
            "receiver_total": len(rows),
        }

    # Both dialects.

    def resolve_days(self, params: Params, default: str | None) -> tuple[date, date]:
        """Return the first and last day of the requested window."""
        if "from" in params or "to" in params:
            first = date.fromisoformat(params["from"]) if "from" in params else date.min
            return first, date.fromisoformat(params["to"]) if "to" in params else self.today
        period = params.get("period", default)
        return self._resolve_period(period) if period else (date.min, date.max)

    def _resolve_period(self, name: str) -> tuple[date, date]:
        today, first = self.today, self.today.replace(day=1)
        before = first - timedelta(days=1)
        return {
            "today": (today, today),
            "yesterday": (today - timedelta(days=1), today - timedelta(days=1)),
            "7d": (today - timedelta(days=7), today),
            "30d": (today - timedelta(days=30), today),
            "this_month": (first, today),
            "last_month": (before.replace(day=1), before),
        }[name]


def matches_number(recipient: str, written: str) -> bool:
    """Return whether a number begins with what is written, if that begins with `+` or `00`, or else contains it."""
    digits = "".join(str(int(character)) for character in written if character.isdecimal())
    if written.lstrip("\u202a").startswith(("+", "\uff0b")):
        return recipient.startswith(f"+{digits}")
    if digits.startswith("00") and len(digits) >= 9:
        return recipient.startswith(f"+{digits[2:]}")
    return digits in recipient


def matches(row: Row, params: Params) -> bool:
    """Return whether a row passes the filters other than time and source."""
    return (
        ("status" not in params or row.winner.status in GROUPS[params["status"]])
        and ("phone" not in params or matches_number(row.recipient, params["phone"]))
        and ("country" not in params or row.country == params["country"].upper())
        and ("sender" not in params or row.sender_id == params["sender"])
    )
