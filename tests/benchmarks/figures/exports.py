"""The unified export against the same COPY through psql, its memory, and its first byte."""

from statistics import median

from tests.benchmarks import copying
from tests.benchmarks.asking import day_of_messages, export, export_url, list_page, plain_day_of_messages
from tests.benchmarks.bench import Bench
from tests.benchmarks.figures import Measured, figure, ratio
from tests.benchmarks.served import watched
from tests.benchmarks.timing import by_turns

TOTAL, TRUNCATED = "X-Export-Total", "X-Export-Truncated"
MEGABYTE = 1024 * 1024
# Exports while the memory is watched: one that leaks shows in the second.
WATCHED_EXPORTS = 2


@figure("export", "unified export ÷ psql, same COPY", most=1.25)
def against_psql(bench: Bench) -> Measured:
    """Both let the planner choose alike; what psql does when the planner is left alone is for the reader."""
    copy = copying.of_export(bench.place, export_url(bench), bench.big_key)
    answer, copied = export(bench), copy.size()
    if answer.size != copy.preamble + copied:
        raise RuntimeError(f"The export has {answer.size} bytes, the COPY {copied} and its header {copy.preamble}.")
    tasks = {
        "export over HTTP": lambda: export(bench).seconds,
        "psql": copy.seconds,
        "psql, planner left alone": lambda: copy.seconds(planner=False),
    }
    ours, psql, alone = by_turns(bench.runs, tasks)
    note = f"{answer.size / MEGABYTE:.0f} MB, {answer.headers[TOTAL]} rows match, cut: {answer.headers[TRUNCATED]}"
    if not copying.psql():
        note += "; no psql here, psycopg instead"
    return Measured(ours.median / psql.median, (ours, psql, alone), note)


@figure("memory", "growth of the worker during exports", most=32, unit="MB")
def memory(bench: Bench) -> Measured:
    """In a server of its own, which has answered lists and no export before."""
    with bench.serving() as served:
        list_page(bench, served)
        before = served.memory()
        if before is None:
            return Measured(float("nan"), note="not measured: no /proc here")
        with watched(served) as looks:
            for _ in range(WATCHED_EXPORTS):
                export(bench, served)
    grown = (max(looks) - before) / MEGABYTE
    return Measured(grown, note=f"{before / MEGABYTE:.0f} MB before, {len(looks)} looks, PSS")


@figure("first-byte", "first byte of that export ÷ list page", most=3)
def first_byte(bench: Bench) -> Measured:
    """The exports are read to their end: what goes on of one that was left would disturb the list.

    The first byte is the header's, which no row has to be read for; the note says when the first row came.
    """
    preamble = copying.of_export(bench.place, export_url(bench), bench.big_key).preamble
    rows: list[float] = []

    def first() -> float:
        answer = export(bench, skip=preamble)
        rows.append(answer.first_row)
        return answer.first_byte

    turns = by_turns(bench.runs, {"first byte": first, "list page": lambda: list_page(bench).seconds})
    return ratio(turns, f"first row after {median(rows) * 1000:.1f} ms")


@figure("plain-export", "plain service's CSV of a day ÷ ours")
def plain_against_ours(bench: Bench) -> Measured:
    tasks = {
        "plain CSV": lambda: plain_day_of_messages(bench).seconds,
        "export": lambda: day_of_messages(bench).seconds,
    }
    return ratio(by_turns(bench.runs, tasks))
