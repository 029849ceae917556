"""Importer of Vonage's SMS reports: responses and CSV files of its Reports API, product SMS.

Names and values are from the public definition, `definitions/reports.yml` in Nexmo/api-specification, unless a comment
names another source; see docs/operators/providers/vonage.md.
"""

import re

from smsreports.ingest.providers import ImportRun, Provider, build_row_by_row, translate_word
from smsreports.ingest.readers import FileLayout, FileRow
from smsreports.records.loader import RecordDict

# sms_status; `deleted` and `submitted` are from the reference at developer.vonage.com/en/api/reports.
STATUSES = {
    "submitted": "sent",
    "buffered": "ENROUTE",
    "accepted": "ACCEPTD",
    "delivered": "DELIVRD",
    "expired": "EXPIRED",
    "failed": "UNDELIV",
    "rejected": "REJECTD",
    "deleted": "DELETED",
    "unknown": "UNKNOWN",
}
OUTBOUND_DIRECTIONS = {"outbound": "outbound"}
LOADED_COLUMNS = (
    "message_id direction from to message_body country date_received date_finalized status error_code"
    " currency total_price"
)
IGNORED_COLUMNS = "account_id client_ref network network_name country_name latency error_code_description"
# Columns of files of both directions. Files of the product MESSAGES have no `network`.
REQUIRED_COLUMNS = "message_id direction from to network date_received currency total_price"
LAYOUT = FileLayout(
    loaded=frozenset(LOADED_COLUMNS.split()),
    ignored=frozenset(IGNORED_COLUMNS.split()),
    required=frozenset(REQUIRED_COLUMNS.split()),
    envelope="records",
)


def build_record(row: FileRow, run: ImportRun) -> RecordDict:
    """Return the record of an outbound SMS. Raises InvalidRecord."""
    translate_word("direction", row["direction"], OUTBOUND_DIRECTIONS)
    status = translate_word("status", row["status"], STATUSES)
    run.check_currency("currency", row["currency"])
    if row["message_body"] is None:
        run.notes.add_remark("message_body is missing: texts are empty and count as one segment each")
    return {
        "type": "message",
        "client_message_id": row["message_id"],
        "message_id": row["message_id"],
        "recipient": run.canonicalize_recipient("to", row["to"]),
        "country": row["country"] or None,
        "sender_id": row["from"],
        "message": row["message_body"] or "",
        "status": status,
        "status_code": "" if row["error_code"] is None else str(row["error_code"]),
        "cost": row["total_price"] if run.has_price("total_price", row["total_price"], status) else None,
        "created_at": _to_rfc3339(row["date_received"]),
        "delivered_at": _to_rfc3339(row["date_finalized"]) if status == "DELIVRD" else None,
    }


def _to_rfc3339(value: object) -> object:
    """Convert an ISO 8601 time, whose offset may lack its colon, to RFC 3339."""
    if not isinstance(value, str):
        return value
    return re.sub(r"([+-][0-9]{2})([0-9]{2})$", r"\1:\2", value) or None


PROVIDER = Provider(LAYOUT, build_row_by_row(build_record))
