"""Every filter of every source, against rows picked one by one in Python."""

import random
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import product
from operator import ge, lt
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from smsreports.accounts.models import Account
from smsreports.exceptions import InvalidParams
from smsreports.queries.list_request import ListRequest
from smsreports.queries.listing import build_listing
from smsreports.sms.statuses import STATUSES, StatusGroup
from smsreports.sources import Source, SourceTable, get_sources
from tests.conftest import broadcast, load, message, send

SENDERS = ("MyApp", "myapp", "MyApp ", "My", "%", "_yApp")
NUMBERS = {"+14155551234": "US", "+4915551234": "DE", "+21891555": "LY", "+99912345": None, "55512": "US"}
MIDNIGHT = datetime(2026, 2, 13, tzinfo=UTC)
MOMENTS = [
    MIDNIGHT + timedelta(microseconds=step) for step in (-1, 0, 1, 43_200_000_000, 86_399_999_999, 86_400_000_000)
]
ROWS = [(source, kind) for source in get_sources() for kind in ("sms", "items")]

# What happens to an SMS; of API messages, that it arrived.
EVENTS = ("sent", "delivered", "clicked", "action")

# Fields that nobody can ask for, each with the reason.
UNFILTERED = {
    "id": "a row's place in the order, and its address; cursors are bound to it",
    "account": "the caller's own, always",
    "client_message_id": "addresses one message: the status path",
    "request_key": "addresses one request: the items path",
    "heads_request": "how requests are stored",
    "message_id": "the carrier's word, for receipts",
    "key": "addresses one broadcast: the items path",
    "text": "what was said is nobody's search index",
    "status": "asked for by its group",
    "status_code": "the carrier's word, without a published table",
    "status_at": "how receipts are weighed",
    "segments": "a measure: summed, not asked for",
    "cost": "a measure: summed, not asked for",
    "click_count": "a measure: summed, not asked for",
    "action_count": "a measure: summed, not asked for",
    "contact_group_id": "no dialect has a word for it",
    "action_type": "no dialect has a word for it",
    "name": "no dialect has a word for it",
}


def traffic(rng: random.Random) -> Iterator[str]:
    """Every status of every group, at and beside the borders of a day, for two accounts."""
    drawn = product(STATUSES, ("acme", "globex"), range(4))
    for number, (status, account, _) in enumerate(drawn):
        recipient, country = rng.choice(list(NUMBERS.items()))
        at = rng.choice(MOMENTS).isoformat()
        common = {"account": account, "recipient": recipient, "country": country, "status": status}
        common |= {"sender_id": rng.choice(SENDERS)}
        if STATUSES[status].is_final:
            late = timedelta(seconds=rng.choice((0, 5, 900, 901, 9_000)))
            soon = datetime.fromisoformat(at) + late
            common["delivered_at"] = rng.choice((None, soon.isoformat(), rng.choice(MOMENTS).isoformat()))
        yield message(client_message_id=f"m-{number}", created_at=at, **common)
        yield broadcast(account=account, broadcast=f"b-{number}", created_at=at, sender_id=common["sender_id"])
        common |= {"clicked_at": rng.choice(MOMENTS).isoformat()} if rng.random() < 0.5 else {}
        common |= {"action_at": at, "action_type": "order"} if rng.random() < 0.5 else {}
        yield send(broadcast=f"b-{number}", message_id=f"s-{number}", sent_at=at, **common)


@pytest.fixture(scope="module", autouse=True)
def loaded(committed: None) -> None:
    load(traffic(random.Random(20260213)))


def happened(column: str, compares: Callable[[Any, Any], bool], row: Mapping[str, Any], moment: datetime) -> bool:
    return row[column] is not None and compares(row[column], moment)


ASKED = st.fixed_dictionaries(
    {},
    optional={
        "status": st.sampled_from(list(StatusGroup)),
        "phone": st.sampled_from(["1", "555", "+1 (415)", "5551234", "15-55", "99912345", "000", "4155551234"]),
        "country": st.sampled_from(["US", "us", "De", "LY", "ZZ"]),
        "no_country": st.just(True),
        "sender": st.sampled_from(SENDERS),
        "in_time": st.booleans(),
        "since": st.sampled_from(MOMENTS),
        "until": st.sampled_from(MOMENTS),
    }
    | {f"{event}_{side}": st.sampled_from(MOMENTS) for event in EVENTS for side in ("since", "until")},
)
# The same said of one row as a mapping; `time` is the row's own.
PICKED: Mapping[str, Callable[[Mapping[str, Any], Any], bool]] = {
    "status": lambda row, group: STATUSES[row["status"]].group is group,
    "phone": lambda row, part: "".join(filter(str.isdigit, part)) in row["recipient"],
    "country": lambda row, code: row["country"] == code.upper(),
    "no_country": lambda row, _: row["country"] is None,
    "sender": lambda row, name: row["sender_id"] == name,
    "in_time": lambda row, told: told is in_time(row),
    "since": lambda row, start: row["time"] >= start,
    "until": lambda row, end: row["time"] < end,
    **{f"{event}_since": partial(happened, f"{event}_at", ge) for event in EVENTS},
    **{f"{event}_until": partial(happened, f"{event}_at", lt) for event in EVENTS},
}


def in_time(row: Mapping[str, Any]) -> bool:
    arrived: datetime = row["delivered_at"] or row["status_at"]
    return bool(row["status"] == "DELIVRD" and arrived - row["time"] <= timedelta(minutes=15))


def found(account: Account, rows: SourceTable, asked: ListRequest) -> set[int]:
    """The ids that a list of `rows` has."""
    (leg,) = build_listing(account, {"any": rows}, asked, time=rows.time_field).legs
    return {row_id for (row_id,) in leg.select_ordered(["id"], "").fetch_all()}


def rows_of(source: Source, kind: str) -> SourceTable:
    rows: SourceTable = getattr(source, kind)
    return rows


@pytest.mark.parametrize("source", get_sources(), ids=lambda source: source.slug)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(asked=ASKED)
def test_the_filters_leave_what_is_picked_one_by_one(db: None, source: Source, asked: dict[str, Any]) -> None:
    account = Account.objects.get(name="acme")
    every = ({**row, "time": row[source.sms.time_field]} for row in source.sms.for_account(account).values())
    known = {name: value for name, value in asked.items() if name in source.sms.filterset.base_filters}
    picked = {row["id"] for row in every if all(PICKED[name](row, value) for name, value in known.items())}
    assert found(account, source.sms, ListRequest(filters=asked)) == picked


@pytest.mark.parametrize("source", get_sources(), ids=lambda source: source.slug)
def test_items_are_narrowed_by_their_own_time(db: None, source: Source) -> None:
    account = Account.objects.get(name="acme")
    own = source.items.for_account(account)
    for since, until in product(MOMENTS, MOMENTS):
        asked = ListRequest(filters={"since": since, "until": until})
        picked = {row.id for row in own if since <= getattr(row, source.items.time_field) < until}
        assert found(account, source.items, asked) == picked


@pytest.mark.parametrize("source", get_sources(), ids=lambda source: source.slug)
def test_the_traffic_meets_every_filter(db: None, source: Source) -> None:
    """Else the comparison above would hold of nothing."""
    rows = list(source.sms.for_account(Account.objects.get(name="acme")).values())
    assert {row["status"] for row in rows} == set(STATUSES)
    assert {row["country"] for row in rows} == set(NUMBERS.values())
    assert {row["sender_id"] for row in rows} == set(SENDERS)
    assert {row[source.sms.time_field] for row in rows} == set(MOMENTS)


@pytest.mark.parametrize(("source", "kind"), ROWS, ids=lambda part: getattr(part, "slug", part))
def test_every_field_has_a_filter_or_a_reason_not_to(source: Source, kind: str) -> None:
    filterset = rows_of(source, kind).filterset
    filtered = {each.field_name for each in filterset.base_filters.values()}
    if kind == "items":
        filtered |= {each.field_name for each in source.sms.filterset.base_filters.values()}
    fields = {field.name for field in filterset._meta.model._meta.get_fields()}
    assert fields - filtered - set(UNFILTERED) - later_times(source) == set()


def later_times(source: Source) -> set[str]:
    """A message's own time is when it was created; when the carrier took it is shown, not asked for."""
    return {"sent_at"} - {source.sms.time_field}


def test_no_reason_is_given_for_what_has_a_filter_or_is_no_field() -> None:
    sets = [rows_of(source, kind).filterset for source, kind in ROWS]
    fields = {field.name for each in sets for field in each._meta.model._meta.get_fields()}
    filtered = {one.field_name for each in sets for one in each.base_filters.values()}
    assert set(UNFILTERED) - fields == set()
    assert set(UNFILTERED) & filtered == set()


@pytest.mark.parametrize(
    ("name", "values"),
    {
        "phone": ["12a", "1" * 16, "+-()", "٣"],
        "country": ["USA", "1A", "É ", "ßa"],
        "status": ["DELIVRD", "Delivered"],
        "since": ["tomorrow", "2026-02-30"],
        "in_time": ["yes", "1"],
    }.items(),
)
@pytest.mark.parametrize("source", get_sources(), ids=lambda source: source.slug)
def test_what_cannot_be_is_refused_in_the_callers_word(db: None, source: Source, name: str, values: list[str]) -> None:
    account = Account.objects.get(name="acme")
    for value in values:
        asked = ListRequest(filters={name: value}, parameter_names={name: "their word"})
        with pytest.raises(InvalidParams) as refused:
            found(account, source.sms, asked)
        assert list(refused.value.reasons) == ["their word"]
