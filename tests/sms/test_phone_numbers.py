"""The canonical form of phone numbers, and parts of numbers as people write them."""

from functools import cache

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from smsreports.sms.phone_numbers import (
    InvalidNumber,
    PartOfNumber,
    canonicalize_number,
    is_canonical,
    parse_part_of_number,
)

FORMATS = phonenumbers.PhoneNumberFormat
# White space, format and bidirectional characters, dashes, dots, slashes and brackets. Closing brackets are left out
# of random places, because `(0)` has a meaning of its own.
MARKS = (
    " \t\n\r\x85\u00a0\u2007\u202f\u3000\u2028\u00ad\u200b\u200e\u202a\u202c\u2066\u2069\ufeff"
    "-\u2010\u2011\u2013\u2014\u2212\u30fc\uff0d.\u00b7\u30fb\uff0e/\\\u2044\u2215\uff0f([{\uff08\u3010"
)
CLOSING_BRACKETS = ")]}\uff09\u3011"
# Zeros of scripts; the other digits follow them.
ZEROS = "0\u0660\u06f0\u0966\u09e6\u0e50\uff10\U0001d7ce"
NUMBERS = st.from_regex(r"\+[1-9][0-9]{6,14}", fullmatch=True)
COUNTRIES = st.sampled_from(sorted(phonenumbers.SUPPORTED_REGIONS))


@cache
def list_examples(country: str) -> list[phonenumbers.PhoneNumber]:
    """Return the valid example numbers of a country, of every type."""
    kinds = phonenumbers.PhoneNumberType.values()
    examples = (phonenumbers.example_number_for_type(country, kind) for kind in kinds)
    return [example for example in examples if example is not None and is_canonical(to_e164(example))]


def to_e164(number: phonenumbers.PhoneNumber) -> str:
    return phonenumbers.format_number(number, FORMATS.E164)


@st.composite
def valid_numbers(draw: st.DrawFn) -> tuple[str, phonenumbers.PhoneNumber]:
    """Generate countries and valid numbers of theirs, which vary the last digits of an example."""
    country = draw(COUNTRIES)
    example = draw(st.sampled_from(list_examples(country)))
    digits = to_e164(example)
    ending = draw(st.from_regex(r"[0-9]{3}", fullmatch=True))
    varied = phonenumbers.parse(digits[:-3] + ending)
    is_usable = phonenumbers.is_valid_number_for_region(varied, country) and is_canonical(to_e164(varied))
    return country, varied if is_usable else example


@st.composite
def written_numbers(draw: st.DrawFn) -> tuple[str, str]:
    """Generate canonical numbers, each with another way to write it: marks, scripts and `00`."""
    number = draw(NUMBERS)
    prefix = draw(st.sampled_from(["+", "00", "\uff0b"]))
    characters = [*prefix, *(write_digit(draw(st.sampled_from(ZEROS)), digit) for digit in number[1:])]
    marks = draw(st.lists(st.text(MARKS, max_size=3), min_size=20, max_size=20))
    return number, "".join(mark + character for mark, character in zip(marks, characters, strict=False))


def write_digit(zero: str, digit: str) -> str:
    """Return the digit in the script of that zero."""
    return chr(ord(zero) + int(digit))


@given(st.text() | st.text("+0123456789 ()-aE"), st.sampled_from(["", "US", "DE"]), st.booleans())
def test_a_canonical_number_stays_as_it_is(text: str, country: str, is_international: bool) -> None:
    try:
        number = canonicalize_number(text, country, is_international=is_international)
    except InvalidNumber as error:
        assert str(error).startswith("must ")
        return
    assert canonicalize_number(number, country, is_international=is_international) == number
    assert 1 <= len(number) <= 16
    assert is_canonical(number) or not number.startswith("+") or len(number) < 8 or number[1] == "0"


@given(written_numbers())
def test_however_a_number_is_written_it_is_one(written: tuple[str, str]) -> None:
    number, text = written
    assert canonicalize_number(text) == number


@given(NUMBERS, st.integers(0, 16), st.text(MARKS, min_size=1) | st.text(CLOSING_BRACKETS))
def test_marks_change_nothing(number: str, position: int, marks: str) -> None:
    assert canonicalize_number(number[:position] + marks + number[position:]) == number


@given(valid_numbers())
def test_a_number_written_in_three_ways_is_one_person(valid: tuple[str, phonenumbers.PhoneNumber]) -> None:
    country, parsed = valid
    number = to_e164(parsed)
    international = phonenumbers.format_number(parsed, FORMATS.INTERNATIONAL)
    ways = {canonicalize_number(text, country) for text in (number, f"00{number[1:]}", international)}
    assert ways == {number}
    assert canonicalize_number(number[1:], is_international=True) == number
    assert canonicalize_number(number[1:]) == number


@given(valid_numbers())
def test_a_national_number_of_the_default_country_gets_its_calling_code(
    valid: tuple[str, phonenumbers.PhoneNumber],
) -> None:
    country, parsed = valid
    national = phonenumbers.format_number(parsed, FORMATS.NATIONAL)
    assert canonicalize_number(national, country) == to_e164(parsed)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("004917012345678", "+4917012345678"),
        ("4917012345678", "+4917012345678"),
        ("+0049 170 12345678", "+4917012345678"),
        ("+44 (0)7700 900123", "+447700900123"),
        ("0044(0)7700900123", "+447700900123"),
        ("(+44)(0)7700 900123", "+447700900123"),
        ("+44\uff08\uff10\uff097700900123", "+447700900123"),
        ("+4930(0)12345", "+4930012345"),
        ("\u202a+44 7700\u00a0900123\u202c", "+447700900123"),
        ("+44.7700.900123", "+447700900123"),
        ("+٤٤٧٧٠٠٩٠٠١٢٣", "+447700900123"),
        ("+1234567", "+1234567"),
        ("+123456789012345", "+123456789012345"),
    ],
)
def test_a_number_with_its_calling_code_is_canonical(text: str, number: str) -> None:
    assert canonicalize_number(text) == number


@pytest.mark.parametrize(
    ("country", "is_international", "number"),
    [
        ("US", False, "+14792345678"),
        ("NO", False, "+4792345678"),
        ("", False, "+4792345678"),
        ("US", True, "+4792345678"),
    ],
)
def test_the_entrance_and_then_the_default_country_decide(country: str, is_international: bool, number: str) -> None:
    """4792345678 is valid in Norway with its calling code, and in the US without."""
    assert canonicalize_number("4792345678", country, is_international=is_international) == number


def test_a_number_of_another_country_under_the_same_calling_code_is_national() -> None:
    """With +60 it would be a number of Malaysia, but 604 555 1234 dialled in the US is a number of Canada."""
    assert canonicalize_number("604 555 1234", "US") == "+16045551234"


@pytest.mark.parametrize(
    "text", ["22122", "1", "0170123", "4155551234", "+12345", "+0123456789", "0012345", "3M", "Acme"]
)
def test_short_codes_names_and_invalid_numbers_are_kept(text: str) -> None:
    assert canonicalize_number(text) == text


@pytest.mark.parametrize(
    ("text", "kept"), [(" 22-122 ", "22122"), ("٢٢١٢٢", "22122"), ("\u200fAcme \n", "Acme"), ("M & S", "M & S")]
)
def test_what_is_kept_has_no_marks_around_it(text: str, kept: str) -> None:
    assert canonicalize_number(text, "US", is_international=True) == kept


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "a short code or a name"),
        (" - ", "a short code or a name"),
        ("+", "a short code or a name"),
        ("++4917012345678", "a short code or a name"),
        ("+49+170", "a short code or a name"),
        ("4,47911", "a short code or a name"),
        ("+49\x00170", "control"),
        ("+49\x1f170", "control"),
        ("Ac\x00me", "control"),
        ("Ac\tme", "control"),
        ("Ac\u202eme", "control, format or bidirectional"),
        ("+49abc", "letters"),
        ("4.48E+11", "letters"),
        ("4.47911E+11", "letters"),
        ("+49 170 1234567 ext 5", "letters"),
        ("tel:+4917012345678", "letters"),
        ("+1234567890123456", "15 digits"),
        ("1234567890123456", "15 digits"),
        ("001234567890123456", "15 digits"),
        ("a name far too long", "16 characters"),
    ],
)
def test_what_is_no_destination_is_refused_with_a_reason_that_does_not_quote_it(text: str, reason: str) -> None:
    with pytest.raises(InvalidNumber, match=reason) as error:
        canonicalize_number(text)
    assert not text.strip("+- ") or text not in str(error.value)


@given(NUMBERS, st.data())
def test_any_written_beginning_of_a_number_is_found(number: str, data: st.DataObject) -> None:
    length = data.draw(st.integers(2, len(number)))
    prefix = data.draw(st.sampled_from(["+", "00"] if length > 7 else ["+"]))
    marks = data.draw(st.lists(st.text(MARKS, max_size=2), min_size=length))
    zero = data.draw(st.sampled_from(ZEROS))
    digits = (mark + write_digit(zero, digit) for mark, digit in zip(marks, number[1:length], strict=False))
    part = parse_part_of_number(prefix + "".join(digits))
    assert part == PartOfNumber(beginning=number[:length])


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("+44", PartOfNumber(beginning="+44")),
        ("00447700900123", PartOfNumber(beginning="+447700900123")),
        ("+44(0)7700900123", PartOfNumber(beginning="+447700900123")),
        ("00 1234567", PartOfNumber(beginning="+1234567")),
        ("00 123456", PartOfNumber(digits="00123456")),
        ("7700 900", PartOfNumber(digits="7700900")),
        ("٣", PartOfNumber(digits="3")),
    ],
)
def test_a_part_is_the_beginning_of_a_number_or_anywhere_in_it(text: str, part: PartOfNumber) -> None:
    assert parse_part_of_number(text) == part


@pytest.mark.parametrize(
    "text", ["", "+", "()", "+-()", "12a", "1+1", "++1", "1" * 16, "+" + "1" * 16, "00" + "1" * 16]
)
def test_a_part_without_1_to_15_digits_is_refused(text: str) -> None:
    with pytest.raises(InvalidNumber, match="must be 1 to 15 digits"):
        parse_part_of_number(text)
