"""`manage.py verify_counters`: compares the counters with the rows, and their triggers with the specs."""

from django.core.management.base import BaseCommand, CommandError

from smsreports.counters.verify import find_differences, find_trigger_differences
from smsreports.sources import get_counter_specs


class Command(BaseCommand):
    help = (
        "List the triggers that differ from this release's and the counters that differ from the rows. Reads every row."
    )

    def handle(self, **options: object) -> None:
        specs = get_counter_specs()
        differences = {"triggers": find_trigger_differences(specs), "counters": list(find_differences(specs))}
        for texts in differences.values():
            for text in texts:
                self.stdout.write(text)
        counts = [f"{len(texts)} {name} differ" for name, texts in differences.items() if texts]
        if counts:
            raise CommandError(f"{' and '.join(counts)}; run rebuild_counters to correct them")
        self.stdout.write("the counters are exact")
