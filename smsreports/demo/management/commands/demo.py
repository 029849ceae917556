"""`manage.py demo`: loads demo traffic through the loader."""

from argparse import ArgumentParser
from datetime import UTC, datetime
from typing import Any

import orjson
from django.core.management.base import BaseCommand

from smsreports.accounts.models import Account
from smsreports.demo import generator, loads
from smsreports.ingest.load import AccountResolver, LoadTotals, load_lines
from smsreports.ingest.models import DemoLoad
from smsreports.ingest.progress import unwrap_stream, with_progress

NAMES = [account.name for account in generator.ACCOUNTS]


class Command(BaseCommand):
    help = "Fill the demo accounts with 90 days of generated traffic. The same seed gives the same traffic."

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_size_arguments(parser)
        parser.add_argument("--seed", type=int, default=1, help="default 1")
        parser.add_argument(
            "--until", type=parse_aware_datetime, help="end of the traffic as ISO 8601 with a zone; default now"
        )
        parser.add_argument(
            "--continue",
            dest="continues",
            action="store_true",
            help="load if there are no demo accounts, complete an interrupted load, and continue traffic that ends "
            "on an earlier day",
        )

    def handle(self, *, continues: bool, until: datetime | None, **options: Any) -> None:
        end = until or datetime.now(UTC).replace(microsecond=0)
        size = {name: options[name] for name in ("seed", "messages", "sends")}
        if not continues:
            self._run_load(loads.begin_load(**size, until=end))
        elif DemoLoad.objects.exists():
            self._continue(end)
        elif existing := list(Account.objects.filter(name__in=NAMES).values_list("name", flat=True)):
            self.stdout.write(f"No demo traffic is loaded: the demo did not make the account {existing[0]}.")
        else:
            self._run_load(loads.begin_load(**size, until=end))

    def _continue(self, end: datetime) -> None:
        for load in loads.get_incomplete_loads():
            self.stdout.write("The last load of demo traffic was broken off. Completing it:")
            self._run_load(load)
        if continuation := loads.begin_continuation(end):
            self._run_load(continuation)

    def _run_load(self, load: DemoLoad) -> None:
        total = LoadTotals()
        if load.since:
            size, expected = f"what was sent since {load.since:%Y-%m-%d %H:%M}", None
        else:
            size = f"{load.messages + load.sends:,} SMS of 90 days"
            expected = generator.count_records(messages=load.messages, sends=load.sends)
        self.stdout.write(f"Loading demo traffic: {size}, up to {load.until:%Y-%m-%d %H:%M} UTC.")
        lines = (
            (number, orjson.dumps(record)) for number, record in enumerate(loads.generate_load_records(load), start=1)
        )
        for result in with_progress(load_lines(lines, AccountResolver()), unwrap_stream(self.stderr), expected):
            total.add_batch(result)
        loads.mark_complete(load)
        self.stdout.write(f"{total} in the demo accounts {', '.join(NAMES)}")


def add_size_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--messages", type=parse_count, default=60_000, help="API messages of 90 days (default 60000)")
    parser.add_argument(
        "--sends", type=parse_count, default=40_000, help="SMS of broadcasts in 90 days (default 40000)"
    )


def parse_count(text: str) -> int:
    """Parse a whole number. Raises ValueError if it is negative."""
    if int(text) < 0:
        raise ValueError(text)
    return int(text)


def parse_aware_datetime(text: str) -> datetime:
    """Parse an ISO 8601 time. Raises ValueError if it has no zone."""
    parsed = datetime.fromisoformat(text)
    if parsed.tzinfo is None:
        raise ValueError(text)
    return parsed
