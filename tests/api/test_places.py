"""Places for long work: how many there are, who waits, and for how long."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest

from smsreports.api.errors import Unavailable
from smsreports.api.places import Places
from tests.waiting import SOON, within

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
    with ThreadPoolExecutor(9) as pool:
        with places.taken(ONE, 0):
            waiting = [pool.submit(take, places, number) for number in range(9)]
            within(SOON, lambda: places._waiting == 9)
            assert not any(each.done() for each in waiting)
        assert [each.result(SOON) for each in waiting] == list(range(9))


def take(places: Places, account: int) -> int:
    """Wait for a place for longer than a test lasts, and give it back at once."""
    with places.taken(account, patience=10 * SOON):
        return account


def test_patience_ends() -> None:
    places = Places("loads", 1, 1, 9)
    with places.taken(ONE, 0), pytest.raises(Unavailable), places.taken(OTHER, 0.2):
        pass


def test_who_finds_the_queue_full_is_told_so_at_once() -> None:
    places = Places("files", 1, 1, 1)
    with ThreadPoolExecutor(2) as pool, places.taken(ONE, 0):
        first = pool.submit(take, places, OTHER)
        within(SOON, lambda: places._waiting == 1)
        refusal = pool.submit(take, places, OTHER).exception(SOON)
        assert isinstance(refusal, Unavailable)
        assert "Too many files" in str(refusal)
        assert not first.done()
    assert first.result(SOON) == OTHER
