"""Records to rows. A record whose key is known adds only its report and times."""

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from tests.oracle.rows import SUBMITTED, Account, Item, Report, Row

GSM = set(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM_EXTENDED = set("\f^{}\\[~]|€")
# Only the calling codes of generated numbers. Numbers in shared ones, such as +1 and +44, always name a country.
CALLING_CODES = {"218": "LY", "49": "DE", "33": "FR", "380": "UA", "20": "EG", "971": "AE", "34": "ES"}


def apply_broadcast(account: Account, record: Mapping[str, Any]) -> None:
    item = Item(
        source="campaign",
        key=record["broadcast"],
        created_at=parse_time(record["created_at"]),
        text=record["message"],
        group=record.get("contact_group_id"),
        sender_id=record["sender_id"],
        name=record["name"],
    )
    account.items.setdefault(("campaign", item.key), item)


def apply_message(account: Account, record: Mapping[str, Any]) -> None:
    key = record["client_message_id"]
    created_at = parse_time(record["created_at"])
    row = account.rows.get(("api", key))
    if row is None:
        row = create_row("api", key, record, created_at)
        account.rows["api", key] = row
        request_id = record.get("request_id") or key
        about = (record["message"], record.get("contact_group_id"), record["sender_id"])
        request = Item("api", request_id, created_at, *about)
        account.items.setdefault(("api", request_id), request).rows.append(row)
    if record.get("sent_at"):
        row.sent_times.append(parse_time(record["sent_at"]))
    row.reports.append(initial_report(record, row.created_at))


def apply_send(account: Account, record: Mapping[str, Any]) -> None:
    key = record["message_id"]
    broadcast = account.items["campaign", record["broadcast"]]
    row = account.rows.get(("campaign", key))
    if row is None:
        inherited = {"message": broadcast.text, "sender_id": broadcast.sender_id}
        row = create_row("campaign", key, {**inherited, **record}, parse_time(record["sent_at"]))
        row.broadcast = broadcast
        row.sent_times.append(row.created_at)
        row.clicked_at = record.get("clicked_at") and parse_time(record["clicked_at"])
        row.action_type = record.get("action_type")
        row.action_at = record.get("action_at") and parse_time(record["action_at"])
        account.rows["campaign", key] = row
        broadcast.rows.append(row)
    row.reports.append(initial_report(record, row.created_at))


def apply_receipt(account: Account, record: Mapping[str, Any]) -> None:
    """Apply a delivery report. One without its row has no effect, like clicks and actions without theirs."""
    keys = (("api", record.get("client_message_id", "")), ("campaign", record.get("message_id", "")))
    row = next((account.rows[key] for key in keys if key in account.rows), None)
    if row is None:
        return
    at, status = parse_time(record["at"]), record["status"]
    report = Report(status, record.get("status_code", ""), at, at if status == "DELIVRD" else None)
    row.receipts.append(report)
    row.reports.append(report)
    if row.source == "api" and status in SUBMITTED:
        row.sent_times.append(at)


def apply_click(account: Account, record: Mapping[str, Any]) -> None:
    row = account.rows.get(("campaign", record["message_id"]))
    if row:
        row.clicked_at = parse_time(record["at"])


def apply_action(account: Account, record: Mapping[str, Any]) -> None:
    row = account.rows.get(("campaign", record["message_id"]))
    if row:
        row.action_type, row.action_at = record["action_type"], parse_time(record["at"])


APPLY = {
    "broadcast": apply_broadcast,
    "message": apply_message,
    "send": apply_send,
    "receipt": apply_receipt,
    "click": apply_click,
    "action": apply_action,
}


def create_row(source: str, key: str, record: Mapping[str, Any], created_at: datetime) -> Row:
    recipient = record["recipient"]
    return Row(
        source=source,
        key=key,
        recipient=recipient,
        country=record["country"] if "country" in record else derive_country(recipient),
        sender_id=record["sender_id"],
        message=record["message"],
        segments=record["segments"] if "segments" in record else count_segments(record["message"]),
        cost=Decimal(record.get("cost", "0")),
        created_at=created_at,
        message_id=record.get("message_id"),
    )


def initial_report(record: Mapping[str, Any], created_at: datetime) -> Report:
    """Return the report in a record itself, at its delivered_at, else sent_at, else created_at."""
    delivered_at = parse_time(record["delivered_at"]) if record.get("delivered_at") else None
    sent_at = parse_time(record["sent_at"]) if record.get("sent_at") else None
    at = delivered_at or sent_at or created_at
    return Report(record.get("status", "pending"), record.get("status_code", ""), at, delivered_at)


def derive_country(recipient: str) -> str | None:
    return next((country for code, country in CALLING_CODES.items() if recipient.startswith("+" + code)), None)


def count_segments(text: str) -> int:
    """Count the parts of a text, in septets if every character is in GSM 03.38, else in UTF-16 units."""
    if set(text) <= GSM | GSM_EXTENDED:
        septets = len(text) + sum(character in GSM_EXTENDED for character in text)
        return 1 if septets <= 160 else math.ceil(septets / 153)
    units = len(text.encode("utf-16-le")) // 2
    return 1 if units <= 70 else math.ceil(units / 67)


def parse_time(text: str) -> datetime:
    """Parse a record's time in UTC, with or without microseconds."""
    form = "%Y-%m-%dT%H:%M:%S.%fZ" if "." in text else "%Y-%m-%dT%H:%M:%SZ"
    return datetime.strptime(text, form).replace(tzinfo=UTC)
