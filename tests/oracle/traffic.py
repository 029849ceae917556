"""Seeded generator of records: two accounts with similar traffic on the contract's edges."""

import json
import random
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta

from tests.oracle.draws import (
    FINAL,
    NON_FINAL,
    SUBMITTED,
    Record,
    code_for,
    draw_delay,
    draw_delivery_time,
    draw_status,
    format_time,
    respell_recipient,
    set_optional,
    set_report,
)
from tests.oracle.values import (
    ACTIONS,
    BROADCAST_NAMES,
    BROADCAST_SIZES,
    COSTS,
    LARGEST_COST,
    PLAIN_NUMBERS,
    SENDERS,
    SHARED_NUMBERS,
    TEXTS,
    Number,
)

ACCOUNTS = ("lark", "wren")
BEFORE_ALL_SENDS = -1000.0


@dataclass
class _RecordBuilder:
    """Builder of one account's records, each with its position in the file."""

    rng: random.Random
    account: str
    instants: list[datetime]
    numbers: list[Number]
    positioned: list[tuple[float, Record]] = field(default_factory=list)
    count: int = 0

    def add(self, record: Record, near: float, spread: float = 0.0) -> None:
        """Add a record at a position around `near`; one in twelve is repeated at a later position."""
        position = near + self.rng.uniform(-spread, 2 * spread)
        self.positioned.append((position, record))
        if self.rng.random() < 1 / 12:
            self.positioned.append((max(position, 0.0) + self.rng.uniform(1, 300), dict(record)))


def generate_records(seed: int, today: date, accounts: tuple[str, str] = ACCOUNTS, requests: int = 420) -> list[Record]:
    """Return the records of both accounts in the order of a file; equal arguments give equal records.

    A broadcast precedes its sends; receipts, clicks and actions may precede their SMS.
    """
    rng = random.Random(seed)
    instants = _build_instants(rng, today)
    numbers = _build_numbers(rng)
    positioned: list[tuple[float, Record]] = []
    for account, shared, size in zip(accounts, (numbers[:50], numbers[15:]), (requests, requests - 40), strict=True):
        positioned += _account_traffic(random.Random(rng.random()), account, instants, shared, size)
    return [record for _, record in sorted(positioned, key=lambda pair: pair[0])]


def to_lines(records: Iterable[Record], seed: int = 0) -> list[str]:
    """Return the records as NDJSON lines without line ends.

    Some have every non-ASCII character escaped, and some write their number in another way.
    """
    rng = random.Random(seed)
    return [json.dumps(respell_recipient(rng, record), ensure_ascii=rng.random() < 0.5) for record in records]


def shuffle_records(records: Iterable[Record], seed: int) -> list[Record]:
    """Return the records in another order: broadcasts first, then all others at random."""
    ordered = list(records)
    random.Random(seed).shuffle(ordered)
    return sorted(ordered, key=lambda record: record["type"] != "broadcast")


def rename_accounts(records: Iterable[Record], accounts: dict[str, str]) -> list[Record]:
    """Return the records under other account names."""
    return [{**record, "account": accounts[record["account"]]} for record in records]


def list_edge_days(today: date) -> list[date]:
    """Return days just inside and just outside of every period, and one after all of them."""
    first = today.replace(day=1)
    last_month = (first - timedelta(days=1)).replace(day=1)
    next_month = (first + timedelta(days=32)).replace(day=1)
    back = {today - timedelta(days=n) for n in (0, 1, 2, 6, 7, 8, 29, 30, 31, 400)}
    around = {first, first - timedelta(days=1), last_month, last_month - timedelta(days=1), next_month}
    return sorted(back | around)


def _build_instants(rng: random.Random, today: date) -> list[datetime]:
    """Return few instants for many rows, so that times are equal across sources and accounts, and at midnight."""
    instants = []
    for day in list_edge_days(today):
        midnight = datetime.combine(day, time(), UTC)
        noon = midnight + timedelta(hours=12)
        instants += [
            midnight,
            midnight + timedelta(days=1, microseconds=-1),
            noon,
            noon + timedelta(microseconds=1),
        ]
        instants.append(midnight + timedelta(microseconds=rng.randrange(86_400_000_000)))
    return instants


def _build_numbers(rng: random.Random) -> list[Number]:
    numbers = []
    for country, pattern in PLAIN_NUMBERS.items():
        numbers += [Number(pattern.format(rng.randrange(10_000_00)), country, plain=True) for _ in range(5)]
    for shared, pattern in SHARED_NUMBERS.items():
        numbers += [Number(pattern.format(rng.randrange(1000)), shared, plain=shared is None) for _ in range(7)]
    rng.shuffle(numbers)
    return numbers


def _account_traffic(
    rng: random.Random, account: str, instants: list[datetime], numbers: list[Number], requests: int
) -> list[tuple[float, Record]]:
    builder = _RecordBuilder(rng, account, instants, numbers)
    for index, size in enumerate(BROADCAST_SIZES):
        _add_broadcast(builder, index, size, near=rng.uniform(0, requests))
    for index in range(requests):
        _add_request(builder, index, near=float(index))
    for index in range(5):
        _add_receipt(builder, {"client_message_id": f"never-{index}"}, "DELIVRD", rng.choice(instants), near=index)
    return builder.positioned


def _add_request(builder: _RecordBuilder, index: int, near: float) -> None:
    """Add the messages of one API request: mostly to one recipient, else to several with equal text and time."""
    rng = builder.rng
    several = rng.random() < 0.2
    common: Record = {
        "sender_id": rng.choice(SENDERS),
        "message": rng.choice(TEXTS) if rng.random() < 0.7 else f"Order {index} is ready, thank you",
        "contact_group_id": str(uuid.UUID(int=rng.randrange(9) + 1)) if rng.random() < 0.2 else None,
    }
    if several or rng.random() < 0.3:
        common["request_id"] = f"r-{index}"
    created_at = rng.choice(builder.instants)
    members = [_next_client_id(builder) for _ in range(rng.randint(2, 6) if several else 1)]
    rng.shuffle(members)
    for client_id in members:
        _add_message(builder, {**common, "client_message_id": client_id}, created_at, near)


def _next_client_id(builder: _RecordBuilder) -> str:
    """Return the next id; the other account gets the same ones."""
    builder.count += 1
    number = 1743667200123456789 + builder.count
    return f"api_42_{number}_{random.Random(number).getrandbits(64):016x}"


def _add_message(builder: _RecordBuilder, common: Record, created_at: datetime, near: float) -> None:
    rng = builder.rng
    record: Record = {"type": "message", "account": builder.account, **common}
    record["created_at"] = format_time(created_at)
    set_optional(rng, record, "message_id", str(uuid.UUID(int=rng.getrandbits(128))) if rng.random() < 0.6 else None)
    _set_common_fields(builder, record)
    status = draw_status(rng)
    sent_at = created_at + draw_delay(rng, 5) if status in SUBMITTED or rng.random() < 0.4 else None
    delivered_at = draw_delivery_time(rng, status, sent_at or created_at)
    set_report(rng, record, status, delivered_at or sent_at or created_at)
    set_optional(rng, record, "sent_at", format_time(sent_at) if sent_at else None)
    set_optional(rng, record, "delivered_at", format_time(delivered_at) if delivered_at else None)
    builder.add(record, near)
    if _may_change(status, delivered_at):
        _add_later_record(builder, record, sent_at or created_at, near)
        known = {created_at, sent_at, delivered_at}
        _add_receipts(builder, {"client_message_id": record["client_message_id"]}, created_at, known, near)


def _add_broadcast(builder: _RecordBuilder, index: int, size: int, near: float) -> None:
    rng = builder.rng
    created_at = rng.choice(builder.instants)
    broadcast: Record = {
        "type": "broadcast",
        "account": builder.account,
        "broadcast": f"campaign-{index}",
        "name": BROADCAST_NAMES[index],
        "message": rng.choice(TEXTS),
        "sender_id": rng.choice(SENDERS),
        "created_at": format_time(created_at),
    }
    set_optional(rng, broadcast, "contact_group_id", str(uuid.UUID(int=index + 1)) if index % 2 else None)
    builder.add(broadcast, near=BEFORE_ALL_SENDS)
    later = [moment for moment in builder.instants if moment >= created_at]
    for number in range(size):
        sent_at = created_at if rng.random() < 0.4 else rng.choice(later)
        _add_send(builder, index, number, sent_at, near + rng.uniform(0, 80))


def _add_send(builder: _RecordBuilder, broadcast: int, number: int, sent_at: datetime, near: float) -> None:
    rng = builder.rng
    message_id = str(uuid.UUID(int=random.Random(broadcast * 1000 + number).getrandbits(128)))
    record: Record = {"type": "send", "account": builder.account, "broadcast": f"campaign-{broadcast}"}
    record |= {"message_id": message_id, "sent_at": format_time(sent_at)}
    if rng.random() < 0.3:
        record |= {"message": rng.choice(TEXTS), "sender_id": rng.choice(SENDERS)}
    _set_common_fields(builder, record)
    status = draw_status(rng)
    delivered_at = draw_delivery_time(rng, status, sent_at)
    set_report(rng, record, status, delivered_at or sent_at)
    set_optional(rng, record, "delivered_at", format_time(delivered_at) if delivered_at else None)
    events = _build_events(builder, record, sent_at, near)
    builder.add(record, near)
    for event in events:
        builder.add(event, near, spread=40)
    if _may_change(status, delivered_at):
        _add_later_record(builder, record, sent_at, near)
        _add_receipts(builder, {"message_id": message_id}, sent_at, {sent_at, delivered_at}, near)


def _build_events(builder: _RecordBuilder, record: Record, sent_at: datetime, near: float) -> list[Record]:
    """Add a click and an action to the record of a send, or return them as records, or leave them out."""
    rng = builder.rng
    about: Record = {"account": builder.account, "message_id": record["message_id"]}
    click = {"at": format_time(sent_at + draw_delay(rng, 900))}
    action = {"action_type": rng.choice(ACTIONS), "at": format_time(sent_at + draw_delay(rng, 9000))}
    click_form, action_form = (rng.choice(("never", "never", "inside", "apart")) for _ in range(2))
    set_optional(rng, record, "clicked_at", click["at"] if click_form == "inside" else None)
    if action_form == "inside":
        record |= {"action_type": action["action_type"], "action_at": action["at"]}
    clicks = [{"type": "click", **about, **click}] if click_form == "apart" else []
    return clicks + ([{"type": "action", **about, **action}] if action_form == "apart" else [])


def _set_common_fields(builder: _RecordBuilder, record: Record) -> None:
    """Set recipient, country, segments and cost; some are left out for the loader to fill in."""
    rng = builder.rng
    number = rng.choice(builder.numbers)
    record["recipient"] = number.recipient
    if not number.plain or rng.random() < 0.4:
        record["country"] = "AT" if number.country and rng.random() < 0.05 else number.country
    if rng.random() < 0.4:
        record["segments"] = rng.randint(1, 5)
    if rng.random() < 0.9:
        record["cost"] = LARGEST_COST if rng.random() < 0.01 else rng.choice(COSTS)


def _add_later_record(builder: _RecordBuilder, record: Record, after: datetime, near: float) -> None:
    """Add, sometimes, the same key with a newer status, which is applied as a receipt would be."""
    if builder.rng.random() > 0.06:
        return
    delivered_at = after + draw_delay(builder.rng, 4000)
    again = {key: value for key, value in record.items() if key != "status_code"}
    again |= {"status": "DELIVRD", "delivered_at": format_time(delivered_at)}
    code = code_for("DELIVRD", delivered_at)
    builder.add(again | ({"status_code": code} if code else {}), near, spread=20)


def _add_receipts(
    builder: _RecordBuilder, about: Record, created_at: datetime, known: set[datetime | None], near: float
) -> None:
    """Add up to four receipts in any order; final ones never share a time, so that one of them is the latest."""
    rng = builder.rng
    if rng.random() < 0.45:
        return
    used_times = set(known)
    for _ in range(rng.randint(1, 4)):
        final = rng.random() < 0.5
        at = created_at + draw_delay(rng, 3600)
        if final and at not in used_times:
            used_times.add(at)
            _add_receipt(builder, about, rng.choice(("DELIVRD", *FINAL)), at, near)
        elif not final:
            same = created_at if rng.random() < 0.2 else at
            _add_receipt(builder, about, rng.choice(NON_FINAL[1:]), same, near)


def _add_receipt(builder: _RecordBuilder, about: Record, status: str, at: datetime, near: float) -> None:
    code = code_for(status, at)
    record: Record = {"type": "receipt", "account": builder.account, **about, "status": status}
    record |= {"status_code": code} if code or builder.rng.random() < 0.5 else {}
    builder.add(record | {"at": format_time(at)}, near, spread=30)


def _may_change(status: str, delivered_at: datetime | None) -> bool:
    """Return whether further reports have a defined result: they have none after a delivery without a time."""
    return status != "DELIVRD" or delivered_at is not None
