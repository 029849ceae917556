"""What a file of the unified view contains."""

from smsreports.export.columns import Column, Kind

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
