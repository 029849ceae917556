"""Replay protection: each signature is accepted once across all workers, and the table stays small."""

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


def build_request(number: int, at: float) -> SignedRequest:
    return SignedRequest("GET", [], b"", str(int(at)), sha256(str(number).encode()).hexdigest())


def list_stored_seconds() -> list[int]:
    """Return the Unix seconds of the stored signatures."""
    return sorted(int(row.signed_at.timestamp()) for row in UsedSignature.objects.all())


@pytest.mark.django_db
def test_a_signature_is_accepted_once() -> None:
    now = time.time()
    assert [consume_once(build_request(number, now), now) for number in (1, 2, 1, 2, 1)] == [
        True,
        True,
        False,
        False,
        False,
    ]


@pytest.mark.django_db
def test_a_replay_is_rejected_as_long_as_any_server_accepts_the_timestamp() -> None:
    """The clock of another server may be five minutes ahead."""
    now = int(time.time())
    assert consume_once(build_request(1, now + TOLERANCE_SECONDS), now)
    for later in range(0, 2 * TOLERANCE_SECONDS + 1, TOLERANCE_SECONDS // 2):
        consume_once(build_request(2, now + later), now + later + TOLERANCE_SECONDS)
        assert not consume_once(build_request(1, now + TOLERANCE_SECONDS), now + later)


@pytest.mark.django_db(transaction=True)
def test_one_of_concurrent_replays_is_accepted() -> None:
    now = time.time()

    def consume_all(_: int) -> list[int]:
        try:
            return [number for number in range(REQUESTS) if consume_once(build_request(number, now), now)]
        finally:
            connection.close()

    with ThreadPoolExecutor(THREADS) as threads:
        accepted = Counter(number for numbers in threads.map(consume_all, range(THREADS)) for number in numbers)
    assert accepted == Counter(range(REQUESTS))


@pytest.mark.django_db
def test_old_signatures_are_deleted_in_small_batches() -> None:
    now, count = int(time.time()), MAX_DELETED_PER_REQUEST + 5
    old = [
        UsedSignature(signed_at=to_datetime(now - RETENTION_SECONDS - number - 1), signature=bytes([number]))
        for number in range(count)
    ]
    edge = UsedSignature(signed_at=to_datetime(now - RETENTION_SECONDS), signature=b"edge")
    UsedSignature.objects.bulk_create([*old, edge])
    consume_once(build_request(1, now), now)
    assert list_stored_seconds() == [*range(now - RETENTION_SECONDS - 5, now - RETENTION_SECONDS + 1), now]
    consume_once(build_request(2, now), now)
    assert list_stored_seconds() == [now - RETENTION_SECONDS, now, now]


def to_datetime(second: int) -> datetime:
    return datetime.fromtimestamp(second, UTC)


@pytest.mark.django_db
def test_used_signatures_survive_a_crash() -> None:
    """A crash empties an unlogged table."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT relpersistence FROM pg_class WHERE relname = 'accounts_usedsignature'")
        assert cursor.fetchone() == ("p",)
