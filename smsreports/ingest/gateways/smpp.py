"""What SMPP 3.4 says of a delivered message (section 5.2.28 and appendix B), as gateways pass it on.

Appendix B gives `id:… sub:… dlvrd:… submit date:… done date:… stat:… err:… text:…` as an example that each SMSC may
vary. Case, spaces, order and what is left out may differ; a word or a date that is not the specification's is refused.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo

from smsreports.ingest.fields import Refused

# The states by their short names; and their full ones, which some SMSCs write.
STATES = {
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
FIELD = re.compile(r"(?<!\S)(id|sub|dlvrd|submit\s*date|done\s*date|stat|err|text)\s*:\s*", re.IGNORECASE)
DATE_KEY = re.compile(r"\s*date")
# YYMMDDhhmm; with seconds, or with all of the year, at some SMSCs.
DATE = re.compile(r"[0-9]{10}|[0-9]{12}|[0-9]{14}", re.ASCII)
# What a status code can be, in one word.
CODE = re.compile(r"[!-~]{1,16}")


def fields(text: str) -> dict[str, str]:
    """The fields of a receipt's text by their names in lower case. The message's own text comes last, and may look
    like a field itself. Raises Refused if one is given more than once."""
    found: dict[str, str] = {}
    name, begin = "", 0
    for match in FIELD.finditer(text):
        _keep(found, name, text[begin : match.start()])
        name, begin = DATE_KEY.sub(" date", match[1].lower()), match.end()
        if name == "text":
            break
    _keep(found, name, text[begin:])
    return found


def _keep(found: dict[str, str], name: str, value: str) -> None:
    if name in found:
        raise Refused(f"{name}: is given more than once")
    if name:
        found[name] = value.strip()


def state(word: str) -> str:
    """The status of that name. Raises Refused."""
    if word.upper() not in STATES:
        raise Refused(f"{word!r} is not an SMPP message state ({', '.join(STATES)})")
    return STATES[word.upper()]


def error(word: str) -> str:
    """The status code, as the SMSC writes it: `000` stays `000`. Raises Refused."""
    if not CODE.fullmatch(word):
        raise Refused(f"{word!r} is not an error code")
    return word


def moment(digits: str, zone: tzinfo) -> str:
    """The time that an SMSC's clock in `zone` showed; SMPP writes no zone. Raises Refused."""
    if not DATE.fullmatch(digits):
        raise Refused(f"{digits!r} is not a date YYMMDDhhmm")
    # Of 12 digits, the month says which they are: from 2013 on, `20YY…` has none where `YYMM…` does.
    whole_year = len(digits) == 14 or (len(digits) == 12 and digits[:2] == "20" and digits[2:4] > "12")
    whole = digits if whole_year else f"20{digits}"
    try:
        local = datetime.strptime(whole.ljust(14, "0"), "%Y%m%d%H%M%S").replace(tzinfo=zone)
        return local.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (ValueError, OverflowError):
        raise Refused(f"{digits!r} is not a time that exists") from None


def zone(said: Mapping[str, str]) -> tzinfo:
    """The zone of the SMSC's clock, by the parameter `tz` of the callback's address: UTC if it names none."""
    try:
        return ZoneInfo(said["tz"]) if "tz" in said else UTC
    except (KeyError, ValueError, OSError):
        raise Refused("tz: is not a time zone such as Europe/Berlin") from None
