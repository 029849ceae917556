"""Vonage's SMS reports: answers and CSV files of its Reports API, product SMS.

Names and words are those of the public definition, `definitions/reports.yml` in Nexmo/api-specification, where
nothing else is said; see docs/operators/providers/vonage.md.
"""

import re
from typing import Any

from smsreports.ingest.providers import Import, Provider, Record, each, word
from smsreports.ingest.readers import Layout, Row

# sms_status; `deleted` and `submitted` are of the reference at developer.vonage.com/en/api/reports.
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
OUTBOUND = {"outbound": "outbound"}
READ = (
    "message_id direction from to message_body country date_received date_finalized status error_code"
    " currency total_price"
)
PASSED_OVER = "account_id client_ref network network_name country_name latency error_code_description"
# In files of both directions; `network` tells them from those of the product MESSAGES.
REQUIRED = "message_id direction from to network date_received currency total_price"
LAYOUT = Layout(
    read=frozenset(READ.split()),
    passed_over=frozenset(PASSED_OVER.split()),
    required=frozenset(REQUIRED.split()),
    envelope="records",
)


def record(row: Row, imported: Import) -> Record:
    """The record of an outbound SMS. Raises Refused."""
    word("direction", row["direction"], OUTBOUND)
    status = word("status", row["status"], STATUSES)
    imported.currency("currency", row["currency"])
    if row["message_body"] is None:
        imported.notes.remark("message_body is missing: texts are empty and count as one segment each")
    return {
        "type": "message",
        "client_message_id": row["message_id"],
        "message_id": row["message_id"],
        "recipient": _international(row["to"]),
        "country": row["country"] or None,
        "sender_id": row["from"],
        "message": row["message_body"] or "",
        "status": status,
        "status_code": "" if row["error_code"] is None else str(row["error_code"]),
        "cost": row["total_price"] if imported.priced("total_price", row["total_price"], status) else None,
        "created_at": _time(row["date_received"]),
        "delivered_at": _time(row["date_finalized"]) if status == "DELIVRD" else None,
    }


def _international(number: Any) -> Any:
    """Vonage writes E.164 without its +."""
    return f"+{number}" if isinstance(number, str) and number.isdecimal() else number


def _time(value: Any) -> Any:
    """ISO 8601 with an offset that may lack its colon, as RFC 3339."""
    if not isinstance(value, str):
        return value
    return re.sub(r"([+-][0-9]{2})([0-9]{2})$", r"\1:\2", value) or None


PROVIDER = Provider(LAYOUT, each(record))
