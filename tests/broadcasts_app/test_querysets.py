"""Who a broadcast went to."""

from datetime import timedelta

import pytest
from pytest_django import DjangoAssertNumQueries

from broadcasts_app.models import Broadcast, BroadcastSend
from broadcasts_app.source import get_receivers as of_source
from smsreports.accounts.models import Account
from smsreports.sources import MAX_RECEIVERS, Receivers
from tests.broadcasts_app.conftest import NOON, broadcast, campaign, send

# The ids of the first sends, those sends, the totals.
QUERIES = 3


def receivers(account: Account, *broadcasts: Broadcast) -> dict[int, Receivers]:
    return dict(of_source(account, [one.pk for one in broadcasts]))


def test_a_broadcast_without_sends_went_to_nobody(account: Account) -> None:
    empty = campaign(account, "empty", 0)
    assert receivers(account, empty) == {empty.pk: Receivers(0, 0, None, [])}


@pytest.mark.parametrize("sends", [1, 100, 101, 250])
def test_many_receivers_are_cut_and_counted_whole(account: Account, sends: int) -> None:
    many = campaign(account, "many", sends)
    found = receivers(account, many)[many.pk]
    ids = list(BroadcastSend.objects.for_account(account).order_by("id").values_list("id", flat=True))
    assert (found.total, found.segments) == (sends, 2 * sends)
    assert [row["id"] for row in found.rows] == ids[:MAX_RECEIVERS]


def test_a_receivers_row_begins_when_it_was_sent(account: Account) -> None:
    promo = broadcast(account)
    promo.save()
    send(promo, sent_at=NOON + timedelta(minutes=5)).save()
    [row] = receivers(account, promo)[promo.pk].rows
    assert row["created_at"] == row["sent_at"] == row["updated_at"] == NOON + timedelta(minutes=5)


@pytest.mark.parametrize("changed", ["sent_at", "status_at", "delivered_at"])
def test_a_change_beyond_the_cut_is_the_broadcasts_latest(account: Account, changed: str) -> None:
    many = campaign(account, "many", 150)
    last = BroadcastSend.objects.for_account(account).order_by("id").last()
    BroadcastSend.everyones.filter(pk=last.pk).update(status="DELIVRD", **{changed: NOON + timedelta(hours=1)})
    assert receivers(account, many)[many.pk].updated_at == NOON + timedelta(hours=1)


def test_the_number_of_queries_does_not_grow(
    account: Account, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    broadcasts = [campaign(account, f"b-{size}", size) for size in (1, 0, 5, 120)]
    for some in (broadcasts[:1], broadcasts):
        with django_assert_num_queries(QUERIES):
            found = receivers(account, *some)
        assert set(found) == {one.pk for one in some}


def test_another_accounts_broadcast_is_not_found(account: Account) -> None:
    own = campaign(account, "promo", 2)
    foreign = campaign(Account.objects.create(name="other"), "promo", 5)
    assert {key: one.total for key, one in receivers(account, own, foreign).items()} == {own.pk: 2}
