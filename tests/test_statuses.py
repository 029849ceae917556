"""The table of statuses, beside the words of the contract and beside its own form in SQL."""

from itertools import permutations

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from smsreports.sms.statuses import (
    FINAL,
    NAMES,
    PENDING,
    STATUSES,
    SUBMITTED,
    StatusGroup,
    build_rank_sql,
    statuses_in_groups,
)

CONTRACT = {
    StatusGroup.DELIVERED: {"DELIVRD"},
    StatusGroup.UNDELIVERED: {"UNDELIV", "REJECTD", "DELETED", "failed"},
    StatusGroup.EXPIRED: {"EXPIRED"},
    StatusGroup.PENDING: {"pending", "sent", "ENROUTE", "ACCEPTD"},
    StatusGroup.UNKNOWN: {"UNKNOWN"},
}


@pytest.mark.parametrize("group", StatusGroup)
def test_a_group_has_the_statuses_of_the_contract(group: StatusGroup) -> None:
    assert set(statuses_in_groups([group])) == CONTRACT[group]


def test_every_raw_status_is_in_exactly_one_group() -> None:
    grouped = [name for group in StatusGroup for name in statuses_in_groups([group])]
    assert sorted(grouped) == sorted(NAMES) == sorted(set(NAMES))


@given(st.lists(st.sampled_from(StatusGroup)))
def test_several_groups_have_the_statuses_of_each_once(groups: list[StatusGroup]) -> None:
    found = statuses_in_groups(groups)
    assert set(found) == {name for group in groups for name in CONTRACT[group]}
    assert list(found) == [name for name in NAMES if name in found]


def test_every_group_but_pending_is_final() -> None:
    assert set(FINAL) == set(NAMES) - CONTRACT[StatusGroup.PENDING]


def test_a_message_that_left_us_is_not_final_and_no_longer_pending() -> None:
    assert set(SUBMITTED) == CONTRACT[StatusGroup.PENDING] - {PENDING}


def test_delivered_precedes_every_other_final_status_and_those_every_pending_one() -> None:
    for one, other in permutations(STATUSES.values(), 2):
        if one.name == "DELIVRD" or (one.is_final and not other.is_final):
            assert one.precedence > other.precedence
        elif other.name != "DELIVRD" and one.is_final == other.is_final:
            assert one.precedence == other.precedence


def test_the_order_of_statuses_is_total() -> None:
    assert len({status.order for status in STATUSES.values()}) == len(STATUSES)


@pytest.mark.django_db
def test_the_database_ranks_by_the_same_table() -> None:
    precedence, order = build_rank_sql("name")
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT name, {precedence}, {order} FROM unnest(%s::text[]) AS name", [list(NAMES)])
        ranks = {name: ranked for name, *ranked in cursor.fetchall()}
    assert ranks == {status.name: [status.precedence, status.order] for status in STATUSES.values()}
