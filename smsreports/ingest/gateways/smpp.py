"""What SMPP 3.4 says of a delivered message (section 5.2.28 and appendix B), as gateways pass it on.

Appendix B gives `id:… sub:… dlvrd:… submit date:… done date:… stat:… err:… text:…` as an example that each SMSC may
vary. Case, spaces, order and what is left out may differ; a word or a date that is not the specification's is refused.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo

from smsreports.ingest.field_parsers import InvalidRecord

# The states by their short names; and their full ones, which some SMSCs write.
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
# YYMMDDhhmm; with seconds, or with all of the year, at some SMSCs.
DATE_PATTERN = re.compile(r"[0-9]{10}|[0-9]{12}|[0-9]{14}", re.ASCII)
# What a status code can be, in one word.
CODE_PATTERN = re.compile(r"[!-~]{1,16}")


def parse_receipt_text(text: str) -> dict[str, str]:
    """The fields of a receipt's text by their names in lower case. The message's own text comes last, and may look
    like a field itself. Raises InvalidRecord if one is given more than once."""
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
    """The status of that name. Raises InvalidRecord."""
    if name.upper() not in STATUS_BY_STATE:
        raise InvalidRecord(f"{name!r} is not an SMPP message state ({', '.join(STATUS_BY_STATE)})")
    return STATUS_BY_STATE[name.upper()]


def parse_error_code(code: str) -> str:
    """The status code, as the SMSC writes it: `000` stays `000`. Raises InvalidRecord."""
    if not CODE_PATTERN.fullmatch(code):
        raise InvalidRecord(f"{code!r} is not an error code")
    return code


def parse_date(digits: str, zone: tzinfo) -> str:
    """The time that an SMSC's clock in `zone` showed; SMPP writes no zone. Raises InvalidRecord."""
    if not DATE_PATTERN.fullmatch(digits):
        raise InvalidRecord(f"{digits!r} is not a date YYMMDDhhmm")
    # Of 12 digits, the month says which they are: from 2013 on, `20YY…` has none where `YYMM…` does.
    has_century = len(digits) == 14 or (len(digits) == 12 and digits[:2] == "20" and digits[2:4] > "12")
    full_digits = digits if has_century else f"20{digits}"
    try:
        local = datetime.strptime(full_digits.ljust(14, "0"), "%Y%m%d%H%M%S").replace(tzinfo=zone)
        return local.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (ValueError, OverflowError):
        raise InvalidRecord(f"{digits!r} is not a time that exists") from None


def parse_time_zone(params: Mapping[str, str]) -> tzinfo:
    """The zone of the SMSC's clock, by the parameter `tz` of the callback's address: UTC if it names none."""
    try:
        return ZoneInfo(params["tz"]) if "tz" in params else UTC
    except (KeyError, ValueError, OSError):
        raise InvalidRecord("tz: is not a time zone such as Europe/Berlin") from None
