"""Valid mobile numbers for the demo, made from the example number of each country."""

import random
from functools import cache

import phonenumbers

# A country has this many stems, each checked once, and any three digits complete a stem.
STEMS_PER_COUNTRY, ENDINGS_PER_STEM = 40, 1000
# Leading digits of the example number that are kept: enough for valid numbers, few enough for different ones.
EXAMPLE_DIGITS = 2
# Far more than any country of the demo needs to find its stems.
MAX_TRIES = 4000


def draw_number(rng: random.Random, code: str) -> str:
    """Draw an E.164 number of country `code`. Some numbers come far more often than others, as with real people."""
    stems = _find_stems(code)
    chosen = int(rng.random() ** 2 * len(stems) * ENDINGS_PER_STEM)
    return f"{stems[chosen // ENDINGS_PER_STEM]}{chosen % ENDINGS_PER_STEM:03}"


@cache
def _find_stems(code: str) -> tuple[str, ...]:
    """Return valid numbers without their last three digits; the same ones in every process."""
    start, free = _split_example_number(code)
    rng = random.Random(code)  # noqa: S311  guards no secret
    stems: dict[str, None] = {}
    for _ in range(MAX_TRIES):
        stem = start + "".join(rng.choices("0123456789", k=free))
        if _is_valid_stem(stem, code):
            stems[stem] = None
        if len(stems) == STEMS_PER_COUNTRY:
            break
    return tuple(stems)


def _split_example_number(code: str) -> tuple[str, int]:
    """Return the beginning of the country's example number, and the number of digits between it and the last three.

    Raises LookupError if there is no example.
    """
    example = phonenumbers.example_number_for_type(code, phonenumbers.PhoneNumberType.MOBILE)
    if example is None:
        raise LookupError(f"no example of a mobile number in {code}")
    number = phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.E164)
    kept_length = len(f"+{example.country_code}") + EXAMPLE_DIGITS
    return number[:kept_length], len(number) - kept_length - 3


def _is_valid_stem(stem: str, code: str) -> bool:
    """Return True if the first, a middle and the last number of the stem are valid in the country."""
    numbers = (phonenumbers.parse(stem + ending) for ending in ("000", "500", "999"))
    return all(phonenumbers.is_valid_number_for_region(number, code) for number in numbers)
