"""Cost of ten times the rows: every kind of response on all of the data and on a tenth of it."""

from collections.abc import Callable, Mapping

from tests.benchmarks.api_requests import get_list_page, get_stats, get_unified_page
from tests.benchmarks.bench import Bench
from tests.benchmarks.dataset import RARE_STATUS, SMALL_SENDER
from tests.benchmarks.figures import Measurement, figure, ratio
from tests.benchmarks.figures.lists import find_deep_page
from tests.benchmarks.timing import QUICK_RUNS, time_alternately

ANSWERS: Mapping[str, Callable[[Bench], float]] = {
    "page 1": lambda bench: get_list_page(bench).seconds,
    "deep page": lambda bench: get_list_page(bench, page=find_deep_page(bench)).seconds,
    "unified page 1": lambda bench: get_unified_page(bench).seconds,
    "stats": lambda bench: get_stats(bench).seconds,
    "rare status": lambda bench: get_list_page(bench, filters=f"&status={RARE_STATUS.lower()}").seconds,
    "small sender": lambda bench: get_list_page(bench, filters=f"&sender={SMALL_SENDER}").seconds,
}


@figure("growth", "the slowest-growing answer: all rows ÷ a tenth", maximum=1.3)
def growth(bench: Bench) -> Measurement:
    ratios = []
    for name, answer in ANSWERS.items():
        tasks = {f"{name}, all": lambda: answer(bench), f"{name}, tenth": lambda: answer(bench.tenth)}  # noqa: B023
        ratios.append(ratio(time_alternately(QUICK_RUNS, tasks), name))
    worst = max(ratios, key=lambda item: item.value)
    note = ", ".join(f"{item.note} {item.value:.2f}" for item in ratios)
    return Measurement(worst.value, [series for item in ratios for series in item.series], note)
