"""Loading records against a bare COPY of the same rows, its memory, and what the counters add to it."""

from tests.benchmarks import inflow, receipts
from tests.benchmarks.bench import Bench
from tests.benchmarks.figures import Measured, figure
from tests.benchmarks.timing import Series, by_turns

# A part of the rows: a load of 10 million would take longer than everything else.
LOADED = 10
# Loads take a minute each.
TURNS = 2
# Receipts of one turn, and what a second must take: the lower of so many and half of what the bare UPDATE does.
RECEIPTS, ASKED, SHARE = 50_000, 15_000, 0.5


@figure("load", "a bare COPY of the rows ÷ loading them from NDJSON", least=0.5)
def load(bench: Bench) -> Measured:
    """Both into empty tables with their indexes and triggers; the loader's time is that of its whole process."""
    traffic = inflow.Traffic(bench, bench.size.rows // LOADED)
    with traffic:
        copied, loaded = by_turns(TURNS, {"COPY": traffic.copied, "import_traffic": traffic.loaded}, warm=False)
    note = f"{traffic.rows / loaded.median:,.0f} records a second, at most {traffic.most_memory:.0f} MB"
    return Measured(copied.median / loaded.median, (copied, loaded), note)


@figure("load-memory", "memory of that load", most=150, unit="MB")
def memory(bench: Bench) -> Measured:
    traffic = inflow.Traffic(bench, bench.size.rows // LOADED)
    with traffic:
        seconds = traffic.loaded()
    return Measured(traffic.most_memory, (Series("import_traffic", (seconds,)),))


@figure("counters", "loading with counters ÷ without", most=1.25)
def counters(bench: Bench) -> Measured:
    traffic = inflow.Traffic(bench, bench.size.rows // LOADED)
    with traffic:
        tasks = {"with counters": traffic.loaded, "without": traffic.loaded_uncounted}
        counted, bare = by_turns(TURNS, tasks, warm=False)
    return Measured(counted.median / bare.median, (counted, bare))


@figure("receipts", "receipts a second by HTTP ÷ 15,000, or ÷ half the bare UPDATE's", least=1)
def receipts_by_http(bench: Bench) -> Measured:
    """In batches of 1,000, one after the other; the lower of both is what is asked for."""
    tasks = {
        "by HTTP": lambda: receipts.by_http(bench, RECEIPTS),
        "bare UPDATE": lambda: receipts.by_update(bench, RECEIPTS),
    }
    http, update = by_turns(TURNS, tasks, warm=False)
    rate, bare = RECEIPTS / http.median, RECEIPTS / update.median
    return Measured(rate / min(ASKED, SHARE * bare), (http, update), f"{rate:,.0f} and {bare:,.0f} a second")
