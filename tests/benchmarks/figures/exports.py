"""Unified export against the same COPY through psql; its memory and its first byte."""

from statistics import median

from tests.benchmarks import export_copy
from tests.benchmarks.api_requests import (
    build_export_url,
    get_export,
    get_export_of_a_day,
    get_list_page,
    get_plain_export_of_a_day,
)
from tests.benchmarks.bench import Bench
from tests.benchmarks.figures import Measurement, figure, ratio
from tests.benchmarks.servers import sample_memory
from tests.benchmarks.timing import time_alternately

TOTAL, TRUNCATED = "X-Export-Total", "X-Export-Truncated"
MEGABYTE = 1024 * 1024
# Exports while the memory is sampled: a leak shows in the second one.
SAMPLED_EXPORTS = 2


@figure("export", "unified export ÷ psql, same COPY", maximum=1.25)
def against_psql(bench: Bench) -> Measurement:
    """Measure both with the same planner settings; psql without them is reported, too."""
    copy = export_copy.build_export_copy(bench.database, build_export_url(bench), bench.api_key)
    answer, copied = get_export(bench), copy.measure_bytes()
    if answer.size != copy.preamble_bytes + copied:
        raise RuntimeError(
            f"The export has {answer.size} bytes, the COPY {copied} and its header {copy.preamble_bytes}."
        )
    tasks = {
        "export over HTTP": lambda: get_export(bench).seconds,
        "psql": copy.measure_seconds,
        "psql, planner left alone": lambda: copy.measure_seconds(planner=False),
    }
    ours, psql, alone = time_alternately(bench.runs, tasks)
    note = f"{answer.size / MEGABYTE:.0f} MB, {answer.headers[TOTAL]} rows match, cut: {answer.headers[TRUNCATED]}"
    if not export_copy.find_psql():
        note += "; no psql here, psycopg instead"
    return Measurement(ours.median / psql.median, (ours, psql, alone), note)


@figure("memory", "growth of the worker during exports", maximum=32, unit="MB")
def memory(bench: Bench) -> Measurement:
    """Measure in a new server, which has served lists and no export before."""
    with bench.run_server() as server:
        get_list_page(bench, server)
        before = server.memory()
        if before is None:
            return Measurement(float("nan"), note="not measured: no /proc here")
        with sample_memory(server) as samples:
            for _ in range(SAMPLED_EXPORTS):
                get_export(bench, server)
    grown = (max(samples) - before) / MEGABYTE
    return Measurement(grown, note=f"{before / MEGABYTE:.0f} MB before, {len(samples)} samples, PSS")


@figure("first-byte", "first byte of that export ÷ list page", maximum=3)
def first_byte(bench: Bench) -> Measurement:
    """Read each export to its end, because an abandoned one would disturb the list.

    The first byte belongs to the header and needs no row; the note has the time of the first row.
    """
    preamble = export_copy.build_export_copy(bench.database, build_export_url(bench), bench.api_key).preamble_bytes
    first_rows: list[float] = []

    def time_first_byte() -> float:
        answer = get_export(bench, skip=preamble)
        first_rows.append(answer.first_row)
        return answer.first_byte

    series = time_alternately(
        bench.runs, {"first byte": time_first_byte, "list page": lambda: get_list_page(bench).seconds}
    )
    return ratio(series, f"first row after {median(first_rows) * 1000:.1f} ms")


@figure("plain-export", "plain service's CSV of a day ÷ ours")
def plain_against_ours(bench: Bench) -> Measurement:
    tasks = {
        "plain CSV": lambda: get_plain_export_of_a_day(bench).seconds,
        "export": lambda: get_export_of_a_day(bench).seconds,
    }
    return ratio(time_alternately(bench.runs, tasks))
