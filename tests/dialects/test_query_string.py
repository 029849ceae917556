"""Strict parser of query strings, compared with slower and simpler implementations of the same rules."""

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
WORDS = ("api", "broadcasts", "all")
ASCII_DIGITS = "0123456789"
# Text that a query string can contain and that is valid.
VALID_TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1)
# Numbers, dates and similar text.
NUMBERS_AND_DATES = st.text("0123456789-+_. ٣\n", max_size=22) | st.integers(-5, 10**20).map(str) | st.dates().map(str)


def build_query(**params: str) -> QueryString:
    return QueryString(urlencode(params), KNOWN)


def collect_errors(parse: Callable[[QueryString], Any], raw: str) -> dict[str, list[str]]:
    """Return the errors of a query string whose parameters `parse` reads."""
    try:
        query = QueryString(raw, KNOWN)
        parse(query)
        query.raise_if_invalid()
    except InvalidParams as error:
        return {name: list(reasons) for name, reasons in error.reasons.items()}
    return {}


@given(VALID_TEXT)
def test_text_is_returned_unchanged(value: str) -> None:
    assert build_query(sender=value).parse_text("sender") == value


@given(VALID_TEXT.filter(lambda value: not set(value) & set("&+%=;#")))
def test_unescaped_text_is_decoded_as_utf8(value: str) -> None:
    as_wsgi_hands_it_over = value.encode().decode("latin-1")
    assert QueryString(f"sender={as_wsgi_hands_it_over}", KNOWN).parse_text("sender") == value


@given(st.binary())
def test_errors_for_any_bytes_can_be_encoded_as_json(raw: bytes) -> None:
    for text in (raw.decode("latin-1"), quote_from_bytes(raw), "sender=" + quote_from_bytes(raw)):
        reasons = collect_errors(lambda query: query.parse_text("sender"), text)
        assert dump_json(reasons)


@given(NUMBERS_AND_DATES)
@example("1\n")
@example("٣")
@example(str(MAX_BIGINT))
@example(str(MAX_BIGINT + 1))
def test_a_number_consists_of_ascii_digits_and_is_positive(value: str) -> None:
    query = build_query(page=value)
    number = query.parse_number("page", 7)
    if value and all(digit in ASCII_DIGITS for digit in value) and len(value) < 20 and 0 < int(value) < 2**63:
        assert (number, query.reasons) == (int(value), {})
    else:
        assert list(query.reasons) == ["page"]


@given(st.integers(1, 1000), st.integers(1, 1000))
def test_a_number_above_the_maximum_is_clamped(value: int, maximum: int) -> None:
    assert build_query(limit=str(value)).parse_number("limit", 25, maximum) == min(value, maximum)


@given(NUMBERS_AND_DATES)
@example("2026-02-29")
@example("20260213")
@example("2026-W07-5")
def test_a_date_has_the_form_year_month_day(value: str) -> None:
    query = build_query(**{"from": value})
    day = query.parse_date("from")
    if is_calendar_date(value):
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


def test_from_alone_ends_today() -> None:
    days = {utc_midnight(utc_today() + timedelta(days=1))}
    window = build_query(**{"from": "2026-02-13"}).parse_window()
    assert window.start == datetime(2026, 2, 13, tzinfo=UTC)
    # The day may end during the test.
    assert window.end in days | {utc_midnight(utc_today() + timedelta(days=1))}


def test_to_alone_has_no_start() -> None:
    assert build_query(to="2026-02-13").parse_window() == Window(None, datetime(2026, 2, 14, tzinfo=UTC))


def test_missing_parameters_get_their_defaults() -> None:
    query = QueryString("", KNOWN)
    assert (query.parse_number("page", 7), query.parse_choice("source", WORDS, "all"), query.parse_text("sender")) == (
        7,
        "all",
        None,
    )
    assert query.parse_window() == Window()
    query.raise_if_invalid()


@pytest.mark.parametrize("word", WORDS)
def test_an_allowed_choice_is_accepted(word: str) -> None:
    assert build_query(source=word).parse_choice("source", WORDS, "all") == word


@pytest.mark.parametrize("word", ["", "API", "api ", "campaign", "\0", "api\n"])
def test_other_choices_are_refused(word: str) -> None:
    reasons = collect_errors(lambda query: query.parse_choice("source", WORDS, "all"), urlencode({"source": word}))
    assert list(reasons) == ["source"]


def test_the_error_lists_the_allowed_choices() -> None:
    reasons = collect_errors(lambda query: query.parse_choice("source", WORDS, "all"), "source=campaign")
    assert reasons == {"source": ["must be one of api, broadcasts, all"]}


@pytest.mark.parametrize("raw", ["page=1&page=2", "page=1&page=1", "page=1&%70age=1", "page=&page=1"])
def test_a_repeated_parameter_is_one_error(raw: str) -> None:
    assert collect_errors(lambda query: query.parse_number("page", 1), raw) == {"page": ["is given more than once"]}


@pytest.mark.parametrize("raw", ["sender=", "sender", "sender=&page=1"])
def test_an_empty_parameter_is_refused(raw: str) -> None:
    assert collect_errors(lambda query: query.parse_text("sender"), raw) == {"sender": ["must not be empty"]}


def test_all_errors_are_reported_together() -> None:
    def parse(query: QueryString) -> None:
        query.parse_number("page", 1)
        query.parse_choice("source", WORDS, "all")
        query.parse_window()

    assert list(collect_errors(parse, "page=0&source=x&from=2026-02-14&to=2026-02-13")) == ["page", "source", "from"]


def test_unknown_parameters_are_ignored() -> None:
    assert collect_errors(lambda query: query.parse_number("page", 1), "colour=&colour=blue&shape=%00") == {}


@pytest.mark.parametrize("raw", ["sender=%ff", "%ff=1", "colour=%c3", "sender=\xff"])
def test_invalid_utf8_is_refused_in_any_parameter(raw: str) -> None:
    [reasons] = collect_errors(lambda query: query.parse_text("sender"), raw).values()
    assert reasons == ["must be UTF-8"]


def test_too_many_parameters_are_refused() -> None:
    assert collect_errors(lambda query: None, "&".join(["a=1"] * MAX_PAIRS)) == {}
    errors = collect_errors(lambda query: None, "&".join(["a=1"] * (MAX_PAIRS + 1)))
    assert errors == {"query string": ["must not have more than 100 parameters"]}


def contains(window: Window, moment: datetime) -> bool:
    return (window.start is None or window.start <= moment) and (window.end is None or moment < window.end)


def is_calendar_date(value: str) -> bool:
    """Return true if the text is a date, by the lengths of the months and the Gregorian leap years."""
    parts = value.split("-")
    if [len(part) for part in parts] != [4, 2, 2] or set("".join(parts)) - set(ASCII_DIGITS):
        return False
    year, month, day = map(int, parts)
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    lengths = [31, 29 if leap else 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    return year >= 1 and 1 <= month <= 12 and 1 <= day <= lengths[month - 1]
