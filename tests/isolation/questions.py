"""What is asked at every address: each parameter that it reads, with each value that could mean something."""

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch
from urllib.parse import urlencode

import pytest
from django.http import QueryDict

from broadcasts_app.models import Broadcast, BroadcastSend
from messages_app.models import Message
from smsreports.audit.models import Export
from smsreports.queries.query_string import QueryString
from smsreports.reports.forms import ReportForm
from smsreports.sources import get_sources
from smsreports.staff.list_query import ACCOUNT_PARAM, BROADCAST_PARAM, DATE_PARAMS, PAGE_PARAM, PLAIN_FILTERS
from tests.isolation.addresses import Address
from tests.isolation.alike import RECIPIENTS, SENDERS, WATCHED

# The values of every parameter that any address reads, by its name there.
VALUES: Mapping[str, Sequence[str]] = {
    "status": ("delivered", "undelivered", "expired", "pending", "sent", "failed", "unknown", "DELIVRD"),
    "phone": (*(number[1:] for number in RECIPIENTS), "415", "91", "1"),
    "country": ("US", "gb", "FR"),
    "sender": (*SENDERS, "nobody"),
    "period": ("today", "yesterday", "7d", "30d", "this_month", "last_month"),
    "from": ("2025-12-01", "2026-02-01", "2026-02-13"),
    "to": ("9999-12-31", "2026-02-10", "2026-01-01"),
    "source": ("api", "broadcasts", "all"),
    "page": ("1", "2", "99"),
    "limit": ("1", "7", "100"),
    "per_page": ("1", "7", "100"),
    "format": ("csv", "ndjson"),
    "dialect": ("excel", "strict"),
    # Of pages.
    "account": (WATCHED,),
    "tz": ("Asia/Tokyo",),
    "sort": ("name", "-rate", "median"),
    "in_time": ("yes", "no"),
    "since": ("2026-02-08T00:00Z",),
    "until": ("2026-02-13T12:00Z",),
    "event": ("clicked", "sent"),
    "after": ("2026-02-08T00:00:00Z",),
    "before": ("2026-02-13T12:00:00Z",),
    "span": ("24h", "today"),
    "at": ("2026-02-13T11:00Z",),
    # Of the admin.
    "q": ("m-1", "s-1", "c-1", "b-1", "+14155551234", "4155551", "nobody's"),
    "p": ("1", "2"),
}
# Those whose values are found in answers, or by what is in the tables.
FOUND = ("cursor", "broadcast")
# What makes each question ask for all there is.
WIDE = {"from": "2025-01-01", "to": "2026-12-31"}
# Parameters put together at random, besides each value of each alone.
MIXES, SEED = 12, 20260213
# Ids that exist nowhere, in the forms of those that do.
NO_WORD, NO_NUMBER = "x-8888", 987_654_321

Ids = Callable[[str], list[dict[str, Any]]]


def _sms(account: str) -> list[dict[str, Any]]:
    models: dict[str, Any] = {"api": Message, "campaign": BroadcastSend}
    return [{"label": label, "row": key} for label, model in models.items() for key in keys(model, account)]


def keys(model: Any, account: str, field: str = "pk") -> list[Any]:
    """The first, which the accounts have alike, and the last, which one may have alone."""
    found = list(model._base_manager.filter(account__name=account).order_by("pk").values_list(field, flat=True))
    return list(dict.fromkeys([*found[:1], *found[-1:]]))


# What the parameters of an address's route stand for: the values of an account's rows, by the name of the address.
IDS: Mapping[str, Ids] = {
    "telecom23-status-retrieve": lambda account: [
        {"client_message_id": key} for key in keys(Message, account, "client_message_id")
    ],
    "laravel-items-retrieve": lambda account: [
        {"key": key} for key in [*keys(Message, account, "request_key"), *keys(Broadcast, account, "key")]
    ],
    "telecom23-receipt-retrieve": lambda account: [{"export_id": key} for key in keys(Export, account)],
    "message": _sms,
    "broadcast": lambda account: [{"row": key} for key in keys(Broadcast, account)],
    "staff-export": lambda account: [{"source": source.slug} for source in get_sources()],
}


@dataclass(frozen=True)
class Asked:
    """One request: by a key of the account, or by staff about it. `address` is its route in the URL map."""

    address: str
    url: str
    method: str
    by_key: bool


def ids(address: Address, account: str) -> list[dict[str, Any]]:
    """What fills the address's route: rows of `account`."""
    if not address.parameters:
        return [{}]
    if address.staff and address.parameters == ["object_id"]:
        return [{"object_id": key} for key in keys(address.staff.model, account)]
    if address.name not in IDS:
        pytest.fail(
            f"{address.route}: add to IDS in tests/isolation/questions.py, under {address.name!r}, what of an account "
            f"{', '.join(address.parameters)} can be"
        )
    return IDS[address.name](account)


def nowhere(values: Mapping[str, Any]) -> dict[str, Any]:
    """The same with an id that exists nowhere; a number, where there is one, is the id."""
    numbered = any(isinstance(value, int) for value in values.values())
    none = dict.fromkeys(values, NO_WORD) if not numbered else {}
    return none | {name: NO_NUMBER if isinstance(value, int) else value for name, value in values.items() if numbered}


def understood(address: Address) -> list[str]:
    """The parameters that the address reads, told by whatever reads them."""
    if address.page:
        form: ReportForm = address.page.form_class(QueryDict(), get_sources())
        return [form.add_prefix(name) for name in form.fields]
    if address.name == "staff-export":
        return [ACCOUNT_PARAM, *PLAIN_FILTERS, *DATE_PARAMS]
    if address.staff:
        return [*address.staff.get_filter_names(), PAGE_PARAM] if address.name.endswith("_changelist") else []
    return heard(address.door.parse_query) if address.door else []


def heard(params: Callable[[str], Any]) -> list[str]:
    """What a dialect's reader of query strings says that it knows, while it reads an empty one."""
    told: list[str] = []
    begin = QueryString.__init__

    def listening(query: QueryString, raw: str, known: Any, **options: Any) -> None:
        told.extend(known)
        begin(query, raw, known, **options)

    with patch.object(QueryString, "__init__", listening):
        params("")
    return told


def queries(address: Address) -> Iterator[dict[str, str]]:
    """None; each value, over all days; and some together at random. Pages are slower, and read by the same code as
    the doors: there a value of each parameter is enough."""
    names = [name for name in understood(address) if name not in FOUND]
    if unknown := [name for name in names if name not in VALUES]:
        pytest.fail(f"{address.route}: add values for {', '.join(unknown)} to VALUES in tests/isolation/questions.py")
    wide = {name: value for name, value in WIDE.items() if name in names}
    yield {}
    yield wide
    for name in names:
        for value in VALUES[name] if address.door else VALUES[name][:1]:
            yield ({} if name in ("period", "q") else wide) | {name: value}
    chance = random.Random(SEED)
    for _ in range(MIXES if names and address.door else 0):
        some = chance.sample(names, min(len(names), chance.randint(2, 4)))
        yield ({} if "period" in some else wide) | {name: chance.choice(VALUES[name]) for name in some}


def questions(address: Address, cursors: Sequence[str] = (), account: str = WATCHED) -> list[Asked]:
    """Everything that is asked at the address by, or about, the account; of its other rows the least."""
    names = understood(address)
    # A page without an account shows the first there is; a list of the admin without one shows everybody's.
    always = {ACCOUNT_PARAM: account} if ACCOUNT_PARAM in names or address.page else {}
    asked = [always | query for query in queries(address)]
    asked += [always | WIDE | _size(names) | {"cursor": cursor} for cursor in cursors]
    asked += [
        (always if address.page else {}) | {BROADCAST_PARAM: str(key)}
        for key in keys(Broadcast, account)
        if BROADCAST_PARAM in names
    ]
    first, *others = ids(address, account)
    every = [asking(address, first, query) for query in asked]
    return every + [asking(address, values, query) for values in others for query in asked[:2]]


def asking(address: Address, values: Mapping[str, Any], query: Mapping[str, str]) -> Asked:
    method = "POST" if address.name == "staff-export" else "GET"
    return Asked(address.route, f"{address.path(**values)}?{urlencode(query)}", method, by_key=bool(address.door))


def first_page(address: Address, account: str) -> Asked | None:
    """What tells cursors: a list that goes on; None where no page follows another one."""
    names = understood(address)
    if "cursor" not in names or address.parameters:
        return None
    return asking(address, {}, ({ACCOUNT_PARAM: account} if address.page else {}) | WIDE | _size(names))


def _size(names: Sequence[str]) -> dict[str, str]:
    return {name: "7" for name in ("limit", "per_page") if name in names}
