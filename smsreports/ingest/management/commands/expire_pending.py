"""`manage.py expire_pending`: closes what never got a final receipt. Run it every hour."""

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from smsreports.accounts.models import Account
from smsreports.durations import duration
from smsreports.ingest.expiry import closing
from smsreports.ingest.load import Accounts, Counts, load
from smsreports.ingest.progress import shown, terminal
from smsreports.statuses import UNREPORTED

# As long as 23 Telecom waits for its carriers.
PATIENCE = "72h"


class Command(BaseCommand):
    help = f"Set SMS that never got a final receipt to {UNREPORTED}. A final receipt that comes later still counts."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--older-than",
            type=duration,
            default=PATIENCE,
            metavar="DURATION",
            help="age of the last report: 90m, 72h, 3d (default 72h)",
        )
        parser.add_argument("--account", metavar="NAME", help="only this account (default: all accounts)")

    def handle(self, *, older_than: timedelta, account: str | None, **options: Any) -> None:
        accounts = Account.objects.order_by("id")
        if account is not None:
            accounts = accounts.filter(name=account)
            if not accounts:
                raise CommandError(f"there is no account {account!r}")
        closed = Counts()
        lines = closing(accounts, timezone.now() - older_than)
        for outcome in shown(load(lines, Accounts()), terminal(self.stderr)):
            closed.add(outcome)
        self.stdout.write(f"{closed.accepted} closed as {UNREPORTED}")
