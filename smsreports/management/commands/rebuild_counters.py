"""`manage.py rebuild_counters`: recounts all rows."""

from typing import Any

from django.core.management.base import BaseCommand

from smsreports.counters.verify import rebuild_counters
from smsreports.sources import get_counter_specs


class Command(BaseCommand):
    help = "Recount all rows and replace the counters. Reads continue meanwhile; writes wait."

    def handle(self, **options: Any) -> None:
        rebuild_counters(get_counter_specs())
        self.stdout.write("the counters are rebuilt")
