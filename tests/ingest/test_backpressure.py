"""Places for loads: how many there are, who waits, and for how long; and how long the database may take."""

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest
from django.db import OperationalError, connection, transaction

from smsreports.api.errors import Unavailable
from smsreports.ingest.backpressure import BOUNDS, Places, bounded

ONE, OTHER = 1, 2


def test_an_account_gets_its_places_and_the_others_get_theirs() -> None:
    places = Places(3, 2)
    with ExitStack() as held:
        held.enter_context(places.taken(ONE, 0))
        held.enter_context(places.taken(ONE, 0))
        with pytest.raises(Unavailable), places.taken(ONE, 0):
            pass
        held.enter_context(places.taken(OTHER, 0))
        with pytest.raises(Unavailable), places.taken(OTHER, 0):
            pass
    with places.taken(ONE, 0), places.taken(ONE, 0), places.taken(OTHER, 0):
        pass


def test_a_place_is_given_back_by_a_load_that_fails() -> None:
    places = Places(1, 1)
    for _ in range(3):
        with pytest.raises(ValueError, match="broken"), places.taken(ONE, 0):
            raise ValueError("broken")


def test_who_is_patient_gets_the_place_that_becomes_free() -> None:
    places = Places(1, 1)
    with ThreadPoolExecutor() as pool:
        with places.taken(ONE, 0):
            waiting = [pool.submit(held_for, places, number, 0.01) for number in range(10)]
            time.sleep(0.1)
            assert not any(each.done() for each in waiting)
        assert [each.result(timeout=10) for each in waiting] == list(range(10))


def held_for(places: Places, account: int, seconds: float) -> int:
    with places.taken(account, patience=10):
        time.sleep(seconds)
    return account


def test_patience_ends() -> None:
    places, before = Places(1, 1), time.monotonic()
    with places.taken(ONE, 0), pytest.raises(Unavailable), places.taken(OTHER, 0.2):
        pass
    assert 0.2 <= time.monotonic() - before < 2


def settings_now() -> tuple[str, ...]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT " + ", ".join(f"current_setting('{name}')" for name in BOUNDS))
        found: tuple[str, ...] = cursor.fetchone()
    return found


def test_a_load_has_its_bounds_and_is_on_disk_whatever_the_session_had(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET synchronous_commit = off")
    with bounded():
        assert settings_now() == tuple(BOUNDS.values())
    assert settings_now()[:2] == ("0", "0")


def test_a_load_that_fails_leaves_no_bounds_behind(db: None) -> None:
    before = settings_now()
    with pytest.raises(OperationalError), bounded(), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = '10ms'")
        cursor.execute("SELECT pg_sleep(1)")
    assert settings_now() == before
