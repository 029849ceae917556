"""What of a number is shown to staff who may not see whole ones."""

from typing import Any

SEE_NUMBERS = "accounts.see_numbers"
REVEAL = "accounts.add_reveal"
# The country and the operator, and enough of the end to tell two messages apart …
HEAD, TAIL = 5, 3
# … but always so much hidden that nobody tries the rest out by searching: a hundred thousand numbers.
MIN_HIDDEN_DIGITS = 5


def can_see_numbers(user: Any) -> bool:
    """Whether `user` may see whole numbers and texts, search by part of a number, and export."""
    return bool(user.has_perm(SEE_NUMBERS))


def mask_number(number: str) -> str:
    """`+4479•••••456` of `+447911123456`: as long as the number, and less of it where it is short."""
    tail = number[-TAIL:] if len(number) > TAIL + MIN_HIDDEN_DIGITS else ""
    head = number[: min(HEAD, max(1, len(number) - TAIL - MIN_HIDDEN_DIGITS))]
    return head + "•" * (len(number) - len(head) - len(tail)) + tail
