"""Pages for people, against a page of the API."""

from tests.benchmarks import client
from tests.benchmarks.api_requests import get_list_page
from tests.benchmarks.bench import Bench
from tests.benchmarks.figures import Measurement, figure, ratio
from tests.benchmarks.timing import QUICK_RUNS, time_alternately

STAFF = ("messages_app/message", "broadcasts_app/broadcast", "broadcasts_app/broadcastsend", "ingest/event")


@figure("admin", "the slowest list of the admin ÷ list page 1", maximum=3)
def admin(bench: Bench) -> Measurement:
    ratios = [_compare_with_api(bench, f"/admin/{model}/") for model in STAFF]
    worst = max(ratios, key=lambda item: item.value)
    return Measurement(worst.value, [series for item in ratios for series in item.series])


@figure("overview", "the reports' overview ÷ list page 1", maximum=5)
def overview(bench: Bench) -> Measurement:
    return _compare_with_api(bench, f"/reports/?account={bench.big_account.name}&{bench.list_window}")


def _compare_with_api(bench: Bench, path: str) -> Measurement:
    tasks = {
        path.partition("?")[0]: lambda: client.timed_get(bench.server.port, path, cookie=bench.cookie).seconds,
        "list page 1": lambda: get_list_page(bench).seconds,
    }
    return ratio(time_alternately(QUICK_RUNS, tasks))
