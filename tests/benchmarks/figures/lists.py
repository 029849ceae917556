"""List pages against the floor, against a plain service, and against each other."""

from collections.abc import Callable

from tests.benchmarks import group_by
from tests.benchmarks.api_requests import get_baseline_page, get_list_page, get_stats, get_unified_page
from tests.benchmarks.bench import LIST_DAYS, PAGE_SIZE, Bench
from tests.benchmarks.dataset import BIG_SHARE, DAYS, RARE_STATUS, SMALL_SENDER
from tests.benchmarks.figures import Measurement, figure, ratio
from tests.benchmarks.timing import QUICK_RUNS, Series, time_alternately

# Page of the millionth row; smaller data has a deepest page that certainly exists.
DEEP_PAGE = 40_000
# Digits that few numbers contain.
PART_OF_NUMBER = "47182"
# Pages of a walk, their size, and how many at both ends are compared.
MAX_WALKED_PAGES, WALK_PAGE_SIZE, COMPARED_PAGES = 2_000, 100, 200


def find_deep_page(bench: Bench) -> int:
    """Return a deep page that exists: nine tenths of the window's expected rows."""
    rows = bench.size.messages * BIG_SHARE / 100 * LIST_DAYS / DAYS
    return min(DEEP_PAGE, int(rows * 0.9) // PAGE_SIZE)


@figure("floor", "list page 1 ÷ the same 25 rows by a bare view", maximum=1.6)
def against_floor(bench: Bench) -> Measurement:
    tasks = {
        "list page 1": lambda: get_list_page(bench).seconds,
        "floor": lambda: get_baseline_page(bench, bench.floor_service).seconds,
    }
    return ratio(time_alternately(QUICK_RUNS, tasks))


@figure("plain", "plain service's page 1 ÷ list page 1", minimum=40)
def plain_against_ours(bench: Bench) -> Measurement:
    tasks = {
        "plain page 1": lambda: get_baseline_page(bench, bench.plain_service).seconds,
        "list page 1": lambda: get_list_page(bench).seconds,
    }
    return ratio(time_alternately(QUICK_RUNS, tasks))


@figure("deep", "list page 40,000 ÷ page 1", maximum=2)
def deep_against_first(bench: Bench) -> Measurement:
    page = find_deep_page(bench)
    return _compare_with_first(bench, f"page {page:,}", lambda: get_list_page(bench, page=page).seconds)


@figure("plain-deep", "plain service's page 40,000 ÷ ours")
def plain_deep_against_ours(bench: Bench) -> Measurement:
    page = find_deep_page(bench)
    tasks = {
        f"plain page {page:,}": lambda: get_baseline_page(bench, bench.plain_service, page).seconds,
        f"list page {page:,}": lambda: get_list_page(bench, page=page).seconds,
    }
    return ratio(time_alternately(QUICK_RUNS, tasks))


@figure("unified", "unified page 1 ÷ page 1", maximum=1.5)
def unified_against_list(bench: Bench) -> Measurement:
    return _compare_with_first(bench, "unified page 1", lambda: get_unified_page(bench).seconds)


@figure("rare", "a status of few rows ÷ page 1", maximum=3)
def rare_against_first(bench: Bench) -> Measurement:
    return _compare_filter_with_first(bench, "status", RARE_STATUS.lower())


@figure("sender", "a sender of few rows ÷ page 1", maximum=3)
def sender_against_first(bench: Bench) -> Measurement:
    return _compare_filter_with_first(bench, "sender", SMALL_SENDER)


@figure("phone", "plain service's page 1 by part of a number, no trigram index ÷ ours", minimum=5)
def phone_against_plain(bench: Bench) -> Measurement:
    """Measure the plain service with our index, too, for the note."""
    phone = f"&phone={PART_OF_NUMBER}"
    tasks = {
        "plain, no trigram index": lambda: (
            get_baseline_page(bench, bench.plain_without_trigrams, filters=phone).seconds
        ),
        "list by phone": lambda: get_list_page(bench, filters=phone).seconds,
        "plain, with ours": lambda: get_baseline_page(bench, bench.plain_service, filters=phone).seconds,
    }
    plain, ours, indexed = time_alternately(bench.runs, tasks)
    note = f"with our index the plain service's is {indexed.median / ours.median:.2f} of ours"
    return Measurement(plain.median / ours.median, (plain, ours, indexed), note)


@figure("stats", "stats of both sources ÷ page 1", maximum=1.5)
def stats_against_first(bench: Bench) -> Measurement:
    return _compare_with_first(bench, "stats", lambda: get_stats(bench).seconds)


@figure("group-by", "the GROUP BY that stats replace ÷ stats", minimum=100)
def group_by_against_stats(bench: Bench) -> Measurement:
    """Measure the statement alone, without a service."""
    tasks = {"GROUP BY": lambda: group_by.measure_group_by(bench), "stats": lambda: get_stats(bench).seconds}
    return ratio(time_alternately(bench.runs, tasks))


@figure("walk", "walking by page number: last 200 pages of 100 ÷ first 200", maximum=1.3)
def walk(bench: Bench) -> Measurement:
    """Read page after page from the first on, as a client that reads a whole list."""
    pages = min(MAX_WALKED_PAGES, find_deep_page(bench) * PAGE_SIZE // WALK_PAGE_SIZE)
    compared = min(COMPARED_PAGES, pages // 2)
    seconds = [
        get_list_page(bench, page=page, filters=f"&limit={WALK_PAGE_SIZE}").seconds for page in range(1, pages + 1)
    ]
    last, first = Series("last pages", tuple(seconds[-compared:])), Series("first pages", tuple(seconds[:compared]))
    return ratio((last, first), f"{compared} of {pages:,} pages each")


def _compare_filter_with_first(bench: Bench, name: str, value: str) -> Measurement:
    return _compare_with_first(
        bench, f"page 1 by {name}", lambda: get_list_page(bench, filters=f"&{name}={value}").seconds
    )


def _compare_with_first(bench: Bench, name: str, task: Callable[[], float]) -> Measurement:
    return ratio(time_alternately(QUICK_RUNS, {name: task, "page 1": lambda: get_list_page(bench).seconds}))
