"""Results of a run, as a table and as JSON."""

import json
import math
from collections.abc import Iterable, Mapping
from typing import Any

from tests.benchmarks.figures import Figure, Measurement
from tests.benchmarks.timing import Series

COLUMNS = ("figure", "target", "measured", "")
Results = Mapping[str, tuple[Figure, Measurement]]


def verdict(figure: Figure, measured: Measurement) -> str:
    if not figure.target or math.isnan(measured.value):
        return "–"
    return "ok" if figure.is_met(measured.value) else "missed"


def render_table(results: Results) -> str:
    rows = [COLUMNS, *(_table_row(*result) for result in results.values())]
    widths = [max(len(row[index]) for row in rows) for index in range(len(COLUMNS))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n".join([lines[0], "-" * len(lines[0]), *lines[1:], "", *_details(results)])


def render_json(results: Results, **about: Any) -> str:
    figures = {name: _to_json(*result) for name, result in results.items()}
    return json.dumps(about | {"figures": figures}, indent=1, ensure_ascii=False)


def _table_row(figure: Figure, measured: Measurement) -> tuple[str, str, str, str]:
    return figure.title, figure.target, f"{measured.value:.3g} {figure.unit}", verdict(figure, measured)


def _details(results: Results) -> Iterable[str]:
    for name, (_, measured) in results.items():
        yield f"{name}: {measured.note}" if measured.note else f"{name}:"
        yield from (f"  {_format_series(series)}" for series in measured.series)


def _format_series(series: Series) -> str:
    minimum, middle, maximum = (_format_seconds(value) for value in (series.minimum, series.median, series.maximum))
    return f"{series.name}: {minimum} / {middle} / {maximum} (min / median / max of {len(series.values)})"


def _format_seconds(value: float) -> str:
    return f"{value:.2f} s" if value >= 1 else f"{value * 1000:.1f} ms"


def _to_json(figure: Figure, measured: Measurement) -> dict[str, Any]:
    return {
        "title": figure.title,
        "target": figure.target,
        "unit": figure.unit,
        "value": None if math.isnan(measured.value) else measured.value,
        "verdict": verdict(figure, measured),
        "note": measured.note,
        "seconds": {
            series.name: {"min": series.minimum, "median": series.median, "max": series.maximum, "all": series.values}
            for series in measured.series
        },
    }
