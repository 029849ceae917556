"""Verification and reconstruction of the counters."""

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
from tests.counters.rows import (
    MESSAGES,
    NOON,
    SENDS,
    Row,
    create_accounts,
    insert_messages,
    insert_sends,
    recount_rows,
    run,
    sum_counters,
)

# Manipulations of counters, and the numbers of keys that are wrong afterwards.
MANIPULATIONS = [
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
    create_accounts()
    insert_messages([Row()])
    insert_sends([Row(clicks=1)])
    squash_counters()


def run_command(name: str) -> str:
    output = io.StringIO()
    call_command(name, stdout=output)
    return output.getvalue()


@pytest.mark.parametrize(("statement", "wrong"), MANIPULATIONS)
def test_manipulated_counters_are_listed(traffic: None, statement: str, wrong: int) -> None:
    assert list(find_differences(get_counter_specs())) == []
    run(statement)
    assert len(list(find_differences(get_counter_specs()))) == wrong


def test_a_difference_names_the_key_and_both_totals(traffic: None) -> None:
    run(f"UPDATE {TABLE} SET sms = 5 WHERE source = 'api' AND grain = 1")
    [difference] = find_differences(get_counter_specs())
    for part in ("'source': 'api'", "'sender_id': 'MyApp'", "'country': 'US'", "2026, 2, 13", "kept (5,", "say (1,"):
        assert part in difference


def test_rows_written_without_triggers_are_found(traffic: None) -> None:
    run("SET CONSTRAINTS ALL IMMEDIATE")
    run(f"ALTER TABLE {MESSAGES} DISABLE TRIGGER USER")
    insert_messages([Row(), Row(at=NOON + timedelta(days=1))])
    assert len(list(find_differences(get_counter_specs()))) == 4


def test_the_number_of_listed_differences_is_limited(traffic: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verify, "MAX_DIFFERENCES", 2)
    run(f"DELETE FROM {TABLE}")
    assert len(list(find_differences(get_counter_specs()))) == 2


@pytest.mark.parametrize(("statement", "wrong"), MANIPULATIONS)
def test_rebuilding_corrects_the_counters(traffic: None, statement: str, wrong: int) -> None:
    run(statement)
    rebuild_counters(get_counter_specs())
    assert list(find_differences(get_counter_specs())) == []
    assert sum_counters() == recount_rows()


def test_rebuilt_counters_have_one_row_per_key_and_stay_exact(traffic: None) -> None:
    rebuild_counters(get_counter_specs())
    assert Counter.unscoped.filter(squashed=True).count() == Counter.unscoped.count() == len(sum_counters())
    insert_messages([Row()])
    run(f"DELETE FROM {SENDS}")
    squash_counters()
    assert sum_counters() == recount_rows()


def test_the_commands_report_their_results(traffic: None) -> None:
    assert run_command("verify_counters") == "the counters are exact\n"
    run(f"UPDATE {TABLE} SET sms = sms + 1")
    output = io.StringIO()
    with pytest.raises(CommandError, match=r"^6 counters differ; run rebuild_counters to correct them$") as failure:
        call_command("verify_counters", stdout=output)
    assert failure.value.returncode == 1
    assert len(output.getvalue().splitlines()) == 6
    assert run_command("rebuild_counters") == "the counters are rebuilt\n"
    assert run_command("verify_counters") == "the counters are exact\n"
    insert_messages([Row()])
    assert run_command("squash_counters") == "2 deltas merged\n"
    assert run_command("squash_counters") == "0 deltas merged\n"


@pytest.mark.django_db(transaction=True)
def test_during_a_rebuild_readers_see_old_counters_and_writers_wait() -> None:
    create_accounts()
    insert_messages([Row()])
    with ThreadPoolExecutor(1) as threads, transaction.atomic():
        rebuild_counters(get_counter_specs())
        assert threads.submit(_count_in_thread).result() == 1
        writer = threads.submit(_insert_in_thread)
        with pytest.raises(TimeoutError):
            writer.result(0.2)
    assert writer.result() == 1
    assert sum_counters() == recount_rows()
    assert list(find_differences(get_counter_specs())) == []


@pytest.mark.django_db(transaction=True)
def test_the_read_only_snapshot_ends_with_the_comparison() -> None:
    create_accounts()
    differences = find_differences(get_counter_specs())
    assert next(differences, None) is None
    with connection.cursor() as cursor:
        cursor.execute("SHOW transaction_read_only")
        assert cursor.fetchone() == ("off",)  # the setting ends with the comparison


def _count_in_thread() -> int:
    try:
        return Counter.unscoped.filter(source="api", grain=0).count()
    finally:
        connection.close()


def _insert_in_thread() -> int:
    try:
        return insert_messages([Row()])
    finally:
        connection.close()
