"""Exports of the unified list."""

from collections.abc import Mapping

from django.conf import settings

from smsreports.export.columns import Column, ColumnKind
from smsreports.export.formats import FORMATS
from smsreports.export.stream import ExportSpec
from smsreports.queries.listing import Listing

COLUMNS = (
    Column("id", ColumnKind.LABEL),
    Column("source", ColumnKind.PLAIN),
    Column("recipient", ColumnKind.TEXT),
    Column("sender_id", ColumnKind.TEXT),
    Column("text", ColumnKind.TEXT),
    Column("status", ColumnKind.PLAIN),
    Column("status_code", ColumnKind.TEXT),
    Column("cost", ColumnKind.MONEY),
    Column("sent_at", ColumnKind.TIME),
    Column("delivered_at", ColumnKind.TIME),
    Column("clicked", ColumnKind.FLAG),
    Column("clicked_at", ColumnKind.TIME),
    Column("action_type", ColumnKind.TEXT),
    Column("action_at", ColumnKind.TIME),
    Column("message_id", ColumnKind.TEXT),
    Column("client_message_id", ColumnKind.TEXT),
    Column("segments", ColumnKind.PLAIN),
    Column("broadcast_id", ColumnKind.PLAIN),
    Column("broadcast_name", ColumnKind.TEXT),
)
# Titles of exports that no dialect serves (the staff's): our name of each column, except these.
DEFAULT_TITLES = {"text": "message"}


def build_export(listing: Listing, columns: Mapping[str, str], format_name: str) -> ExportSpec:
    """Build the export of a listing in one of FORMATS. `columns` maps the titles of a dialect to our names."""
    titles = {name: title for title, name in columns.items()}
    return ExportSpec(
        rows=listing.select_rows(settings.EXPORT_LIMIT),
        count=listing.build_count_query(),
        count_rows=listing.count_rows,
        columns=COLUMNS,
        titles=[titles[column.name] for column in COLUMNS],
        format=FORMATS[format_name],
        limit=settings.EXPORT_LIMIT,
    )


def build_default_export(listing: Listing) -> ExportSpec:
    """Build the CSV export that staff and report pages offer. It is the same file for every set of dialects."""
    columns = {DEFAULT_TITLES.get(column.name, column.name): column.name for column in COLUMNS}
    return build_export(listing, columns, "csv")
