"""Country of a phone number."""

from functools import lru_cache

# Imported at the top although it takes about 30 ms: the table below needs the package's metadata anyway.
import phonenumbers

from smsreports.sms.phone_numbers import is_canonical

# The region in phonenumbers of satellite, freephone and other codes that belong to no country.
NO_COUNTRY = "001"

# Numbers in the cache: the frequent ones of an import, in 10 MB at most.
MAX_CACHED_NUMBERS = 50_000


def _build_prefix_table(*, is_shared: bool) -> dict[str, str]:
    """Return the main region by the first three digits of a number.

    `is_shared` selects the calling codes of several regions, otherwise those of one region.
    """
    return {
        prefix: regions[0]
        for code, regions in phonenumbers.COUNTRY_CODE_TO_REGION_CODE.items()
        if regions[0] != NO_COUNTRY and (len(regions) > 1) == is_shared
        for prefix in _expand_to_three_digits(str(code))
    }


def _expand_to_three_digits(code: str) -> list[str]:
    """Return all groups of three digits that begin with `code`. No calling code is a prefix of another one."""
    missing = 3 - len(code)
    return [f"{code}{suffix:0{missing}}" if missing else code for suffix in range(10**missing)]


_REGION_BY_PREFIX = _build_prefix_table(is_shared=False)
_MAIN_REGION_BY_PREFIX = _build_prefix_table(is_shared=True)


def find_country(number: str) -> str | None:
    """Return the two-letter region of a canonical number; None if it has none, as short codes and names.

    All numbers under a calling code of one region belong to that region, assigned or not. Under a shared code
    (1, 7, 44 and nine more) an unassigned number belongs to the code's main region: `+1` US, `+44` GB.
    Source: the metadata of phonenumbers, Google's libphonenumber.
    """
    if not is_canonical(number):
        return None
    prefix = number[1:4]
    if prefix in _MAIN_REGION_BY_PREFIX:
        return _find_shared_region(number)
    return _REGION_BY_PREFIX.get(prefix)


@lru_cache(maxsize=MAX_CACHED_NUMBERS)
def _find_shared_region(number: str) -> str:
    """Return the region of `number` under a shared calling code. Takes about 40 microseconds if it is not cached."""
    region = phonenumbers.region_code_for_number(phonenumbers.parse(number))
    return region or _MAIN_REGION_BY_PREFIX[number[1:4]]
