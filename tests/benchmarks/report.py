"""What a run found, as a table to read and as JSON to keep."""

import json
import math
from collections.abc import Iterable, Mapping
from typing import Any

from tests.benchmarks.figures import Figure, Measured
from tests.benchmarks.timing import Series

COLUMNS = ("figure", "target", "measured", "")
Results = Mapping[str, tuple[Figure, Measured]]


def verdict(figure: Figure, measured: Measured) -> str:
    if not figure.target or math.isnan(measured.value):
        return "–"
    return "ok" if figure.met(measured.value) else "missed"


def table(results: Results) -> str:
    rows = [COLUMNS, *(_row(*result) for result in results.values())]
    widths = [max(len(row[index]) for row in rows) for index in range(len(COLUMNS))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n".join([lines[0], "-" * len(lines[0]), *lines[1:], "", *_details(results)])


def as_json(results: Results, **about: Any) -> str:
    figures = {name: _as_data(*result) for name, result in results.items()}
    return json.dumps(about | {"figures": figures}, indent=1, ensure_ascii=False)


def _row(figure: Figure, measured: Measured) -> tuple[str, str, str, str]:
    return figure.title, figure.target, f"{measured.value:.3g} {figure.unit}", verdict(figure, measured)


def _details(results: Results) -> Iterable[str]:
    for name, (_, measured) in results.items():
        yield f"{name}: {measured.note}" if measured.note else f"{name}:"
        yield from (f"  {_line(series)}" for series in measured.series)


def _line(series: Series) -> str:
    least, middle, most = (_seconds(value) for value in (series.least, series.median, series.most))
    return f"{series.name}: {least} / {middle} / {most} (min / median / max of {len(series.values)})"


def _seconds(value: float) -> str:
    return f"{value:.2f} s" if value >= 1 else f"{value * 1000:.1f} ms"


def _as_data(figure: Figure, measured: Measured) -> dict[str, Any]:
    return {
        "title": figure.title,
        "target": figure.target,
        "unit": figure.unit,
        "value": None if math.isnan(measured.value) else measured.value,
        "verdict": verdict(figure, measured),
        "note": measured.note,
        "seconds": {
            series.name: {"min": series.least, "median": series.median, "max": series.most, "all": series.values}
            for series in measured.series
        },
    }
