"""Strict parsing of query strings, compared with slower and plainer readings of the same rules."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import quote_from_bytes, urlencode

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from smsreports.api.rendering import dump_json
from smsreports.exceptions import InvalidParams
from smsreports.queries.query_string import MAX_BIGINT, MAX_PAIRS, QueryString
from smsreports.sms.windows import Window, utc_midnight, utc_today

KNOWN = ("page", "limit", "sender", "from", "to", "source")
SOURCES = ("api", "broadcasts", "all")
ASCII_DIGITS = "0123456789"
# Valid text that a query string can carry.
VALID_TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1)
# Numbers, days, and text that is nearly one.
NUMBERS_AND_DAYS = st.text("0123456789-+_. ٣\n", max_size=22) | st.integers(-5, 10**20).map(str) | st.dates().map(str)


def build_query(**params: str) -> QueryString:
    return QueryString(urlencode(params), KNOWN)


def collect_errors(read: Callable[[QueryString], Any], raw: str) -> dict[str, list[str]]:
    """Return the errors that are raised after `read` has parsed its parameters."""
    try:
        query = QueryString(raw, KNOWN)
        read(query)
        query.raise_if_invalid()
    except InvalidParams as error:
        return {name: list(reasons) for name, reasons in error.reasons.items()}
    return {}


@given(VALID_TEXT)
def test_text_is_parsed_unchanged(value: str) -> None:
    assert build_query(sender=value).parse_text("sender") == value


@given(VALID_TEXT.filter(lambda value: not set(value) & set("&+%=;#")))
def test_text_without_escapes_is_parsed_as_utf8(value: str) -> None:
    wsgi_value = value.encode().decode("latin-1")
    assert QueryString(f"sender={wsgi_value}", KNOWN).parse_text("sender") == value


@given(st.binary())
def test_errors_about_any_bytes_can_be_sent_as_json(raw: bytes) -> None:
    for text in (raw.decode("latin-1"), quote_from_bytes(raw), "sender=" + quote_from_bytes(raw)):
        reasons = collect_errors(lambda query: query.parse_text("sender"), text)
        assert dump_json(reasons)


@given(NUMBERS_AND_DAYS)
@example("1\n")
@example("٣")
@example(str(MAX_BIGINT))
@example(str(MAX_BIGINT + 1))
def test_a_number_is_ascii_digits_from_one_on(value: str) -> None:
    query = build_query(page=value)
    number = query.parse_number("page", 7)
    if value and all(digit in ASCII_DIGITS for digit in value) and len(value) < 20 and 0 < int(value) < 2**63:
        assert (number, query.reasons) == (int(value), {})
    else:
        assert list(query.reasons) == ["page"]


@given(st.integers(1, 1000), st.integers(1, 1000))
def test_a_number_above_the_maximum_is_taken_as_the_maximum(value: int, maximum: int) -> None:
    assert build_query(limit=str(value)).parse_number("limit", 25, maximum) == min(value, maximum)


@pytest.mark.parametrize(("value", "number"), [("0", 0), ("1", 1), ("-1", None), ("", None)])
def test_a_number_may_begin_with_another_minimum(value: str, number: int | None) -> None:
    query = build_query(limit=value)
    assert query.parse_number("limit", 7, minimum=0) == (7 if number is None else number)
    assert query.reasons == ({"limit": ["must be a whole number, 0 or more"]} if number is None else {})


@given(NUMBERS_AND_DAYS)
@example("2026-02-29")
@example("20260213")
@example("2026-W07-5")
def test_a_date_is_valid_if_and_only_if_the_calendar_has_it(value: str) -> None:
    query = build_query(**{"from": value})
    day = query.parse_date("from")
    if _is_calendar_date(value):
        assert (str(day), query.reasons) == (value, {})
    else:
        assert (day, list(query.reasons)) == (None, ["from"])


@given(st.dates(date(2, 1, 1)), st.dates(date(2, 1, 1)))
@example(date(2026, 2, 13), date(2026, 2, 13))
@example(date(2026, 2, 13), date.max)
def test_a_window_contains_both_of_its_days(first: date, last: date) -> None:
    query = build_query(**{"from": str(first), "to": str(last)})
    window = query.parse_window()
    assert bool(query.reasons) == (first > last)
    assume(first <= last)
    for day in (first, last):
        assert contains(window, utc_midnight(day))
        assert contains(window, utc_midnight(day) + timedelta(hours=23, minutes=59))
    assert not contains(window, utc_midnight(first) - timedelta(microseconds=1))
    assert last == date.max or not contains(window, utc_midnight(last + timedelta(days=1)))


def test_a_window_without_to_ends_today() -> None:
    days = {utc_midnight(utc_today() + timedelta(days=1))}
    window = build_query(**{"from": "2026-02-13"}).parse_window()
    assert window.start == datetime(2026, 2, 13, tzinfo=UTC)
    # Midnight may pass during the test.
    assert window.end in days | {utc_midnight(utc_today() + timedelta(days=1))}


def test_a_window_without_from_has_no_start() -> None:
    assert build_query(to="2026-02-13").parse_window() == Window(None, datetime(2026, 2, 14, tzinfo=UTC))


def test_absent_parameters_have_their_defaults() -> None:
    query = QueryString("", KNOWN)
    assert (
        query.parse_number("page", 7),
        query.parse_choice("source", SOURCES, "all"),
        query.parse_text("sender"),
    ) == (
        7,
        "all",
        None,
    )
    assert query.parse_window() == Window()
    query.raise_if_invalid()


@pytest.mark.parametrize("source", SOURCES)
def test_an_allowed_choice_is_accepted(source: str) -> None:
    assert build_query(source=source).parse_choice("source", SOURCES, "all") == source


@pytest.mark.parametrize("source", ["", "API", "api ", "campaign", "\0", "api\n"])
def test_any_other_choice_is_rejected(source: str) -> None:
    reasons = collect_errors(lambda query: query.parse_choice("source", SOURCES, "all"), urlencode({"source": source}))
    assert list(reasons) == ["source"]


def test_the_error_of_a_choice_names_the_allowed_values() -> None:
    reasons = collect_errors(lambda query: query.parse_choice("source", SOURCES, "all"), "source=campaign")
    assert reasons == {"source": ["must be one of api, broadcasts, all"]}


@pytest.mark.parametrize("raw", ["page=1&page=2", "page=1&page=1", "page=1&%70age=1", "page=&page=1"])
def test_a_parameter_given_twice_is_one_error(raw: str) -> None:
    assert collect_errors(lambda query: query.parse_number("page", 1), raw) == {"page": ["is given more than once"]}


@pytest.mark.parametrize("raw", ["sender=", "sender", "sender=&page=1"])
def test_an_empty_parameter_is_rejected(raw: str) -> None:
    assert collect_errors(lambda query: query.parse_text("sender"), raw) == {"sender": ["must not be empty"]}


def test_all_errors_are_raised_together() -> None:
    def read(query: QueryString) -> None:
        query.parse_number("page", 1)
        query.parse_choice("source", SOURCES, "all")
        query.parse_window()

    assert list(collect_errors(read, "page=0&source=x&from=2026-02-14&to=2026-02-13")) == ["page", "source", "from"]


def test_unknown_parameters_are_ignored() -> None:
    assert collect_errors(lambda query: query.parse_number("page", 1), "colour=&colour=blue&shape=%00") == {}


@pytest.mark.parametrize("raw", ["sender=%ff", "%ff=1", "colour=%c3", "sender=\xff"])
def test_bytes_that_are_not_utf8_are_rejected_in_names_and_values(raw: str) -> None:
    [reasons] = collect_errors(lambda query: query.parse_text("sender"), raw).values()
    assert reasons == ["must be UTF-8"]


def test_too_many_parameters_are_rejected() -> None:
    assert collect_errors(lambda query: None, "&".join(["a=1"] * MAX_PAIRS)) == {}
    errors = collect_errors(lambda query: None, "&".join(["a=1"] * (MAX_PAIRS + 1)))
    assert errors == {"query string": ["must not have more than 100 parameters"]}


def contains(window: Window, time: datetime) -> bool:
    return (window.start is None or window.start <= time) and (window.end is None or time < window.end)


def _is_calendar_date(value: str) -> bool:
    """Return True if the Gregorian calendar has the date, by counting months' lengths and leap years."""
    parts = value.split("-")
    if [len(part) for part in parts] != [4, 2, 2] or set("".join(parts)) - set(ASCII_DIGITS):
        return False
    year, month, day = map(int, parts)
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    lengths = [31, 29 if leap else 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    return year >= 1 and 1 <= month <= 12 and 1 <= day <= lengths[month - 1]
