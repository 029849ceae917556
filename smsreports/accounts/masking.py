"""Masking of phone numbers for staff without the permission to see them whole."""

from django.contrib.auth.models import AnonymousUser, User

SEE_NUMBERS = "accounts.see_numbers"
REVEAL = "accounts.add_reveal"
# Visible characters: the country and operator at the beginning, and enough at the end to tell two messages apart.
MAX_VISIBLE_HEAD, MAX_VISIBLE_TAIL = 5, 3
# Five hidden digits leave 100,000 candidates, too many to find the number by searching for each.
MIN_HIDDEN_DIGITS = 5


def can_see_numbers(user: User | AnonymousUser) -> bool:
    """Return True if `user` may see whole numbers and texts, search by part of a number, and export."""
    return bool(user.has_perm(SEE_NUMBERS))


def mask_number(number: str) -> str:
    """Return `+4479•••••456` for `+447911123456`: the same length, with fewer visible digits if it is short."""
    tail = number[-MAX_VISIBLE_TAIL:] if len(number) > MAX_VISIBLE_TAIL + MIN_HIDDEN_DIGITS else ""
    head = number[: min(MAX_VISIBLE_HEAD, max(1, len(number) - MAX_VISIBLE_TAIL - MIN_HIDDEN_DIGITS))]
    return head + "•" * (len(number) - len(head) - len(tail)) + tail
