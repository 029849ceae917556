"""CSV files of the pages' data, safe for spreadsheets."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.http import HttpResponse

from smsreports.api.rendering import format_decimal
from smsreports.export.formats import BOM, guard_cell


@dataclass(frozen=True)
class Table:
    titles: Sequence[str]
    rows: Sequence[Sequence[object]]


def build_csv_response(name: str, table: Table) -> HttpResponse:
    """Return the table in the format of the API's exports: byte order mark, `\\n`, empty for unknown values."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(table.titles)
    writer.writerows([_format_cell(value) for value in row] for row in table.rows)
    response = HttpResponse(BOM + text.getvalue().encode(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return response


def _format_cell(value: object) -> str:
    match value:
        case None:
            return ""
        case Decimal():
            return format_decimal(value)
        case str():
            return guard_cell(value)
    return str(value)
