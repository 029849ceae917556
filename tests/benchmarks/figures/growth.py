"""What ten times the rows cost: every kind of answer on all of the data and on a tenth of them, by turns."""

from collections.abc import Callable, Mapping

from tests.benchmarks.asking import list_page, stats, unified_page
from tests.benchmarks.bench import Bench
from tests.benchmarks.figures import Measured, figure, ratio
from tests.benchmarks.figures.lists import deep_page
from tests.benchmarks.timing import QUICK_RUNS, by_turns
from tests.benchmarks.world import RARE_STATUS, SMALL_SENDER

ANSWERS: Mapping[str, Callable[[Bench], float]] = {
    "page 1": lambda bench: list_page(bench).seconds,
    "deep page": lambda bench: list_page(bench, page=deep_page(bench)).seconds,
    "unified page 1": lambda bench: unified_page(bench).seconds,
    "stats": lambda bench: stats(bench).seconds,
    "rare status": lambda bench: list_page(bench, filters=f"&status={RARE_STATUS.lower()}").seconds,
    "small sender": lambda bench: list_page(bench, filters=f"&sender={SMALL_SENDER}").seconds,
}


@figure("growth", "the slowest-growing answer: all rows ÷ a tenth", most=1.3)
def growth(bench: Bench) -> Measured:
    every = []
    for name, answer in ANSWERS.items():
        tasks = {f"{name}, all": lambda: answer(bench), f"{name}, tenth": lambda: answer(bench.tenth)}  # noqa: B023
        every.append(ratio(by_turns(QUICK_RUNS, tasks), name))
    worst = max(every, key=lambda one: one.value)
    shown = ", ".join(f"{one.note} {one.value:.2f}" for one in every)
    return Measured(worst.value, [series for one in every for series in one.series], shown)
