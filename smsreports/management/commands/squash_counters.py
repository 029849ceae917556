"""`manage.py squash_counters`: merges the deltas of the counters."""

from django.core.management.base import BaseCommand

from smsreports.counters.squash import squash_counters


class Command(BaseCommand):
    help = "Merge the counters' deltas into one row each. Safe at any time; run it every few minutes."

    def handle(self, **options: object) -> None:
        self.stdout.write(f"{squash_counters()} deltas merged")
