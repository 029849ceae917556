"""Pages of lists against the floor, against a plain service, and against each other."""

from collections.abc import Callable

from tests.benchmarks import counting
from tests.benchmarks.asking import list_page, stats, unified_page, yardstick_page
from tests.benchmarks.bench import LIST_DAYS, PAGE_SIZE, Bench
from tests.benchmarks.figures import Measured, figure, ratio
from tests.benchmarks.timing import QUICK_RUNS, Series, by_turns
from tests.benchmarks.world import BIG_SHARE, DAYS, RARE_STATUS, SMALL_SENDER

# The million-th row; in a smaller load the deepest page that there surely is.
DEEP_PAGE = 40_000
# So many digits are enough that few numbers have them.
PART_OF_NUMBER = "47182"
# A walk: so many pages of so many rows, of which these at both ends are compared.
WALKED, WALKED_SIZE, EDGE = 2_000, 100, 200


def deep_page(bench: Bench) -> int:
    """Nine tenths of the window's even share are surely there."""
    rows = bench.size.messages * BIG_SHARE / 100 * LIST_DAYS / DAYS
    return min(DEEP_PAGE, int(rows * 0.9) // PAGE_SIZE)


@figure("floor", "list page 1 ÷ the same 25 rows by a bare view", most=1.6)
def against_floor(bench: Bench) -> Measured:
    tasks = {
        "list page 1": lambda: list_page(bench).seconds,
        "floor": lambda: yardstick_page(bench, bench.floor).seconds,
    }
    return ratio(by_turns(QUICK_RUNS, tasks))


@figure("plain", "plain service's page 1 ÷ list page 1", least=40)
def plain_against_ours(bench: Bench) -> Measured:
    tasks = {
        "plain page 1": lambda: yardstick_page(bench, bench.plain).seconds,
        "list page 1": lambda: list_page(bench).seconds,
    }
    return ratio(by_turns(QUICK_RUNS, tasks))


@figure("deep", "list page 40,000 ÷ page 1", most=2)
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


@figure("unified", "unified page 1 ÷ page 1", most=1.5)
def unified_against_list(bench: Bench) -> Measured:
    return _against_first(bench, "unified page 1", lambda: unified_page(bench).seconds)


@figure("rare", "a status of few rows ÷ page 1", most=3)
def rare_against_first(bench: Bench) -> Measured:
    return _filtered_against_first(bench, "status", RARE_STATUS.lower())


@figure("sender", "a sender of few rows ÷ page 1", most=3)
def sender_against_first(bench: Bench) -> Measured:
    return _filtered_against_first(bench, "sender", SMALL_SENDER)


@figure("phone", "plain service's page 1 by part of a number, no trigram index ÷ ours", least=5)
def phone_against_plain(bench: Bench) -> Measured:
    """The note says what our index would do for the plain service."""
    phone = f"&phone={PART_OF_NUMBER}"
    tasks = {
        "plain, no trigram index": lambda: yardstick_page(bench, bench.unindexed, filters=phone).seconds,
        "list by phone": lambda: list_page(bench, filters=phone).seconds,
        "plain, with ours": lambda: yardstick_page(bench, bench.plain, filters=phone).seconds,
    }
    plain, ours, indexed = by_turns(bench.runs, tasks)
    note = f"with our index the plain service's is {indexed.median / ours.median:.2f} of ours"
    return Measured(plain.median / ours.median, (plain, ours, indexed), note)


@figure("stats", "stats of both sources ÷ page 1", most=1.5)
def stats_against_first(bench: Bench) -> Measured:
    return _against_first(bench, "stats", lambda: stats(bench).seconds)


@figure("group-by", "the GROUP BY that stats replace ÷ stats", least=100)
def group_by_against_stats(bench: Bench) -> Measured:
    """The statement alone, without a service around it."""
    tasks = {"GROUP BY": lambda: counting.group_by(bench), "stats": lambda: stats(bench).seconds}
    return ratio(by_turns(bench.runs, tasks))


@figure("walk", "walking by page number: last 200 pages of 100 ÷ first 200", most=1.3)
def walk(bench: Bench) -> Measured:
    """Page by page from the first on, as a client reads a list to its end."""
    pages = min(WALKED, deep_page(bench) * PAGE_SIZE // WALKED_SIZE)
    each = min(EDGE, pages // 2)
    took = [list_page(bench, page=page, filters=f"&limit={WALKED_SIZE}").seconds for page in range(1, pages + 1)]
    last, first = Series("last pages", tuple(took[-each:])), Series("first pages", tuple(took[:each]))
    return ratio((last, first), f"{each} of {pages:,} pages each")


def _filtered_against_first(bench: Bench, name: str, value: str) -> Measured:
    return _against_first(bench, f"page 1 by {name}", lambda: list_page(bench, filters=f"&{name}={value}").seconds)


def _against_first(bench: Bench, name: str, task: Callable[[], float]) -> Measured:
    return ratio(by_turns(QUICK_RUNS, {name: task, "page 1": lambda: list_page(bench).seconds}))
