"""Batches: they are atomic, also when a load fails, is killed or runs concurrently with another one."""

import json
import os
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.conf import settings as project
from django.db import Error, connection, transaction

from broadcasts_app.models import Broadcast, BroadcastSend
from messages_app.models import Message
from smsreports.accounts.models import Account
from smsreports.ingest import load as loading
from smsreports.ingest.load import BATCH_LINES, AccountResolver, load_lines
from smsreports.ingest.merge import LOCK_NAMESPACE
from smsreports.ingest.models import Event
from tests.ingest.conftest import (
    NOON,
    TRAFFIC,
    Record,
    broadcast,
    dump_tables,
    get_counts,
    load_records,
    message,
    number_lines,
    receipt,
    send,
)
from tests.server import database_url


@pytest.fixture
def failing_row(account: Account) -> Iterator[None]:
    """A trigger that raises an error for one row."""
    with connection.cursor() as cursor:
        cursor.execute("""
            CREATE FUNCTION trap() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'trapped'; END $$;
            CREATE TRIGGER trap BEFORE INSERT ON broadcasts_app_broadcastsend
            FOR EACH ROW WHEN (NEW.message_id = 's-trapped') EXECUTE FUNCTION trap()
        """)
    yield
    with connection.cursor() as cursor:
        cursor.execute("DROP FUNCTION trap() CASCADE")


@pytest.mark.usefixtures("failing_row", "small_batches")
def test_a_failed_batch_leaves_nothing_and_earlier_batches_stay_whole() -> None:
    first = [message("m-1"), message("m-2"), broadcast()]
    second = [message("m-3"), broadcast("winter"), send("s-trapped")]
    with pytest.raises(Error, match="trapped"):
        load_records(*first, *second)
    assert {row.client_message_id for row in Message.unscoped.all()} == {"m-1", "m-2"}
    assert [row.key for row in Broadcast.unscoped.all()] == ["promo"]
    assert not BroadcastSend.unscoped.exists()


@pytest.mark.usefixtures("account", "failing_row")
def test_a_connection_can_load_again_after_an_error() -> None:
    with pytest.raises(Error, match="trapped"):
        load_records(broadcast(), send("s-trapped"))
    assert get_counts(load_records(broadcast(), send("s-1"))) == (2, 0, 0)


@pytest.mark.usefixtures("account", "small_batches")
def test_a_result_is_yielded_when_its_batch_is_loaded() -> None:
    results = load_lines(number_lines(message(f"m-{number}") for number in range(7)), AccountResolver())
    known = [(next(results).accepted, Message.unscoped.count()) for _ in range(3)]
    assert known == [(3, 3), (3, 6), (1, 7)]


@pytest.mark.usefixtures("account")
def test_memory_does_not_grow_with_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loading, "BATCH_LINES", 200)
    short, long = measure_peak(400), measure_peak(2400)
    assert long < 1.5 * short


def measure_peak(lines: int) -> int:
    """Return the peak memory of Python in bytes while it loads this number of lines."""
    endless = ((number, json.dumps(receipt(client_message_id=f"m-{number}")).encode()) for number in range(lines))
    tracemalloc.start()
    assert sum(result.accepted + result.duplicates for result in load_lines(endless, AccountResolver())) == lines
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak


# Killed and concurrent loads, in real processes on the test database


def start_import(*files: Path) -> "subprocess.Popen[str]":
    environment = {
        "PATH": os.environ["PATH"],
        "SMSREPORTS_MODE": "local",
        "SECRET_KEY": project.SECRET_KEY,
        "DATABASE_URL": database_url(),
    }
    command = [sys.executable, "manage.py", "import_traffic", *map(str, files)]
    return subprocess.Popen(
        command, cwd=project.BASE_DIR, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )


def wait_for_output(process: "subprocess.Popen[str]") -> str:
    """Wait for the process to succeed, and return its output."""
    stdout, stderr = process.communicate(timeout=60)
    assert (process.returncode, stderr) == (0, "")
    return stdout.strip()


def wait_until(condition: Callable[[], bool], process: "subprocess.Popen[str] | None" = None) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert process is None or process.poll() is None, process.communicate()
        assert time.monotonic() < deadline, "nothing happened"
        time.sleep(0.02)


def find_blocked_pids() -> list[int]:
    """Return the backends that wait for a lock of ours. (`pg_stat_activity` does not change in a transaction.)"""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pid FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))")
        return [pid for (pid,) in cursor.fetchall()]


def is_gone(pid: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT NOT EXISTS (SELECT FROM pg_stat_activity WHERE pid = %s)", [pid])
        return bool(cursor.fetchone()[0])


def write_lines(path: Path, lines: list[Record]) -> Path:
    path.write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    return path


@pytest.mark.django_db(transaction=True)
def test_a_killed_load_leaves_whole_batches_and_the_next_load_completes_it(tmp_path: Path) -> None:
    account = Account.objects.create(name="acme")
    whole = [receipt(client_message_id=f"m-{number}") for number in range(BATCH_LINES)]
    half = [message(f"m-{number}", request_id=f"r-{number // 3}") for number in range(600)]
    file = write_lines(tmp_path / "traffic.ndjson", whole + half)
    with transaction.atomic():
        # The loader inserts the rows before this one, then waits for its lock.
        build_blocking_message(account, "m-300").save()
        killed = start_import(file)
        wait_until(lambda: len(find_blocked_pids()) == 1, killed)
        [pid] = find_blocked_pids()
        killed.kill()
        killed.communicate()
        transaction.set_rollback(True)
    wait_until(lambda: is_gone(pid))
    assert (Event.unscoped.count(), Message.unscoped.count()) == (len(whole), 0)
    assert wait_for_output(start_import(file)) == f"{len(half)} accepted, {len(whole)} duplicates, 0 rejected"
    assert Message.unscoped.filter(status="DELIVRD").count() == len(half)
    assert Message.unscoped.filter(heads_request=True).count() == len(half) / 3
    assert Event.unscoped.filter(waits=False).count() == len(half)


def build_blocking_message(account: Account, key: str) -> Message:
    return Message(
        account=account, client_message_id=key, request_key=key, heads_request=True, recipient="+14155551234",
        sender_id="S", text="", status="pending", segments=1, cost=0, created_at=NOON, status_at=NOON,
    )  # fmt: skip


@pytest.mark.django_db(transaction=True)
def test_two_concurrent_loads_of_a_file_load_it_once(tmp_path: Path) -> None:
    account = Account.objects.create(name="acme")
    lines = [line for number in range(100) for line in rename_ids(TRAFFIC, number)]
    file = write_lines(tmp_path / "traffic.ndjson", lines)
    with transaction.atomic(), connection.cursor() as cursor:
        # Both loaders have read the file and wait for the same lock when it is released.
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [LOCK_NAMESPACE, account.pk])
        loaders = [start_import(file), start_import(file)]
        wait_until(lambda: len(find_blocked_pids()) == 2, loaders[0])
    outputs = sorted(wait_for_output(loader) for loader in loaders)
    assert outputs == [
        f"0 accepted, {len(lines)} duplicates, 0 rejected",
        f"{len(lines)} accepted, 0 duplicates, 0 rejected",
    ]
    once = dump_tables()
    assert get_counts(load_records(*lines)) == (0, len(lines), 0)
    assert dump_tables() == once


def rename_ids(lines: list[Record], number: int) -> list[Record]:
    """Return the same lines with other ids."""
    ids = ("client_message_id", "message_id", "request_id", "broadcast")
    return [{key: f"{value}-{number}" if key in ids else value for key, value in line.items()} for line in lines]
