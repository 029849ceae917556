"""`manage.py create_api_key`: create a key and print it as the only output, so that scripts can read it.

The signing secret follows on a second line if the key requires signed requests.
"""

from argparse import ArgumentParser, ArgumentTypeError
from datetime import UTC, date, datetime, time, timedelta
from ipaddress import ip_network
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.dateparse import parse_date

from smsreports.accounts.keys import credentials_to_show, save_new_key
from smsreports.accounts.models import Account, ApiKey, Scope


def parse_network(text: str) -> str:
    """Return the network in canonical form. Raises ArgumentTypeError if `text` is none."""
    try:
        return str(ip_network(text, strict=False))
    except ValueError:
        raise ArgumentTypeError(f"{text!r} is not an IP address or a network such as 10.0.0.0/8") from None


def parse_last_day(text: str) -> datetime:
    """Return the end of the UTC day in `text` (YYYY-MM-DD). Raises ArgumentTypeError for any other text."""
    try:
        day = parse_date(text)
    except ValueError:
        day = None
    if day is None or day == date.max:
        raise ArgumentTypeError(f"{text!r} is not a date (YYYY-MM-DD) before 9999-12-31")
    return datetime.combine(day, time.min, UTC) + timedelta(days=1)


def parse_key_name(text: str) -> str:
    max_length = ApiKey._meta.get_field("name").max_length or 0
    if len(text) > max_length:
        raise ArgumentTypeError(f"must not be longer than {max_length} characters")
    return text


class Command(BaseCommand):
    help = "Create an API key and print it. It cannot be shown again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("account", help="name of the account")
        parser.add_argument(
            "--scope", action="append", choices=Scope.values, help="what the key may do; repeatable (default sms.read)"
        )
        parser.add_argument(
            "--allow-ip",
            action="append",
            type=parse_network,
            default=[],
            metavar="CIDR",
            help="network that the key may be used from; repeatable (default: any)",
        )
        parser.add_argument(
            "--expires", type=parse_last_day, metavar="DATE", help="last day on which the key works, UTC"
        )
        parser.add_argument("--name", type=parse_key_name, default="", help="note on what the key is for")
        parser.add_argument(
            "--require-signature",
            action="store_true",
            help="accept only signed requests; the signing secret is printed below the key",
        )

    def handle(self, *, account: str, **options: Any) -> None:
        owner = Account.objects.filter(name=account).first()
        if owner is None:
            raise CommandError(f"there is no account {account!r}")
        api_key = ApiKey(
            account=owner,
            scopes=options["scope"] or [Scope.READ],
            name=options["name"],
            allowed_networks=options["allow_ip"],
            expires_at=options["expires"],
            requires_signature=options["require_signature"],
        )
        self.stdout.write("\n".join(credentials_to_show(api_key, save_new_key(api_key))))
