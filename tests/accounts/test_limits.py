"""Counting requests: exact however many ask at once, anew each minute, each dialect by itself."""

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
from tests.conftest import Person

THREADS, EACH = 8, 25


@pytest.mark.django_db(transaction=True)
def test_no_request_is_lost_when_many_ask_at_once(settings: Any) -> None:
    settings.RATE_LIMIT = THREADS * EACH - 1
    account = Account.objects.create(name="acme")

    def ask(_: int) -> list[RateLimitState]:
        try:
            return [consume_request(account, "a") for _ in range(EACH)]
        finally:
            connection.close()

    minutes: set[int] = set()
    while len(minutes) != 1:  # Again, where a minute ended meanwhile.
        RequestCount.objects.all().delete()
        with ThreadPoolExecutor(THREADS) as threads:
            told = [allowance for answers in threads.map(ask, range(THREADS)) for allowance in answers]
        minutes = {allowance.resets_at for allowance in told}
    # Each of them was told a number of its own, down to the one that was too many.
    assert sorted(allowance.remaining for allowance in told) == [0, *range(settings.RATE_LIMIT)]
    assert [allowance.exceeded for allowance in told].count(True) == 1
    assert RequestCount.objects.get().spent == THREADS * EACH


def test_the_limit_itself_is_allowed_and_one_more_is_not(account: Account, settings: Any) -> None:
    """A test is one transaction, which is one moment to the database: no minute ends meanwhile."""
    settings.RATE_LIMIT = 2
    told = [
        (allowance.remaining, allowance.exceeded) for allowance in (consume_request(account, "a") for _ in range(4))
    ]
    assert told == [(1, False), (0, False), (0, True), (0, True)]


def test_a_new_minute_starts_anew(account: Account, settings: Any) -> None:
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
        told = [
            (allowance.limit, allowance.remaining)
            for allowance in (consume_request(who, "a") for who in (account, other))
        ]
    assert told == [(20, 19), (10, 9)]


def test_a_limit_is_told_with_every_answer_and_costs_no_query(owner: Person, settings: Any) -> None:
    """The account comes with its key."""
    settings.RATE_LIMIT = 10
    owner.get("/api/sms/messages")  # notes the key's use
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


def test_dialects_and_accounts_are_counted_apart(account: Account, other: Account, settings: Any) -> None:
    settings.RATE_LIMIT = 10
    consume_request(account, "a")
    left = [consume_request(*who).remaining for who in ((account, "a"), (account, "b"), (other, "a"))]
    assert left == [8, 9, 9]


def test_an_allowance_ends_with_the_minute(account: Account) -> None:
    allowance = consume_request(account, "a")
    with connection.cursor() as cursor:
        cursor.execute("SELECT floor(extract(epoch FROM now()))")
        ((now,),) = cursor.fetchall()
    assert allowance.resets_at % WINDOW_SECONDS == 0
    assert 1 <= allowance.retry_after <= WINDOW_SECONDS
    assert allowance.resets_at - allowance.retry_after == now


def test_an_unknown_caller_is_not_counted(account: Account, settings: Any) -> None:
    settings.RATE_LIMIT = 5
    assert (unlimited_state().remaining, unlimited_state().exceeded) == (5, False)
    assert not RequestCount.objects.exists()


def test_an_account_has_one_count_at_a_dialect(account: Account) -> None:
    consume_request(account, "a")
    counted = RequestCount.objects.get()
    counted.pk = None
    with pytest.raises(IntegrityError, match="request_count_once"):
        counted.save()


def test_counting_writes_nothing_to_the_log(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT relpersistence FROM pg_class WHERE relname = 'accounts_requestcount'")
        assert cursor.fetchone() == ("u",)
