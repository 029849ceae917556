"""Triggers of the counters: after any statements, the counters equal the sums of the rows."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from broadcasts_app.models import Broadcast
from messages_app.models import Message
from smsreports.counters.models import Counter
from smsreports.counters.squash import squash_counters
from smsreports.counters.verify import find_differences
from smsreports.sms.statuses import NAMES as STATUSES
from smsreports.sources import get_counter_specs
from tests.counters.rows import (
    BROADCASTS,
    CAMPAIGNS,
    MESSAGES,
    NAMES,
    NOON,
    SENDS,
    Row,
    create_accounts,
    insert_campaigns,
    insert_messages,
    insert_sends,
    recount_rows,
    run,
    sum_counters,
)

MIDNIGHT = datetime(2026, 2, 13, tzinfo=UTC)
EDGES = [MIDNIGHT + timedelta(microseconds=step) for step in (-1, 0, 1)] + [NOON, NOON + timedelta(days=40)]
SENDERS = ("MyApp", "myapp", "")
COUNTRIES = ("US", "DE", None)
Step = tuple[Callable[..., Any], tuple[Any, ...]]

costs = st.decimals("0", "9.999999", places=6)
accounts, times, statuses = st.sampled_from(NAMES), st.sampled_from(EDGES), st.sampled_from(STATUSES)
rows = st.builds(
    Row,
    account=accounts,
    at=times,
    status=statuses,
    sender=st.sampled_from(SENDERS),
    country=st.sampled_from(COUNTRIES),
    cost=costs,
    segments=st.integers(1, 3),
    heads=st.booleans(),
    campaign=st.sampled_from(CAMPAIGNS),
    clicks=st.integers(0, 2),
    actions=st.integers(0, 2),
)
# Changes of columns that both kinds of SMS have; changes of their own columns follow.
changes = st.one_of(
    st.tuples(st.just("status = %s"), statuses),
    st.tuples(st.just("sender_id = %s"), st.sampled_from(SENDERS)),
    st.tuples(st.just("country = %s"), st.sampled_from(COUNTRIES)),
    st.tuples(st.just("cost = %s"), costs),
    st.tuples(st.just("cost = cost + 1, segments = segments + %s"), st.integers(0, 2)),
    st.tuples(st.just("account_id = (SELECT id FROM accounts_account WHERE name = %s)"), accounts),
)
message_changes = changes | st.one_of(
    st.tuples(st.just("created_at = %s"), times), st.tuples(st.just("heads_request = %s"), st.booleans())
)
send_changes = changes | st.one_of(
    st.tuples(st.just("sent_at = %s"), times),
    st.tuples(st.just("click_count = click_count + 1, clicked_at = %s"), times),
    st.tuples(st.just("action_count = %s"), st.integers(0, 2)),
    st.tuples(st.just(f"broadcast_id = (SELECT id FROM {BROADCASTS} WHERE key = %s)"), st.sampled_from(CAMPAIGNS)),
)
# Conditions for some, all or none of the rows.
parts = st.sampled_from(("true", "false", "id %% 2 = 0", "id %% 3 = 0"))


def update(table: str, change: tuple[str, Any], part: str) -> None:
    run(f"UPDATE {table} SET {change[0]} WHERE {part}", change[1])


def delete(table: str, part: str) -> None:
    run(f"DELETE FROM {table} WHERE {part}", *())


def upsert(cost: Decimal) -> None:
    """Run a statement that fires the triggers of two events."""
    new, columns = (
        Row(),
        "account_id, client_message_id, request_key, heads_request, recipient, sender_id, text, status",
    )
    insert_messages([new])
    run(
        f"""INSERT INTO {MESSAGES} ({columns}, status_code, segments, cost, created_at, status_at)
            SELECT {columns}, status_code, segments, %s, created_at, status_at FROM {MESSAGES}
            ON CONFLICT (account_id, client_message_id) DO UPDATE SET cost = EXCLUDED.cost, status = 'failed'""",
        cost,
    )


row_lists = st.lists(rows, min_size=1, max_size=5)
steps: st.SearchStrategy[Step] = st.one_of(
    st.tuples(st.just(insert_messages), st.tuples(row_lists)),
    st.tuples(st.just(insert_sends), st.tuples(row_lists)),
    st.tuples(st.just(insert_campaigns), st.tuples(times)),
    st.tuples(st.just(update), st.tuples(st.just(MESSAGES), message_changes, parts)),
    st.tuples(st.just(update), st.tuples(st.just(SENDS), send_changes, parts)),
    st.tuples(st.just(update), st.tuples(st.just(BROADCASTS), st.tuples(st.just("created_at = %s"), times), parts)),
    st.tuples(st.just(delete), st.tuples(st.sampled_from((MESSAGES, SENDS)), parts)),
    st.tuples(st.just(upsert), st.tuples(costs)),
    st.tuples(
        st.just(run),
        st.sampled_from(
            [
                (f"TRUNCATE {MESSAGES}",),
                (f"TRUNCATE {SENDS}",),
                (f"TRUNCATE {BROADCASTS} CASCADE",),
                (f"TRUNCATE {SENDS}, {MESSAGES}",),
            ]
        ),
    ),
    st.tuples(st.just(squash_counters), st.just(())),
)


@settings(max_examples=15, deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(row_lists, row_lists, st.lists(steps, min_size=3, max_size=8))
def test_counters_are_exact_after_any_statements(
    db: None, messages: list[Row], sends: list[Row], more_steps: list[Step]
) -> None:
    with transaction.atomic():
        create_accounts()
        run("SET CONSTRAINTS ALL IMMEDIATE")  # a table with pending constraint checks cannot be truncated
        for statement, arguments in [(insert_messages, (messages,)), (insert_sends, (sends,)), *more_steps]:
            statement(*arguments)
            assert list(find_differences(get_counter_specs())) == []
            assert sum_counters() == recount_rows()
        transaction.set_rollback(True)


@pytest.fixture
def traffic(db: None) -> None:
    create_accounts()
    insert_messages([Row(), Row(status="pending", country=None)])
    insert_sends([Row(), Row(campaign="autumn", clicks=2)])
    run("SET CONSTRAINTS ALL IMMEDIATE")


def filter_totals(source: str) -> list[tuple[Any, ...]]:
    return [(key, measures) for key, measures in sum_counters().items() if source in key]


@pytest.mark.parametrize("squashed", [False, True])
@pytest.mark.parametrize(
    ("table", "source", "other"), [(MESSAGES, "api", "broadcasts"), (f"{SENDS}, {BROADCASTS}", "broadcasts", "api")]
)
def test_truncating_one_source_keeps_the_counters_of_others(
    traffic: None, table: str, source: str, other: str, squashed: bool
) -> None:
    if squashed:
        squash_counters()
    before = filter_totals(other)
    run(f"TRUNCATE {table}")
    assert (filter_totals(source), filter_totals(other)) == ([], before)
    assert before


@pytest.mark.parametrize("squashed", [False, True])
def test_truncating_sends_keeps_the_counters_of_broadcasts(traffic: None, squashed: bool) -> None:
    if squashed:
        squash_counters()
    run(f"TRUNCATE {SENDS}")
    [(_, (sms, requests, *others))] = filter_totals("broadcasts")
    assert (sms, requests, others) == (0, len(CAMPAIGNS), [0] * 5)
    assert sum_counters() == recount_rows()


def test_truncating_removes_deltas_that_cancel_out(traffic: None) -> None:
    run(f"UPDATE {MESSAGES} SET segments = segments + 1")
    run(f"TRUNCATE {MESSAGES}")
    assert not Counter.unscoped.filter(source="api").exists()


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago"])
def test_days_are_utc_days_in_any_session_time_zone(db: None, zone: str) -> None:
    create_accounts()
    run(f"SET LOCAL TIME ZONE '{zone}'")
    insert_messages([Row(at=MIDNIGHT), Row(at=MIDNIGHT - timedelta(microseconds=1))])
    days = set(Counter.unscoped.filter(source="api").values_list("day", flat=True))
    run("SET LOCAL TIME ZONE 'UTC'")
    assert days == {date(2026, 2, 12), date(2026, 2, 13)}
    assert sum_counters() == recount_rows()


def test_a_statement_writes_one_delta_per_key(db: None) -> None:
    create_accounts()
    insert_messages([Row(sender=sender) for sender in ("A", "B") for _ in range(50)])
    deltas = Counter.unscoped.filter(source="api").order_by("grain", "sender_id")
    assert list(deltas.values_list("sender_id", "sms")) == [("", 100), ("A", 50), ("B", 50)]


def test_a_statement_without_counted_changes_writes_no_delta(traffic: None) -> None:
    before = Counter.unscoped.count()
    run(f"UPDATE {MESSAGES} SET text = 'y', status_code = '000'")
    run(f"UPDATE {SENDS} SET status = 'DELIVRD'")
    run(f"DELETE FROM {MESSAGES} WHERE false")
    assert Counter.unscoped.count() == before


def test_a_status_of_the_same_group_writes_no_delta(traffic: None) -> None:
    before = Counter.unscoped.count()
    run(f"UPDATE {MESSAGES} SET status = 'ENROUTE' WHERE status = 'pending'")
    assert Counter.unscoped.count() == before


def test_rolled_back_statements_are_not_counted(traffic: None) -> None:
    before = sum_counters()
    with transaction.atomic():
        insert_messages([Row()])
        run(f"DELETE FROM {SENDS}")
        transaction.set_rollback(True)
    assert sum_counters() == before == recount_rows()


def test_changes_by_the_orm_are_counted(traffic: None) -> None:
    Message.unscoped.filter(status="pending").update(status="EXPIRED", cost=Decimal("3.5"))
    Broadcast.unscoped.update(created_at=NOON - timedelta(days=3))
    Message.unscoped.filter(status="DELIVRD").delete()
    assert sum_counters() == recount_rows()


def test_copied_rows_are_counted(traffic: None) -> None:
    columns = "account_id, client_message_id, request_key, heads_request, recipient, sender_id, text, status"
    account = Message.unscoped.values_list("account_id", flat=True)[0]
    with connection.cursor() as cursor:
        sql = f"COPY {MESSAGES} ({columns}, status_code, segments, cost, created_at, status_at) FROM STDIN"
        with cursor.copy(sql) as copy:
            for n in range(3):
                copy.write_row([account, f"c-{n}", f"c-{n}", True, "+1", "Copy", "x", "sent", "", 1, n, NOON, NOON])
    assert sum_counters() == recount_rows()
    assert sum(measures[0] for key, measures in sum_counters().items() if "Copy" in key) == 3


def test_a_number_without_a_country_is_counted_under_an_empty_country(db: None) -> None:
    create_accounts()
    row = Row(country=None)
    insert_messages([row, replace(row, country="US")])
    countries = Counter.unscoped.filter(source="api").exclude(sender_id="").values_list("country", "sms")
    assert sorted(countries) == [("", 1), ("US", 1)]
