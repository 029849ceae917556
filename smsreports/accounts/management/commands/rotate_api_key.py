"""`manage.py rotate_api_key`: replace a key, print the new one and keep the old one working for a while."""

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from smsreports.accounts.keys import PREFIX_LENGTH, credentials_to_show
from smsreports.accounts.models import ApiKey
from smsreports.accounts.rotation import DEFAULT_OVERLAP, RotationError, rotate_key
from smsreports.durations import parse_duration


def parse_overlap(text: str) -> timedelta:
    return timedelta() if text == "0" else parse_duration(text)


class Command(BaseCommand):
    help = "Replace an API key by a new one with the same account, scopes, networks and expiry, and print the new key."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "prefix", help="first characters of the key, as the admin shows them, such as sk_prod_Ab3xY9"
        )
        parser.add_argument(
            "--overlap",
            type=parse_overlap,
            default=DEFAULT_OVERLAP,
            metavar="DURATION",
            help="how long the old key keeps working: 90m, 24h, 3d, or 0 (default 24h)",
        )

    def handle(self, *, prefix: str, overlap: timedelta, **options: Any) -> None:
        try:
            successor, key = rotate_key(_find_key_by_prefix(prefix), overlap)
        except RotationError as error:
            raise CommandError(str(error)) from None
        self.stdout.write("\n".join(credentials_to_show(successor, key)))


def _find_key_by_prefix(prefix: str) -> ApiKey:
    """Return the one key that begins with `prefix`. Raises CommandError if there is none or more than one.

    The error repeats only PREFIX_LENGTH characters, because the user may have typed a whole key.
    """
    keys = list(ApiKey.objects.filter(prefix=prefix)[:2])
    if len(keys) != 1:
        problem = "more than one key begins" if keys else "no key begins"
        raise CommandError(f"{problem} with {prefix[:PREFIX_LENGTH]!r}; give its first {PREFIX_LENGTH} characters")
    return keys[0]
