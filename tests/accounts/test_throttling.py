"""Rate limits: exact under concurrency, reset every minute, separate for each dialect."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection
from django.db.models import F
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries

from smsreports.accounts.models import Account, RequestCount
from smsreports.accounts.throttling import WINDOW_SECONDS, RateLimitState, consume_request, unlimited_state
from tests.conftest import ApiClient

THREADS, REQUESTS = 8, 25


@pytest.mark.django_db(transaction=True)
def test_concurrent_requests_are_counted_exactly(settings: Any) -> None:
    settings.RATE_LIMIT = THREADS * REQUESTS - 1
    account = Account.objects.create(name="acme")

    def consume_all(_: int) -> list[RateLimitState]:
        try:
            return [consume_request(account, "a") for _ in range(REQUESTS)]
        finally:
            connection.close()

    minutes: set[int] = set()
    while len(minutes) != 1:  # repeated if a minute ended meanwhile
        RequestCount.objects.all().delete()
        with ThreadPoolExecutor(THREADS) as threads:
            states = [state for results in threads.map(consume_all, range(THREADS)) for state in results]
        minutes = {state.resets_at for state in states}
    # Each request got a different number, except the one over the limit.
    assert sorted(state.remaining for state in states) == [0, *range(settings.RATE_LIMIT)]
    assert [state.is_exceeded for state in states].count(True) == 1
    assert RequestCount.objects.get().spent == THREADS * REQUESTS


def test_a_request_over_the_limit_is_refused(account: Account, settings: Any) -> None:
    """now() does not change within the transaction of the test, so no minute ends meanwhile."""
    settings.RATE_LIMIT = 2
    states = [(state.remaining, state.is_exceeded) for state in (consume_request(account, "a") for _ in range(4))]
    assert states == [(1, False), (0, False), (0, True), (0, True)]


def test_a_new_minute_resets_the_count(account: Account, settings: Any) -> None:
    settings.RATE_LIMIT = 2
    for _ in range(3):
        consume_request(account, "a")
    RequestCount.objects.update(minute=F("minute") - timedelta(minutes=1))
    assert consume_request(account, "a").remaining == 1
    assert RequestCount.objects.count() == 1


def test_an_account_may_have_a_limit_of_its_own(
    account: Account, other: Account, settings: Any, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    settings.RATE_LIMIT, account.rate_limit = 10, 20
    with django_assert_num_queries(2):
        states = [consume_request(owner, "a") for owner in (account, other)]
    assert [(state.limit, state.remaining) for state in states] == [(20, 19), (10, 9)]


def test_the_rate_limit_headers_cost_no_query(owner: ApiClient, settings: Any) -> None:
    """The account is fetched together with its key."""
    settings.RATE_LIMIT = 10
    owner.get("/api/sms/messages")  # updates last_used_at
    with CaptureQueriesContext(connection) as before:
        owner.get("/api/sms/messages")
    Account.objects.update(rate_limit=3)
    with CaptureQueriesContext(connection) as after:
        answer = owner.get("/api/sms/messages")
    assert (answer["X-RateLimit-Limit"], answer["X-RateLimit-Remaining"]) == ("3", "0")
    assert len(after) == len(before)
    assert owner.get("/api/sms/messages").status_code == 429


@pytest.mark.parametrize("limit", [0, 100_000_001])
def test_a_limit_out_of_bounds_cannot_be_stored(account: Account, limit: int) -> None:
    account.rate_limit = limit
    with pytest.raises(IntegrityError, match="account_rate_limit_within_bounds"):
        account.save()


def test_dialects_and_accounts_are_counted_separately(account: Account, other: Account, settings: Any) -> None:
    settings.RATE_LIMIT = 10
    consume_request(account, "a")
    remaining = [consume_request(*caller).remaining for caller in ((account, "a"), (account, "b"), (other, "a"))]
    assert remaining == [8, 9, 9]


def test_the_state_resets_at_the_end_of_the_minute(account: Account) -> None:
    state = consume_request(account, "a")
    with connection.cursor() as cursor:
        cursor.execute("SELECT floor(extract(epoch FROM now()))")
        ((now,),) = cursor.fetchall()
    assert state.resets_at % WINDOW_SECONDS == 0
    assert 1 <= state.retry_after <= WINDOW_SECONDS
    assert state.resets_at - state.retry_after == now


def test_an_unknown_caller_is_not_counted(account: Account, settings: Any) -> None:
    settings.RATE_LIMIT = 5
    assert (unlimited_state().remaining, unlimited_state().is_exceeded) == (5, False)
    assert not RequestCount.objects.exists()


def test_an_account_has_one_count_per_dialect(account: Account) -> None:
    consume_request(account, "a")
    row = RequestCount.objects.get()
    row.pk = None
    with pytest.raises(IntegrityError, match="request_count_once"):
        row.save()


def test_the_table_of_counts_is_unlogged(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT relpersistence FROM pg_class WHERE relname = 'accounts_requestcount'")
        assert cursor.fetchone() == ("u",)
