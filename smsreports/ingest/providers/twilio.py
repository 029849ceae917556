"""Twilio's message logs: pages of its API, days of its bulk export, and the CSV file of its console.

Names and words are those of the public definition, `api.v2010.account.message` in twilio/twilio-oai, where nothing
else is said; see docs/operators/providers/twilio.md.
"""

from email.utils import parsedate_to_datetime
from typing import Any

from smsreports.ingest.fields import Refused
from smsreports.ingest.providers import Import, Provider, Record, each, whole, word
from smsreports.ingest.readers import Layout, Row

# message_enum_status. `partially_delivered` is there, but nothing says what it means; receiving and received are
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
# message_enum_direction, beside `inbound`.
OUTBOUND = {name: name for name in ("outbound-api", "outbound-call", "outbound-reply")}
READ = "sid from to body status error_code num_segments num_media direction price price_unit date_created date_sent"
PASSED_OVER = "account_sid api_version date_updated error_message messaging_service_sid subresource_uris uri"
LAYOUT = Layout(
    read=frozenset(READ.split()),
    passed_over=frozenset(PASSED_OVER.split()),
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


def record(row: Row, imported: Import) -> Record:
    """The record of an outbound message. Raises Refused."""
    word("direction", row["direction"], OUTBOUND)
    if row["num_media"] not in (None, "", "0", 0):
        raise Refused("num_media: must be 0: MMS are not loaded")
    status = word("status", row["status"], STATUSES)
    imported.currency("price_unit", row["price_unit"])
    sent_at = _time("date_sent", row["date_sent"])
    return {
        "type": "message",
        "client_message_id": row["sid"],
        "message_id": row["sid"],
        "recipient": row["to"],
        "sender_id": row["from"],
        "message": row["body"],
        "status": status,
        "status_code": str(row["error_code"] or ""),
        # 0 while no sender is assigned; then the text's own count.
        "segments": whole(row["num_segments"]) or None,
        "cost": _cost(row["price"]) if imported.priced("price", row["price"], status) else None,
        "created_at": _time("date_created", row["date_created"]) or sent_at,
        "sent_at": sent_at,
    }


def _cost(price: Any) -> Any:
    """A charge is negative, or 0."""
    if isinstance(price, str) and (price.startswith("-") or not price.strip("0.")):
        return price.removeprefix("-")
    if isinstance(price, int | float) and not isinstance(price, bool) and price <= 0:
        return -price
    raise Refused("price: must be a negative amount, as charges are")


def _time(name: str, value: Any) -> Any:
    """RFC 2822, as the API writes times, as RFC 3339; what begins with a year stays as it is."""
    if value in (None, ""):
        return None
    if not isinstance(value, str) or value[:4].isdecimal():
        return value
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        raise Refused(f"{name}: is not a time in the form of RFC 2822 or RFC 3339") from None
    if moment.tzinfo is None:
        raise Refused(f"{name}: has no time zone")
    return moment.isoformat()


PROVIDER = Provider(LAYOUT, each(record))
