"""JSON out: money with all its digits and no others, times to the second in UTC."""

import json
import re
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from smsreports.api.rendering import dump_json, format_decimal

# What a cost column holds, and what a sum of many may.
MONEY = st.decimals(0, 10**18, places=6) | st.decimals(0, 10**6, places=6)
PLAIN = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]*[1-9])?")


@given(MONEY)
@example(Decimal("0.000001"))
@example(Decimal("1E+3"))
@example(Decimal("0E-6"))
@example(Decimal("100"))
@example(Decimal("999999.999999"))
def test_money_is_written_without_exponent_or_trailing_zeros(money: Decimal) -> None:
    assert PLAIN.fullmatch(format_decimal(money))
    assert Decimal(format_decimal(money)) == money


@given(MONEY)
def test_money_is_a_json_number_with_every_digit(money: Decimal) -> None:
    assert json.loads(dump_json({"cost": money}), parse_float=Decimal, parse_int=Decimal) == {"cost": money}


@pytest.mark.parametrize(("money", "text"), [("0.0085", b"0.0085"), ("0.042000", b"0.042"), ("12.00", b"12")])
def test_money_looks_like_the_vendors(money: str, text: bytes) -> None:
    assert dump_json({"cost": Decimal(money)}) == b'{"cost":' + text + b"}"


@given(st.datetimes(timezones=st.just(UTC)))
@example(datetime(2026, 2, 13, 10, 30, 4, 999999, UTC))
def test_a_time_is_cut_to_the_second_and_never_rounded(moment: datetime) -> None:
    clock = f"{moment.hour:02}:{moment.minute:02}:{moment.second:02}"
    assert json.loads(dump_json(moment)) == f"{moment.year:04}-{moment.month:02}-{moment.day:02}T{clock}Z"


def test_other_values_are_written_as_json_has_them() -> None:
    assert dump_json([None, True, 1847, "1847", date(2026, 2, 13)]) == b'[null,true,1847,"1847","2026-02-13"]'


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_text_comes_back_as_it_was(text: str) -> None:
    assert json.loads(dump_json({"message": text})) == {"message": text}
