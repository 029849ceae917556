"""The strict reader of query strings, against slower and plainer readings of the same rules."""

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
# Text that a query string can carry and that is no fault in itself.
SOUND = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1)
# Numbers and days, and what nearly is one.
NEARLY = st.text("0123456789-+_. ٣\n", max_size=22) | st.integers(-5, 10**20).map(str) | st.dates().map(str)


def query(**params: str) -> QueryString:
    return QueryString(urlencode(params), KNOWN)


def faults(read: Callable[[QueryString], Any], raw: str) -> dict[str, list[str]]:
    """What `check` tells of, once `read` has asked for its parameters."""
    try:
        asked = QueryString(raw, KNOWN)
        read(asked)
        asked.raise_if_invalid()
    except InvalidParams as refused:
        return {name: list(why) for name, why in refused.reasons.items()}
    return {}


@given(SOUND)
def test_text_comes_through_as_it_was_sent(value: str) -> None:
    assert query(sender=value).parse_text("sender") == value


@given(SOUND.filter(lambda value: not set(value) & set("&+%=;#")))
def test_text_that_was_not_escaped_comes_through_as_utf8(value: str) -> None:
    as_wsgi_hands_it_over = value.encode().decode("latin-1")
    assert QueryString(f"sender={as_wsgi_hands_it_over}", KNOWN).parse_text("sender") == value


@given(st.binary())
def test_any_bytes_are_read_or_refused_in_text_that_can_be_sent(raw: bytes) -> None:
    for text in (raw.decode("latin-1"), quote_from_bytes(raw), "sender=" + quote_from_bytes(raw)):
        reasons = faults(lambda asked: asked.parse_text("sender"), text)
        assert dump_json(reasons)


@given(NEARLY)
@example("1\n")
@example("٣")
@example(str(MAX_BIGINT))
@example(str(MAX_BIGINT + 1))
def test_a_number_is_ascii_digits_from_one_on(value: str) -> None:
    asked = query(page=value)
    found = asked.parse_number("page", 7)
    if value and all(digit in ASCII_DIGITS for digit in value) and len(value) < 20 and 0 < int(value) < 2**63:
        assert (found, asked.reasons) == (int(value), {})
    else:
        assert list(asked.reasons) == ["page"]


@given(st.integers(1, 1000), st.integers(1, 1000))
def test_a_number_above_the_most_means_the_most(value: int, most: int) -> None:
    assert query(limit=str(value)).parse_number("limit", 25, most) == min(value, most)


@given(NEARLY)
@example("2026-02-29")
@example("20260213")
@example("2026-W07-5")
def test_a_day_is_written_as_the_calendar_writes_it(value: str) -> None:
    asked = query(**{"from": value})
    found = asked.parse_date("from")
    if _calendar_knows(value):
        assert (str(found), asked.reasons) == (value, {})
    else:
        assert (found, list(asked.reasons)) == (None, ["from"])


@given(st.dates(date(2, 1, 1)), st.dates(date(2, 1, 1)))
@example(date(2026, 2, 13), date(2026, 2, 13))
@example(date(2026, 2, 13), date.max)
def test_two_days_are_a_window_that_holds_both(first: date, last: date) -> None:
    asked = query(**{"from": str(first), "to": str(last)})
    window = asked.parse_window()
    assert bool(asked.reasons) == (first > last)
    assume(first <= last)
    for day in (first, last):
        assert contains(window, utc_midnight(day))
        assert contains(window, utc_midnight(day) + timedelta(hours=23, minutes=59))
    assert not contains(window, utc_midnight(first) - timedelta(microseconds=1))
    assert last == date.max or not contains(window, utc_midnight(last + timedelta(days=1)))


def test_from_alone_ends_today() -> None:
    days = {utc_midnight(utc_today() + timedelta(days=1))}
    window = query(**{"from": "2026-02-13"}).parse_window()
    assert window.start == datetime(2026, 2, 13, tzinfo=UTC)
    # A day may end meanwhile.
    assert window.end in days | {utc_midnight(utc_today() + timedelta(days=1))}


def test_to_alone_has_no_beginning() -> None:
    assert query(to="2026-02-13").parse_window() == Window(None, datetime(2026, 2, 14, tzinfo=UTC))


def test_what_is_not_given_is_the_default() -> None:
    asked = QueryString("", KNOWN)
    assert (asked.parse_number("page", 7), asked.parse_choice("source", WORDS, "all"), asked.parse_text("sender")) == (
        7,
        "all",
        None,
    )
    assert asked.parse_window() == Window()
    asked.raise_if_invalid()


@pytest.mark.parametrize("word", WORDS)
def test_a_word_of_the_list_is_taken(word: str) -> None:
    assert query(source=word).parse_choice("source", WORDS, "all") == word


@pytest.mark.parametrize("word", ["", "API", "api ", "campaign", "\0", "api\n"])
def test_another_word_is_refused(word: str) -> None:
    reasons = faults(lambda asked: asked.parse_choice("source", WORDS, "all"), urlencode({"source": word}))
    assert list(reasons) == ["source"]


def test_a_refused_word_names_the_words_allowed() -> None:
    reasons = faults(lambda asked: asked.parse_choice("source", WORDS, "all"), "source=campaign")
    assert reasons == {"source": ["must be one of api, broadcasts, all"]}


@pytest.mark.parametrize("raw", ["page=1&page=2", "page=1&page=1", "page=1&%70age=1", "page=&page=1"])
def test_a_parameter_given_twice_is_one_fault(raw: str) -> None:
    assert faults(lambda asked: asked.parse_number("page", 1), raw) == {"page": ["is given more than once"]}


@pytest.mark.parametrize("raw", ["sender=", "sender", "sender=&page=1"])
def test_an_empty_parameter_is_refused(raw: str) -> None:
    assert faults(lambda asked: asked.parse_text("sender"), raw) == {"sender": ["must not be empty"]}


def test_every_fault_is_told_at_once() -> None:
    def read(asked: QueryString) -> None:
        asked.parse_number("page", 1)
        asked.parse_choice("source", WORDS, "all")
        asked.parse_window()

    assert list(faults(read, "page=0&source=x&from=2026-02-14&to=2026-02-13")) == ["page", "source", "from"]


def test_a_parameter_that_is_not_known_is_ignored() -> None:
    assert faults(lambda asked: asked.parse_number("page", 1), "colour=&colour=blue&shape=%00") == {}


@pytest.mark.parametrize("raw", ["sender=%ff", "%ff=1", "colour=%c3", "sender=\xff"])
def test_bytes_that_are_no_utf8_are_refused_wherever_they_are(raw: str) -> None:
    [reasons] = faults(lambda asked: asked.parse_text("sender"), raw).values()
    assert reasons == ["must be UTF-8"]


def test_more_parameters_than_anybody_sends_are_refused() -> None:
    assert faults(lambda asked: None, "&".join(["a=1"] * MAX_PAIRS)) == {}
    one_more = faults(lambda asked: None, "&".join(["a=1"] * (MAX_PAIRS + 1)))
    assert one_more == {"query string": ["must not have more than 100 parameters"]}


def contains(window: Window, moment: datetime) -> bool:
    return (window.start is None or window.start <= moment) and (window.end is None or moment < window.end)


def _calendar_knows(value: str) -> bool:
    """By counting: the months' lengths, and the leap years that Gregory left."""
    parts = value.split("-")
    if [len(part) for part in parts] != [4, 2, 2] or set("".join(parts)) - set(ASCII_DIGITS):
        return False
    year, month, day = map(int, parts)
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    lengths = [31, 29 if leap else 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    return year >= 1 and 1 <= month <= 12 and 1 <= day <= lengths[month - 1]
