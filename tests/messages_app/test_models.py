"""Constraints of messages: each refuses an invalid row."""

from typing import Any

import pytest
from django.db import IntegrityError

from messages_app.models import Message
from smsreports.accounts.models import Account
from smsreports.sms.statuses import FINAL, NAMES
from tests.messages_app.conftest import NOON, build_message

# By constraint: changes that make a row invalid, beside a row with the key m-1.
FORBIDDEN: dict[str, list[dict[str, Any]]] = {
    "message_known_once": [{"key": "m-1", "request_key": "another"}],
    "message_heads_once": [{"request_key": "m-1"}],
    "message_status_known": [{"status": "SENT"}, {"status": ""}, {"status": "delivrd"}],
    "message_has_segments": [{"segments": 0}],
    "message_cost_not_negative": [{"cost": "-0.000001"}],
    "message_country_iso": [{"country": country} for country in ("", "U", "us", "U1", "U\n", " U")],
    "message_delivered_when_final": [
        {"status": status, "delivered_at": NOON} for status in NAMES if status not in FINAL
    ],
}


def test_every_constraint_has_a_test() -> None:
    assert {constraint.name for constraint in Message._meta.constraints} == set(FORBIDDEN)


@pytest.mark.parametrize(
    ("constraint", "changes"), [(name, changes) for name, rows in FORBIDDEN.items() for changes in rows]
)
def test_an_invalid_row_is_refused(account: Account, constraint: str, changes: dict[str, Any]) -> None:
    build_message(account, "m-1").save()
    with pytest.raises(IntegrityError, match=f'"{constraint}"'):
        build_message(account, **({"key": "m-2"} | changes)).save()


@pytest.mark.parametrize(
    "changes",
    [
        {"key": "m-2"},
        {"key": "m-2", "request_key": "m-1", "heads_request": False},
        {"key": "m-2", "country": None, "cost": 0},
        *({"key": "m-2", "status": status, "delivered_at": NOON} for status in FINAL),
        *({"key": "m-2", "status": status} for status in NAMES),
    ],
)
def test_a_valid_row_is_accepted(account: Account, changes: dict[str, Any]) -> None:
    build_message(account, "m-1").save()
    build_message(account, **changes).save()
    assert Message.unscoped.count() == 2


def test_another_account_may_use_the_same_keys(account: Account) -> None:
    for owner in (account, Account.objects.create(name="other")):
        build_message(owner, "m-1").save()
    assert Message.unscoped.count() == 2


def test_an_account_with_messages_cannot_be_deleted(account: Account) -> None:
    build_message(account).save()
    with pytest.raises(IntegrityError):
        account.delete()


def test_a_message_is_displayed_as_its_client_message_id(account: Account) -> None:
    assert str(build_message(account, "api_42_1")) == "api_42_1"
