"""Closing what never got a final receipt."""

import io
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from broadcasts_app.models import BroadcastSend
from messages_app.models import Message
from smsreports.accounts.models import Account
from smsreports.counters.verify import find_differences
from smsreports.durations import parse_duration
from smsreports.ingest import expiry
from smsreports.ingest.models import Event
from smsreports.sms.statuses import FINAL, STATUSES
from smsreports.sources import get_counter_specs
from tests.ingest.conftest import broadcast, dump, loaded, message, receipt, send

pytestmark = pytest.mark.usefixtures("account")

NOW = datetime.now(UTC).replace(microsecond=0)
ON_THE_WAY = [name for name in STATUSES if name not in FINAL]


def ago(**time: float) -> str:
    return (NOW - timedelta(**time)).isoformat()


def expire(*options: str) -> str:
    printed = io.StringIO()
    call_command("expire_pending", *options, stdout=printed)
    return printed.getvalue().removesuffix("\n")


def told(model: Any) -> dict[str, str]:
    return {str(row): row.status for row in model.everyones.all()}


@pytest.mark.parametrize("status", ON_THE_WAY)
def test_what_was_on_its_way_for_three_days_is_closed(status: str) -> None:
    loaded(
        message("old", status=status, created_at=ago(hours=73)),
        message("new", status=status, created_at=ago(hours=71)),
        broadcast(),
        send("old", status=status, sent_at=ago(days=4)),
        send("new", status=status, sent_at=ago(days=2)),
    )
    assert expire() == "2 closed as UNDELIV"
    for model in (Message, BroadcastSend):
        assert told(model) == {"old": "UNDELIV", "new": status}
    assert list(find_differences(get_counter_specs())) == []


@pytest.mark.parametrize("status", FINAL)
def test_what_has_a_final_status_keeps_it(status: str) -> None:
    loaded(message(status=status, created_at=ago(days=30)))
    assert expire() == "0 closed as UNDELIV"
    assert told(Message) == {"m-1": status}


def test_the_time_counts_from_the_last_report() -> None:
    loaded(message(created_at=ago(days=9)), receipt(client_message_id="m-1", status="ENROUTE", at=ago(hours=71)))
    assert expire() == "0 closed as UNDELIV"
    assert expire("--older-than", "70h") == "1 closed as UNDELIV"


def test_closing_twice_changes_nothing() -> None:
    loaded(message(created_at=ago(days=4)))
    expire()
    before = dump()
    assert expire() == "0 closed as UNDELIV"
    assert dump() == before


def test_the_receipt_has_the_time_of_the_status_that_it_ends() -> None:
    loaded(message(status="sent", created_at=ago(days=9), sent_at=ago(days=8)))
    expire()
    row, event = Message.everyones.get(), Event.everyones.get()
    assert event.at == row.status_at == NOW - timedelta(days=8)
    assert row.delivered_at is None


@pytest.mark.parametrize("status", [name for name in FINAL if name != "UNDELIV"])
def test_a_true_final_receipt_that_comes_later_wins(status: str) -> None:
    loaded(message(status="sent", created_at=ago(days=9), sent_at=ago(days=8)))
    expire()
    loaded(receipt(client_message_id="m-1", status=status, at=ago(days=8, seconds=-1)))
    assert told(Message) == {"m-1": status}


def test_one_account_may_be_closed_alone() -> None:
    Account.objects.create(name="other")
    loaded(message(created_at=ago(days=4)), message(account="other", created_at=ago(days=4)))
    assert expire("--account", "other") == "1 closed as UNDELIV"
    assert {row.account.name for row in Message.everyones.filter(status="UNDELIV")} == {"other"}


def test_an_account_that_is_not_there_is_an_error() -> None:
    with pytest.raises(CommandError, match="there is no account 'nobody'"):
        expire("--account", "nobody")


def test_many_are_closed_page_by_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(expiry, "BATCH_LINES", 3)
    same, keys = ago(days=4), [f"m-{number}" for number in range(10)]
    loaded(*(message(key, created_at=same if number % 2 else ago(days=number + 5)) for number, key in enumerate(keys)))
    assert expire() == "10 closed as UNDELIV"
    assert told(Message) == dict.fromkeys(keys, "UNDELIV")


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("90m", timedelta(minutes=90)),
        ("72h", timedelta(hours=72)),
        ("3d", timedelta(days=3)),
        ("9999d", timedelta(days=9999)),
    ],
)
def test_a_duration_is_a_number_of_minutes_hours_or_days(text: str, meant: timedelta) -> None:
    assert parse_duration(text) == meant


@pytest.mark.parametrize(
    "odd", ["", "72", "h", "0h", "-1h", "1.5h", "72 h", "72H", "1w", "3d12h", "10000d", "٣d", "1e3h"]
)
def test_an_odd_duration_is_refused(odd: str) -> None:
    with pytest.raises(CommandError, match="--older-than"):
        expire(f"--older-than={odd}")
