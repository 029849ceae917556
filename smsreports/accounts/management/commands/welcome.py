"""`manage.py welcome`: where the local service is, with a key and a staff login to try it."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from smsreports.accounts.local_login import FILE, STAFF, ensure_local_login
from smsreports.accounts.models import Account


class Command(BaseCommand):
    help = "Prints the local service's addresses, and the API key and staff login that were made for it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--account", default="acme", help="whose key to print (default acme)")
        parser.add_argument("--port", type=int, default=8000)

    def handle(self, *, account: str, port: int, **options: Any) -> None:
        if not settings.LOCAL:
            raise CommandError("welcome makes logins that are printed; it is for SMSREPORTS_MODE=local alone")
        owner = Account.objects.filter(name=account).first()
        if owner is None:
            raise CommandError(f"there is no account {account!r}")
        try:
            login = ensure_local_login(settings.SMSREPORTS_DATA, owner)
        except OSError as fault:
            raise CommandError(f"The key and the login cannot be kept: {fault}") from None
        site = f"http://127.0.0.1:{port}"
        remark = f"; {login.replaced}" if login.replaced else ""
        self.stdout.write(
            f"\n  Site         {site}/\n"
            f"  Reports      {site}/reports/\n"
            f"  Try the API  {site}/api/docs\n"
            f"  Admin        {site}/admin/   user {STAFF}, {login.remark or 'password ' + login.password}\n"
            f"  API key      {login.key}   (account {owner}{remark})\n"
            f'  Try          curl -H "X-API-Key: {login.key}" "{site}/api/v1/sms/messages?limit=2"\n'
            f"  Kept in      {settings.SMSREPORTS_DATA / FILE}\n\n"
        )
