"""First messages of requests, and receivers of requests."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries

from messages_app.models import Message
from smsreports.accounts.models import Account
from smsreports.sources import MAX_RECEIVERS, Receivers
from tests.messages_app.conftest import NOON, build_message, create_request

# The first messages with the ids of the others, the other messages, the totals.
QUERIES = 3


def get_receivers(account: Account, *heads: Message) -> dict[int, Receivers]:
    return dict(Message.objects.for_account(account).get_receivers([head.pk for head in heads]))


def receiver_ids(receivers: Receivers) -> list[int]:
    return [row["id"] for row in receivers.rows]


def test_a_request_has_one_first_message(account: Account) -> None:
    single, several = create_request(account, "one", 0), create_request(account, "several", 3)
    rows = Message.objects.for_account(account)
    assert set(rows.first_of_requests()) == {single, several}
    assert {row.request_key for row in rows.other_messages()} == {"several"}
    assert rows.first_of_requests().count() + rows.other_messages().count() == rows.count() == 5


def test_a_message_alone_is_its_requests_only_receiver(account: Account) -> None:
    head = create_request(account, "one", 0)
    receivers = get_receivers(account, head)[head.pk]
    assert (receivers.total, receivers.segments, receiver_ids(receivers)) == (1, 1, [head.pk])


def test_the_first_message_comes_first_and_the_others_by_id(account: Account) -> None:
    build_message(account, "earlier", request_key="r", heads_request=False).save()
    head = build_message(account, "head", request_key="r")
    head.save()
    build_message(account, "later", request_key="r", heads_request=False).save()
    others = Message.objects.for_account(account).other_messages().order_by("id")
    assert receiver_ids(get_receivers(account, head)[head.pk]) == [head.pk, *others.values_list("id", flat=True)]


@pytest.mark.parametrize("others", [98, 99, 100, 250])
def test_receivers_are_limited_but_all_counted(account: Account, others: int) -> None:
    head = create_request(account, "many", others)
    receivers = get_receivers(account, head)[head.pk]
    assert (receivers.total, receivers.segments) == (1 + others, 1 + 2 * others)
    assert len(receivers.rows) == min(1 + others, MAX_RECEIVERS)
    assert receiver_ids(receivers) == sorted(receiver_ids(receivers))


def test_updated_at_includes_receivers_beyond_the_limit(account: Account) -> None:
    head = create_request(account, "many", 150)
    last = Message.objects.for_account(account).latest("id")
    Message.unscoped.filter(pk=last.pk).update(status_at=NOON + timedelta(hours=1))
    assert get_receivers(account, head)[head.pk].updated_at == NOON + timedelta(hours=1)


def test_the_number_of_queries_is_constant(account: Account, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    heads = [create_request(account, f"r-{size}", size) for size in (0, 1, 5, 120)]
    for selection in (heads[1:2], heads):
        with django_assert_num_queries(QUERIES):
            receivers = get_receivers(account, *selection)
        assert set(receivers) == {head.pk for head in selection}


def test_another_accounts_request_with_the_same_key_is_not_counted(account: Account) -> None:
    head = create_request(account, "r", 2)
    foreign = create_request(Account.objects.create(name="other"), "r", 5)
    receivers = get_receivers(account, head, foreign)
    assert {key: value.total for key, value in receivers.items()} == {head.pk: 3}


TIMES = st.none() | st.integers(0, 5).map(lambda hours: NOON + timedelta(hours=hours))


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.fixed_dictionaries({"sent_at": TIMES, "status_at": TIMES.filter(bool)}), min_size=1))
def test_updated_at_is_the_latest_change_of_any_receiver(account: Account, rows: list[dict[str, Any]]) -> None:
    Message.unscoped.all().delete()
    for number, times in enumerate(rows):
        build_message(account, f"m-{number}", request_key="r", heads_request=number == 0, **times).save()
    changes: list[datetime] = [moment for row in rows for moment in row.values() if moment]
    [receivers] = get_receivers(account, *Message.objects.for_account(account).first_of_requests()).values()
    assert receivers.updated_at == max([NOON, *changes])
    assert [row["updated_at"] for row in receivers.rows] == [
        max(moment for moment in (NOON, *row.values()) if moment) for row in rows
    ]
