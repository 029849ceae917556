"""Deep pages that took too long are refused for some time."""

from smsreports.exceptions import TooSlow
from smsreports.queries.slow_pages import MAX_REMEMBERED, RETRY_SECONDS, SlowPages


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def read_page(pages: SlowPages, list_key: str, first: int, *, slow: bool = False) -> bool:
    """Request the page from row `first` on. Return True if it was read."""
    was_read = False
    try:
        with pages.watch_page(list_key, first):
            was_read = True
            if slow:
                raise TooSlow(5)
    except TooSlow:
        pass
    return was_read


def test_a_slow_page_and_deeper_ones_are_refused_for_some_time() -> None:
    clock = Clock()
    pages = SlowPages(clock)
    assert read_page(pages, "a list", 5_000, slow=True)
    assert not read_page(pages, "a list", 5_000)
    assert not read_page(pages, "a list", 9_000)
    assert read_page(pages, "a list", 4_999)
    assert read_page(pages, "another list", 5_000)
    clock.now += RETRY_SECONDS
    assert read_page(pages, "a list", 9_000)


def test_only_the_newest_slow_pages_are_remembered() -> None:
    pages = SlowPages(Clock())
    for number in range(MAX_REMEMBERED + 1):
        read_page(pages, str(number), 5_000, slow=True)
    assert read_page(pages, "0", 5_000)
    assert not read_page(pages, "1", 5_000)
