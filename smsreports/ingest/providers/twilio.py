"""Importer of Twilio's message logs: pages of its API, days of its bulk export, and the CSV file of its console.

Names and values are from the public definition, `api.v2010.account.message` in twilio/twilio-oai, unless a comment
names another source; see docs/operators/providers/twilio.md.
"""

from email.utils import parsedate_to_datetime

from smsreports.ingest.providers import (
    ImportRun,
    Provider,
    build_row_by_row,
    parse_whole_number,
    translate_word,
)
from smsreports.ingest.readers import FileLayout, FileRow
from smsreports.records.field_parsers import InvalidRecord
from smsreports.records.loader import RecordDict

# message_enum_status. `partially_delivered` is left out because it is not documented; `receiving` and `received` are
# statuses of inbound messages.
STATUSES = {
    "accepted": "pending",
    "scheduled": "pending",
    "queued": "pending",
    "sending": "pending",
    "sent": "sent",
    "delivered": "DELIVRD",
    "read": "DELIVRD",
    "undelivered": "UNDELIV",
    "failed": "failed",
    "canceled": "DELETED",
}
# message_enum_direction without `inbound`.
OUTBOUND_DIRECTIONS = {name: name for name in ("outbound-api", "outbound-call", "outbound-reply")}
LOADED_COLUMNS = (
    "sid from to body status error_code num_segments num_media direction price price_unit date_created date_sent"
)
IGNORED_COLUMNS = "account_sid api_version date_updated error_message messaging_service_sid subresource_uris uri"
LAYOUT = FileLayout(
    loaded=frozenset(LOADED_COLUMNS.split()),
    ignored=frozenset(IGNORED_COLUMNS.split()),
    required=frozenset({"sid", "from", "to", "body", "status", "direction", "date_sent"}),
    envelope="messages",
    titles={
        "Sid": "sid",
        "From": "from",
        "To": "to",
        "Body": "body",
        "Status": "status",
        "SentDate": "date_sent",
        "ApiVersion": "api_version",
        "NumSegments": "num_segments",
        "ErrorCode": "error_code",
        "AccountSid": "account_sid",
        "Direction": "direction",
        "Price": "price",
        "PriceUnit": "price_unit",
    },
)


def build_record(row: FileRow, run: ImportRun) -> RecordDict:
    """Return the record of an outbound message. Raises InvalidRecord."""
    translate_word("direction", row["direction"], OUTBOUND_DIRECTIONS)
    if row["num_media"] not in (None, "", "0", 0):
        raise InvalidRecord("num_media: must be 0: MMS are not loaded")
    status = translate_word("status", row["status"], STATUSES)
    run.check_currency("price_unit", row["price_unit"])
    sent_at = _parse_time("date_sent", row["date_sent"])
    return {
        "type": "message",
        "client_message_id": row["sid"],
        "message_id": row["sid"],
        "recipient": run.canonicalize_recipient("to", row["to"]),
        "sender_id": row["from"],
        "message": row["body"],
        "status": status,
        "status_code": str(row["error_code"] or ""),
        # 0 while no sender is assigned. The loader then counts the segments of the text.
        "segments": parse_whole_number(row["num_segments"]) or None,
        "cost": _parse_price(row["price"]) if run.has_price("price", row["price"], status) else None,
        "created_at": _parse_time("date_created", row["date_created"]) or sent_at,
        "sent_at": sent_at,
    }


def _parse_price(price: object) -> object:
    """Return the cost of a price, which is negative or 0 for a charge. Raises InvalidRecord."""
    if isinstance(price, str) and (price.startswith("-") or not price.strip("0.")):
        return price.removeprefix("-")
    if isinstance(price, int | float) and not isinstance(price, bool) and price <= 0:
        return -price
    raise InvalidRecord("price: must be a negative amount, as charges are")


def _parse_time(name: str, value: object) -> object:
    """Convert a time from RFC 2822, which the API writes, to RFC 3339. A value that begins with a year is unchanged.

    Raises InvalidRecord.
    """
    if value in (None, ""):
        return None
    if not isinstance(value, str) or value[:4].isdecimal():
        return value
    try:
        parsed = parsedate_to_datetime(value)
    except ValueError:
        raise InvalidRecord(f"{name}: is not a time in the form of RFC 2822 or RFC 3339") from None
    if parsed.tzinfo is None:
        raise InvalidRecord(f"{name}: has no time zone")
    return parsed.isoformat()


PROVIDER = Provider(LAYOUT, build_row_by_row(build_record))
