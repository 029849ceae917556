"""Valid mobile numbers for the demo, made from the example number of each country."""

import random
from functools import cache

import phonenumbers

# Numbers of a country: this many beginnings, checked once each, and completed by any three digits.
STEMS_PER_COUNTRY, ENDINGS_PER_STEM = 40, 1000
# Leading digits of the example that stay: so many that enough tries are valid, so few that numbers differ.
EXAMPLE_DIGITS = 2
# Far more than any country of the demo needs to find its beginnings.
MAX_TRIES = 4000


def draw_number(rng: random.Random, code: str) -> str:
    """An E.164 number of country `code`; some come far more often than others, as people do."""
    stems = _find_stems(code)
    chosen = int(rng.random() ** 2 * len(stems) * ENDINGS_PER_STEM)
    return f"{stems[chosen // ENDINGS_PER_STEM]}{chosen % ENDINGS_PER_STEM:03}"


@cache
def _find_stems(code: str) -> tuple[str, ...]:
    """Beginnings of valid numbers, each without its last three digits; the same in every process."""
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
    """How the country's example number begins, and how many digits lie between that and the last three."""
    example = phonenumbers.example_number_for_type(code, phonenumbers.PhoneNumberType.MOBILE)
    if example is None:
        raise LookupError(f"no example of a mobile number in {code}")
    whole = phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.E164)
    kept = len(f"+{example.country_code}") + EXAMPLE_DIGITS
    return whole[:kept], len(whole) - kept - 3


def _is_valid_stem(stem: str, code: str) -> bool:
    """Whether the first, a middle and the last number of `stem` are valid ones of the country."""
    numbers = (phonenumbers.parse(stem + ending) for ending in ("000", "500", "999"))
    return all(phonenumbers.is_valid_number_for_region(number, code) for number in numbers)
