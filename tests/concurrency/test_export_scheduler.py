"""Chunks of exports that run at the same time, and requests that have priority over them."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest

from smsreports.concurrency import export_scheduler as module
from smsreports.concurrency.export_scheduler import ExportScheduler, schedule_chunks
from tests.waiting import SOON


@pytest.fixture
def scheduler(monkeypatch: pytest.MonkeyPatch) -> ExportScheduler:
    """A scheduler whose chunks wait for as long as a test lasts."""
    monkeypatch.setattr(module, "MAX_WAIT_SECONDS", SOON)
    monkeypatch.setattr(module, "export_scheduler", ExportScheduler())
    return module.export_scheduler


def test_all_chunks_are_yielded_in_order(scheduler: ExportScheduler) -> None:
    assert list(schedule_chunks(iter(range(100)))) == list(range(100))


def test_a_chunk_waits_until_no_request_is_running(scheduler: ExportScheduler) -> None:
    started = Event()

    def make_chunks() -> Iterator[int]:
        started.set()
        yield 1

    with ThreadPoolExecutor() as threads:
        with scheduler.request_in_progress(), scheduler.request_in_progress():
            export = threads.submit(list, schedule_chunks(make_chunks()))
            assert not started.wait(0.1)
        assert export.result(SOON) == [1]


def test_an_export_continues_although_a_request_is_always_running(
    scheduler: ExportScheduler, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_WAIT_SECONDS", 0.001)
    with scheduler.request_in_progress():
        assert list(schedule_chunks(iter("abc"))) == list("abc")


def test_chunks_are_made_one_at_a_time(scheduler: ExportScheduler) -> None:
    running: list[int] = []
    max_running = 0

    def make_chunks(number: int) -> Iterator[int]:
        nonlocal max_running
        for _ in range(200):
            running.append(number)
            max_running = max(max_running, len(running))
            running.remove(number)
            yield number

    with ThreadPoolExecutor() as threads:
        exports = [threads.submit(list, schedule_chunks(make_chunks(number))) for number in range(4)]
        assert [len(export.result(SOON)) for export in exports] == [200] * 4
    assert max_running == 1


def test_a_chunk_that_fails_releases_its_slot(scheduler: ExportScheduler) -> None:
    def fail() -> Iterator[int]:
        yield 1
        raise ValueError

    with pytest.raises(ValueError):
        list(schedule_chunks(fail()))
    assert list(schedule_chunks(iter([1]))) == [1]


def test_a_slow_reader_holds_no_slot(scheduler: ExportScheduler) -> None:
    slow = schedule_chunks(iter([1, 2]))
    assert next(slow) == 1
    assert list(schedule_chunks(iter([3]))) == [3]


def test_an_export_pauses_only_while_requests_come_in(
    scheduler: ExportScheduler, monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses: list[float] = []
    monkeypatch.setattr(module, "sleep", pauses.append)
    monkeypatch.setattr(module, "ACTIVE_WINDOW_SECONDS", SOON)
    assert list(schedule_chunks(iter("abc"))) == list("abc")
    assert pauses == []
    scheduler.mark_request()
    assert list(schedule_chunks(iter("abc"))) == list("abc")
    assert pauses
