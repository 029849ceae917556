"""Close SMS that never got a final receipt: `manage.py expire_pending`. Run it every hour."""

from argparse import ArgumentParser
from datetime import timedelta

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from smsreports.accounts.models import Account
from smsreports.durations import parse_duration
from smsreports.ingest.expiry import build_expiry_receipts
from smsreports.ingest.load import AccountResolver, LoadTotals, load_lines
from smsreports.ingest.progress import unwrap_stream, with_progress
from smsreports.sms.statuses import UNREPORTED

# As long as 23 Telecom waits for its carriers.
DEFAULT_MAX_AGE = "72h"


class Command(BaseCommand):
    help = f"Set SMS that never got a final receipt to {UNREPORTED}. A final receipt that comes later still counts."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--older-than",
            type=parse_duration,
            default=DEFAULT_MAX_AGE,
            metavar="DURATION",
            help="age of the last report: 90m, 72h, 3d (default 72h)",
        )
        parser.add_argument("--account", metavar="NAME", help="only this account (default: all accounts)")

    def handle(self, *, older_than: timedelta, account: str | None, **options: object) -> None:
        accounts = Account.objects.order_by("id")
        if account is not None:
            accounts = accounts.filter(name=account)
            if not accounts:
                raise CommandError(f"there is no account {account!r}")
        totals = LoadTotals()
        lines = build_expiry_receipts(accounts, timezone.now() - older_than)
        for result in with_progress(load_lines(lines, AccountResolver()), unwrap_stream(self.stderr)):
            totals.add_batch(result)
        self.stdout.write(f"{totals.accepted} closed as {UNREPORTED}")
