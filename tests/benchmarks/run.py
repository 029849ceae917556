"""One run: the data, the servers, the figures one after the other, and what they came to."""

import argparse
import sys

from django.db import connection

from tests.benchmarks import data
from tests.benchmarks.bench import Bench
from tests.benchmarks.figures import (
    FIGURES,
    Figure,
    Measured,
    crowd,  # noqa: F401
    exports,  # noqa: F401  registers its figures, as those below do
    growth,  # noqa: F401
    lists,  # noqa: F401
    loading,  # noqa: F401
    pages,  # noqa: F401
    throughput,  # noqa: F401
)
from tests.benchmarks.place import Place, say
from tests.benchmarks.report import as_json, table


def run(options: argparse.Namespace, place: Place) -> None:
    figures = chosen(options.only)
    with place.alone():
        try:
            size = data.ready(place, options.rows)
            results = measured(Bench(place, size, options.runs, options.keep), figures)
        finally:
            connection.close()
            if not options.keep:
                place.drop()
    shown = table(results)
    if options.json:
        say(shown)
        shown = as_json(results, rows=options.rows, runs=options.runs)
    sys.stdout.write(f"{shown}\n")


def chosen(names: str) -> list[Figure]:
    wanted = [name for name in names.split(",") if name] or list(FIGURES)
    if unknown := set(wanted) - set(FIGURES):
        raise SystemExit(f"No figure {', '.join(sorted(unknown))}; there are {', '.join(FIGURES)}.")
    return [FIGURES[name] for name in wanted]


def measured(bench: Bench, figures: list[Figure]) -> dict[str, tuple[Figure, Measured]]:
    results = {}
    with bench.stack:
        for figure in figures:
            say(f"measuring {figure.name}")
            results[figure.name] = figure, figure.measure(bench)
    return results
