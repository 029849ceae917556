"""An interrupted load of demo traffic is completed, and a completed one is continued to today."""

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
from tests.first_run.folder import TIMEOUT_SECONDS, build_environment
from tests.ingest.conftest import dump_tables
from tests.server import database_url

# A time of day with some traffic before it.
UNTIL = datetime(2026, 2, 13, 10, 30, tzinfo=UTC)
SIZE = ("--messages", "900", "--sends", "600")


def run_demo(until: datetime, *options: str) -> str:
    output = io.StringIO()
    call_command("demo", *SIZE, f"--until={until.isoformat()}", *options, stdout=output, stderr=io.StringIO())
    return output.getvalue()


def get_latest_times() -> tuple[datetime, datetime]:
    """Return the times of the latest message and of the latest SMS of a broadcast."""
    message, send = Message.unscoped.latest("created_at"), BroadcastSend.unscoped.latest("sent_at")
    return message.created_at, send.sent_at


def count_pending() -> int:
    is_open = ~Q(status__in=FINAL)
    return Message.unscoped.filter(is_open).count() + BroadcastSend.unscoped.filter(is_open).count()


def test_a_killed_load_is_completed_by_the_next_run(transactional_db: None) -> None:
    """The load is killed after the first of its two batches was written."""
    command = [sys.executable, "manage.py", "demo", "--continue", "--messages", "20000", "--sends", "0"]
    variables = build_environment(
        {"SMSREPORTS_MODE": "local", "SECRET_KEY": settings.SECRET_KEY, "DATABASE_URL": database_url()}
    )
    with subprocess.Popen(command, cwd=settings.BASE_DIR, env=variables, stdout=subprocess.DEVNULL) as process:
        end = time.monotonic() + TIMEOUT_SECONDS
        while not Message.unscoped.exists() and process.poll() is None and time.monotonic() < end:
            time.sleep(0.005)
        process.kill()
    assert process.returncode == -signal.SIGKILL
    assert 0 < Message.unscoped.count() < 20000
    demo_load = DemoLoad.objects.get()
    assert not demo_load.is_complete
    completed = subprocess.run(
        command[:-4],
        cwd=settings.BASE_DIR,
        env=variables,
        capture_output=True,
        text=True,
        check=True,
        timeout=TIMEOUT_SECONDS,
    )
    assert completed.stdout.startswith(
        "The last load of demo traffic was broken off. Completing it:\nLoading demo traffic: 20,000"
    )
    expected = {
        str(record["client_message_id"])
        for record in generate_records(seed="1", messages=20000, sends=0, until=demo_load.until)
    }
    assert set(Message.unscoped.values_list("client_message_id", flat=True)) == expected
    assert DemoLoad.objects.get().is_complete


@pytest.mark.django_db
@pytest.mark.parametrize("away", [timedelta(hours=14), timedelta(days=1), timedelta(days=20), timedelta(days=400)])
def test_traffic_is_continued_to_the_day_of_the_next_run(away: timedelta) -> None:
    run_demo(UNTIL)
    before, now = set(Message.unscoped.values_list("client_message_id", flat=True)), UNTIL + away
    run_demo(now, "--continue")
    assert max(get_latest_times()).date() == now.date()
    assert max(get_latest_times()) <= now
    # Nothing is removed or inserted in between.
    new = Message.unscoped.exclude(client_message_id__in=before)
    assert Message.unscoped.count() == len(before) + new.count()
    assert new.earliest("created_at").created_at > max(UNTIL, now - timedelta(days=91))
    days = set(new.values_list("created_at__date", flat=True))
    assert len(days) >= min(away.days, 90) * 0.8


@pytest.mark.django_db
def test_pending_sms_get_a_final_status() -> None:
    run_demo(UNTIL)
    assert count_pending() > 20
    earlier_ids = [set(rows.values_list("id", flat=True)) for rows in (Message.unscoped, BroadcastSend.unscoped)]
    run_demo(UNTIL + timedelta(days=5), "--continue")
    assert not Message.unscoped.filter(~Q(status__in=FINAL), id__in=earlier_ids[0]).exists()
    assert not BroadcastSend.unscoped.filter(~Q(status__in=FINAL), id__in=earlier_ids[1]).exists()


@pytest.mark.django_db
def test_a_second_run_on_the_same_day_adds_nothing() -> None:
    run_demo(UNTIL)
    before = dump_tables()
    assert run_demo(UNTIL + timedelta(hours=13), "--continue") == ""
    assert run_demo(UNTIL - timedelta(days=2), "--continue") == ""
    assert dump_tables() == before


@pytest.mark.django_db
def test_an_interrupted_continuation_ends_with_the_same_rows() -> None:
    run_demo(UNTIL)
    run_demo(UNTIL + timedelta(days=2), "--continue")
    before = dump_tables()
    DemoLoad.objects.filter(since__isnull=False).update(is_complete=False)
    assert "0 accepted, " in run_demo(UNTIL + timedelta(days=2), "--continue")
    assert dump_tables() == before
    assert not DemoLoad.objects.filter(is_complete=False).exists()


@pytest.mark.django_db
def test_every_day_has_its_own_broadcasts() -> None:
    run_demo(UNTIL)
    for day in range(1, 4):
        before = Broadcast.unscoped.count()
        run_demo(UNTIL + timedelta(days=day), "--continue")
        assert Broadcast.unscoped.count() > before
    for broadcast in Broadcast.unscoped.all():
        sends = BroadcastSend.unscoped.filter(broadcast=broadcast)
        assert sends.exists()
        assert sends.latest("sent_at").sent_at - broadcast.created_at < timedelta(days=1)


@pytest.mark.django_db
def test_an_account_without_demo_traffic_is_not_changed() -> None:
    call_command("create_account", "acme", stdout=io.StringIO())
    output = run_demo(UNTIL, "--continue")
    assert output == "No demo traffic is loaded: the demo did not make the account acme.\n"
    assert not Message.unscoped.exists()


@pytest.mark.parametrize(("messages", "sends"), [(0, 0), (5, 0), (7, 1), (900, 801), (10, 3000)])
def test_the_progress_bar_counts_all_records(messages: int, sends: int) -> None:
    expected = sum(1 for _ in generate_records(seed=1, messages=messages, sends=sends, until=UNTIL))
    assert count_records(messages=messages, sends=sends) == expected


def test_traffic_of_a_few_days_has_the_requested_size() -> None:
    records = list(generate_records(seed=1, messages=300, sends=200, until=UNTIL, days=3))
    kinds = [record["type"] for record in records]
    assert (kinds.count("message"), kinds.count("send")) == (300, 200)
    assert {record["account"] for record in records} == {account.name for account in ACCOUNTS}
    times = [datetime.fromisoformat(str(record.get("created_at") or record["sent_at"])) for record in records]
    assert UNTIL - timedelta(days=3) <= min(times)
    assert max(times) <= UNTIL
