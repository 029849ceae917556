"""Every filter of every source, compared with predicates in Python."""

import random
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import product
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from smsreports.accounts.models import Account
from smsreports.exceptions import InvalidParams
from smsreports.queries.list_request import ListRequest
from smsreports.queries.listing import AccountTables
from smsreports.sms.statuses import STATUSES, StatusGroup
from smsreports.sms.windows import ALL_TIME, Window
from smsreports.sources import Source, SourceTable, get_sources
from tests.conftest import broadcast_line, load_lines, message_line, send_line

SENDERS = ("MyApp", "myapp", "MyApp ", "My", "%", "_yApp")
NUMBERS = {"+14155551234": "US", "+4915551234": "DE", "+21891555": "LY", "+99912345": None, "55512": "US"}
# Parts of numbers, and what they are read as. Only numbers have a `+`, and only at their beginning.
WRITTEN_PARTS = {"+1 (415)": "+1415", "0014155551234": "+14155551234", "+٤٩ 15": "+4915", "+91555": "+91555"}
MIDNIGHT = datetime(2026, 2, 13, tzinfo=UTC)
TIMES = [MIDNIGHT + timedelta(microseconds=step) for step in (-1, 0, 1, 43_200_000_000, 86_399_999_999, 86_400_000_000)]
TABLES = [(source, kind) for source in get_sources() for kind in ("sms", "items")]

# Events of an SMS. API messages have a delivery only.
EVENTS = ("sent", "delivered", "clicked", "action")

# Fields without a filter, each with the reason.
UNFILTERED = {
    "id": "the row's position in the order, and its address; cursors contain it",
    "account": "always the caller's own",
    "client_message_id": "addresses one message: the status path",
    "request_key": "addresses one request: the items path",
    "heads_request": "how requests are stored",
    "message_id": "the carrier's id, for receipts",
    "key": "addresses one broadcast: the items path",
    "text": "texts are not indexed",
    "status": "filtered by its group",
    "status_code": "the carrier's code, without a published table",
    "status_at": "it decides which receipt counts",
    "segments": "a measure: summed, not filtered",
    "cost": "a measure: summed, not filtered",
    "click_count": "a measure: summed, not filtered",
    "action_count": "a measure: summed, not filtered",
    "contact_group_id": "no dialect has a parameter for it",
    "action_type": "no dialect has a parameter for it",
    "name": "no dialect has a parameter for it",
}


def build_traffic(rng: random.Random) -> Iterator[str]:
    """Yield lines of every status, at and next to the edges of a day, for two accounts."""
    combinations = product(STATUSES, ("acme", "globex"), range(4))
    for number, (status, account, _) in enumerate(combinations):
        recipient, country = rng.choice(list(NUMBERS.items()))
        at = rng.choice(TIMES).isoformat()
        common = {"account": account, "recipient": recipient, "country": country, "status": status}
        common |= {"sender_id": rng.choice(SENDERS)}
        if STATUSES[status].is_final:
            delay = timedelta(seconds=rng.choice((0, 5, 900, 901, 9_000)))
            delivered_at = datetime.fromisoformat(at) + delay
            common["delivered_at"] = rng.choice((None, delivered_at.isoformat(), rng.choice(TIMES).isoformat()))
        yield message_line(client_message_id=f"m-{number}", created_at=at, **common)
        yield broadcast_line(account=account, broadcast=f"b-{number}", created_at=at, sender_id=common["sender_id"])
        common |= {"clicked_at": rng.choice(TIMES).isoformat()} if rng.random() < 0.5 else {}
        common |= {"action_at": at, "action_type": "order"} if rng.random() < 0.5 else {}
        yield send_line(broadcast=f"b-{number}", message_id=f"s-{number}", sent_at=at, **common)


@pytest.fixture(scope="module", autouse=True)
def traffic(committed: None) -> None:
    load_lines(build_traffic(random.Random(20260213)))


def is_within(column: str, row: Mapping[str, Any], window: Window) -> bool:
    """Tell if a time is within a window. An open window is no filter."""
    if window == ALL_TIME:
        return True
    at: datetime | None = row[column]
    return at is not None and (window.start is None or at >= window.start) and (window.end is None or at < window.end)


WINDOWS = st.builds(Window, st.sampled_from([None, *TIMES]), st.sampled_from([None, *TIMES]))

FILTER_VALUES = st.fixed_dictionaries(
    {},
    optional={
        "status": st.sampled_from(list(StatusGroup)),
        "phone": st.sampled_from(
            ["1", "555", "+1 (415)", "5551234", "15-55", "99912345", "000", "4155551234", *WRITTEN_PARTS]
        ),
        "country": st.sampled_from(["US", "us", "De", "LY", "ZZ"]),
        "no_country": st.just(True),
        "sender": st.sampled_from(SENDERS),
        "in_time": st.booleans(),
        "period": WINDOWS,
    }
    | dict.fromkeys(EVENTS, WINDOWS),
)
# Predicate of each filter on a row as a mapping. `time` is the row's time field.
PREDICATES: Mapping[str, Callable[[Mapping[str, Any], Any], bool]] = {
    "status": lambda row, group: STATUSES[row["status"]].group is group,
    "phone": lambda row, part: WRITTEN_PARTS.get(part, "".join(filter(str.isdigit, part))) in row["recipient"],
    "country": lambda row, code: row["country"] == code.upper(),
    "no_country": lambda row, _: row["country"] is None,
    "sender": lambda row, name: row["sender_id"] == name,
    "in_time": lambda row, value: value is is_in_time(row),
    "period": partial(is_within, "time"),
    **{event: partial(is_within, f"{event}_at") for event in EVENTS},
}


def is_in_time(row: Mapping[str, Any]) -> bool:
    delivered_at: datetime = row["delivered_at"] or row["status_at"]
    return bool(row["status"] == "DELIVRD" and delivered_at - row["time"] <= timedelta(minutes=15))


def fetch_ids(account: Account, table: SourceTable, list_request: ListRequest) -> set[int]:
    """Return the ids of the rows that a list has."""
    (source_query,) = AccountTables(account, {"any": table}, table.time_field).filter(list_request).source_queries
    return {row_id for (row_id,) in source_query.select_ordered(["id"], "").fetch_all()}


def get_table(source: Source, kind: str) -> SourceTable:
    table: SourceTable = getattr(source, kind)
    return table


@pytest.mark.parametrize("source", get_sources(), ids=lambda source: source.slug)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(filters=FILTER_VALUES)
def test_filters_select_the_rows_that_the_predicates_select(db: None, source: Source, filters: dict[str, Any]) -> None:
    account = Account.objects.get(name="acme")
    rows = ({**row, "time": row[source.sms.time_field]} for row in source.sms.for_account(account).values())
    known = {name: value for name, value in filters.items() if name in source.sms.filterset.base_filters}
    expected = {row["id"] for row in rows if all(PREDICATES[name](row, value) for name, value in known.items())}
    assert fetch_ids(account, source.sms, ListRequest(filters=filters)) == expected
    filterset = source.sms.filterset(known, source.sms.for_account(account))
    assert filterset.form.is_valid(), filterset.form.errors
    assert {row.pk for row in filterset.qs} == expected


@pytest.mark.parametrize("source", get_sources(), ids=lambda source: source.slug)
def test_items_are_filtered_by_their_own_time_field(db: None, source: Source) -> None:
    account = Account.objects.get(name="acme")
    items = source.items.for_account(account)
    for since, until in product(TIMES, TIMES):
        list_request = ListRequest(filters={"period": Window(since, until)})
        expected = {row.pk for row in items if since <= getattr(row, source.items.time_field) < until}
        assert fetch_ids(account, source.items, list_request) == expected


@pytest.mark.parametrize("source", get_sources(), ids=lambda source: source.slug)
def test_the_traffic_has_rows_for_every_filter(db: None, source: Source) -> None:
    """Otherwise the comparison above would prove nothing."""
    rows = list(source.sms.for_account(Account.objects.get(name="acme")).values())
    assert {row["status"] for row in rows} == set(STATUSES)
    assert {row["country"] for row in rows} == set(NUMBERS.values())
    assert {row["sender_id"] for row in rows} == set(SENDERS)
    assert {row[source.sms.time_field] for row in rows} == set(TIMES)


@pytest.mark.parametrize(("source", "kind"), TABLES, ids=lambda part: getattr(part, "slug", part))
def test_every_field_has_a_filter_or_a_reason_to_have_none(source: Source, kind: str) -> None:
    filterset = get_table(source, kind).filterset
    filtered = {field_filter.field_name for field_filter in filterset.base_filters.values()}
    if kind == "items":
        filtered |= {field_filter.field_name for field_filter in source.sms.filterset.base_filters.values()}
    fields = {field.name for field in filterset._meta.model._meta.get_fields()}
    assert fields - filtered - set(UNFILTERED) - later_times(source) == set()


def later_times(source: Source) -> set[str]:
    """Return `sent_at` where it is not the source's time field. A message is filtered by `created_at` instead."""
    return {"sent_at"} - {source.sms.time_field}


def test_no_reason_is_given_for_a_filtered_or_unknown_field() -> None:
    filtersets = [get_table(source, kind).filterset for source, kind in TABLES]
    fields = {field.name for filterset in filtersets for field in filterset._meta.model._meta.get_fields()}
    filtered = {field_filter.field_name for filterset in filtersets for field_filter in filterset.base_filters.values()}
    assert set(UNFILTERED) - fields == set()
    assert set(UNFILTERED) & filtered == set()


@pytest.mark.parametrize(
    ("name", "values"),
    {
        "phone": ["12a", "1" * 16, "+-()", "٣a", "1+"],
        "country": ["USA", "1A", "É ", "ßa"],
        "status": ["DELIVRD", "Delivered"],
        "period": ["8d", "2026-02-30", "Today"],
        "in_time": ["yes", "1"],
    }.items(),
)
@pytest.mark.parametrize("source", get_sources(), ids=lambda source: source.slug)
def test_an_invalid_value_is_rejected_with_the_callers_parameter_name(
    db: None, source: Source, name: str, values: list[str]
) -> None:
    account = Account.objects.get(name="acme")
    for value in values:
        list_request = ListRequest(filters={name: value}, parameter_names={name: "their word"})
        with pytest.raises(InvalidParams) as error:
            fetch_ids(account, source.sms, list_request)
        assert list(error.value.reasons) == ["their word"]
