"""Loading records against a bare COPY of the same rows, its memory, and what the counters add to it."""

from tests.benchmarks import inflow, receipts
from tests.benchmarks.bench import Bench
from tests.benchmarks.figures import Measured, figure
from tests.benchmarks.timing import by_turns

# A part of the rows is loaded: a million of ten. What is loaded more than once is a part of that.
LOADED, LOADED_AGAIN = 10, 50
TURNS = 2
# Receipts of one turn, and what a second must take: the lower of so many and half of what the bare UPDATE does.
RECEIPTS, ASKED, SHARE = 50_000, 15_000, 0.5
# Of the last load, for the figure of its memory.
MEMORY: list[float] = []


@figure("load", "a bare COPY of the rows ÷ loading them from NDJSON", least=0.5)
def load(bench: Bench) -> Measured:
    """Both into empty tables with their indexes and triggers; the loader's time is that of its whole process."""
    with inflow.Traffic(bench, bench.size.rows // LOADED) as traffic:
        copied, loaded = by_turns(1, {"COPY": traffic.copied, "import_traffic": traffic.loaded}, warm=False)
    MEMORY[:] = [traffic.most_memory]
    return Measured(copied.median / loaded.median, (copied, loaded), f"{traffic.rows / loaded.median:,.0f} a second")


@figure("load-memory", "memory of that load", most=150, unit="MB")
def memory(bench: Bench) -> Measured:
    if not MEMORY:
        load(bench)
    (most,) = MEMORY
    return Measured(most, note="the most that the process had")


@figure("counters", "loading with counters ÷ without", most=1.25)
def counters(bench: Bench) -> Measured:
    with inflow.Traffic(bench, bench.size.rows // LOADED_AGAIN) as traffic:
        tasks = {"with counters": traffic.loaded, "without": traffic.loaded_uncounted}
        counted, bare = by_turns(TURNS, tasks, warm=False)
    return Measured(counted.median / bare.median, (counted, bare))


@figure("receipts", "receipts a second by HTTP ÷ 15,000, or ÷ half the bare UPDATE's", least=1)
def receipts_by_http(bench: Bench) -> Measured:
    """In batches of 1,000, from two connections; the lower of both is what is asked for."""
    tasks = {
        "by HTTP": lambda: receipts.by_http(bench, RECEIPTS),
        "bare UPDATE": lambda: receipts.by_update(bench, RECEIPTS),
    }
    http, update = by_turns(TURNS, tasks, warm=False)
    rate, bare = RECEIPTS / http.median, RECEIPTS / update.median
    return Measured(rate / min(ASKED, SHARE * bare), (http, update), f"{rate:,.0f} and {bare:,.0f} a second")
