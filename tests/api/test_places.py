"""Places for long work: how many there are, who waits, and for how long."""

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest

from smsreports.api.errors import Unavailable
from smsreports.api.places import Places

ONE, OTHER = 1, 2


def test_an_account_gets_its_places_and_the_others_get_theirs() -> None:
    places = Places("loads", 3, 2, 9)
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
    places = Places("loads", 1, 1, 9)
    for _ in range(3):
        with pytest.raises(ValueError, match="broken"), places.taken(ONE, 0):
            raise ValueError("broken")


def test_who_is_patient_gets_the_place_that_becomes_free() -> None:
    places = Places("loads", 1, 1, 9)
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
    places, before = Places("loads", 1, 1, 9), time.monotonic()
    with places.taken(ONE, 0), pytest.raises(Unavailable), places.taken(OTHER, 0.2):
        pass
    assert 0.2 <= time.monotonic() - before < 2


def test_who_finds_the_queue_full_is_told_so_at_once() -> None:
    places = Places("files", 1, 1, 1)
    with ThreadPoolExecutor() as pool, places.taken(ONE, 0):
        first = pool.submit(held_for, places, OTHER, 0)
        while not places._waiting:
            time.sleep(0.01)
        before = time.monotonic()
        with pytest.raises(Unavailable, match="Too many files"), places.taken(OTHER, 10):
            pass
        assert time.monotonic() - before < 5
        assert not first.done()
    assert first.result(timeout=10) == OTHER
