"""`manage.py verify_counters`: compares the counters with the rows."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from smsreports.counters.verify import find_differences
from smsreports.sources import get_counter_specs


class Command(BaseCommand):
    help = "Compare the counters with the rows and list those that differ. Reads every row."

    def handle(self, **options: Any) -> None:
        differences = list(find_differences(get_counter_specs()))
        for difference in differences:
            self.stdout.write(difference)
        if differences:
            raise CommandError(f"{len(differences)} counters differ; run rebuild_counters to correct them")
        self.stdout.write("the counters are exact")
