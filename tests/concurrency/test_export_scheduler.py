"""Turns of files that are written at once, and of whoever waits for an answer meanwhile."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest

from smsreports.concurrency import export_scheduler as module
from smsreports.concurrency.export_scheduler import ExportScheduler, schedule_chunks
from tests.waiting import SOON


@pytest.fixture
def turns(monkeypatch: pytest.MonkeyPatch) -> ExportScheduler:
    """With patience for as long as a test lasts."""
    monkeypatch.setattr(module, "MAX_WAIT_SECONDS", SOON)
    monkeypatch.setattr(module, "export_scheduler", ExportScheduler())
    return module.export_scheduler


def test_a_file_is_written_whole_and_in_order(turns: ExportScheduler) -> None:
    assert list(schedule_chunks(iter(range(100)))) == list(range(100))


def test_a_block_waits_until_everybody_has_their_answer(turns: ExportScheduler) -> None:
    made = Event()

    def file() -> Iterator[int]:
        made.set()
        yield 1

    with ThreadPoolExecutor() as threads:
        with turns.request_in_progress(), turns.request_in_progress():
            written = threads.submit(list, schedule_chunks(file()))
            assert not made.wait(0.1)
        assert written.result(SOON) == [1]


def test_a_file_goes_on_although_somebody_always_waits(turns: ExportScheduler, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_WAIT_SECONDS", 0.001)
    with turns.request_in_progress():
        assert list(schedule_chunks(iter("abc"))) == list("abc")


def test_no_two_blocks_are_made_at_once(turns: ExportScheduler) -> None:
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
        files = [threads.submit(list, schedule_chunks(file(own))) for own in range(4)]
        assert [len(one.result(SOON)) for one in files] == [200] * 4
    assert most == 1


def test_a_block_that_fails_gives_its_turn_back(turns: ExportScheduler) -> None:
    def broken() -> Iterator[int]:
        yield 1
        raise ValueError

    with pytest.raises(ValueError):
        list(schedule_chunks(broken()))
    assert list(schedule_chunks(iter([1]))) == [1]


def test_a_reader_who_takes_nothing_holds_no_turn(turns: ExportScheduler) -> None:
    slow = schedule_chunks(iter([1, 2]))
    assert next(slow) == 1
    assert list(schedule_chunks(iter([3]))) == [3]


def test_a_file_rests_while_others_ask_and_only_then(turns: ExportScheduler, monkeypatch: pytest.MonkeyPatch) -> None:
    rests: list[float] = []
    monkeypatch.setattr(module, "sleep", rests.append)
    monkeypatch.setattr(module, "ACTIVE_WINDOW_SECONDS", SOON)
    assert list(schedule_chunks(iter("abc"))) == list("abc")
    assert rests == []
    turns.mark_request()
    assert list(schedule_chunks(iter("abc"))) == list("abc")
    assert rests
