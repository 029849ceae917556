"""Field parsers: valid and invalid values, and the round trip through COPY."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import orjson
import pytest
from django.db import connection
from hypothesis import example, given, settings
from hypothesis import strategies as st

from smsreports.records import field_parsers
from smsreports.records.field_parsers import COPY_NULL, InvalidRecord
from smsreports.sms.statuses import NAMES

NOT_TEXT: list[Any] = [None, 1, 1.5, True, [], {}, ["+14155551234"]]
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40)
VALID_TEXTS: dict[Callable[[Any], str], list[Any]] = {
    field_parsers.make_text_parser(5): ["a", "12345", " ", "äöü€😀", "NULL"],
    field_parsers.make_text_parser(5, allow_empty=True): ["", "a"],
    field_parsers.parse_phone: ["+14155551234", "+123456789012345", "22122", "1", "Acme"],
    field_parsers.parse_country: ["US", "LY", "ZZ"],
    field_parsers.parse_status: list(NAMES),
}
# fmt: off
INVALID_COST_TEXTS = (
    "", " 1", "1 ", "1\n", "+1", "-1", "-0.5", "1.", ".5", "1e2", "1,5", "0x1", "NaN", "inf", "١",
    "0.0000001", "1234567", "1234567.123456",
)
INVALID_COSTS: tuple[Any, ...] = (
    None, True, False, [], {}, -1, -0.000001, -0.0, 1e-7, 0.1234567, 1234567, 1e6, 999999.9999999, 1e300, 10**30,
    float("inf"), float("nan"),
)
INVALID_DATETIMES = (
    # Another format.
    "", "now", "infinity", "2026-02-13", "2026-02-13 10:30:00Z", "2026-02-13T10:30Z", "20260213T103000Z",
    "2026-02-13T10:30:00z", "2026-02-13t10:30:00Z", "2026-02-13T10:30:00Z\n", "-2026-02-13T10:30:00Z",
    "2026-02-13T10:30:00.Z", "2026-02-13T10:30:00.1234567Z",
    # No zone, or an invalid one.
    "2026-02-13T10:30:00", "2026-02-13T10:30:00 Z", "2026-02-13T10:30:00+01", "2026-02-13T10:30:00+0100",
    "2026-02-13T10:30:00+15:00", "2026-02-13T10:30:00-99:00", "2026-02-13T10:30:00+01:60",
    # A time that does not exist.
    "2026-02-13T24:00:00Z", "2026-02-13T23:60:00Z", "2026-02-13T23:59:60Z", "2026-02-30T00:00:00Z",
    "2025-02-29T00:00:00Z", "2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z",
    # A year out of range.
    "0000-01-01T00:00:00Z", "0001-12-31T23:59:59Z", "9999-01-01T00:00:00Z", "10000-01-01T00:00:00Z",
)
# fmt: on
INVALID_VALUES: dict[Callable[[Any], str], list[Any]] = {
    field_parsers.make_text_parser(5): [*NOT_TEXT, "", "123456", "a\0b"],
    field_parsers.make_text_parser(5, allow_empty=True): [*NOT_TEXT, "123456", "\0"],
    field_parsers.parse_phone: [*NOT_TEXT, "", "+", "+1234567890123456", "+1x", "4.48E+11", "a\0b", "x" * 17, "++1"],
    field_parsers.parse_country: [*NOT_TEXT, "", "U", "us", "USA", "U1", "US\n", "ÄÖ"],
    field_parsers.parse_status: [*NOT_TEXT, "", "delivrd", "DELIVERED", "Sent", "DELIVRD "],
    field_parsers.parse_segments: [None, "1", 0, -1, 32768, 1.0, True, False, [], 10**30],
    field_parsers.parse_cost: [*INVALID_COST_TEXTS, *INVALID_COSTS],
    field_parsers.parse_datetime: [*NOT_TEXT, *INVALID_DATETIMES],
}


@pytest.mark.parametrize(
    ("parse", "value"), [(parse, value) for parse, values in VALID_TEXTS.items() for value in values]
)
def test_valid_text_is_returned_unchanged(parse: Callable[[Any], str], value: str) -> None:
    assert parse(value) == value


@pytest.mark.parametrize(
    ("parse", "value"), [(parse, value) for parse, values in INVALID_VALUES.items() for value in values]
)
def test_an_invalid_value_is_rejected_with_a_reason(parse: Callable[[Any], str], value: Any) -> None:
    with pytest.raises(InvalidRecord, match=r"^(must|is not) "):
        parse(value)


@pytest.mark.parametrize(
    ("value", "country", "number"),
    [("14155551234", "", "+14155551234"), ("415 555 1234", "US", "+14155551234"), ("M\\S", "", "M\\\\S")],
)
def test_a_number_becomes_canonical(value: str, country: str, number: str) -> None:
    assert field_parsers.parse_phone(value, country) == number


@pytest.mark.parametrize("parts", [1, 2, 32767])
def test_segments_are_whole_numbers(parts: int) -> None:
    assert field_parsers.parse_segments(parts) == str(parts)


COSTS = st.decimals(Decimal(0), Decimal("999999.999999"), places=6)


@given(COSTS)
@example(Decimal("0.000000"))
@example(Decimal("999999.999999"))
@example(Decimal("0.000001"))
def test_a_cost_keeps_its_digits_as_text_and_as_a_number(amount: Decimal) -> None:
    as_number = orjson.loads(format(amount, "f"))
    assert (
        Decimal(field_parsers.parse_cost(format(amount, "f"))) == Decimal(field_parsers.parse_cost(as_number)) == amount
    )


@pytest.mark.parametrize("value", ["0", "1.50", "000001", "0.1234560000", 0, 7, 1e5, 1e-6])
def test_other_notations_of_a_cost_are_accepted(value: Any) -> None:
    assert Decimal(field_parsers.parse_cost(value)) == Decimal(str(value))


ZONES = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
FIRST, LAST = datetime(2, 1, 1, tzinfo=UTC), datetime(9998, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)
DATETIMES = st.datetimes(FIRST.replace(tzinfo=None), LAST.replace(tzinfo=None), timezones=ZONES)


@given(DATETIMES)
@example(FIRST.replace(tzinfo=timezone(timedelta(hours=14))))
@example(LAST.replace(tzinfo=timezone(timedelta(hours=-14))))
def test_any_time_in_the_valid_years_is_accepted(time: datetime) -> None:
    assert field_parsers.parse_datetime(time.isoformat()) == time.isoformat()


@pytest.mark.django_db
@settings(max_examples=50, deadline=None)
@given(DATETIMES)
@example(FIRST.replace(tzinfo=timezone(timedelta(hours=14))))
@example(LAST.replace(tzinfo=timezone(timedelta(hours=-14))))
def test_postgresql_reads_a_time_like_python(time: datetime) -> None:
    assert copy_value("timestamptz", field_parsers.parse_datetime(time.isoformat())) == time


@pytest.mark.django_db
@settings(deadline=None)
@given(TEXTS | st.text(st.sampled_from("\\\t\n\r\b\v\fNnt.\x7f\u0085\u2028"), max_size=8))
@example(COPY_NULL)
@example("\\.")
@example("\\")
@example("\r\n")
def test_copy_preserves_any_text(text: str) -> None:
    assert copy_value("text", field_parsers.make_text_parser(40, allow_empty=True)(text)) == text


@pytest.mark.django_db
def test_copy_preserves_null() -> None:
    assert copy_value("text", COPY_NULL) is None


def copy_value(kind: str, value: str) -> Any:
    """Return the value after COPY has loaded it in a row between two others."""
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMPORARY TABLE copied (before text, value {kind}, after text) ON COMMIT DROP")
        with cursor.copy("COPY copied FROM STDIN") as copy:
            copy.write(f"before\t{value}\tafter\n")
        cursor.execute("SELECT * FROM copied")
        (before, copied, after), *others = cursor.fetchall()
        cursor.execute("DROP TABLE copied")
    assert (before, after, others) == ("before", "after", [])
    return copied
