"""Constraints of broadcasts and sends: each refuses an invalid row."""

from typing import Any

import pytest
from django.db import IntegrityError

from broadcasts_app.models import Broadcast, BroadcastSend
from smsreports.accounts.models import Account
from smsreports.sms.statuses import FINAL, NAMES
from tests.broadcasts_app.conftest import NOON, build_broadcast, build_send

# By constraint: changes that make a row invalid, beside a row with the key promo or s-1.
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
    broadcast = build_broadcast(account, "promo")
    broadcast.save()
    return broadcast


@pytest.mark.parametrize(
    ("model", "constraints"), [(Broadcast, FORBIDDEN_BROADCASTS), (BroadcastSend, FORBIDDEN_SENDS)]
)
def test_every_constraint_has_a_test(model: Any, constraints: dict[str, Any]) -> None:
    assert {constraint.name for constraint in model._meta.constraints} == set(constraints)


@pytest.mark.parametrize(
    ("constraint", "changes"), [(name, changes) for name, rows in FORBIDDEN_BROADCASTS.items() for changes in rows]
)
def test_an_invalid_broadcast_is_refused(promo: Broadcast, constraint: str, changes: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError, match=f'"{constraint}"'):
        build_broadcast(promo.account, **({"key": "winter"} | changes)).save()


@pytest.mark.parametrize(
    ("constraint", "changes"), [(name, changes) for name, rows in FORBIDDEN_SENDS.items() for changes in rows]
)
def test_an_invalid_send_is_refused(promo: Broadcast, constraint: str, changes: dict[str, Any]) -> None:
    build_send(promo, "s-1").save()
    with pytest.raises(IntegrityError, match=f'"{constraint}"'):
        build_send(promo, **({"key": "s-2"} | changes)).save()


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
def test_a_valid_send_is_accepted(promo: Broadcast, changes: dict[str, Any]) -> None:
    build_send(promo, **changes).save()
    assert BroadcastSend.unscoped.count() == 1


def test_another_account_may_use_the_same_keys(account: Account) -> None:
    for owner in (account, Account.objects.create(name="other")):
        broadcast = build_broadcast(owner, "promo")
        broadcast.save()
        build_send(broadcast, "s-1").save()
    assert (Broadcast.unscoped.count(), BroadcastSend.unscoped.count()) == (2, 2)


def test_accounts_and_broadcasts_with_sends_cannot_be_deleted(promo: Broadcast) -> None:
    build_send(promo).save()
    for owner in (promo, promo.account):
        with pytest.raises(IntegrityError):
            owner.delete()


def test_rows_are_displayed_as_their_name_or_id(account: Account) -> None:
    assert str(build_broadcast(account, name="February Promo")) == "February Promo"
    assert str(build_send(build_broadcast(account), "s-1")) == "s-1"
