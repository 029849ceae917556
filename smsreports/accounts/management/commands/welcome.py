"""`manage.py welcome`: where the local service is, with a key and a staff login to try it."""

import secrets
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError

from smsreports.accounts.keys import create
from smsreports.accounts.models import Account, ApiKey, Scope

# The key and the login of the last start are replaced: a secret cannot be shown twice.
KEY_NAME = "shown by welcome"
STAFF = "staff"


class Command(BaseCommand):
    help = "Prints the local service's addresses, a fresh API key and a fresh staff login."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--account", default="acme", help="whose key to make (default acme)")
        parser.add_argument("--port", type=int, default=8000)

    def handle(self, *, account: str, port: int, **options: Any) -> None:
        if not settings.LOCAL:
            raise CommandError("welcome makes logins that are printed; it is for SMSREPORTS_MODE=local alone")
        owner = Account.objects.filter(name=account).first()
        if owner is None:
            raise CommandError(f"there is no account {account!r}")
        key, password = _fresh_key(owner), _fresh_password()
        site = f"http://127.0.0.1:{port}"
        self.stdout.write(
            f"\n  Site         {site}/\n"
            f"  Reports      {site}/reports/\n"
            f"  Try the API  {site}/api/docs\n"
            f"  Admin        {site}/admin/   user {STAFF}, password {password}\n"
            f"  API key      {key}   (account {owner})\n"
            f'  Try          curl -H "X-API-Key: {key}" "{site}/api/v1/sms/messages?limit=2"\n\n'
        )


def _fresh_key(owner: Account) -> str:
    ApiKey.objects.filter(name=KEY_NAME).delete()
    return create(owner, [Scope.READ], name=KEY_NAME)


def _fresh_password() -> str:
    password = secrets.token_urlsafe(9)
    staff, _ = get_user_model().objects.get_or_create(username=STAFF, defaults={"is_staff": True, "is_superuser": True})
    staff.set_password(password)
    staff.save()
    return password
