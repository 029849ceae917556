"""Closing of SMS that never got a final receipt."""

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
from tests.ingest.conftest import broadcast, dump_tables, load_records, message, receipt, send

pytestmark = pytest.mark.usefixtures("account")

NOW = datetime.now(UTC).replace(microsecond=0)
PENDING_STATUSES = [name for name in STATUSES if name not in FINAL]


def time_ago(**time: float) -> str:
    return (NOW - timedelta(**time)).isoformat()


def expire(*options: str) -> str:
    stdout = io.StringIO()
    call_command("expire_pending", *options, stdout=stdout)
    return stdout.getvalue().removesuffix("\n")


def get_statuses(model: Any) -> dict[str, str]:
    return {str(row): row.status for row in model.unscoped.all()}


@pytest.mark.parametrize("status", PENDING_STATUSES)
def test_an_sms_pending_for_three_days_is_closed(status: str) -> None:
    load_records(
        message("old", status=status, created_at=time_ago(hours=73)),
        message("new", status=status, created_at=time_ago(hours=71)),
        broadcast(),
        send("old", status=status, sent_at=time_ago(days=4)),
        send("new", status=status, sent_at=time_ago(days=2)),
    )
    assert expire() == "2 closed as UNDELIV"
    for model in (Message, BroadcastSend):
        assert get_statuses(model) == {"old": "UNDELIV", "new": status}
    assert list(find_differences(get_counter_specs())) == []


@pytest.mark.parametrize("status", FINAL)
def test_a_final_status_is_not_changed(status: str) -> None:
    load_records(message(status=status, created_at=time_ago(days=30)))
    assert expire() == "0 closed as UNDELIV"
    assert get_statuses(Message) == {"m-1": status}


def test_the_age_counts_from_the_last_report() -> None:
    load_records(
        message(created_at=time_ago(days=9)), receipt(client_message_id="m-1", status="ENROUTE", at=time_ago(hours=71))
    )
    assert expire() == "0 closed as UNDELIV"
    assert expire("--older-than", "70h") == "1 closed as UNDELIV"


def test_closing_twice_changes_nothing() -> None:
    load_records(message(created_at=time_ago(days=4)))
    expire()
    before = dump_tables()
    assert expire() == "0 closed as UNDELIV"
    assert dump_tables() == before


def test_the_receipt_has_the_time_of_the_status_it_replaces() -> None:
    load_records(message(status="sent", created_at=time_ago(days=9), sent_at=time_ago(days=8)))
    expire()
    row, event = Message.unscoped.get(), Event.unscoped.get()
    assert event.at == row.status_at == NOW - timedelta(days=8)
    assert row.delivered_at is None


@pytest.mark.parametrize("status", [name for name in FINAL if name != "UNDELIV"])
def test_a_real_final_receipt_that_arrives_later_wins(status: str) -> None:
    load_records(message(status="sent", created_at=time_ago(days=9), sent_at=time_ago(days=8)))
    expire()
    load_records(receipt(client_message_id="m-1", status=status, at=time_ago(days=8, seconds=-1)))
    assert get_statuses(Message) == {"m-1": status}


def test_the_account_option_closes_sms_of_that_account_only() -> None:
    Account.objects.create(name="other")
    load_records(message(created_at=time_ago(days=4)), message(account="other", created_at=time_ago(days=4)))
    assert expire("--account", "other") == "1 closed as UNDELIV"
    assert {row.account.name for row in Message.unscoped.filter(status="UNDELIV")} == {"other"}


def test_an_unknown_account_is_an_error() -> None:
    with pytest.raises(CommandError, match="there is no account 'nobody'"):
        expire("--account", "nobody")


def test_many_sms_are_closed_page_by_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(expiry, "BATCH_LINES", 3)
    same, keys = time_ago(days=4), [f"m-{number}" for number in range(10)]
    load_records(
        *(message(key, created_at=same if number % 2 else time_ago(days=number + 5)) for number, key in enumerate(keys))
    )
    assert expire() == "10 closed as UNDELIV"
    assert get_statuses(Message) == dict.fromkeys(keys, "UNDELIV")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("90m", timedelta(minutes=90)),
        ("72h", timedelta(hours=72)),
        ("3d", timedelta(days=3)),
        ("9999d", timedelta(days=9999)),
    ],
)
def test_a_duration_is_a_number_of_minutes_hours_or_days(text: str, expected: timedelta) -> None:
    assert parse_duration(text) == expected


@pytest.mark.parametrize(
    "duration", ["", "72", "h", "0h", "-1h", "1.5h", "72 h", "72H", "1w", "3d12h", "10000d", "٣d", "1e3h"]
)
def test_an_invalid_duration_is_rejected(duration: str) -> None:
    with pytest.raises(CommandError, match="--older-than"):
        expire(f"--older-than={duration}")
