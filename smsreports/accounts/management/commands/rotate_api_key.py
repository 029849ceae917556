"""`manage.py rotate_api_key`: replaces a key by another, which is printed once, and lets both be good for a while."""

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from smsreports.accounts.keys import SHOWN_CHARACTERS, shown_once
from smsreports.accounts.models import ApiKey
from smsreports.accounts.rotation import OVERLAP, NotRotated, rotate
from smsreports.durations import duration


def overlap(text: str) -> timedelta:
    return timedelta() if text == "0" else duration(text)


class Command(BaseCommand):
    help = "Replace an API key by a new one with the same account, scopes, networks and expiry, and print the new key."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "prefix", help="first characters of the key, as the admin shows them, such as sk_prod_Ab3xY9"
        )
        parser.add_argument(
            "--overlap",
            type=overlap,
            default=OVERLAP,
            metavar="DURATION",
            help="how long the old key keeps working: 90m, 24h, 3d, or 0 (default 24h)",
        )

    def handle(self, *, prefix: str, overlap: timedelta, **options: Any) -> None:
        try:
            successor, key = rotate(_shown_as(prefix), overlap)
        except NotRotated as fault:
            raise CommandError(str(fault)) from None
        self.stdout.write("\n".join(shown_once(successor, key)))


def _shown_as(prefix: str) -> ApiKey:
    """Of what was typed no more is repeated than may be seen: it could be a whole key."""
    found = list(ApiKey.objects.filter(prefix=prefix)[:2])
    if len(found) != 1:
        how_many = "more than one key begins" if found else "no key begins"
        raise CommandError(
            f"{how_many} with {prefix[:SHOWN_CHARACTERS]!r}; give its first {SHOWN_CHARACTERS} characters"
        )
    return found[0]
