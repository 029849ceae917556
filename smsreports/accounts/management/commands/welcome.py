"""`manage.py welcome`: print the addresses of the local service, with an API key and a staff login to try it."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from smsreports.accounts.local_login import LOGIN_FILE, STAFF_USERNAME, ensure_local_login
from smsreports.accounts.models import Account


class Command(BaseCommand):
    help = "Print the addresses of the local service, with an API key and a staff login to try it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--account", default="acme", help="account of the key (default acme)")
        parser.add_argument("--port", type=int, default=8000)

    def handle(self, *, account: str, port: int, **options: Any) -> None:
        if not settings.LOCAL:
            raise CommandError("welcome prints a password and a key; it runs with SMSREPORTS_MODE=local only")
        owner = Account.objects.filter(name=account).first()
        if owner is None:
            raise CommandError(f"there is no account {account!r}")
        try:
            login = ensure_local_login(settings.SMSREPORTS_DATA, owner)
        except OSError as error:
            raise CommandError(f"The key and the login cannot be stored: {error}") from None
        site = f"http://127.0.0.1:{port}"
        key_note = f"; {login.replacement_note}" if login.replacement_note else ""
        password_note = login.password_note or f"password {login.password}"
        self.stdout.write(
            f"\n  Site         {site}/\n"
            f"  Reports      {site}/reports/\n"
            f"  Try the API  {site}/api/docs\n"
            f"  Admin        {site}/admin/   user {STAFF_USERNAME}, {password_note}\n"
            f"  API key      {login.key}   (account {owner}{key_note})\n"
            f'  Try          curl -H "X-API-Key: {login.key}" "{site}/api/v1/sms/messages?limit=2"\n'
            f"  Kept in      {settings.SMSREPORTS_DATA / LOGIN_FILE}\n\n"
        )
