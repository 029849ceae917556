"""Deep pages that took too long are refused for a while."""

from smsreports.exceptions import TooSlow
from smsreports.queries.slow_pages import MAX_REMEMBERED, RETRY_SECONDS, SlowPages


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def ask(hopeless: SlowPages, list_: str, first: int, *, slow: bool = False) -> bool:
    """Ask for the page from row `first` on; return True if it was read."""
    read = False
    try:
        with hopeless.watch_page(list_, first):
            read = True
            if slow:
                raise TooSlow(5)
    except TooSlow:
        pass
    return read


def test_a_page_that_took_too_long_is_not_read_again_nor_are_deeper_ones() -> None:
    clock = Clock()
    hopeless = SlowPages(clock)
    assert ask(hopeless, "a list", 5_000, slow=True)
    assert not ask(hopeless, "a list", 5_000)
    assert not ask(hopeless, "a list", 9_000)
    assert ask(hopeless, "a list", 4_999)
    assert ask(hopeless, "another list", 5_000)
    clock.now += RETRY_SECONDS
    assert ask(hopeless, "a list", 9_000)


def test_it_remembers_the_newest_alone() -> None:
    hopeless = SlowPages(Clock())
    for number in range(MAX_REMEMBERED + 1):
        ask(hopeless, str(number), 5_000, slow=True)
    assert ask(hopeless, "0", 5_000)
    assert not ask(hopeless, "1", 5_000)
