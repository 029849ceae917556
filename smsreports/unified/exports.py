"""What a file of the unified view contains."""

from collections.abc import Mapping

from django.conf import settings

from smsreports.api.errors import dialects
from smsreports.api.listing import Listing
from smsreports.export.columns import Column, Kind
from smsreports.export.formats import FORMATS
from smsreports.export.stream import File

COLUMNS = (
    Column("id", Kind.LABEL),
    Column("source", Kind.PLAIN),
    Column("recipient", Kind.TEXT),
    Column("sender_id", Kind.TEXT),
    Column("text", Kind.TEXT),
    Column("status", Kind.PLAIN),
    Column("status_code", Kind.TEXT),
    Column("cost", Kind.MONEY),
    Column("sent_at", Kind.TIME),
    Column("delivered_at", Kind.TIME),
    Column("clicked", Kind.FLAG),
    Column("clicked_at", Kind.TIME),
    Column("action_type", Kind.TEXT),
    Column("action_at", Kind.TIME),
    Column("message_id", Kind.TEXT),
    Column("client_message_id", Kind.TEXT),
    Column("segments", Kind.PLAIN),
    Column("broadcast_id", Kind.PLAIN),
    Column("broadcast_name", Kind.TEXT),
)


def file(listing: Listing, columns: Mapping[str, str], form: str) -> File:
    """The list as a file of one of FORMATS, whose `columns` a dialect names: theirs, ours."""
    titles = {ours: theirs for theirs, ours in columns.items()}
    return File(
        rows=listing.rows(settings.EXPORT_LIMIT),
        count=listing.count_statement(),
        total=listing.count,
        columns=COLUMNS,
        titles=[titles[column.name] for column in COLUMNS],
        format=FORMATS[form],
        limit=settings.EXPORT_LIMIT,
    )


def api_file(listing: Listing) -> File:
    """The CSV that the API gives of this list, with the titles that it has there, for pages that offer it too."""
    door = next(path for dialect in dialects() for path in dialect.paths if path.view == "export")
    return file(listing, door.columns, "csv")
