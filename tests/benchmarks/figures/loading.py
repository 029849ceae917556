"""Loads against a bare COPY of the same rows; their memory and the cost of counters."""

from tests.benchmarks import message_load, receipt_load
from tests.benchmarks.bench import Bench
from tests.benchmarks.figures import Measurement, figure
from tests.benchmarks.timing import time_alternately

# Fractions of the rows: a tenth for a single load, a fiftieth for repeated ones.
LOAD_SHARE, REPEATED_LOAD_SHARE = 10, 50
ROUNDS = 2
# Receipts of one round, and the target per second: the lower of 15,000 and half of what the bare UPDATE does.
RECEIPTS, TARGET_RATE, UPDATE_SHARE = 50_000, 15_000, 0.5
# Peak memory of the last load, for its figure.
MEMORY: list[float] = []


@figure("load", "a bare COPY of the rows ÷ loading them from NDJSON", minimum=0.5)
def load(bench: Bench) -> Measurement:
    """Load into empty tables with indexes and triggers; the loader's time includes the start of its process."""
    with message_load.MessageFiles(bench, bench.size.rows // LOAD_SHARE) as traffic:
        copied, loaded = time_alternately(
            1, {"COPY": traffic.time_copy, "import_traffic": traffic.time_load}, warm=False
        )
    MEMORY[:] = [traffic.peak_memory]
    return Measurement(copied.median / loaded.median, (copied, loaded), f"{traffic.rows / loaded.median:,.0f} a second")


@figure("load-memory", "memory of that load", maximum=150, unit="MB")
def memory(bench: Bench) -> Measurement:
    if not MEMORY:
        load(bench)
    (peak,) = MEMORY
    return Measurement(peak, note="peak of the process")


@figure("counters", "loading with counters ÷ without", maximum=1.25)
def counters(bench: Bench) -> Measurement:
    with message_load.MessageFiles(bench, bench.size.rows // REPEATED_LOAD_SHARE) as traffic:
        tasks = {"with counters": traffic.time_load, "without": traffic.time_load_without_counters}
        counted, bare = time_alternately(ROUNDS, tasks, warm=False)
    return Measurement(counted.median / bare.median, (counted, bare))


@figure("receipts", "receipts a second by HTTP ÷ 15,000, or ÷ half the bare UPDATE's", minimum=1)
def receipts_by_http(bench: Bench) -> Measurement:
    """Send batches of 1,000 from two connections; the lower of both rates is the target."""
    tasks = {
        "by HTTP": lambda: receipt_load.time_http(bench, RECEIPTS),
        "bare UPDATE": lambda: receipt_load.time_update(bench, RECEIPTS),
    }
    http, update = time_alternately(ROUNDS, tasks, warm=False)
    rate, bare = RECEIPTS / http.median, RECEIPTS / update.median
    return Measurement(
        rate / min(TARGET_RATE, UPDATE_SHARE * bare), (http, update), f"{rate:,.0f} and {bare:,.0f} a second"
    )
