"""Receivers of broadcasts."""

from datetime import timedelta

import pytest
from pytest_django import DjangoAssertNumQueries

from broadcasts_app.models import Broadcast, BroadcastSend
from broadcasts_app.source import get_receivers as get_source_receivers
from smsreports.accounts.models import Account
from smsreports.sources import MAX_RECEIVERS, Receivers
from tests.broadcasts_app.conftest import NOON, build_broadcast, build_send, create_broadcast

# The ids of the first sends, the sends, the totals.
QUERIES = 3


def get_receivers(account: Account, *broadcasts: Broadcast) -> dict[int, Receivers]:
    return dict(get_source_receivers(account, [broadcast.pk for broadcast in broadcasts]))


def test_a_broadcast_without_sends_has_no_receivers(account: Account) -> None:
    empty = create_broadcast(account, "empty", 0)
    assert get_receivers(account, empty) == {empty.pk: Receivers(0, 0, None, [])}


@pytest.mark.parametrize("sends", [1, 100, 101, 250])
def test_receivers_are_limited_but_all_counted(account: Account, sends: int) -> None:
    many = create_broadcast(account, "many", sends)
    receivers = get_receivers(account, many)[many.pk]
    ids = list(BroadcastSend.objects.for_account(account).order_by("id").values_list("id", flat=True))
    assert (receivers.total, receivers.segments) == (sends, 2 * sends)
    assert [row["id"] for row in receivers.rows] == ids[:MAX_RECEIVERS]


def test_created_at_of_a_receiver_is_the_time_of_the_send(account: Account) -> None:
    promo = build_broadcast(account)
    promo.save()
    build_send(promo, sent_at=NOON + timedelta(minutes=5)).save()
    [row] = get_receivers(account, promo)[promo.pk].rows
    assert row["created_at"] == row["sent_at"] == row["updated_at"] == NOON + timedelta(minutes=5)


@pytest.mark.parametrize("changed", ["sent_at", "status_at", "delivered_at"])
def test_updated_at_includes_receivers_beyond_the_limit(account: Account, changed: str) -> None:
    many = create_broadcast(account, "many", 150)
    last = BroadcastSend.objects.for_account(account).latest("id")
    BroadcastSend.unscoped.filter(pk=last.pk).update(status="DELIVRD", **{changed: NOON + timedelta(hours=1)})
    assert get_receivers(account, many)[many.pk].updated_at == NOON + timedelta(hours=1)


def test_the_number_of_queries_is_constant(account: Account, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    broadcasts = [create_broadcast(account, f"b-{size}", size) for size in (1, 0, 5, 120)]
    for selection in (broadcasts[:1], broadcasts):
        with django_assert_num_queries(QUERIES):
            receivers = get_receivers(account, *selection)
        assert set(receivers) == {broadcast.pk for broadcast in selection}


def test_another_accounts_broadcast_is_not_found(account: Account) -> None:
    own = create_broadcast(account, "promo", 2)
    foreign = create_broadcast(Account.objects.create(name="other"), "promo", 5)
    assert {key: value.total for key, value in get_receivers(account, own, foreign).items()} == {own.pk: 2}
