"""What people open, against a page of the API."""

from tests.benchmarks import client
from tests.benchmarks.asking import list_page
from tests.benchmarks.bench import Bench
from tests.benchmarks.figures import Measured, figure, ratio
from tests.benchmarks.timing import QUICK_RUNS, by_turns

STAFF = ("messages_app/message", "broadcasts_app/broadcast", "broadcasts_app/broadcastsend", "ingest/event")


@figure("admin", "the slowest list of the admin ÷ list page 1", most=3)
def admin(bench: Bench) -> Measured:
    every = [_against_api(bench, f"/admin/{model}/") for model in STAFF]
    worst = max(every, key=lambda one: one.value)
    return Measured(worst.value, [series for one in every for series in one.series])


@figure("overview", "the reports' overview ÷ list page 1", most=5)
def overview(bench: Bench) -> Measured:
    return _against_api(bench, f"/reports/?account={bench.big.name}&{bench.window}")


def _against_api(bench: Bench, path: str) -> Measured:
    tasks = {
        path.partition("?")[0]: lambda: client.get(bench.ours.port, path, cookie=bench.cookie).seconds,
        "list page 1": lambda: list_page(bench).seconds,
    }
    return ratio(by_turns(QUICK_RUNS, tasks))
