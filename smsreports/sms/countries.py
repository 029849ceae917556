"""Which country a phone number belongs to."""

import re
from functools import lru_cache

# Here and not inside the function that needs it: the import takes about 30 ms once, beside some hundreds
# for Django, and the table below needs the package's metadata anyway.
import phonenumbers

# E.164 in international form: 15 digits at most; the shortest in the metadata have 6 (DE, AT, IR).
_is_international = re.compile(r"\+[1-9][0-9]{5,14}").fullmatch

# What phonenumbers calls the region of satellite, freephone and other codes that belong to no country.
NO_COUNTRY = "001"

# Distinct numbers whose answer is kept: the busy ones of a load, in about 10 MB at the very most.
MAX_CACHED_NUMBERS = 50_000


def _build_prefix_table(*, is_shared: bool) -> dict[str, str]:
    """The main region by a number's first three digits, for the codes of one region or of several."""
    return {
        prefix: regions[0]
        for code, regions in phonenumbers.COUNTRY_CODE_TO_REGION_CODE.items()
        if regions[0] != NO_COUNTRY and (len(regions) > 1) == is_shared
        for prefix in _expand_to_three_digits(str(code))
    }


def _expand_to_three_digits(code: str) -> list[str]:
    """Every three digits that begin with calling code `code`: no code is the beginning of another one."""
    free = 3 - len(code)
    return [f"{code}{rest:0{free}}" if free else code for rest in range(10**free)]


_ONE_REGION = _build_prefix_table(is_shared=False)
_MAIN_REGION = _build_prefix_table(is_shared=True)


def find_country(number: str) -> str | None:
    """The two-letter region of an international number (`+` and 6 to 15 digits); None where it has none.

    A calling code of one region answers for every number under it, assigned or not. Under a shared one
    (1, 7, 44 and nine more) an unassigned number counts as the code's main region: `+1` US, `+44` GB.
    Source: the metadata of phonenumbers, Google's libphonenumber.
    """
    if not _is_international(number):
        return None
    prefix = number[1:4]
    if prefix in _MAIN_REGION:
        return _find_shared_region(number)
    return _ONE_REGION.get(prefix)


@lru_cache(maxsize=MAX_CACHED_NUMBERS)
def _find_shared_region(number: str) -> str:
    """The region of `number` under a shared calling code, about 40 microseconds where it isn't kept yet."""
    region = phonenumbers.region_code_for_number(phonenumbers.parse(number))
    return region or _MAIN_REGION[number[1:4]]
