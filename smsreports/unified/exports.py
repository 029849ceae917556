"""Exports of the unified list."""

from collections.abc import Mapping

from django.conf import settings

from smsreports.export.formats import FORMATS
from smsreports.export.stream import ExportSpec
from smsreports.queries.listing import Listing
from smsreports.unified.columns import COLUMNS

COLUMNS_BY_NAME = {column.name: column for column in COLUMNS}
# Titles of exports that no dialect serves (the staff's): our name of each column, except these.
DEFAULT_TITLES = {"text": "message"}


def build_export(listing: Listing, columns: Mapping[str, str], format_name: str) -> ExportSpec:
    """Build the export of a listing in one of FORMATS. `columns` maps the titles of a dialect to our names."""
    names = list(columns.values())
    return ExportSpec(
        rows=listing.select_rows(settings.EXPORT_LIMIT, names),
        count=listing.build_count_query(),
        count_rows=listing.count_rows,
        columns=[COLUMNS_BY_NAME[name] for name in names],
        titles=list(columns),
        format=FORMATS[format_name],
        limit=settings.EXPORT_LIMIT,
    )


def build_default_export(listing: Listing) -> ExportSpec:
    """Build the CSV export that staff and report pages offer. It is the same file for every set of dialects."""
    columns = {DEFAULT_TITLES.get(column.name, column.name): column.name for column in COLUMNS}
    return build_export(listing, columns, "csv")
