"""The readers of values: what they take, what they refuse, and that COPY gives back what they took."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import orjson
import pytest
from django.db import connection
from hypothesis import example, given, settings
from hypothesis import strategies as st

from smsreports.ingest import field_parsers
from smsreports.ingest.field_parsers import COPY_NULL, InvalidRecord
from smsreports.sms.statuses import NAMES

NO_TEXT: list[Any] = [None, 1, 1.5, True, [], {}, ["+14155551234"]]
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40)
TAKEN: dict[Callable[[Any], str], list[Any]] = {
    field_parsers.make_text_parser(5): ["a", "12345", " ", "äöü€😀", "NULL"],
    field_parsers.make_text_parser(5, allow_empty=True): ["", "a"],
    field_parsers.parse_phone: ["+14155551234", "14155551234", "+123456789012345", "22122", "1"],
    field_parsers.parse_country: ["US", "LY", "ZZ"],
    field_parsers.parse_status: list(NAMES),
}
# fmt: off
NO_COST_AS_TEXT = (
    "", " 1", "1 ", "1\n", "+1", "-1", "-0.5", "1.", ".5", "1e2", "1,5", "0x1", "NaN", "inf", "١",
    "0.0000001", "1234567", "1234567.123456",
)
NO_COST: tuple[Any, ...] = (
    None, True, False, [], {}, -1, -0.000001, -0.0, 1e-7, 0.1234567, 1234567, 1e6, 999999.9999999, 1e300, 10**30,
    float("inf"), float("nan"),
)
NO_MOMENT = (
    # Another form.
    "", "now", "infinity", "2026-02-13", "2026-02-13 10:30:00Z", "2026-02-13T10:30Z", "20260213T103000Z",
    "2026-02-13T10:30:00z", "2026-02-13t10:30:00Z", "2026-02-13T10:30:00Z\n", "-2026-02-13T10:30:00Z",
    "2026-02-13T10:30:00.Z", "2026-02-13T10:30:00.1234567Z",
    # No zone, or none that there is.
    "2026-02-13T10:30:00", "2026-02-13T10:30:00 Z", "2026-02-13T10:30:00+01", "2026-02-13T10:30:00+0100",
    "2026-02-13T10:30:00+15:00", "2026-02-13T10:30:00-99:00", "2026-02-13T10:30:00+01:60",
    # No such time.
    "2026-02-13T24:00:00Z", "2026-02-13T23:60:00Z", "2026-02-13T23:59:60Z", "2026-02-30T00:00:00Z",
    "2025-02-29T00:00:00Z", "2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z",
    # A year that is nobody's.
    "0000-01-01T00:00:00Z", "0001-12-31T23:59:59Z", "9999-01-01T00:00:00Z", "10000-01-01T00:00:00Z",
)
# fmt: on
REFUSED: dict[Callable[[Any], str], list[Any]] = {
    field_parsers.make_text_parser(5): [*NO_TEXT, "", "123456", "a\0b"],
    field_parsers.make_text_parser(5, allow_empty=True): [*NO_TEXT, "123456", "\0"],
    field_parsers.parse_phone: [*NO_TEXT, "", "+", "+1234567890123456", "0x1", "+1 415", "1-2", "+١٢٣", "+1\n", "++1"],
    field_parsers.parse_country: [*NO_TEXT, "", "U", "us", "USA", "U1", "US\n", "ÄÖ"],
    field_parsers.parse_status: [*NO_TEXT, "", "delivrd", "DELIVERED", "Sent", "DELIVRD "],
    field_parsers.parse_segments: [None, "1", 0, -1, 32768, 1.0, True, False, [], 10**30],
    field_parsers.parse_cost: [*NO_COST_AS_TEXT, *NO_COST],
    field_parsers.parse_datetime: [*NO_TEXT, *NO_MOMENT],
}


@pytest.mark.parametrize(("read", "value"), [(read, value) for read, values in TAKEN.items() for value in values])
def test_plain_text_is_taken_as_it_is(read: Callable[[Any], str], value: str) -> None:
    assert read(value) == value


@pytest.mark.parametrize(("read", "value"), [(read, value) for read, values in REFUSED.items() for value in values])
def test_what_is_none_is_refused_with_a_reason(read: Callable[[Any], str], value: Any) -> None:
    with pytest.raises(InvalidRecord, match=r"^(must|is not) "):
        read(value)


@pytest.mark.parametrize("parts", [1, 2, 32767])
def test_parts_are_whole_numbers(parts: int) -> None:
    assert field_parsers.parse_segments(parts) == str(parts)


MONEY = st.decimals(Decimal(0), Decimal("999999.999999"), places=6)


@given(MONEY)
@example(Decimal("0.000000"))
@example(Decimal("999999.999999"))
@example(Decimal("0.000001"))
def test_money_keeps_every_digit_as_text_and_as_a_number(amount: Decimal) -> None:
    as_number = orjson.loads(format(amount, "f"))
    assert (
        Decimal(field_parsers.parse_cost(format(amount, "f"))) == Decimal(field_parsers.parse_cost(as_number)) == amount
    )


@pytest.mark.parametrize("value", ["0", "1.50", "000001", "0.1234560000", 0, 7, 1e5, 1e-6])
def test_other_ways_to_write_money_are_taken(value: Any) -> None:
    assert Decimal(field_parsers.parse_cost(value)) == Decimal(str(value))


ZONES = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
FIRST, LAST = datetime(2, 1, 1, tzinfo=UTC), datetime(9998, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)
MOMENTS = st.datetimes(FIRST.replace(tzinfo=None), LAST.replace(tzinfo=None), timezones=ZONES)


@given(MOMENTS)
@example(FIRST.replace(tzinfo=timezone(timedelta(hours=14))))
@example(LAST.replace(tzinfo=timezone(timedelta(hours=-14))))
def test_any_moment_of_these_years_is_taken(moment: datetime) -> None:
    assert field_parsers.parse_datetime(moment.isoformat()) == moment.isoformat()


@pytest.mark.django_db
@settings(max_examples=50, deadline=None)
@given(MOMENTS)
@example(FIRST.replace(tzinfo=timezone(timedelta(hours=14))))
@example(LAST.replace(tzinfo=timezone(timedelta(hours=-14))))
def test_the_database_reads_a_moment_as_python_does(moment: datetime) -> None:
    assert copied("timestamptz", field_parsers.parse_datetime(moment.isoformat())) == moment


@pytest.mark.django_db
@settings(deadline=None)
@given(TEXTS | st.text(st.sampled_from("\\\t\n\r\b\v\fNnt.\x7f\u0085\u2028"), max_size=8))
@example(COPY_NULL)
@example("\\.")
@example("\\")
@example("\r\n")
def test_any_text_comes_out_as_it_went_in(text: str) -> None:
    assert copied("text", field_parsers.make_text_parser(40, allow_empty=True)(text)) == text


@pytest.mark.django_db
def test_a_null_comes_out_as_one() -> None:
    assert copied("text", COPY_NULL) is None


def copied(kind: str, value: str) -> Any:
    """What COPY makes of a value beside another in a row."""
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMPORARY TABLE copied (before text, value {kind}, after text) ON COMMIT DROP")
        with cursor.copy("COPY copied FROM STDIN") as copy:
            copy.write(f"before\t{value}\tafter\n")
        cursor.execute("SELECT * FROM copied")
        (before, found, after), *others = cursor.fetchall()
        cursor.execute("DROP TABLE copied")
    assert (before, after, others) == ("before", "after", [])
    return found
