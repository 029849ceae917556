"""Heads of requests, and who a request went to."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries

from messages_app.models import Message
from smsreports.accounts.models import Account
from smsreports.sources import MAX_RECEIVERS, Receivers
from tests.messages_app.conftest import NOON, message, request

# The heads with the ids of the others, the others themselves, the totals.
QUERIES = 3


def receivers(account: Account, *heads: Message) -> dict[int, Receivers]:
    return dict(Message.objects.for_account(account).get_receivers([head.pk for head in heads]))


def rows_of(found: Receivers) -> list[int]:
    return [row["id"] for row in found.rows]


def test_a_request_has_one_head(account: Account) -> None:
    one, several = request(account, "one", 0), request(account, "several", 3)
    rows = Message.objects.for_account(account)
    assert set(rows.first_of_requests()) == {one, several}
    assert {row.request_key for row in rows.other_messages()} == {"several"}
    assert rows.first_of_requests().count() + rows.other_messages().count() == rows.count() == 5


def test_a_message_alone_is_its_requests_only_receiver(account: Account) -> None:
    head = request(account, "one", 0)
    found = receivers(account, head)[head.pk]
    assert (found.total, found.segments, rows_of(found)) == (1, 1, [head.pk])


def test_the_head_comes_first_and_the_others_by_id(account: Account) -> None:
    message(account, "earlier", request_key="r", heads_request=False).save()
    head = message(account, "head", request_key="r")
    head.save()
    message(account, "later", request_key="r", heads_request=False).save()
    others = Message.objects.for_account(account).other_messages().order_by("id")
    assert rows_of(receivers(account, head)[head.pk]) == [head.pk, *others.values_list("id", flat=True)]


@pytest.mark.parametrize("others", [98, 99, 100, 250])
def test_many_receivers_are_cut_and_counted_whole(account: Account, others: int) -> None:
    head = request(account, "many", others)
    found = receivers(account, head)[head.pk]
    assert (found.total, found.segments) == (1 + others, 1 + 2 * others)
    assert len(found.rows) == min(1 + others, MAX_RECEIVERS)
    assert rows_of(found) == sorted(rows_of(found))


def test_a_change_beyond_the_cut_is_the_requests_latest(account: Account) -> None:
    head = request(account, "many", 150)
    last = Message.objects.for_account(account).order_by("id").last()
    Message.everyones.filter(pk=last.pk).update(status_at=NOON + timedelta(hours=1))
    assert receivers(account, head)[head.pk].updated_at == NOON + timedelta(hours=1)


def test_the_number_of_queries_does_not_grow(
    account: Account, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    heads = [request(account, f"r-{size}", size) for size in (0, 1, 5, 120)]
    for some in (heads[1:2], heads):
        with django_assert_num_queries(QUERIES):
            found = receivers(account, *some)
        assert set(found) == {head.pk for head in some}


def test_another_accounts_request_of_the_same_key_adds_nothing(account: Account) -> None:
    head = request(account, "r", 2)
    foreign = request(Account.objects.create(name="other"), "r", 5)
    found = receivers(account, head, foreign)
    assert {key: one.total for key, one in found.items()} == {head.pk: 3}


TIMES = st.none() | st.integers(0, 5).map(lambda hours: NOON + timedelta(hours=hours))


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.fixed_dictionaries({"sent_at": TIMES, "status_at": TIMES.filter(bool)}), min_size=1))
def test_the_latest_change_is_that_of_any_receiver(account: Account, rows: list[dict[str, Any]]) -> None:
    Message.everyones.all().delete()
    for number, times in enumerate(rows):
        message(account, f"m-{number}", request_key="r", heads_request=number == 0, **times).save()
    changes: list[datetime] = [moment for row in rows for moment in row.values() if moment]
    [found] = receivers(account, *Message.objects.for_account(account).first_of_requests()).values()
    assert found.updated_at == max([NOON, *changes])
    assert [row["updated_at"] for row in found.rows] == [
        max(moment for moment in (NOON, *row.values()) if moment) for row in rows
    ]
