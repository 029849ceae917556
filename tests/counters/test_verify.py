"""Verifying: whatever differs is named, and counted anew on demand."""

import io
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from smsreports.counters import verify
from smsreports.counters.models import Counter
from smsreports.counters.specs import TABLE
from smsreports.counters.squash import squash_counters
from smsreports.counters.verify import find_differences, rebuild_counters
from smsreports.sources import get_counter_specs
from tests.counters.rows import MESSAGES, NOON, SENDS, Row, insert_messages, insert_sends, kept, people, run, true

# What somebody may do to a counter, and how many keys are wrong then.
TAMPERED = [
    (f"UPDATE {TABLE} SET cost = cost + 0.000001 WHERE source = 'api' AND grain = 0", 1),
    (f"UPDATE {TABLE} SET sms = sms - 1, requests = requests + 1 WHERE source = 'api' AND grain = 1", 1),
    (f"UPDATE {TABLE} SET clicks = 7 WHERE source = 'broadcasts' AND grain = 2", 1),
    (f"DELETE FROM {TABLE} WHERE source = 'broadcasts' AND status_group = ''", 1),
    (f"UPDATE {TABLE} SET day = day + 1 WHERE source = 'api' AND grain = 0", 2),
    (f"UPDATE {TABLE} SET country = 'DE' WHERE source = 'api' AND grain = 1", 2),
    (f"DELETE FROM {TABLE}", 6),
]


@pytest.fixture
def traffic(db: None) -> None:
    people()
    insert_messages([Row()])
    insert_sends([Row(clicks=1)])
    squash_counters()


def command(name: str) -> str:
    output = io.StringIO()
    call_command(name, stdout=output)
    return output.getvalue()


@pytest.mark.parametrize(("statement", "wrong"), TAMPERED)
def test_what_was_tampered_with_is_named(traffic: None, statement: str, wrong: int) -> None:
    assert list(find_differences(get_counter_specs())) == []
    run(statement)
    assert len(list(find_differences(get_counter_specs()))) == wrong


def test_a_difference_says_which_key_and_both_figures(traffic: None) -> None:
    run(f"UPDATE {TABLE} SET sms = 5 WHERE source = 'api' AND grain = 1")
    [named] = find_differences(get_counter_specs())
    for part in ("'source': 'api'", "'sender_id': 'MyApp'", "'country': 'US'", "2026, 2, 13", "kept (5,", "say (1,"):
        assert part in named


def test_rows_written_past_the_triggers_are_found(traffic: None) -> None:
    run("SET CONSTRAINTS ALL IMMEDIATE")
    run(f"ALTER TABLE {MESSAGES} DISABLE TRIGGER USER")
    insert_messages([Row(), Row(at=NOON + timedelta(days=1))])
    assert len(list(find_differences(get_counter_specs()))) == 4


def test_no_more_than_a_readable_number_is_named(traffic: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verify, "MAX_DIFFERENCES", 2)
    run(f"DELETE FROM {TABLE}")
    assert len(list(find_differences(get_counter_specs()))) == 2


@pytest.mark.parametrize(("statement", "wrong"), TAMPERED)
def test_rebuilding_mends_it(traffic: None, statement: str, wrong: int) -> None:
    run(statement)
    rebuild_counters(get_counter_specs())
    assert list(find_differences(get_counter_specs())) == []
    assert kept() == true()


def test_a_rebuilt_total_has_one_row_and_goes_on_counting(traffic: None) -> None:
    rebuild_counters(get_counter_specs())
    assert Counter.everyones.filter(squashed=True).count() == Counter.everyones.count() == len(kept())
    insert_messages([Row()])
    run(f"DELETE FROM {SENDS}")
    squash_counters()
    assert kept() == true()


def test_the_commands_say_what_they_found_and_did(traffic: None) -> None:
    assert command("verify_counters") == "the counters are exact\n"
    run(f"UPDATE {TABLE} SET sms = sms + 1")
    output = io.StringIO()
    with pytest.raises(CommandError, match=r"^6 counters differ; run rebuild_counters to correct them$") as failure:
        call_command("verify_counters", stdout=output)
    assert failure.value.returncode == 1
    assert len(output.getvalue().splitlines()) == 6
    assert command("rebuild_counters") == "the counters are rebuilt\n"
    assert command("verify_counters") == "the counters are exact\n"
    insert_messages([Row()])
    assert command("squash_counters") == "2 deltas merged\n"
    assert command("squash_counters") == "0 deltas merged\n"


@pytest.mark.django_db(transaction=True)
def test_while_it_is_rebuilt_readers_see_what_was_and_writers_wait() -> None:
    people()
    insert_messages([Row()])
    with ThreadPoolExecutor(1) as threads, transaction.atomic():
        rebuild_counters(get_counter_specs())
        assert threads.submit(_read_by_another).result() == 1
        writer = threads.submit(_write_by_another)
        with pytest.raises(TimeoutError):
            writer.result(0.2)
    assert writer.result() == 1
    assert kept() == true()
    assert list(find_differences(get_counter_specs())) == []


@pytest.mark.django_db(transaction=True)
def test_it_compares_in_one_snapshot_in_which_nothing_can_be_written() -> None:
    people()
    shown = find_differences(get_counter_specs())
    assert next(shown, None) is None
    with connection.cursor() as cursor:
        cursor.execute("SHOW transaction_read_only")
        assert cursor.fetchone() == ("off",)  # and afterwards everything is as before


def _read_by_another() -> int:
    try:
        return Counter.everyones.filter(source="api", grain=0).count()
    finally:
        connection.close()


def _write_by_another() -> int:
    try:
        return insert_messages([Row()])
    finally:
        connection.close()
