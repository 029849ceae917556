"""Reading a query string strictly: nothing is guessed, and every fault is named."""

import re
from collections import Counter
from collections.abc import Collection, Sequence
from datetime import date
from urllib.parse import parse_qsl

from smsreports.exceptions import InvalidParams
from smsreports.queries.cursor import Cursor
from smsreports.sms.windows import Window, utc_today, window_of_days

# ASCII alone: `int` and `date` also take digits of other scripts.
NUMBER_PATTERN = re.compile(r"[0-9]+")
DATE_PATTERN = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
# What Python puts in the place of bytes that are no UTF-8.
NOT_UTF8 = re.compile("[\ud800-\udfff]")
# PostgreSQL's bigint; a number past it is not a page of anything.
MAX_BIGINT = 2**63 - 1
# More fields than any client sends; past it the time to read them is an attack.
MAX_PAIRS = 100


class QueryString:
    """A query string's known parameters. Faults are gathered; `check` raises them all at once.

    A parameter that is not known is ignored, as the vendors do; one given twice is a fault. An empty one is a fault
    too, unless `empty_is_absent`.
    """

    def __init__(self, raw: str, known: Collection[str], *, empty_is_absent: bool = False) -> None:
        self.reasons: dict[str, list[str]] = {}
        pairs = parse_pairs(raw)
        for name, value in pairs:
            if NOT_UTF8.search(name + value):
                self.add_error(NOT_UTF8.sub("?", name), "must be UTF-8")
        self._values = {name: value for name, value in pairs if name in known}
        for name, times in Counter(name for name, _ in pairs if name in known).items():
            if times > 1:
                self.add_error(name, "is given more than once")
            elif "\0" in self._values[name]:
                self.add_error(name, "must not contain a NUL character")
        if empty_is_absent:
            self._values = {name: value for name, value in self._values.items() if value}

    def __contains__(self, name: str) -> bool:
        return name in self._values

    def get_raw(self, names: Collection[str]) -> dict[str, str]:
        """Those of these parameters that were given, as they were."""
        return {name: value for name, value in self._values.items() if name in names}

    def add_error(self, name: str, reason: str) -> None:
        self.reasons.setdefault(name, []).append(reason)

    def parse_text(self, name: str) -> str | None:
        value = self._get_valid(name)
        if value == "":
            self.add_error(name, "must not be empty")
        return value or None

    def _get_valid(self, name: str) -> str | None:
        return None if name in self.reasons else self._values.get(name)

    def parse_choice(self, name: str, allowed: Sequence[str], default: str) -> str:
        value = self._values.get(name)
        if value is None or value in allowed:
            return default if value is None else value
        self.add_error(name, f"must be one of {', '.join(allowed)}")
        return default

    def parse_number(self, name: str, default: int, maximum: int = MAX_BIGINT) -> int:
        """From 1 on; above `most` means `most`."""
        value = self._get_valid(name)
        if value is None:
            return default
        if not NUMBER_PATTERN.fullmatch(value) or len(value) > 19 or not 1 <= int(value) <= MAX_BIGINT:
            self.add_error(name, "must be a whole number, 1 or more")
            return default
        return min(int(value), maximum)

    def parse_cursor(self) -> Cursor | None:
        value = self._get_valid("cursor")
        if value is None:
            return None
        if "page" in self:
            self.add_error("cursor", "must not be given together with page")
        try:
            return Cursor.parse_text(value)
        except ValueError as fault:
            self.add_error("cursor", str(fault))
        return None

    def parse_date(self, name: str) -> date | None:
        value = self._get_valid(name)
        if value is None:
            return None
        try:
            if DATE_PATTERN.fullmatch(value):
                return date.fromisoformat(value)
        except ValueError:  # the form of a date, but of a day that never was
            pass
        self.add_error(name, "must be a date, YYYY-MM-DD")
        return None

    def parse_window(self) -> Window:
        """The window of `from` and `to`, both included: `from` alone ends today, `to` alone never began."""
        first, last = self.parse_date("from"), self.parse_date("to")
        if first is not None and "to" not in self:
            return window_of_days(first, utc_today())
        if first is not None and last is not None and first > last:
            self.add_error("from", "must not be after to")
        return window_of_days(first, last)

    def raise_if_invalid(self) -> None:
        if self.reasons:
            raise InvalidParams(self.reasons)


def parse_pairs(raw: str) -> list[tuple[str, str]]:
    """The names and values of a query string, bytes that are no UTF-8 among them as lone surrogates."""
    # WSGI hands over bytes as Latin-1.
    text = raw.encode("latin-1").decode(errors="surrogateescape")
    try:
        return parse_qsl(text, keep_blank_values=True, errors="surrogateescape", max_num_fields=MAX_PAIRS)
    except ValueError:
        raise InvalidParams({"query string": [f"must not have more than {MAX_PAIRS} parameters"]}) from None
