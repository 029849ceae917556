"""Parsers for the SMPP 3.4 delivery receipt (section 5.2.28 and appendix B), as gateways pass it on.

Appendix B gives `id:… sub:… dlvrd:… submit date:… done date:… stat:… err:… text:…` as an example that each SMSC may
vary. Case, spaces and order may differ, and fields may be missing. A state or a date that is not in the specification
is rejected.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo

from smsreports.records.field_parsers import InvalidRecord

# States by their short names and by their full names, which some SMSCs write.
STATUS_BY_STATE = {
    name: status
    for status, names in {
        "ENROUTE": ["ENROUTE"],
        "DELIVRD": ["DELIVRD", "DELIVERED"],
        "EXPIRED": ["EXPIRED"],
        "DELETED": ["DELETED"],
        "UNDELIV": ["UNDELIV", "UNDELIVERABLE"],
        "ACCEPTD": ["ACCEPTD", "ACCEPTED"],
        "UNKNOWN": ["UNKNOWN"],
        "REJECTD": ["REJECTD", "REJECTED"],
    }.items()
    for name in names
}
FIELD_PATTERN = re.compile(r"(?<!\S)(id|sub|dlvrd|submit\s*date|done\s*date|stat|err|text)\s*:\s*", re.IGNORECASE)
DATE_KEY_PATTERN = re.compile(r"\s*date")
# YYMMDDhhmm. Some SMSCs add seconds or write all four digits of the year.
DATE_PATTERN = re.compile(r"[0-9]{10}|[0-9]{12}|[0-9]{14}", re.ASCII)
# A status code is one word.
CODE_PATTERN = re.compile(r"[!-~]{1,16}")


def parse_receipt_text(text: str) -> dict[str, str]:
    """Return the fields of a receipt's text by their lower-case names.

    The field `text` comes last and is not searched for fields, because it quotes the message. Raises InvalidRecord if
    a field is given more than once.
    """
    values: dict[str, str] = {}
    name, start = "", 0
    for match in FIELD_PATTERN.finditer(text):
        _add_field(values, name, text[start : match.start()])
        name, start = DATE_KEY_PATTERN.sub(" date", match[1].lower()), match.end()
        if name == "text":
            break
    _add_field(values, name, text[start:])
    return values


def _add_field(values: dict[str, str], name: str, value: str) -> None:
    if name in values:
        raise InvalidRecord(f"{name}: is given more than once")
    if name:
        values[name] = value.strip()


def parse_state(name: str) -> str:
    """Return the status of a message state. Raises InvalidRecord."""
    if name.upper() not in STATUS_BY_STATE:
        raise InvalidRecord(f"{name!r} is not an SMPP message state ({', '.join(STATUS_BY_STATE)})")
    return STATUS_BY_STATE[name.upper()]


def parse_error_code(code: str) -> str:
    """Return the status code as the SMSC writes it: `000` stays `000`. Raises InvalidRecord."""
    if not CODE_PATTERN.fullmatch(code):
        raise InvalidRecord(f"{code!r} is not an error code")
    return code


def parse_date(digits: str, zone: tzinfo) -> str:
    """Return a date of an SMSC's clock in `zone` as RFC 3339 in UTC. Raises InvalidRecord."""
    if not DATE_PATTERN.fullmatch(digits):
        raise InvalidRecord(f"{digits!r} is not a date YYMMDDhhmm")
    # 12 digits are YYYYMMDDhhmm or YYMMDDhhmmss. In the former, digits 3 and 4 are the year, which is no month from
    # 2013 on.
    has_century = len(digits) == 14 or (len(digits) == 12 and digits[:2] == "20" and digits[2:4] > "12")
    full_digits = digits if has_century else f"20{digits}"
    try:
        local = datetime.strptime(full_digits.ljust(14, "0"), "%Y%m%d%H%M%S").replace(tzinfo=zone)
        return local.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (ValueError, OverflowError):
        raise InvalidRecord(f"{digits!r} is not a time that exists") from None


def parse_time_zone(params: Mapping[str, str]) -> tzinfo:
    """Return the time zone in the parameter `tz`; UTC if it is missing. Raises InvalidRecord."""
    try:
        return ZoneInfo(params["tz"]) if "tz" in params else UTC
    except (KeyError, ValueError, OSError):
        raise InvalidRecord("tz: is not a time zone such as Europe/Berlin") from None
