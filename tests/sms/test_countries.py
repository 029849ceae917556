"""The country of a number, compared with phonenumbers."""

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from smsreports.sms.countries import find_country
from smsreports.sms.phone_numbers import is_canonical

E164 = phonenumbers.PhoneNumberFormat.E164
SHARED = [code for code, regions in phonenumbers.COUNTRY_CODE_TO_REGION_CODE.items() if len(regions) > 1]


def list_examples() -> list[str]:
    """Return the canonical example numbers of every region and type."""
    numbers = (
        phonenumbers.example_number_for_type(region, kind)
        for region in sorted(phonenumbers.SUPPORTED_REGIONS)
        for kind in phonenumbers.PhoneNumberType.values()
    )
    formatted = (phonenumbers.format_number(example, E164) for example in numbers if example is not None)
    return [number for number in formatted if is_canonical(number)]


def test_the_examples_of_every_region_have_the_region_of_phonenumbers() -> None:
    for number in list_examples():
        expected = phonenumbers.region_code_for_number(phonenumbers.parse(number))
        if expected is not None:
            assert find_country(number) == expected, number


def test_every_region_is_found() -> None:
    # Western Sahara and Saint Martin share the numbers of Morocco and Guadeloupe.
    assert {find_country(number) for number in list_examples()} == set(phonenumbers.SUPPORTED_REGIONS) - {"EH", "MF"}


@pytest.mark.parametrize(
    ("number", "region"),
    [
        ("+12423591234", "BS"),
        ("+14165551234", "CA"),
        ("+14155551234", "US"),
        ("+77012345678", "KZ"),
        ("+79123456789", "RU"),
        ("+441481960194", "GG"),
        ("+447781123456", "GG"),
        ("+447400123456", "GB"),
        ("+390669812345", "VA"),
        ("+390612345678", "IT"),
        ("+4915123456789", "DE"),
        ("+218912345678", "LY"),
    ],
)
def test_a_number_under_a_shared_code_has_its_own_region(number: str, region: str) -> None:
    assert find_country(number) == region


@pytest.mark.parametrize(("number", "region"), [("+447700900123", "GB"), ("+10000000000", "US"), ("+3900000", "IT")])
def test_an_unassigned_number_has_the_main_region_of_its_code(number: str, region: str) -> None:
    assert find_country(number) == region


@pytest.mark.parametrize("number", ["+870773111632", "+881612345678", "+80012345678", "+97912345678"])
def test_satellite_and_global_numbers_have_no_country(number: str) -> None:
    assert find_country(number) is None


INVALID_NUMBERS = ["", "+", "garbage", "14155551234", "0014155551234", "+0123456789", "+141555", "+1415555123a"]
INVALID_NUMBERS += [
    "+99912345678",
    "+1 415 555 1234",
    "++14155551234",
    "+14155551234\n",
    "+1415555123412345",
    "+٤٤٧٤٠٠١٢٣٤٥٦",
]


@pytest.mark.parametrize("number", INVALID_NUMBERS)
def test_an_invalid_number_has_no_country(number: str) -> None:
    assert find_country(number) is None


@given(st.sampled_from(SHARED), st.from_regex(r"[0-9]{6,12}", fullmatch=True))
def test_any_number_under_a_shared_code_has_one_of_its_regions(code: int, rest: str) -> None:
    assert find_country(f"+{code}{rest}") in phonenumbers.COUNTRY_CODE_TO_REGION_CODE[code]


@given(st.from_regex(r"\+[1-9][0-9]{6,14}", fullmatch=True))
def test_any_number_has_the_country_of_phonenumbers(number: str) -> None:
    assert find_country(number) == find_country_slowly(number)


def find_country_slowly(number: str) -> str | None:
    """Return the region with phonenumbers alone; the first one of the calling code if the number has none."""
    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return None
    code = parsed.country_code or 0
    region = phonenumbers.region_code_for_number(parsed) or phonenumbers.region_code_for_country_code(code)
    return None if region in ("001", "ZZ") else region
