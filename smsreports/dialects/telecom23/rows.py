"""Rows in 23 Telecom's format."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Literal, TypedDict, cast

from smsreports.openapi.schemas import array_of, enum_of, reference_to
from smsreports.openapi.type_schemas import Id, WithSchema
from smsreports.queries.rows import IngestResult, Row
from smsreports.sms.statuses import NAMES

# The vendor's keys of our columns, where the names differ.
RENAMED = {"text": "message", "key": "broadcast"}
# Our columns of the keys of a status, where the names differ.
STATUS_COLUMNS = {"message_id": "client_message_id", "telecom_message_id": "message_id", "message": "text"}


def name_key(column: str) -> str:
    return RENAMED.get(column, column)


def name_keys(columns: Iterable[str]) -> Mapping[str, str]:
    """Return our column names by the vendor's keys, in the same order."""
    return {name_key(name): name for name in columns}


UNIFIED = name_keys(
    (
        "id",
        "source",
        "recipient",
        "sender_id",
        "text",
        "status",
        "status_code",
        "cost",
        "sent_at",
        "delivered_at",
        "clicked",
        "clicked_at",
        "action_type",
        "action_at",
        "message_id",
        "client_message_id",
        "segments",
        "broadcast_id",
        "broadcast_name",
    )
)


class MessageStatus(TypedDict):
    message_id: str | None
    telecom_message_id: str | None
    recipient: str
    segments: Id
    message: str
    sender_id: str
    status: Annotated[str, WithSchema(enum_of(NAMES))]
    status_code: str
    cost: Decimal
    created_at: datetime
    delivered_at: datetime | None
    # Our extension: every delivery receipt and its verdict.
    timeline: Annotated[list[Row], WithSchema(array_of(reference_to("TimelineEntry")))]


STATUS = {key: STATUS_COLUMNS.get(key, key) for key in MessageStatus.__annotations__}


class StatusAnswer(TypedDict):
    status: Literal[True]
    message: MessageStatus


class RejectedLine(TypedDict):
    line: Id
    error: str


class IngestAnswer(TypedDict):
    status: Literal[True]
    accepted: int
    duplicates: int
    rejected: Annotated[list[RejectedLine], WithSchema(array_of(reference_to("Rejected")))]


def render_unified_row(row: Row) -> dict[str, object]:
    """Render a row of the unified list, whose id is a string."""
    return rename_keys(UNIFIED, row) | {"id": str(row["id"])}


def render_status(row: Row) -> StatusAnswer:
    return {"status": True, "message": cast(MessageStatus, rename_keys(STATUS, row))}


def render_ingest_result(result: IngestResult) -> IngestAnswer:
    rejected: list[RejectedLine] = [{"line": line["line"], "error": line["error"]} for line in result["rejected"]]
    return {"status": True, "accepted": result["accepted"], "duplicates": result["duplicates"], "rejected": rejected}


def rename_keys(keys: Mapping[str, str], row: Row) -> dict[str, object]:
    return {theirs: row[ours] for theirs, ours in keys.items()}
