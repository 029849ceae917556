"""Strict parsing of query strings. Nothing is guessed, and every error names its parameter."""

import re
from collections import Counter
from collections.abc import Collection, Sequence
from datetime import date
from urllib.parse import parse_qsl

from smsreports.exceptions import InvalidParams
from smsreports.queries.cursor import Cursor
from smsreports.sms.windows import Window, utc_today, window_of_days

# ASCII digits only: `int` and `date` also accept digits of other scripts.
NUMBER_PATTERN = re.compile(r"[0-9]+")
DATE_PATTERN = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
# Lone surrogates: `surrogateescape` decodes bytes that are not UTF-8 to them.
NOT_UTF8 = re.compile("[\ud800-\udfff]")
# PostgreSQL's bigint.
MAX_BIGINT = 2**63 - 1
# More parameters than any client sends. Parsing more would let a caller waste our time.
MAX_PAIRS = 100


class QueryString:
    """The known parameters of a query string. Errors are collected; `raise_if_invalid` raises them all at once.

    Unknown parameters are ignored, as the vendors do. A parameter that is given twice is an error, and so is an empty
    one unless `empty_is_absent`. Methods that parse a parameter return None or the default if it is absent or invalid.
    """

    def __init__(self, raw: str, known: Collection[str], *, empty_is_absent: bool = False) -> None:
        self.reasons: dict[str, list[str]] = {}
        pairs = parse_pairs(raw)
        for name, value in pairs:
            if NOT_UTF8.search(name + value):
                self.add_error(NOT_UTF8.sub("?", name), "must be UTF-8")
        self._values = {name: value for name, value in pairs if name in known}
        for name, count in Counter(name for name, _ in pairs if name in known).items():
            if count > 1:
                self.add_error(name, "is given more than once")
            elif "\0" in self._values[name]:
                self.add_error(name, "must not contain a NUL character")
        if empty_is_absent:
            self._values = {name: value for name, value in self._values.items() if value}

    def __contains__(self, name: str) -> bool:
        return name in self._values

    def get_raw(self, names: Collection[str]) -> dict[str, str]:
        """Return these parameters as the caller wrote them, without those that are absent."""
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

    def parse_number(self, name: str, default: int, maximum: int = MAX_BIGINT, *, minimum: int = 1) -> int:
        """Parse a whole number from `minimum` on. A greater number than `maximum` is taken as `maximum`."""
        value = self._get_valid(name)
        if value is None:
            return default
        if not NUMBER_PATTERN.fullmatch(value) or len(value) > 19 or not minimum <= int(value) <= MAX_BIGINT:
            self.add_error(name, f"must be a whole number, {minimum} or more")
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
        except ValueError as error:
            self.add_error("cursor", str(error))
        return None

    def parse_date(self, name: str) -> date | None:
        value = self._get_valid(name)
        if value is None:
            return None
        try:
            if DATE_PATTERN.fullmatch(value):
                return date.fromisoformat(value)
        except ValueError:  # the form of a date, but no such day, as 2025-02-30
            pass
        self.add_error(name, "must be a date, YYYY-MM-DD")
        return None

    def parse_window(self) -> Window:
        """Parse the days `from` and `to`, both included. Without `to` the window ends today; `from` has no default."""
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
    """Return the names and values of a query string. Bytes that are not UTF-8 become lone surrogates.

    Raises InvalidParams if there are more than `MAX_PAIRS`.
    """
    # WSGI decodes the bytes as Latin-1.
    text = raw.encode("latin-1").decode(errors="surrogateescape")
    try:
        return parse_qsl(text, keep_blank_values=True, errors="surrogateescape", max_num_fields=MAX_PAIRS)
    except ValueError:
        raise InvalidParams({"query string": [f"must not have more than {MAX_PAIRS} parameters"]}) from None
