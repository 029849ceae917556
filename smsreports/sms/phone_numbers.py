"""The canonical form of phone numbers, and parts of numbers as people search for them.

A canonical number is `+` and 7 to 15 digits. Every entrance makes its numbers canonical by `canonicalize_number`, so
that one number, however it is written, is one recipient.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

import phonenumbers

MIN_DIGITS, MAX_DIGITS = 7, 15
# Calling codes begin with 1 to 9.
is_canonical = re.compile(rf"\+[1-9][0-9]{{{MIN_DIGITS - 1},{MAX_DIGITS - 1}}}").fullmatch
# The length of the column, and more than a carrier takes: 11 characters.
MAX_NAME_LENGTH = 16

# Marks that are dropped beside those of MARK_CATEGORIES: white space that Unicode counts as control characters; minus,
# hyphen bullet and the long vowel marks that Japanese keyboards give for a dash; dots; slashes.
MARKS = frozenset(
    "\t\n\v\f\r\x85" + "\u2212\u2043\u02d7\u30fc\uff70" + ".\u00b7\u2024\u2027\u22c5\u3002\u30fb\uff0e\uff61\uff65"
)
MARKS |= frozenset("/\\\u2044\u2215\u29f8\uff0f\uff3c")
# White space, format and bidirectional characters, dashes.
MARK_CATEGORIES = frozenset({"Zs", "Zl", "Zp", "Cf", "Pd"})
# Brackets are dropped last, because `(0)` needs them.
BRACKETS = {"Ps": "(", "Pe": ")"}
PLUS_SIGNS = frozenset("+\uff0b\ufe62")
# The ASCII characters that are dropped, for patterns in the API description.
ASCII_MARKS = r"[\t-\r ()./\[\\\]{}-]"

# The prefix of national calls, which is not dialled from abroad, and what stands before it.
NATIONAL_PREFIX = "(0)"
CALLING_CODE_PATTERN = re.compile(r"(?:\+?00|\+)?([1-9][0-9]{0,2})")
CALLING_CODES = frozenset(map(str, phonenumbers.COUNTRY_CODE_TO_REGION_CODE))
INTERNATIONAL_PATTERN = re.compile(rf"(?:\+?00(?=[0-9]{{{MIN_DIGITS}}})|\+)([0-9]+)")
NUMBER_PATTERN = re.compile(r"\+?[0-9]+")
# Categories of characters that no name holds: control, format, surrogate, private and unassigned ones, line separators.
UNPRINTABLE_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})

# Entries in each cache: the frequent ones of an import, in 10 MB at most.
MAX_CACHED_NUMBERS, MAX_CACHED_CHARACTERS = 50_000, 4096


class InvalidNumber(ValueError):
    """The text cannot be a destination of an SMS. The message says why, without the text."""


def canonicalize_number(text: str, default_country: str = "", *, is_international: bool = False) -> str:
    """Return the canonical form of a number, or a short code or name as it is, without marks around it.

    `is_international` says that the entrance defines its numbers as international, with or without `+`. Other digits
    without `+` are a number of `default_country`, an account's, if they are valid there, else an international one if
    they are valid as such. Raises InvalidNumber for a text that is no destination.
    """
    if is_canonical(text):
        return text
    number = _drop_marks(text)
    if not NUMBER_PATTERN.fullmatch(number):
        return _check_name(text, number)
    if match := INTERNATIONAL_PATTERN.fullmatch(number):
        international = f"+{_check_length(match[1])}"
        return international if is_canonical(international) else number
    international = f"+{_check_length(number)}"
    if is_international and is_canonical(international):
        return international
    return _complete_number(number, default_country)


@dataclass(frozen=True)
class PartOfNumber:
    """Part of a number to search for: the digits anywhere in it, or its beginning, which has the `+`. One is set."""

    digits: str | None = None
    beginning: str | None = None

    def count_digits(self) -> int:
        return len((self.digits or self.beginning or "").removeprefix("+"))


def parse_part_of_number(text: str) -> PartOfNumber:
    """Parse a part of a number. What begins with `+`, or with `00` and 7 digits, is the beginning of the number.

    Raises InvalidNumber unless 1 to 15 digits are left.
    """
    number = _drop_marks(text)
    match = INTERNATIONAL_PATTERN.fullmatch(number)
    digits = match[1] if match else number
    if not NUMBER_PATTERN.fullmatch(number) or len(digits) > MAX_DIGITS:
        raise InvalidNumber(
            f"must be 1 to {MAX_DIGITS} digits; a + or 00, spaces, dashes, dots, slashes and brackets are fine"
        )
    return PartOfNumber(beginning=f"+{digits}") if match else PartOfNumber(digits=digits)


def _drop_marks(text: str) -> str:
    """Return the text without marks, and with ASCII digits for those of other scripts."""
    plain = "".join(map(_replace_character, text))
    before, prefix, after = plain.partition(NATIONAL_PREFIX)
    match = CALLING_CODE_PATTERN.fullmatch(_drop_brackets(before)) if prefix else None
    return _drop_brackets(before + after if match and match[1] in CALLING_CODES else plain)


def _drop_brackets(text: str) -> str:
    return text.replace("(", "").replace(")", "")


@lru_cache(MAX_CACHED_CHARACTERS)
def _replace_character(character: str) -> str:
    """Return the ASCII digit, plus sign or bracket that a character stands for, nothing for a mark, else itself."""
    category = unicodedata.category(character)
    if category == "Nd":
        return str(unicodedata.decimal(character))
    if character in MARKS or category in MARK_CATEGORIES:
        return ""
    return "+" if character in PLUS_SIGNS else BRACKETS.get(category, character)


def _check_length(digits: str) -> str:
    if len(digits) > MAX_DIGITS:
        raise InvalidNumber(f"must not have more than {MAX_DIGITS} digits")
    return digits


def _check_name(text: str, without_marks: str) -> str:
    """Return an alphanumeric destination without the marks around it. Raises InvalidNumber if it is none."""
    name = text.strip("".join({character for character in text if _is_invisible(character)}))
    if any(unicodedata.category(character) in UNPRINTABLE_CATEGORIES for character in name):
        raise InvalidNumber("must not have control, format or bidirectional characters within it")
    if not any(map(str.isalpha, without_marks)):
        raise InvalidNumber("must be a phone number, a short code or a name with a letter")
    # A spreadsheet's 4.48E+11 is no name either.
    if "+" in without_marks or sum(map(str.isdecimal, without_marks)) >= MIN_DIGITS:
        raise InvalidNumber("must not have letters within a number")
    if len(name) > MAX_NAME_LENGTH:
        raise InvalidNumber(f"must not be longer than {MAX_NAME_LENGTH} characters, unless it is a phone number")
    return name


def _is_invisible(character: str) -> bool:
    """Return True for white space and format characters."""
    return character.isspace() or unicodedata.category(character) == "Cf"


@lru_cache(MAX_CACHED_NUMBERS)
def _complete_number(digits: str, country: str) -> str:
    """Return the canonical number of digits without `+`, or the digits if they are no valid number.

    A number of another country under the same calling code is national too: it is dialled in the same way.
    """
    national = _parse_valid_number(digits, country) if country else None
    if national and national.country_code == phonenumbers.country_code_for_region(country):
        number = phonenumbers.format_number(national, phonenumbers.PhoneNumberFormat.E164)
        return number if is_canonical(number) else digits
    international = f"+{digits}"
    return international if is_canonical(international) and _parse_valid_number(international) else digits


def _parse_valid_number(number: str, country: str | None = None) -> phonenumbers.PhoneNumber | None:
    try:
        parsed = phonenumbers.parse(number, country)
    except phonenumbers.NumberParseException:
        return None
    return parsed if phonenumbers.is_valid_number(parsed) else None
