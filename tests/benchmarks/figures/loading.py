"""Loading records against a bare COPY of the same rows, its memory, and what the counters add to it."""

from tests.benchmarks import inflow
from tests.benchmarks.bench import Bench
from tests.benchmarks.figures import Measured, figure
from tests.benchmarks.timing import Series, by_turns

# A part of the rows: a load of 10 million would take longer than everything else.
LOADED = 10
# Loads take a minute each.
TURNS = 2


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
