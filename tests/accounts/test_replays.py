"""Used signatures: each is good once, for all workers together, and the table stays small."""

import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from hashlib import sha256

import pytest
from django.db import connection

from smsreports.accounts.models import UsedSignature
from smsreports.accounts.nonces import MAX_DELETED_PER_REQUEST, RETENTION_SECONDS, consume_once
from smsreports.accounts.signing import TOLERANCE_SECONDS, SignedRequest

THREADS, REQUESTS = 8, 20


def request(number: int, at: float) -> SignedRequest:
    return SignedRequest("GET", [], b"", str(int(at)), sha256(str(number).encode()).hexdigest())


def kept() -> list[int]:
    """The Unix seconds of what is remembered."""
    return sorted(int(row.signed_at.timestamp()) for row in UsedSignature.objects.all())


@pytest.mark.django_db
def test_a_signature_is_good_once() -> None:
    now = time.time()
    assert [consume_once(request(number, now), now) for number in (1, 2, 1, 2, 1)] == [True, True, False, False, False]


@pytest.mark.django_db
def test_it_is_good_once_for_as_long_as_any_server_would_take_it() -> None:
    """Also where one of them is five minutes ahead."""
    now = int(time.time())
    assert consume_once(request(1, now + TOLERANCE_SECONDS), now)
    for later in range(0, 2 * TOLERANCE_SECONDS + 1, TOLERANCE_SECONDS // 2):
        consume_once(request(2, now + later), now + later + TOLERANCE_SECONDS)
        assert not consume_once(request(1, now + TOLERANCE_SECONDS), now + later)


@pytest.mark.django_db(transaction=True)
def test_of_many_that_come_at_once_one_is_good() -> None:
    now = time.time()

    def ask(_: int) -> list[int]:
        try:
            return [number for number in range(REQUESTS) if consume_once(request(number, now), now)]
        finally:
            connection.close()

    with ThreadPoolExecutor(THREADS) as threads:
        good = Counter(number for numbers in threads.map(ask, range(THREADS)) for number in numbers)
    assert good == Counter(range(REQUESTS))


@pytest.mark.django_db
def test_what_nobody_would_take_is_forgotten_a_little_at_a_time() -> None:
    now, many = int(time.time()), MAX_DELETED_PER_REQUEST + 5
    old = [
        UsedSignature(signed_at=moment(now - RETENTION_SECONDS - each - 1), signature=bytes([each]))
        for each in range(many)
    ]
    edge = UsedSignature(signed_at=moment(now - RETENTION_SECONDS), signature=b"edge")
    UsedSignature.objects.bulk_create([*old, edge])
    consume_once(request(1, now), now)
    assert kept() == [*range(now - RETENTION_SECONDS - 5, now - RETENTION_SECONDS + 1), now]
    consume_once(request(2, now), now)
    assert kept() == [now - RETENTION_SECONDS, now, now]


def moment(second: int) -> datetime:
    return datetime.fromtimestamp(second, UTC)


@pytest.mark.django_db
def test_it_is_remembered_over_a_crash() -> None:
    """An unlogged table would be emptied by one."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT relpersistence FROM pg_class WHERE relname = 'accounts_usedsignature'")
        assert cursor.fetchone() == ("p",)
