"""Pages of lists against the floor, against a plain service, and against each other."""

from collections.abc import Callable

from tests.benchmarks.asking import list_page, stats, unified_page, yardstick_page
from tests.benchmarks.bench import LIST_DAYS, PAGE_SIZE, Bench
from tests.benchmarks.figures import Measured, figure, ratio
from tests.benchmarks.timing import QUICK_RUNS, by_turns
from tests.benchmarks.world import BIG_SHARE, DAYS, RARE_STATUS, SMALL_SENDER

# The million-th row; in a smaller load the deepest page that there surely is.
DEEP_PAGE = 40_000
# So many digits are enough that few numbers have them.
PART_OF_NUMBER = "471829"


def deep_page(bench: Bench) -> int:
    """Nine tenths of the window's even share are surely there."""
    rows = bench.size.messages * BIG_SHARE / 100 * LIST_DAYS / DAYS
    return min(DEEP_PAGE, int(rows * 0.9) // PAGE_SIZE)


@figure("floor", "list page 1 ÷ the same 25 rows by a bare view")
def against_floor(bench: Bench) -> Measured:
    tasks = {
        "list page 1": lambda: list_page(bench).seconds,
        "floor": lambda: yardstick_page(bench, bench.floor).seconds,
    }
    return ratio(by_turns(QUICK_RUNS, tasks))


@figure("plain", "plain service's page 1 ÷ list page 1")
def plain_against_ours(bench: Bench) -> Measured:
    tasks = {
        "plain page 1": lambda: yardstick_page(bench, bench.plain).seconds,
        "list page 1": lambda: list_page(bench).seconds,
    }
    return ratio(by_turns(QUICK_RUNS, tasks))


@figure("deep", "list page 40,000 ÷ page 1")
def deep_against_first(bench: Bench) -> Measured:
    page = deep_page(bench)
    return _against_first(bench, f"page {page:,}", lambda: list_page(bench, page=page).seconds)


@figure("plain-deep", "plain service's page 40,000 ÷ ours")
def plain_deep_against_ours(bench: Bench) -> Measured:
    page = deep_page(bench)
    tasks = {
        f"plain page {page:,}": lambda: yardstick_page(bench, bench.plain, page).seconds,
        f"list page {page:,}": lambda: list_page(bench, page=page).seconds,
    }
    return ratio(by_turns(QUICK_RUNS, tasks))


@figure("unified", "unified page 1 ÷ page 1")
def unified_against_list(bench: Bench) -> Measured:
    return _against_first(bench, "unified page 1", lambda: unified_page(bench).seconds)


@figure("rare", "a status of few rows ÷ page 1")
def rare_against_first(bench: Bench) -> Measured:
    return _filtered_against_first(bench, "status", RARE_STATUS.lower())


@figure("sender", "a sender of few rows ÷ page 1")
def sender_against_first(bench: Bench) -> Measured:
    return _filtered_against_first(bench, "sender", SMALL_SENDER)


@figure("phone", "part of a number ÷ page 1")
def phone_against_first(bench: Bench) -> Measured:
    return _filtered_against_first(bench, "phone", PART_OF_NUMBER)


@figure("stats", "stats of both sources ÷ page 1")
def stats_against_first(bench: Bench) -> Measured:
    return _against_first(bench, "stats", lambda: stats(bench).seconds)


def _filtered_against_first(bench: Bench, name: str, value: str) -> Measured:
    return _against_first(bench, f"page 1 by {name}", lambda: list_page(bench, filters=f"&{name}={value}").seconds)


def _against_first(bench: Bench, name: str, task: Callable[[], float]) -> Measured:
    return ratio(by_turns(QUICK_RUNS, {name: task, "page 1": lambda: list_page(bench).seconds}))
