"""The table of statuses, compared with the contract and with its SQL form."""

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
def test_several_groups_have_the_statuses_of_all_of_them(groups: list[StatusGroup]) -> None:
    names = statuses_in_groups(groups)
    assert set(names) == {name for group in groups for name in CONTRACT[group]}
    assert list(names) == [name for name in NAMES if name in names]


def test_every_group_but_pending_is_final() -> None:
    assert set(FINAL) == set(NAMES) - CONTRACT[StatusGroup.PENDING]


def test_a_submitted_message_is_neither_final_nor_pending() -> None:
    assert set(SUBMITTED) == CONTRACT[StatusGroup.PENDING] - {PENDING}


def test_delivered_precedes_other_final_statuses_and_these_precede_pending_ones() -> None:
    for first, second in permutations(STATUSES.values(), 2):
        if first.name == "DELIVRD" or (first.is_final and not second.is_final):
            assert first.precedence > second.precedence
        elif second.name != "DELIVRD" and first.is_final == second.is_final:
            assert first.precedence == second.precedence


def test_every_status_has_its_own_order() -> None:
    assert len({status.order for status in STATUSES.values()}) == len(STATUSES)


@pytest.mark.django_db
def test_the_sql_ranks_statuses_like_the_table() -> None:
    precedence, order = build_rank_sql("name")
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT name, {precedence}, {order} FROM unnest(%s::text[]) AS name", [list(NAMES)])
        ranks = {name: ranked for name, *ranked in cursor.fetchall()}
    assert ranks == {status.name: [status.precedence, status.order] for status in STATUSES.values()}
