"""Loading: every line is loaded or named, once, in whole batches, whatever happens to the loader."""

import json
import os
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as project
from django.db import Error, connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from broadcasts_app.models import Broadcast, BroadcastSend
from messages_app.models import Message
from smsreports.accounts.models import Account
from smsreports.ingest import load as loading
from smsreports.ingest.load import BATCH_LINES, AccountResolver, load_lines
from smsreports.ingest.merge import LOCK_NAMESPACE
from smsreports.ingest.models import Event
from smsreports.ingest.staging import prepare_tables
from tests.ingest.conftest import (
    NOON,
    Record,
    action,
    broadcast,
    click,
    counts,
    dump,
    loaded,
    message,
    numbered,
    reasons,
    receipt,
    send,
)
from tests.server import database_url

LATER = "2026-02-13T12:00:05Z"
# One line of everything, of two accounts' worth of kinds, with something that waits.
TRAFFIC = [
    send("s-early", broadcast="later"),
    broadcast(),
    send(clicked_at=LATER, action_type="payment", action_at=LATER),
    message("m-1", request_id="r"),
    message("m-0", request_id="r", message_id="c-0"),
    receipt(client_message_id="m-1", at=LATER),
    receipt(message_id="c-0", status="EXPIRED", at=LATER),
    receipt(client_message_id="m-unknown"),
    click(at=NOON),
    action(at=NOON, action_type="registration"),
]


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(loading, "BATCH_LINES", 3)
    return 3


# Accepted, duplicates, rejected.


@pytest.mark.usefixtures("account")
def test_new_lines_are_accepted() -> None:
    assert counts(loaded(*TRAFFIC)) == (len(TRAFFIC), 0, 0)


@pytest.mark.usefixtures("account")
def test_loading_twice_changes_nothing() -> None:
    loaded(*TRAFFIC)
    before = dump()
    assert all(rows for table, rows in before.items())
    assert counts(loaded(*TRAFFIC)) == (0, len(TRAFFIC), 0)
    assert dump() == before


@pytest.mark.usefixtures("account")
def test_a_line_that_repeats_another_of_its_file_is_a_duplicate() -> None:
    twice = [line for line in TRAFFIC for _ in range(2)]
    assert counts(loaded(*twice)) == (len(TRAFFIC), len(TRAFFIC), 0)


@pytest.mark.usefixtures("account", "small_batches")
def test_batches_make_no_difference() -> None:
    assert counts(loaded(*TRAFFIC, *TRAFFIC)) == (len(TRAFFIC), len(TRAFFIC), 0)


@pytest.mark.usefixtures("account")
def test_bad_lines_are_named_by_number_and_never_stop_the_good_ones() -> None:
    outcome = loaded(
        b"[]",
        message("m-1"),
        message("m-2", recipient="everybody"),
        message("m-3", account="nobody"),
        message("m-4"),
        message("m-1", cost="9"),
        message("m-5", zone="x"),
    )
    assert counts(outcome) == (2, 0, 5)
    assert reasons(outcome) == [
        (1, "is not a JSON object"),
        (3, "recipient: must be a phone number in international form, + and up to 15 digits"),
        (4, "account: 'nobody' is not known"),
        (6, "conflicts with what is known: cost"),
        (7, "zone: unknown in a record of type message"),
    ]
    assert set(Message.everyones.values_list("client_message_id", flat=True)) == {"m-1", "m-4"}


@pytest.mark.usefixtures("account")
def test_a_file_of_nothing_good_loads_nothing() -> None:
    assert counts(loaded(b"{}", b"[]")) == (0, 0, 2)
    assert counts(loaded()) == (0, 0, 0)


@pytest.mark.usefixtures("account", "small_batches")
def test_lines_keep_their_numbers_in_later_batches() -> None:
    outcome = loaded(*(message(f"m-{number}") for number in range(7)), b"{}")
    assert [line for line, _ in reasons(outcome)] == [8]


# Conflicts.

CONFLICTS: dict[Callable[..., Record], dict[str, Any]] = {
    message: {
        "request_id": "r-2", "recipient": "+14155550000", "country": "CA", "sender_id": "Other", "message": "Other",
        "segments": 2, "cost": "0.000001", "contact_group_id": "g", "created_at": LATER, "message_id": "c-2",
    },
    broadcast: {
        "name": "Other", "message": "Other", "sender_id": "Other", "contact_group_id": "g", "created_at": LATER,
    },
    send: {
        "recipient": "+442071838751", "country": "JE", "sender_id": "Other", "message": "Other", "segments": 2,
        "cost": "0.000001", "broadcast": "winter", "sent_at": LATER,
    },
}  # fmt: skip
KNOWN = [broadcast(), broadcast("winter"), send(), message(message_id="c-1")]


@pytest.mark.usefixtures("account")
@pytest.mark.parametrize("apart", [False, True], ids=["in one batch", "in two"])
@pytest.mark.parametrize("made", CONFLICTS)
def test_a_known_row_with_something_else_is_a_conflict(made: Callable[..., Record], apart: bool) -> None:
    others = [made(**{key: value}) for key, value in CONFLICTS[made].items()]
    loaded(*KNOWN)
    once = dump()
    outcome = loaded(*others) if apart else loaded(*KNOWN, *others)
    assert [error for _, error in reasons(outcome)] == [
        f"conflicts with what is known: {key}" for key in CONFLICTS[made]
    ]
    assert dump() == once


@pytest.mark.usefixtures("account")
@pytest.mark.parametrize("made", CONFLICTS)
def test_the_first_line_of_a_file_is_what_is_known(made: Callable[..., Record]) -> None:
    outcome = loaded(*KNOWN, *(made(**{key: value}) for key, value in CONFLICTS[made].items()))
    assert counts(outcome) == (len(KNOWN), 0, len(CONFLICTS[made]))
    once = dump()
    assert counts(loaded(*KNOWN)) == (0, len(KNOWN), 0)
    assert dump() == once


@pytest.mark.usefixtures("account")
def test_every_key_that_differs_is_named() -> None:
    loaded(message())
    assert reasons(loaded(message(cost="1", country="CA", message="Other"))) == [
        (1, "conflicts with what is known: country, message, cost")
    ]


@pytest.mark.usefixtures("account")
def test_a_conflict_changes_nothing_of_the_row() -> None:
    loaded(message())
    before = dump()
    loaded(message(cost="1", message_id="c-1", status="DELIVRD", delivered_at=LATER))
    assert dump() == before


@pytest.mark.usefixtures("account")
def test_a_line_that_was_refused_refuses_no_other_one() -> None:
    outcome = loaded(message(), message(message_id="c-1", cost="1"), message(message_id="c-2"))
    assert reasons(outcome) == [(2, "conflicts with what is known: cost")]
    assert Message.everyones.get().message_id == "c-2"


@pytest.mark.usefixtures("account")
def test_what_was_derived_and_what_is_said_are_the_same() -> None:
    loaded(message(), broadcast(), send())
    said: Record = {"country": "US", "segments": 1, "request_id": "m-1", "cost": "0.000000", "status": "pending"}
    taken: Record = {"country": "GB", "segments": 1, "sender_id": "Promo", "message": "50% off", "cost": 0}
    assert counts(loaded(message(**said), send(**taken))) == (0, 2, 0)


@pytest.mark.usefixtures("account")
def test_a_time_in_another_zone_is_the_same_time() -> None:
    loaded(message(created_at="2026-02-13T12:00:00Z"))
    assert counts(loaded(message(created_at="2026-02-13T14:00:00.000+02:00"))) == (0, 1, 0)


# Accounts.


@pytest.mark.django_db
@pytest.mark.parametrize("create", [False, True])
def test_a_record_without_an_account_is_refused(create: bool) -> None:
    outcome = loaded(message(account=None), message(account=7), create=create)
    assert reasons(outcome) == [(1, "account: is missing"), (2, "account: must be text")]
    assert not Account.objects.exists()


@pytest.mark.django_db
def test_an_unknown_account_is_made_only_when_asked_for() -> None:
    assert reasons(loaded(message())) == [(1, "account: 'acme' is not known")]
    assert counts(loaded(message(), create=True)) == (1, 0, 0)
    assert Message.everyones.get().account == Account.objects.get(name="acme")


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["", "a b", "../etc", "a\n", "a\0", "ä", "a" * 65])
def test_an_account_is_not_made_of_any_name(name: str) -> None:
    [refused] = loaded(message(account=name), create=True).rejected
    assert refused.error.startswith("account: ")
    assert not Account.objects.exists()


@pytest.mark.django_db
def test_a_bad_record_makes_no_account() -> None:
    loaded(message(recipient="?"), create=True)
    assert not Account.objects.exists()


def test_accounts_have_keys_of_their_own(account: Account) -> None:
    Account.objects.create(name="other")
    assert counts(loaded(*TRAFFIC, *(line | {"account": "other"} for line in TRAFFIC))) == (2 * len(TRAFFIC), 0, 0)


# Whatever comes.

JSON: st.SearchStrategy[Any] = (
    st.none() | st.booleans() | st.integers(-5, 2**70) | st.floats() | st.text(max_size=5) | st.just([])
)
GOOD = st.sampled_from([*TRAFFIC, *KNOWN, message("m-2", status="DELIVRD", delivered_at=LATER)])
KEYS = st.sampled_from(sorted({key for line in TRAFFIC for key in line} | {"cost", "segments", "country"}))
ODD = st.tuples(GOOD, st.dictionaries(KEYS, JSON, max_size=2)).map(lambda pair: pair[0] | pair[1])
LINES = st.lists(GOOD | ODD | ODD | st.binary(min_size=1, max_size=20), max_size=12)


@pytest.mark.usefixtures("account")
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lines=LINES)
def test_whatever_comes_every_line_is_counted_once(lines: list[Any]) -> None:
    with connection.cursor() as cursor:
        prepare_tables(cursor)
    with transaction.atomic():
        accepted, duplicates, rejected = counts(loaded(*lines))
        again = loaded(*lines)
        transaction.set_rollback(True)
    waited = accepted + duplicates + rejected - len(lines)
    assert 0 <= waited <= rejected
    assert again.accepted == 0


# Batches.


@pytest.fixture
def trap(account: Account) -> Iterator[None]:
    """A table that does not take one certain row."""
    with connection.cursor() as cursor:
        cursor.execute("""
            CREATE FUNCTION trap() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'trapped'; END $$;
            CREATE TRIGGER trap BEFORE INSERT ON broadcasts_app_broadcastsend
            FOR EACH ROW WHEN (NEW.message_id = 's-trapped') EXECUTE FUNCTION trap()
        """)
    yield
    with connection.cursor() as cursor:
        cursor.execute("DROP FUNCTION trap() CASCADE")


@pytest.mark.usefixtures("trap", "small_batches")
def test_a_batch_that_fails_leaves_nothing_and_the_ones_before_are_whole() -> None:
    first = [message("m-1"), message("m-2"), broadcast()]
    second = [message("m-3"), broadcast("winter"), send("s-trapped")]
    with pytest.raises(Error, match="trapped"):
        loaded(*first, *second)
    assert {row.client_message_id for row in Message.everyones.all()} == {"m-1", "m-2"}
    assert [row.key for row in Broadcast.everyones.all()] == ["promo"]
    assert not BroadcastSend.everyones.exists()


@pytest.mark.usefixtures("account", "trap")
def test_a_connection_that_failed_loads_on() -> None:
    with pytest.raises(Error, match="trapped"):
        loaded(broadcast(), send("s-trapped"))
    assert counts(loaded(broadcast(), send("s-1"))) == (2, 0, 0)


@pytest.mark.usefixtures("account", "small_batches")
def test_an_outcome_is_given_out_when_its_batch_is_loaded() -> None:
    outcomes = load_lines(numbered(message(f"m-{number}") for number in range(7)), AccountResolver())
    known = [(next(outcomes).accepted, Message.everyones.count()) for _ in range(3)]
    assert known == [(3, 3), (3, 6), (1, 7)]


@pytest.mark.usefixtures("account")
def test_memory_does_not_grow_with_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loading, "BATCH_LINES", 200)
    short, long = peak_of_loading(400), peak_of_loading(2400)
    assert long < 1.5 * short


def peak_of_loading(lines: int) -> int:
    """Bytes that Python holds at most while so many lines are loaded."""
    endless = ((number, json.dumps(receipt(client_message_id=f"m-{number}")).encode()) for number in range(lines))
    tracemalloc.start()
    assert sum(outcome.accepted + outcome.duplicates for outcome in load_lines(endless, AccountResolver())) == lines
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak


# Loaders that are killed, and loaders that meet: real processes on the test database.


def importing(*files: Path) -> "subprocess.Popen[str]":
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


def finished(process: "subprocess.Popen[str]") -> str:
    """What it printed."""
    printed, complained = process.communicate(timeout=60)
    assert (process.returncode, complained) == (0, "")
    return printed.strip()


def wait_until(true: Callable[[], bool], process: "subprocess.Popen[str] | None" = None) -> None:
    deadline = time.monotonic() + 30
    while not true():
        assert process is None or process.poll() is None, process.communicate()
        assert time.monotonic() < deadline, "nothing happened"
        time.sleep(0.02)


def held_up() -> list[int]:
    """The server processes that wait for a lock of ours. (`pg_stat_activity` stands still in a transaction.)"""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pid FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))")
        return [pid for (pid,) in cursor.fetchall()]


def gone(pid: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT NOT EXISTS (SELECT FROM pg_stat_activity WHERE pid = %s)", [pid])
        return bool(cursor.fetchone()[0])


def written(path: Path, lines: list[Record]) -> Path:
    path.write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    return path


@pytest.mark.django_db(transaction=True)
def test_a_killed_load_leaves_whole_batches_and_the_next_one_completes_it(tmp_path: Path) -> None:
    account = Account.objects.create(name="acme")
    whole = [receipt(client_message_id=f"m-{number}") for number in range(BATCH_LINES)]
    half = [message(f"m-{number}", request_id=f"r-{number // 3}") for number in range(600)]
    file = written(tmp_path / "traffic.ndjson", whole + half)
    with transaction.atomic():
        # The loader has inserted the rows before this one when it comes to wait for it.
        in_the_way(account, "m-300").save()
        killed = importing(file)
        wait_until(lambda: len(held_up()) == 1, killed)
        [pid] = held_up()
        killed.kill()
        killed.communicate()
        transaction.set_rollback(True)
    wait_until(lambda: gone(pid))
    assert (Event.everyones.count(), Message.everyones.count()) == (len(whole), 0)
    assert finished(importing(file)) == f"{len(half)} accepted, {len(whole)} duplicates, 0 rejected"
    assert Message.everyones.filter(status="DELIVRD").count() == len(half)
    assert Message.everyones.filter(heads_request=True).count() == len(half) / 3
    assert Event.everyones.filter(waits=False).count() == len(half)


def in_the_way(account: Account, key: str) -> Message:
    return Message(
        account=account, client_message_id=key, request_key=key, heads_request=True, recipient="+14155551234",
        sender_id="S", text="", status="pending", segments=1, cost=0, created_at=NOON, status_at=NOON,
    )  # fmt: skip


@pytest.mark.django_db(transaction=True)
def test_two_loaders_of_one_file_at_once_load_it_once(tmp_path: Path) -> None:
    account = Account.objects.create(name="acme")
    lines = [line for number in range(100) for line in renamed(TRAFFIC, number)]
    file = written(tmp_path / "traffic.ndjson", lines)
    with transaction.atomic(), connection.cursor() as cursor:
        # Both have read the file and stand before the same tables when they are let go.
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [LOCK_NAMESPACE, account.pk])
        loaders = [importing(file), importing(file)]
        wait_until(lambda: len(held_up()) == 2, loaders[0])
    told = sorted(finished(loader) for loader in loaders)
    assert told == [
        f"0 accepted, {len(lines)} duplicates, 0 rejected",
        f"{len(lines)} accepted, 0 duplicates, 0 rejected",
    ]
    once = dump()
    assert counts(loaded(*lines)) == (0, len(lines), 0)
    assert dump() == once


def renamed(lines: list[Record], number: int) -> list[Record]:
    """The same lines about other rows."""
    ids = ("client_message_id", "message_id", "request_id", "broadcast")
    return [{key: f"{value}-{number}" if key in ids else value for key, value in line.items()} for line in lines]
