"""Demo traffic that was broken off is completed, and what has ended goes on to today."""

import io
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db.models import Q

from broadcasts_app.models import Broadcast, BroadcastSend
from messages_app.models import Message
from smsreports.demo.generator import ACCOUNTS, count_records, generate_records
from smsreports.ingest.models import DemoLoad
from smsreports.sms.statuses import FINAL
from tests.first_run.folder import PATIENCE, environment
from tests.ingest.conftest import dump
from tests.server import database_url

# Late enough in the day for some of its traffic, early enough for a day before it.
UNTIL = datetime(2026, 2, 13, 10, 30, tzinfo=UTC)
SIZE = ("--messages", "900", "--sends", "600")


def demo(until: datetime, *options: str) -> str:
    printed = io.StringIO()
    call_command("demo", *SIZE, f"--until={until.isoformat()}", *options, stdout=printed, stderr=io.StringIO())
    return printed.getvalue()


def latest() -> tuple[datetime, datetime]:
    """The latest message and the latest send."""
    message, send = Message.everyones.latest("created_at"), BroadcastSend.everyones.latest("sent_at")
    return message.created_at, send.sent_at


def under_way() -> int:
    is_open = ~Q(status__in=FINAL)
    return Message.everyones.filter(is_open).count() + BroadcastSend.everyones.filter(is_open).count()


def test_a_killed_load_is_completed_by_the_next(transactional_db: None) -> None:
    """It is killed when the first of its two batches is on disk."""
    command = [sys.executable, "manage.py", "demo", "--continue", "--messages", "20000", "--sends", "0"]
    named = environment({"SMSREPORTS_MODE": "local", "SECRET_KEY": settings.SECRET_KEY, "DATABASE_URL": database_url()})
    with subprocess.Popen(command, cwd=settings.BASE_DIR, env=named, stdout=subprocess.DEVNULL) as process:
        end = time.monotonic() + PATIENCE
        while not Message.everyones.exists() and process.poll() is None and time.monotonic() < end:
            time.sleep(0.005)
        process.kill()
    assert process.returncode == -signal.SIGKILL
    assert 0 < Message.everyones.count() < 20000
    begun = DemoLoad.objects.get()
    assert not begun.is_complete
    done = subprocess.run(
        command[:-4], cwd=settings.BASE_DIR, env=named, capture_output=True, text=True, check=True, timeout=PATIENCE
    )
    assert done.stdout.startswith(
        "The last load of demo traffic was broken off. Completing it:\nLoading demo traffic: 20,000"
    )
    expected = {
        str(one["client_message_id"]) for one in generate_records(seed="1", messages=20000, sends=0, until=begun.until)
    }
    assert set(Message.everyones.values_list("client_message_id", flat=True)) == expected
    assert DemoLoad.objects.get().is_complete


@pytest.mark.django_db
@pytest.mark.parametrize("away", [timedelta(hours=14), timedelta(days=1), timedelta(days=20), timedelta(days=400)])
def test_traffic_goes_on_to_the_day_of_the_next_run(away: timedelta) -> None:
    demo(UNTIL)
    before, now = set(Message.everyones.values_list("client_message_id", flat=True)), UNTIL + away
    demo(now, "--continue")
    assert max(latest()).date() == now.date()
    assert max(latest()) <= now
    # Nothing is taken away, and nothing comes in between.
    new = Message.everyones.exclude(client_message_id__in=before)
    assert Message.everyones.count() == len(before) + new.count()
    assert new.earliest("created_at").created_at > max(UNTIL, now - timedelta(days=91))
    days = set(new.values_list("created_at__date", flat=True))
    assert len(days) >= min(away.days, 90) * 0.8


@pytest.mark.django_db
def test_what_was_under_way_comes_to_its_end() -> None:
    demo(UNTIL)
    assert under_way() > 20
    old = [set(rows.values_list("id", flat=True)) for rows in (Message.everyones, BroadcastSend.everyones)]
    demo(UNTIL + timedelta(days=5), "--continue")
    assert not Message.everyones.filter(~Q(status__in=FINAL), id__in=old[0]).exists()
    assert not BroadcastSend.everyones.filter(~Q(status__in=FINAL), id__in=old[1]).exists()


@pytest.mark.django_db
def test_the_same_day_adds_nothing() -> None:
    demo(UNTIL)
    before = dump()
    assert demo(UNTIL + timedelta(hours=13), "--continue") == ""
    assert demo(UNTIL - timedelta(days=2), "--continue") == ""
    assert dump() == before


@pytest.mark.django_db
def test_a_continuation_that_was_broken_off_ends_like_one_that_was_not() -> None:
    demo(UNTIL)
    demo(UNTIL + timedelta(days=2), "--continue")
    whole = dump()
    DemoLoad.objects.filter(since__isnull=False).update(is_complete=False)
    assert "0 accepted, " in demo(UNTIL + timedelta(days=2), "--continue")
    assert dump() == whole
    assert not DemoLoad.objects.filter(is_complete=False).exists()


@pytest.mark.django_db
def test_broadcasts_of_days_that_follow_each_other_are_different_ones() -> None:
    demo(UNTIL)
    for day in range(1, 4):
        before = Broadcast.everyones.count()
        demo(UNTIL + timedelta(days=day), "--continue")
        assert Broadcast.everyones.count() > before
    for broadcast in Broadcast.everyones.all():
        sends = BroadcastSend.everyones.filter(broadcast=broadcast)
        assert sends.exists()
        assert sends.latest("sent_at").sent_at - broadcast.created_at < timedelta(days=1)


@pytest.mark.django_db
def test_an_account_that_the_demo_did_not_make_is_left_alone() -> None:
    call_command("create_account", "acme", stdout=io.StringIO())
    said = demo(UNTIL, "--continue")
    assert said == "No demo traffic is loaded: the demo did not make the account acme.\n"
    assert not Message.everyones.exists()


@pytest.mark.parametrize(("messages", "sends"), [(0, 0), (5, 0), (7, 1), (900, 801), (10, 3000)])
def test_the_bar_ends_where_the_records_end(messages: int, sends: int) -> None:
    made = sum(1 for _ in generate_records(seed=1, messages=messages, sends=sends, until=UNTIL))
    assert count_records(messages=messages, sends=sends) == made


def test_a_short_world_has_the_size_that_was_asked_for() -> None:
    some = list(generate_records(seed=1, messages=300, sends=200, until=UNTIL, days=3))
    kinds = [record["type"] for record in some]
    assert (kinds.count("message"), kinds.count("send")) == (300, 200)
    assert {record["account"] for record in some} == {account.name for account in ACCOUNTS}
    times = [datetime.fromisoformat(str(one.get("created_at") or one["sent_at"])) for one in some]
    assert UNTIL - timedelta(days=3) <= min(times)
    assert max(times) <= UNTIL
