"""One run of the benchmarks: prepare the data, measure the figures, print the results."""

import argparse
import sys

from django.db import connection

from tests.benchmarks import data
from tests.benchmarks.bench import Bench
from tests.benchmarks.databases import Database, log_progress
from tests.benchmarks.figures import (
    FIGURES,
    Figure,
    Measurement,
    crowd,  # noqa: F401
    exports,  # noqa: F401  registers its figures, as those below do
    growth,  # noqa: F401
    lists,  # noqa: F401
    loading,  # noqa: F401
    pages,  # noqa: F401
    throughput,  # noqa: F401
)
from tests.benchmarks.report import render_json, render_table


def run(options: argparse.Namespace, database: Database) -> None:
    figures = select_figures(options.only)
    with database.exclusive_lock():
        try:
            size = data.prepare(database, options.rows)
            results = measure_figures(Bench(database, size, options.runs, options.keep), figures)
        finally:
            connection.close()
            if not options.keep:
                database.drop()
    report = render_table(results)
    if options.json:
        log_progress(report)
        report = render_json(results, rows=options.rows, runs=options.runs)
    sys.stdout.write(f"{report}\n")


def select_figures(names: str) -> list[Figure]:
    selected = [name for name in names.split(",") if name] or list(FIGURES)
    if unknown := set(selected) - set(FIGURES):
        raise SystemExit(f"No figure {', '.join(sorted(unknown))}; there are {', '.join(FIGURES)}.")
    return [FIGURES[name] for name in selected]


def measure_figures(bench: Bench, figures: list[Figure]) -> dict[str, tuple[Figure, Measurement]]:
    results = {}
    with bench.stack:
        for figure in figures:
            log_progress(f"measuring {figure.name}")
            results[figure.name] = figure, figure.measure(bench)
    return results
