"""`manage.py verify_counters`: holds the counters against the rows."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from smsreports.counters.verify import find_differences
from smsreports.sources import get_counter_specs


class Command(BaseCommand):
    help = "Compare the counters with the rows and list those that differ. Reads every row."

    def handle(self, **options: Any) -> None:
        found = list(find_differences(get_counter_specs()))
        for difference in found:
            self.stdout.write(difference)
        if found:
            raise CommandError(f"{len(found)} counters differ; run rebuild_counters to correct them")
        self.stdout.write("the counters are exact")
