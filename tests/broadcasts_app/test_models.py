"""Broadcasts and sends that cannot be: each constraint forbids a row."""

from typing import Any

import pytest
from django.db import IntegrityError

from broadcasts_app.models import Broadcast, BroadcastSend
from smsreports.accounts.models import Account
from smsreports.sms.statuses import FINAL, NAMES
from tests.broadcasts_app.conftest import NOON, broadcast, send

# By constraint: what is different about a row that it forbids, beside one of the key promo, or s-1.
FORBIDDEN_BROADCASTS: dict[str, list[dict[str, Any]]] = {
    "broadcast_known_once": [{"key": "promo"}],
    "broadcast_has_segments": [{"segments": 0}],
}
FORBIDDEN_SENDS: dict[str, list[dict[str, Any]]] = {
    "send_known_once": [{"key": "s-1"}],
    "send_status_known": [{"status": "SENT"}, {"status": ""}, {"status": "delivrd"}],
    "send_has_segments": [{"segments": 0}],
    "send_cost_not_negative": [{"cost": "-0.000001"}],
    "send_country_iso": [{"country": country} for country in ("", "U", "us", "U1", "U\n", " U")],
    "send_delivered_when_final": [{"status": status, "delivered_at": NOON} for status in NAMES if status not in FINAL],
    "send_action_has_time": [{"action_type": "payment"}, {"action_at": NOON}],
}


@pytest.fixture
def promo(account: Account) -> Broadcast:
    saved = broadcast(account, "promo")
    saved.save()
    return saved


@pytest.mark.parametrize(("model", "tried"), [(Broadcast, FORBIDDEN_BROADCASTS), (BroadcastSend, FORBIDDEN_SENDS)])
def test_every_constraint_is_tried(model: Any, tried: dict[str, Any]) -> None:
    assert {constraint.name for constraint in model._meta.constraints} == set(tried)


@pytest.mark.parametrize(
    ("constraint", "changes"), [(name, changes) for name, rows in FORBIDDEN_BROADCASTS.items() for changes in rows]
)
def test_a_broadcast_that_cannot_be_is_refused(promo: Broadcast, constraint: str, changes: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError, match=f'"{constraint}"'):
        broadcast(promo.account, **({"key": "winter"} | changes)).save()


@pytest.mark.parametrize(
    ("constraint", "changes"), [(name, changes) for name, rows in FORBIDDEN_SENDS.items() for changes in rows]
)
def test_a_send_that_cannot_be_is_refused(promo: Broadcast, constraint: str, changes: dict[str, Any]) -> None:
    send(promo, "s-1").save()
    with pytest.raises(IntegrityError, match=f'"{constraint}"'):
        send(promo, **({"key": "s-2"} | changes)).save()


@pytest.mark.parametrize(
    "changes",
    [
        {"country": None, "cost": 0},
        {"action_type": "payment", "action_at": NOON},
        {"clicked_at": NOON},
        *({"status": status, "delivered_at": NOON} for status in FINAL),
        *({"status": status} for status in NAMES),
    ],
)
def test_a_send_that_can_be_is_taken(promo: Broadcast, changes: dict[str, Any]) -> None:
    send(promo, **changes).save()
    assert BroadcastSend.everyones.count() == 1


def test_another_account_may_use_the_same_keys(account: Account) -> None:
    for owner in (account, Account.objects.create(name="other")):
        own = broadcast(owner, "promo")
        own.save()
        send(own, "s-1").save()
    assert (Broadcast.everyones.count(), BroadcastSend.everyones.count()) == (2, 2)


def test_what_has_sends_or_broadcasts_is_not_deleted(promo: Broadcast) -> None:
    send(promo).save()
    for owner in (promo, promo.account):
        with pytest.raises(IntegrityError):
            owner.delete()


def test_rows_are_called_by_what_people_know_them_by(account: Account) -> None:
    assert str(broadcast(account, name="February Promo")) == "February Promo"
    assert str(send(broadcast(account), "s-1")) == "s-1"
