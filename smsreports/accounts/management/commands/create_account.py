"""`manage.py create_account`: create an account."""

from argparse import ArgumentParser

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from smsreports.accounts.models import Account


class Command(BaseCommand):
    help = "Create an account."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", help="name of letters, digits and . _ -")
        parser.add_argument("--currency", default="EUR", help="ISO 4217 code, three capital letters (default EUR)")
        parser.add_argument(
            "--country",
            default="",
            help="ISO 3166-1 code of the country of numbers without a calling code (default: none)",
        )
        parser.add_argument(
            "--rate-limit", type=int, help="requests per minute in each dialect (default: SMSREPORTS_RATE_LIMIT)"
        )

    def handle(self, *, name: str, currency: str, country: str, rate_limit: int | None, **options: object) -> None:
        existing = Account.objects.filter(name=name).first()
        if existing:
            # A script may run again, but not with other values.
            if (existing.currency, existing.default_country, existing.rate_limit) != (currency, country, rate_limit):
                limit = existing.rate_limit or "the default"
                raise CommandError(
                    f"account {existing} exists with currency {existing.currency}, rate limit {limit}, "
                    f"country {existing.default_country or 'none'}"
                )
            self.stdout.write(f"account {existing.name} ({existing.currency}) exists already")
            return
        account = Account(name=name, currency=currency, default_country=country, rate_limit=rate_limit)
        try:
            account.full_clean()
        except ValidationError as error:
            raise CommandError("; ".join(error.messages)) from None
        account.save()
        self.stdout.write(f"account {account.name} ({account.currency})")
