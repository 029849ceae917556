"""A seeded generator of records: two accounts whose traffic looks alike and sits on the contract's edges."""

import json
import random
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

Record = dict[str, Any]

ACCOUNTS = ("lark", "wren")
NON_FINAL = ("pending", "sent", "ENROUTE", "ACCEPTD")
FINAL = ("DELIVRD", "UNDELIV", "REJECTD", "DELETED", "EXPIRED", "UNKNOWN", "failed")
SUBMITTED = ("sent", "ENROUTE", "ACCEPTD")

# Sender IDs: both cases of one word, a phone number, other alphabets, and what a spreadsheet would run.
SENDERS = ("MyApp", "myapp", "My App", "Promo", "+4930123456", "-Deal", "@home", "=Sum", "Ünïcode", "a,b")

# Every text here counts the same number of segments whether or not a part may end inside an escape.
TEXTS = (
    "Your verification code is 847291",
    "50% off today!",
    'He said "hello", then left',
    "line one\nline two\r\nline three",
    "carriage\rreturn",
    "\rstarts with a carriage return",
    "\nstarts with a line feed",
    "\ttabbed",
    "=SUM(A1:A9)",
    "+1 for you",
    "-50% until noon",
    "@everyone",
    "'already quoted",
    "  blanks around  ",
    "one;two;three, four",
    "\\N",
    "\\.",
    "null",
    '""',
    "Привет, мир",
    "مرحبا، رمزك هو ١٢٣٤",
    "Your order 😀 is here",
    "€5 [sale] {now} ~",
    "unicode\u2028line\x85ends",
    "x" * 160,
    "x" * 161,
    "x" * 306,
    "x" * 307,
    "я" * 70,
    "я" * 71,
    "я" * 134,
    "я" * 135,
    "😀" * 35,
    "😀" * 36,
    "[" * 80,
    "[" * 81,
)
COSTS = (
    "0",
    "0.0085",
    "0.0085",
    "0.0085",
    "0.042",
    "0.042",
    "0.010000",
    "1.50",
    "0.000001",
    "12",
    "100",
    "0.123456",
)
LARGEST_COST = "999999.999999"
CODES = ("", "000", "001", "034", "E12", "-01")
BROADCAST_SIZES = (0, 1, 2, 7, 30, 100, 101, 150)
BROADCAST_NAMES = (
    "February Promo",
    "=Winter, 50%",
    'The "big" one',
    "February Promo",
    "تخفيضات",
    "-",
    "Seven",
    "A\nB",
)
BEFORE_ALL_SENDS = -1000.0
ACTIONS = ("registration", "deposit", "=call()")

# Numbers whose calling code belongs to one country alone, so that the country may be left out.
PLAIN_NUMBERS = {
    "LY": "+21891{:07d}",
    "DE": "+49151{:08d}",
    "FR": "+336{:08d}",
    "UA": "+38050{:07d}",
    "EG": "+2010{:08d}",
    "AE": "+97150{:07d}",
    "ES": "+346{:08d}",
}
# Numbers in shared calling codes: these always name their country. `None`: no country has the number.
SHARED_NUMBERS = {
    "US": "+1415555{:04d}",
    "CA": "+1604555{:04d}",
    "GB": "+447700900{:03d}",
    None: "+99912345{:03d}",
}


@dataclass(frozen=True)
class Number:
    """A recipient and its country; a plain number's country can be derived from it."""

    recipient: str
    country: str | None
    plain: bool


@dataclass
class _Maker:
    """What one account's records are drawn from, and where in the file each of them goes."""

    rng: random.Random
    account: str
    instants: list[datetime]
    numbers: list[Number]
    placed: list[tuple[float, Record]] = field(default_factory=list)
    count: int = 0

    def place(self, record: Record, near: float, spread: float = 0.0) -> None:
        """Put a record at its place in the file; one in twelve comes a second time, anywhere later."""
        place = near + self.rng.uniform(-spread, 2 * spread)
        self.placed.append((place, record))
        if self.rng.random() < 1 / 12:
            self.placed.append((max(place, 0.0) + self.rng.uniform(1, 300), dict(record)))


def generate(seed: int, today: date, accounts: tuple[str, str] = ACCOUNTS, requests: int = 420) -> list[Record]:
    """The records of both accounts in one file's order; equal arguments give equal records.

    A broadcast comes before its sends; receipts, clicks and actions may come before what they are about.
    """
    rng = random.Random(seed)
    instants = _instants(rng, today)
    numbers = _numbers(rng)
    placed: list[tuple[float, Record]] = []
    for account, shared, size in zip(accounts, (numbers[:50], numbers[15:]), (requests, requests - 40), strict=True):
        placed += _account_traffic(random.Random(rng.random()), account, instants, shared, size)
    return [record for _, record in sorted(placed, key=lambda pair: pair[0])]


def lines(records: Iterable[Record], seed: int = 0) -> list[str]:
    """The records as NDJSON lines, some with every non-ASCII character escaped, without line ends."""
    rng = random.Random(seed)
    return [json.dumps(record, ensure_ascii=rng.random() < 0.5) for record in records]


def shuffled(records: Iterable[Record], seed: int) -> list[Record]:
    """The same records in another order: each broadcast first, everything else anywhere."""
    everything = list(records)
    random.Random(seed).shuffle(everything)
    return sorted(everything, key=lambda record: record["type"] != "broadcast")


def moved(records: Iterable[Record], accounts: dict[str, str]) -> list[Record]:
    """The same records under other account names."""
    return [{**record, "account": accounts[record["account"]]} for record in records]


def edge_days(today: date) -> list[date]:
    """Days just inside and just outside of every period, and one after all of them."""
    first = today.replace(day=1)
    last_month = (first - timedelta(days=1)).replace(day=1)
    next_month = (first + timedelta(days=32)).replace(day=1)
    back = {today - timedelta(days=n) for n in (0, 1, 2, 6, 7, 8, 29, 30, 31, 400)}
    around = {first, first - timedelta(days=1), last_month, last_month - timedelta(days=1), next_month}
    return sorted(back | around)


def printed_time(moment: datetime) -> str:
    """Return a record's spelling of a time: microseconds only where there are some."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ" if moment.microsecond else "%Y-%m-%dT%H:%M:%SZ")


def code_for(status: str, at: datetime) -> str:
    """The status code of a report, a function of the report, so that equal reports never disagree."""
    return "" if status == "pending" else random.Random(f"{status} {at.isoformat()}").choice(CODES)


def _instants(rng: random.Random, today: date) -> list[datetime]:
    """Few instants for many rows, so that times are equal across sources, accounts and day borders."""
    found = []
    for day in edge_days(today):
        midnight = datetime.combine(day, time(), UTC)
        noon = midnight + timedelta(hours=12)
        found += [
            midnight,
            midnight + timedelta(days=1, microseconds=-1),
            noon,
            noon + timedelta(microseconds=1),
        ]
        found.append(midnight + timedelta(microseconds=rng.randrange(86_400_000_000)))
    return found


def _numbers(rng: random.Random) -> list[Number]:
    found = []
    for country, pattern in PLAIN_NUMBERS.items():
        found += [Number(pattern.format(rng.randrange(10_000_00)), country, plain=True) for _ in range(5)]
    for shared, pattern in SHARED_NUMBERS.items():
        found += [Number(pattern.format(rng.randrange(1000)), shared, plain=shared is None) for _ in range(7)]
    rng.shuffle(found)
    return found


def _account_traffic(
    rng: random.Random, account: str, instants: list[datetime], numbers: list[Number], requests: int
) -> list[tuple[float, Record]]:
    maker = _Maker(rng, account, instants, numbers)
    for index, size in enumerate(BROADCAST_SIZES):
        _broadcast(maker, index, size, near=rng.uniform(0, requests))
    for index in range(requests):
        _request(maker, index, near=float(index))
    for index in range(5):
        _receipt(maker, {"client_message_id": f"never-{index}"}, "DELIVRD", rng.choice(instants), near=index)
    return maker.placed


def _request(maker: _Maker, index: int, near: float) -> None:
    """One API call to send: mostly to one recipient, else to several with equal text and time."""
    rng = maker.rng
    several = rng.random() < 0.2
    common: Record = {
        "sender_id": rng.choice(SENDERS),
        "message": rng.choice(TEXTS) if rng.random() < 0.7 else f"Order {index} is ready, thank you",
        "contact_group_id": str(uuid.UUID(int=rng.randrange(9) + 1)) if rng.random() < 0.2 else None,
    }
    if several or rng.random() < 0.3:
        common["request_id"] = f"r-{index}"
    created_at = rng.choice(maker.instants)
    members = [_client_id(maker) for _ in range(rng.randint(2, 6) if several else 1)]
    rng.shuffle(members)
    for client_id in members:
        _message(maker, {**common, "client_message_id": client_id}, created_at, near)


def _client_id(maker: _Maker) -> str:
    """An id that the other account uses too."""
    maker.count += 1
    number = 1743667200123456789 + maker.count
    return f"api_42_{number}_{random.Random(number).getrandbits(64):016x}"


def _message(maker: _Maker, common: Record, created_at: datetime, near: float) -> None:
    rng = maker.rng
    record: Record = {"type": "message", "account": maker.account, **common}
    record["created_at"] = printed_time(created_at)
    _optional(rng, record, "message_id", str(uuid.UUID(int=rng.getrandbits(128))) if rng.random() < 0.6 else None)
    _common_fields(maker, record)
    status = _status(rng)
    sent_at = created_at + _delay(rng, 5) if status in SUBMITTED or rng.random() < 0.4 else None
    delivered_at = _delivery_time(rng, status, sent_at or created_at)
    _put_report(rng, record, status, delivered_at or sent_at or created_at)
    _optional(rng, record, "sent_at", printed_time(sent_at) if sent_at else None)
    _optional(rng, record, "delivered_at", printed_time(delivered_at) if delivered_at else None)
    maker.place(record, near)
    if _may_change(status, delivered_at):
        _later_record(maker, record, sent_at or created_at, near)
        known = {created_at, sent_at, delivered_at}
        _receipts(maker, {"client_message_id": record["client_message_id"]}, created_at, known, near)


def _broadcast(maker: _Maker, index: int, size: int, near: float) -> None:
    rng = maker.rng
    created_at = rng.choice(maker.instants)
    broadcast: Record = {
        "type": "broadcast",
        "account": maker.account,
        "broadcast": f"campaign-{index}",
        "name": BROADCAST_NAMES[index],
        "message": rng.choice(TEXTS),
        "sender_id": rng.choice(SENDERS),
        "created_at": printed_time(created_at),
    }
    _optional(rng, broadcast, "contact_group_id", str(uuid.UUID(int=index + 1)) if index % 2 else None)
    maker.place(broadcast, near=BEFORE_ALL_SENDS)
    later = [moment for moment in maker.instants if moment >= created_at]
    for number in range(size):
        sent_at = created_at if rng.random() < 0.4 else rng.choice(later)
        _send(maker, index, number, sent_at, near + rng.uniform(0, 80))


def _send(maker: _Maker, broadcast: int, number: int, sent_at: datetime, near: float) -> None:
    rng = maker.rng
    message_id = str(uuid.UUID(int=random.Random(broadcast * 1000 + number).getrandbits(128)))
    record: Record = {"type": "send", "account": maker.account, "broadcast": f"campaign-{broadcast}"}
    record |= {"message_id": message_id, "sent_at": printed_time(sent_at)}
    if rng.random() < 0.3:
        record |= {"message": rng.choice(TEXTS), "sender_id": rng.choice(SENDERS)}
    _common_fields(maker, record)
    status = _status(rng)
    delivered_at = _delivery_time(rng, status, sent_at)
    _put_report(rng, record, status, delivered_at or sent_at)
    _optional(rng, record, "delivered_at", printed_time(delivered_at) if delivered_at else None)
    events = _events(maker, record, sent_at, near)
    maker.place(record, near)
    for event in events:
        maker.place(event, near, spread=40)
    if _may_change(status, delivered_at):
        _later_record(maker, record, sent_at, near)
        _receipts(maker, {"message_id": message_id}, sent_at, {sent_at, delivered_at}, near)


def _events(maker: _Maker, record: Record, sent_at: datetime, near: float) -> list[Record]:
    """A click and an action: in the record of the send, as records of their own, or not at all."""
    rng = maker.rng
    about: Record = {"account": maker.account, "message_id": record["message_id"]}
    clicked = {"at": printed_time(sent_at + _delay(rng, 900))}
    acted = {"action_type": rng.choice(ACTIONS), "at": printed_time(sent_at + _delay(rng, 9000))}
    how_clicked, how_acted = (rng.choice(("never", "never", "inside", "apart")) for _ in range(2))
    _optional(rng, record, "clicked_at", clicked["at"] if how_clicked == "inside" else None)
    if how_acted == "inside":
        record |= {"action_type": acted["action_type"], "action_at": acted["at"]}
    clicks = [{"type": "click", **about, **clicked}] if how_clicked == "apart" else []
    return clicks + ([{"type": "action", **about, **acted}] if how_acted == "apart" else [])


def _common_fields(maker: _Maker, record: Record) -> None:
    """Recipient and country, segments and cost: each left out where the contract fills it in."""
    rng = maker.rng
    number = rng.choice(maker.numbers)
    record["recipient"] = number.recipient
    if not number.plain or rng.random() < 0.4:
        record["country"] = "AT" if number.country and rng.random() < 0.05 else number.country
    if rng.random() < 0.4:
        record["segments"] = rng.randint(1, 5)
    if rng.random() < 0.9:
        record["cost"] = LARGEST_COST if rng.random() < 0.01 else rng.choice(COSTS)


def _later_record(maker: _Maker, record: Record, after: datetime, near: float) -> None:
    """Sometimes the same key once more, with a newer status: applied as a receipt would be."""
    if maker.rng.random() > 0.06:
        return
    delivered_at = after + _delay(maker.rng, 4000)
    again = {key: value for key, value in record.items() if key != "status_code"}
    again |= {"status": "DELIVRD", "delivered_at": printed_time(delivered_at)}
    code = code_for("DELIVRD", delivered_at)
    maker.place(again | ({"status_code": code} if code else {}), near, spread=20)


def _receipts(maker: _Maker, about: Record, created_at: datetime, known: set[datetime | None], near: float) -> None:
    """Up to four receipts, in any order; final ones never share a time, so that the later one is defined."""
    rng = maker.rng
    if rng.random() < 0.45:
        return
    taken = set(known)
    for _ in range(rng.randint(1, 4)):
        final = rng.random() < 0.5
        at = created_at + _delay(rng, 3600)
        if final and at not in taken:
            taken.add(at)
            _receipt(maker, about, rng.choice(("DELIVRD", *FINAL)), at, near)
        elif not final:
            same = created_at if rng.random() < 0.2 else at
            _receipt(maker, about, rng.choice(NON_FINAL[1:]), same, near)


def _receipt(maker: _Maker, about: Record, status: str, at: datetime, near: float) -> None:
    code = code_for(status, at)
    record: Record = {"type": "receipt", "account": maker.account, **about, "status": status}
    record |= {"status_code": code} if code or maker.rng.random() < 0.5 else {}
    maker.place(record | {"at": printed_time(at)}, near, spread=30)


def _status(rng: random.Random) -> str:
    return rng.choice(("DELIVRD", "DELIVRD", "DELIVRD", "pending", *NON_FINAL, *FINAL))


def _delivery_time(rng: random.Random, status: str, after: datetime) -> datetime | None:
    """Only a delivered record has one, and now and then not even that."""
    return after + _delay(rng, 600) if status == "DELIVRD" and rng.random() < 0.95 else None


def _may_change(status: str, delivered_at: datetime | None) -> bool:
    """Whether further reports have one plain reading: not after a delivery without a time."""
    return status != "DELIVRD" or delivered_at is not None


def _put_report(rng: random.Random, record: Record, status: str, at: datetime) -> None:
    if status != "pending" or rng.random() < 0.5:
        record["status"] = status
    code = code_for(status, at)
    if code or rng.random() < 0.5:
        record["status_code"] = code


def _optional(rng: random.Random, record: Record, key: str, value: str | None) -> None:
    """Put a value that may be missing: `None` is written or left out."""
    if value is not None or rng.random() < 0.5:
        record[key] = value


def _delay(rng: random.Random, seconds: int) -> timedelta:
    """More than nothing and less than `seconds`, sometimes in whole seconds."""
    unit: Callable[[], timedelta] = rng.choice(
        (
            lambda: timedelta(seconds=rng.randint(1, seconds)),
            lambda: timedelta(microseconds=rng.randint(1, seconds * 10**6)),
        )
    )
    return unit()
