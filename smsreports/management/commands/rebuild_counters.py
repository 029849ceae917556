"""`manage.py rebuild_counters`: restores the triggers of the counters and recounts all rows."""

from django.core.management.base import BaseCommand

from smsreports.counters.verify import rebuild_counters
from smsreports.sources import get_counter_specs


class Command(BaseCommand):
    help = "Restore the triggers, recount all rows and replace the counters. Reads continue meanwhile; writes wait."

    def handle(self, **options: object) -> None:
        rebuild_counters(get_counter_specs())
        self.stdout.write("the counters are rebuilt")
