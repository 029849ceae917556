"""What a file of the unified view contains."""

from collections.abc import Mapping

from django.conf import settings

from smsreports.api.errors import get_dialects
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


def build_export(listing: Listing, columns: Mapping[str, str], format_name: str) -> ExportSpec:
    """The list as a file of one of FORMATS, whose `columns` a dialect names: theirs, ours."""
    titles = {ours: theirs for theirs, ours in columns.items()}
    return ExportSpec(
        rows=listing.select_rows(settings.EXPORT_LIMIT),
        count=listing.build_count_query(),
        total=listing.count_rows,
        columns=COLUMNS,
        titles=[titles[column.name] for column in COLUMNS],
        format=FORMATS[format_name],
        limit=settings.EXPORT_LIMIT,
    )


def build_default_export(listing: Listing) -> ExportSpec:
    """The CSV that the API gives of this list, with the titles that it has there, for pages that offer it too."""
    door = next(path for dialect in get_dialects() for path in dialect.endpoints if path.view == "export")
    return build_export(listing, door.columns, "csv")
