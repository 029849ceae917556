"""The contract once more, slow and plain: records become rows in memory, every answer is read off them."""

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cached_property
from typing import Any

Params = Mapping[str, str]
Body = dict[str, Any]

GROUPS = {
    "delivered": {"DELIVRD"},
    "undelivered": {"UNDELIV", "REJECTD", "DELETED", "failed"},
    "expired": {"EXPIRED"},
    "pending": {"pending", "sent", "ENROUTE", "ACCEPTD"},
    "unknown": {"UNKNOWN"},
}
GROUPS |= {"sent": GROUPS["pending"], "failed": GROUPS["undelivered"]}
NON_FINAL = ("pending", "sent", "ENROUTE", "ACCEPTD")
SUBMITTED = NON_FINAL[1:]
FINAL_STATUSES = set().union(*GROUPS.values()) - set(NON_FINAL)
SOURCE_WORDS = {"api": {"api"}, "broadcasts": {"campaign"}, "all": {"api", "campaign"}}
ERSAAL_STATUSES = {
    "pending": "pending",
    **dict.fromkeys(SUBMITTED, "sent"),
    "DELIVRD": "delivered",
    "EXPIRED": "expired",
    "REJECTD": "rejected",
    **dict.fromkeys(("UNDELIV", "DELETED", "UNKNOWN", "failed"), "failed"),
}
ERSAAL_COUNTERS = {
    "delivered": "delivered",
    **dict.fromkeys(("failed", "expired", "rejected"), "failed"),
    **dict.fromkeys(("pending", "sent"), "pending"),
}
# fmt: off
UNIFIED_KEYS = (
    "id", "source", "recipient", "sender_id", "message", "status", "status_code", "cost", "sent_at",
    "delivered_at", "clicked", "clicked_at", "action_type", "action_at", "message_id", "client_message_id",
    "segments", "broadcast_id", "broadcast_name",
)
# fmt: on

GSM = set(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM_EXTENDED = set("\f^{}\\[~]|€")
# The tests' numbers only; the calling code +1, +44 and other shared ones always come with a country.
CALLING_CODES = {"218": "LY", "49": "DE", "33": "FR", "380": "UA", "20": "EG", "971": "AE", "34": "ES"}

RECEIVERS_SHOWN = 100
LARGEST_PAGE = 100
ON_EACH_SIDE = 3


@dataclass(frozen=True)
class Report:
    """What somebody said about a row's delivery, and when."""

    status: str
    code: str
    at: datetime
    delivered_at: datetime | None

    @property
    def rank(self) -> tuple[bool, bool, datetime, int]:
        """The report with the highest rank wins, in whatever order the reports came."""
        final = self.status not in NON_FINAL
        return final, self.status == "DELIVRD", self.at, -1 if final else NON_FINAL.index(self.status)


@dataclass(eq=False)
class Row:
    """One SMS to one recipient; `key` is its client_message_id, or the message_id of a send."""

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
        """The report that decides; asked for once everything is loaded."""
        return max(self.reports, key=lambda report: report.rank)

    @property
    def sent_at(self) -> datetime | None:
        return min(self.sent_times, default=None)

    @property
    def updated_at(self) -> datetime:
        """Latest of the row's own times and the time of the report that won."""
        times = (self.created_at, self.sent_at, self.winner.delivered_at, self.winner.at)
        return max(moment for moment in times if moment is not None)

    @property
    def order(self) -> tuple[datetime, str, int]:
        return self.created_at, self.source, self.id


@dataclass(eq=False)
class Item:
    """A line of the Ersaal list: a request or a broadcast, with its rows."""

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
        """A broadcast's rows by id; of a request its first message, then the others by id."""
        by_id = sorted(self.rows, key=lambda row: row.id)
        if self.source == "campaign":
            return by_id
        first = min(self.rows, key=lambda row: (row.created_at, row.key))
        return [first] + [row for row in by_id if row is not first]

    @property
    def order(self) -> tuple[datetime, str, int]:
        return self.created_at, self.source, self.rank


class Account:
    """Everything one account sent."""

    def __init__(self) -> None:
        self.rows: dict[tuple[str, str], Row] = {}
        self.items: dict[tuple[str, str], Item] = {}


class Model:
    """All accounts after a load of `records`; answers what a client may ask on the day `today`."""

    def __init__(self, records: Iterable[Mapping[str, Any]], today: date) -> None:
        self.today = today
        self.accounts: dict[str, Account] = {}
        everything = list(records)
        for kind in ("broadcast", "message", "send", "receipt", "click", "action"):
            for record in everything:
                if record["type"] == kind:
                    account = self.accounts.setdefault(record["account"], Account())
                    APPLY[kind](account, record)

    # What only the service can know.

    def learn_ids(self, account: str, source: str, ids: Mapping[str, int]) -> None:
        """Take over the ids the service gave to the rows of one source."""
        for (row_source, key), row in self.accounts[account].rows.items():
            if row_source == source:
                row.id = ids[key]

    def learn_broadcast_id(self, account: str, message_id: str, broadcast_id: int) -> None:
        """Take over the id of the broadcast a send belongs to; every send must give the same one."""
        item = self.accounts[account].rows["campaign", message_id].broadcast
        assert item is not None
        assert item.id in (0, broadcast_id), f"{item.key} has two ids: {item.id}, {broadcast_id}"
        item.id = broadcast_id

    def learn_item_order(self, account: str, bodies: list[Body]) -> None:
        """Take over the order of Ersaal items equal in time and source; all else must be in order already."""
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

    def messages(self, account: str, params: Params) -> Body:
        return self._page(self.rows(account, {**params, "source": "api"}), params, message_body)

    def unified(self, account: str, params: Params) -> Body:
        rows = self.rows(account, params)
        return self._page(rows, params, unified_body)

    def export(self, account: str, params: Params) -> list[Body]:
        return [unified_body(row) for row in self.rows(account, params)]

    def csv(self, account: str, params: Params) -> list[list[str]]:
        """The cells of the file, header row first."""
        guard = params.get("dialect") != "strict"
        rows = [[cell(value, guard) for value in body.values()] for body in self.export(account, params)]
        return [list(UNIFIED_KEYS), *rows]

    def status(self, account: str, client_message_id: str) -> Body:
        row = self.accounts[account].rows["api", client_message_id]
        printed = message_body(row)
        renamed = {"message_id": row.key, "telecom_message_id": row.message_id}
        keys = ("recipient", "segments", "message", "sender_id", "status", "status_code", "cost")
        times = ("created_at", "delivered_at")
        return {"status": True, "message": renamed | {key: printed[key] for key in (*keys, *times)}}

    def rows(self, account: str, params: Params) -> list[Row]:
        """The rows that match, newest first."""
        first, last = self.days(params, default="7d")
        found = [
            row
            for row in self.accounts[account].rows.values()
            if row.source in SOURCE_WORDS[params.get("source", "all")]
            and first <= row.created_at.date() <= last
            and matches(row, params)
        ]
        return sorted(found, key=lambda row: row.order, reverse=True)

    def _page(self, rows: list[Row], params: Params, body: Any) -> Body:
        number, limit = int(params.get("page", "1")), min(int(params.get("limit", "25")), LARGEST_PAGE)
        shown = rows[(number - 1) * limit : number * limit]
        total_pages = math.ceil(len(rows) / limit)
        page = {"total": len(rows), "page": number, "limit": limit, "total_pages": total_pages}
        return {"messages": [body(row) for row in shown], **page}

    # Dialect B.

    def items(self, account: str, params: Params) -> list[Item]:
        """The requests and broadcasts whose own time is in the window, newest first."""
        first, last = self.days(params, default=None)
        sources = SOURCE_WORDS[params.get("source", "all")]
        found = [item for item in self.accounts[account].items.values() if item.source in sources]
        inside = [item for item in found if first <= item.created_at.date() <= last]
        return sorted(inside, key=lambda item: item.order, reverse=True)

    def ersaal(self, account: str, params: Params, path: str, *, with_page: bool = False) -> Body:
        """The whole answer; `path` is the address without query, `with_page` the newer form of `links`."""
        items = self.items(account, params)
        number, size = int(params.get("page", "1")), min(int(params.get("per_page", "20")), LARGEST_PAGE)
        shown = items[(number - 1) * size : number * size]
        bodies = [self.item_body(item) for item in shown]
        paginator = paginate(bodies, len(items), number, size, path, params, with_page=with_page)
        return {"data": paginator, "summary": self.summary(account, params)}

    def ersaal_one(self, account: str, request_id: str) -> list[Body]:
        body = self.item_body(self.accounts[account].items["api", request_id])
        return [{key: value for key, value in body.items() if key not in ("created_at", "updated_at")}]

    def summary(self, account: str, params: Params) -> Body:
        """Counts of SMS, each by its own time, whatever page is shown."""
        first, last = self.days(params, default=None)
        rows = [
            row
            for row in self.accounts[account].rows.values()
            if row.source in SOURCE_WORDS[params.get("source", "all")] and first <= row.created_at.date() <= last
        ]
        counted = [ERSAAL_COUNTERS[ERSAAL_STATUSES[row.winner.status]] for row in rows]
        names = ("delivered", "failed", "pending")
        totals = {"total_cost": sum((row.cost for row in rows), Decimal(0)), "total_messages": len(rows)}
        return totals | {name: counted.count(name) for name in names}

    def item_body(self, item: Item) -> Body:
        rows = item.receivers
        return {
            "short_message": item.text,
            "message_type": "sms",
            "send_type": "multiple" if item.source == "campaign" or len(rows) > 1 else "single",
            "contact_group_id": item.group,
            "message_consumption": sum(row.segments for row in rows),
            "created_at": printed(item.created_at),
            "updated_at": printed(max([item.created_at] + [row.updated_at for row in rows])),
            "receiver": [receipt_body(row) for row in rows[:RECEIVERS_SHOWN]],
            "receiver_total": len(rows),
        }

    # Both.

    def days(self, params: Params, default: str | None) -> tuple[date, date]:
        """First and last day of the window a client asked for."""
        if "from" in params or "to" in params:
            first = date.fromisoformat(params["from"]) if "from" in params else date.min
            return first, date.fromisoformat(params["to"]) if "to" in params else self.today
        period = params.get("period", default)
        return self._period(period) if period else (date.min, date.max)

    def _period(self, name: str) -> tuple[date, date]:
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


# Records to rows. A record whose key is known only adds its report and times.


def apply_broadcast(account: Account, record: Mapping[str, Any]) -> None:
    item = Item(
        source="campaign",
        key=record["broadcast"],
        created_at=parsed(record["created_at"]),
        text=record["message"],
        group=record.get("contact_group_id"),
        sender_id=record["sender_id"],
        name=record["name"],
    )
    account.items.setdefault(("campaign", item.key), item)


def apply_message(account: Account, record: Mapping[str, Any]) -> None:
    key = record["client_message_id"]
    created_at = parsed(record["created_at"])
    row = account.rows.get(("api", key))
    if row is None:
        row = new_row("api", key, record, created_at)
        account.rows["api", key] = row
        request_id = record.get("request_id") or key
        about = (record["message"], record.get("contact_group_id"), record["sender_id"])
        request = Item("api", request_id, created_at, *about)
        account.items.setdefault(("api", request_id), request).rows.append(row)
    if record.get("sent_at"):
        row.sent_times.append(parsed(record["sent_at"]))
    row.reports.append(own_report(record, row.created_at))


def apply_send(account: Account, record: Mapping[str, Any]) -> None:
    key = record["message_id"]
    broadcast = account.items["campaign", record["broadcast"]]
    row = account.rows.get(("campaign", key))
    if row is None:
        inherited = {"message": broadcast.text, "sender_id": broadcast.sender_id}
        row = new_row("campaign", key, {**inherited, **record}, parsed(record["sent_at"]))
        row.broadcast = broadcast
        row.sent_times.append(row.created_at)
        row.clicked_at = record.get("clicked_at") and parsed(record["clicked_at"])
        row.action_type = record.get("action_type")
        row.action_at = record.get("action_at") and parsed(record["action_at"])
        account.rows["campaign", key] = row
        broadcast.rows.append(row)
    row.reports.append(own_report(record, row.created_at))


def apply_receipt(account: Account, record: Mapping[str, Any]) -> None:
    """A receipt for a row that never comes waits for ever and shows nowhere; so do clicks and actions."""
    keys = (("api", record.get("client_message_id", "")), ("campaign", record.get("message_id", "")))
    row = next((account.rows[key] for key in keys if key in account.rows), None)
    if row is None:
        return
    at, status = parsed(record["at"]), record["status"]
    report = Report(status, record.get("status_code", ""), at, at if status == "DELIVRD" else None)
    row.receipts.append(report)
    row.reports.append(report)
    if row.source == "api" and status in SUBMITTED:
        row.sent_times.append(at)


def apply_click(account: Account, record: Mapping[str, Any]) -> None:
    row = account.rows.get(("campaign", record["message_id"]))
    if row:
        row.clicked_at = parsed(record["at"])


def apply_action(account: Account, record: Mapping[str, Any]) -> None:
    row = account.rows.get(("campaign", record["message_id"]))
    if row:
        row.action_type, row.action_at = record["action_type"], parsed(record["at"])


APPLY = {
    "broadcast": apply_broadcast,
    "message": apply_message,
    "send": apply_send,
    "receipt": apply_receipt,
    "click": apply_click,
    "action": apply_action,
}


def new_row(source: str, key: str, record: Mapping[str, Any], created_at: datetime) -> Row:
    recipient = record["recipient"]
    return Row(
        source=source,
        key=key,
        recipient=recipient,
        country=record["country"] if "country" in record else derived_country(recipient),
        sender_id=record["sender_id"],
        message=record["message"],
        segments=record["segments"] if "segments" in record else segments(record["message"]),
        cost=Decimal(record.get("cost", "0")),
        created_at=created_at,
        message_id=record.get("message_id"),
    )


def own_report(record: Mapping[str, Any], created_at: datetime) -> Report:
    """A record's own status: a report at delivered_at, else sent_at, else created_at."""
    delivered_at = parsed(record["delivered_at"]) if record.get("delivered_at") else None
    sent_at = parsed(record["sent_at"]) if record.get("sent_at") else None
    at = delivered_at or sent_at or created_at
    return Report(record.get("status", "pending"), record.get("status_code", ""), at, delivered_at)


def derived_country(recipient: str) -> str | None:
    return next((country for code, country in CALLING_CODES.items() if recipient.startswith("+" + code)), None)


def segments(text: str) -> int:
    """Parts of a text: septets if every character has some, else UTF-16 units."""
    if set(text) <= GSM | GSM_EXTENDED:
        septets = len(text) + sum(character in GSM_EXTENDED for character in text)
        return 1 if septets <= 160 else math.ceil(septets / 153)
    units = len(text.encode("utf-16-le")) // 2
    return 1 if units <= 70 else math.ceil(units / 67)


def parsed(text: str) -> datetime:
    """A record's time, given in UTC with or without microseconds."""
    form = "%Y-%m-%dT%H:%M:%S.%fZ" if "." in text else "%Y-%m-%dT%H:%M:%SZ"
    return datetime.strptime(text, form).replace(tzinfo=UTC)


# Rows to answers.


def matches(row: Row, params: Params) -> bool:
    """Whether a row passes every filter that is not about time or source."""
    digits = re.sub(r"[ ()+-]", "", params.get("phone", ""))
    return (
        ("status" not in params or row.winner.status in GROUPS[params["status"]])
        and digits in row.recipient
        and ("country" not in params or row.country == params["country"].upper())
        and ("sender" not in params or row.sender_id == params["sender"])
    )


def message_body(row: Row) -> Body:
    return {
        "id": row.id,
        "client_message_id": row.key,
        "recipient": row.recipient,
        "sender_id": row.sender_id,
        "message": row.message,
        "status": row.winner.status,
        "status_code": row.winner.code,
        "segments": row.segments,
        "cost": row.cost,
        "created_at": printed(row.created_at),
        "delivered_at": printed(row.winner.delivered_at),
    }


def unified_body(row: Row) -> Body:
    broadcast = row.broadcast
    values = {
        **message_body(row),
        "id": str(row.id),
        "source": row.source,
        "sent_at": printed(row.created_at),
        "clicked": row.clicked_at is not None,
        "clicked_at": printed(row.clicked_at),
        "action_type": row.action_type,
        "action_at": printed(row.action_at),
        "message_id": row.message_id,
        "client_message_id": None if broadcast else row.key,
        "broadcast_id": broadcast and broadcast.id,
        "broadcast_name": broadcast and broadcast.name,
    }
    return {key: values[key] for key in UNIFIED_KEYS}


def receipt_body(row: Row) -> Body:
    return {
        "number": "00" + row.recipient.removeprefix("+"),
        "sent_at": printed(row.sent_at),
        "delivered_at": printed(row.winner.delivered_at),
        "status": ERSAAL_STATUSES[row.winner.status],
        "delivery_report": row.winner.code or None,
        "created_at": printed(row.created_at),
        "updated_at": printed(row.updated_at),
    }


def printed(moment: datetime | None) -> str | None:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ") if moment else None


def cell(value: Any, guard: bool) -> str:
    """A value as the CSV file shows it; `guard` disarms what a spreadsheet would run."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return plain(value)
    text = str(value)
    runs = text[:1] in ("=", "+", "-", "@", "\t", "\r") and not re.fullmatch(r"\+[0-9]+", text)
    return "'" + text if guard and runs else text


def plain(amount: Decimal) -> str:
    """Money without exponent and without trailing zeros."""
    text = f"{amount:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


# Laravel's LengthAwarePaginator.


def paginate(
    bodies: list[Body], total: int, page: int, size: int, path: str, params: Params, *, with_page: bool
) -> Body:
    last = max(math.ceil(total / size), 1)
    kept = [f"{name}={value}&" for name, value in params.items() if name != "page"]

    def url(number: int) -> str:
        return f"{path}?{''.join(kept)}page={max(number, 1)}"

    before = page - 1 if page > 1 else None
    after = page + 1 if page < last else None
    links = [link("&laquo; Previous", before, url, with_page)]
    for number in window(page, last):
        shown = link(str(number or "..."), number, url, with_page)
        links.append({**shown, "active": number == page})
    links.append(link("Next &raquo;", after, url, with_page))
    return {
        "current_page": page,
        "data": bodies,
        "first_page_url": url(1),
        "from": (page - 1) * size + 1 if bodies else None,
        "last_page": last,
        "last_page_url": url(last),
        "links": links,
        "next_page_url": after and url(after),
        "path": path,
        "per_page": size,
        "prev_page_url": before and url(before),
        "to": (page - 1) * size + len(bodies) if bodies else None,
        "total": total,
    }


def link(label: str, number: int | None, url: Any, with_page: bool) -> Body:
    page = {"page": number} if with_page else {}
    return {"url": number and url(number), "label": label, **page, "active": False}


def window(page: int, last: int) -> list[int | None]:
    """The page numbers of `links`; `None` stands for the dots."""
    edge = ON_EACH_SIDE + 4
    if last < ON_EACH_SIDE * 2 + 8:
        return list(range(1, last + 1))
    if page <= edge:
        return [*range(1, edge + ON_EACH_SIDE + 1), None, last - 1, last]
    if page > last - edge:
        return [1, 2, None, *range(last - (edge + ON_EACH_SIDE - 1), last + 1)]
    middle = range(page - ON_EACH_SIDE, page + ON_EACH_SIDE + 1)
    return [1, 2, None, *middle, None, last - 1, last]
