"""`manage.py rebuild_counters`: counts the rows anew."""

from typing import Any

from django.core.management.base import BaseCommand

from smsreports.counters.verify import rebuild
from smsreports.sources import counted


class Command(BaseCommand):
    help = "Recount all rows and replace the counters. Reads continue meanwhile; writes wait."

    def handle(self, **options: Any) -> None:
        rebuild(counted())
        self.stdout.write("the counters are rebuilt")
