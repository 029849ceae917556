"""Turns of files that are written at once, and of whoever waits for an answer meanwhile."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest

from smsreports.export import turns as module
from smsreports.export.turns import Turns, in_turns
from tests.waiting import SOON


@pytest.fixture
def turns(monkeypatch: pytest.MonkeyPatch) -> Turns:
    """With patience for as long as a test lasts."""
    monkeypatch.setattr(module, "PATIENCE", SOON)
    monkeypatch.setattr(module, "turns", Turns())
    return module.turns


def test_a_file_is_written_whole_and_in_order(turns: Turns) -> None:
    assert list(in_turns(iter(range(100)))) == list(range(100))


def test_a_block_waits_until_everybody_has_their_answer(turns: Turns) -> None:
    made = Event()

    def file() -> Iterator[int]:
        made.set()
        yield 1

    with ThreadPoolExecutor() as threads:
        with turns.answering(), turns.answering():
            written = threads.submit(list, in_turns(file()))
            assert not made.wait(0.1)
        assert written.result(SOON) == [1]


def test_a_file_goes_on_although_somebody_always_waits(turns: Turns, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PATIENCE", 0.001)
    with turns.answering():
        assert list(in_turns(iter("abc"))) == list("abc")


def test_no_two_blocks_are_made_at_once(turns: Turns) -> None:
    inside: list[int] = []
    most = 0

    def file(own: int) -> Iterator[int]:
        nonlocal most
        for _ in range(200):
            inside.append(own)
            most = max(most, len(inside))
            inside.remove(own)
            yield own

    with ThreadPoolExecutor() as threads:
        files = [threads.submit(list, in_turns(file(own))) for own in range(4)]
        assert [len(one.result(SOON)) for one in files] == [200] * 4
    assert most == 1


def test_a_block_that_fails_gives_its_turn_back(turns: Turns) -> None:
    def broken() -> Iterator[int]:
        yield 1
        raise ValueError

    with pytest.raises(ValueError):
        list(in_turns(broken()))
    assert list(in_turns(iter([1]))) == [1]


def test_a_reader_who_takes_nothing_holds_no_turn(turns: Turns) -> None:
    slow = in_turns(iter([1, 2]))
    assert next(slow) == 1
    assert list(in_turns(iter([3]))) == [3]


def test_a_file_rests_while_others_ask_and_only_then(turns: Turns, monkeypatch: pytest.MonkeyPatch) -> None:
    rests: list[float] = []
    monkeypatch.setattr(module, "sleep", rests.append)
    monkeypatch.setattr(module, "LATELY", SOON)
    assert list(in_turns(iter("abc"))) == list("abc")
    assert rests == []
    turns.answered()
    assert list(in_turns(iter("abc"))) == list("abc")
    assert rests
