"""JSON rendering: money with its exact digits, times in UTC to the second."""

import json
import re
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from smsreports.api.rendering import dump_json, format_decimal

# Values of a cost column, and of sums of many.
MONEY = st.decimals(0, 10**18, places=6) | st.decimals(0, 10**6, places=6)
PLAIN = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]*[1-9])?")


@given(MONEY)
@example(Decimal("0.000001"))
@example(Decimal("1E+3"))
@example(Decimal("0E-6"))
@example(Decimal("100"))
@example(Decimal("999999.999999"))
def test_money_is_rendered_without_exponent_or_trailing_zeros(money: Decimal) -> None:
    assert PLAIN.fullmatch(format_decimal(money))
    assert Decimal(format_decimal(money)) == money


@given(MONEY)
def test_money_is_a_json_number_with_every_digit(money: Decimal) -> None:
    assert json.loads(dump_json({"cost": money}), parse_float=Decimal, parse_int=Decimal) == {"cost": money}


@pytest.mark.parametrize(("money", "text"), [("0.0085", b"0.0085"), ("0.042000", b"0.042"), ("12.00", b"12")])
def test_money_is_rendered_as_in_the_vendors_examples(money: str, text: bytes) -> None:
    assert dump_json({"cost": Decimal(money)}) == b'{"cost":' + text + b"}"


@given(st.datetimes(timezones=st.just(UTC)))
@example(datetime(2026, 2, 13, 10, 30, 4, 999999, UTC))
def test_a_time_is_truncated_to_the_second_and_never_rounded(time: datetime) -> None:
    clock = f"{time.hour:02}:{time.minute:02}:{time.second:02}"
    assert json.loads(dump_json(time)) == f"{time.year:04}-{time.month:02}-{time.day:02}T{clock}Z"


def test_other_values_are_rendered_as_json() -> None:
    assert dump_json([None, True, 1847, "1847", date(2026, 2, 13)]) == b'[null,true,1847,"1847","2026-02-13"]'


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_text_is_rendered_unchanged(text: str) -> None:
    assert json.loads(dump_json({"message": text})) == {"message": text}
