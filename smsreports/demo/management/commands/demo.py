"""`manage.py demo`: fills the demo accounts through the loader."""

from argparse import ArgumentParser
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import orjson
from django.core.management.base import BaseCommand

from smsreports.accounts.models import Account
from smsreports.demo import generator, loads
from smsreports.ingest.load import AccountResolver, LoadTotals, NumberedLine, load_lines
from smsreports.ingest.models import DemoLoad
from smsreports.ingest.progress import unwrap_stream, with_progress

NAMES = [account.name for account in generator.ACCOUNTS]


class Command(BaseCommand):
    help = "Fills the demo accounts with 90 days of made-up traffic. The same seed gives the same traffic."

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_size_arguments(parser)
        parser.add_argument("--seed", type=int, default=1, help="default 1")
        parser.add_argument("--until", type=parse_datetime, help="the last moment, ISO 8601 with a zone (default: now)")
        parser.add_argument(
            "--continue",
            dest="continues",
            action="store_true",
            help="load where no demo account exists, complete a load that was broken off, and go on to the last moment "
            "where the traffic ends on a day before it",
        )

    def handle(self, *, continues: bool, until: datetime | None, **options: Any) -> None:
        end = until or datetime.now(UTC).replace(microsecond=0)
        size = {name: options[name] for name in ("seed", "messages", "sends")}
        if not continues:
            self._load(loads.begin_load(**size, until=end))
        elif DemoLoad.objects.exists():
            self._continue(end)
        elif taken := list(Account.objects.filter(name__in=NAMES).values_list("name", flat=True)):
            self.stdout.write(f"No demo traffic is loaded: the demo did not make the account {taken[0]}.")
        else:
            self._load(loads.begin_load(**size, until=end))

    def _continue(self, end: datetime) -> None:
        for begun in loads.incomplete_loads():
            self.stdout.write("The last load of demo traffic was broken off. Completing it:")
            self._load(begun)
        if following := loads.begin_continuation(end):
            self._load(following)

    def _load(self, begun: DemoLoad) -> None:
        total = LoadTotals()
        expected = None
        size = f"what was sent since {begun.since:%Y-%m-%d %H:%M}" if begun.since else ""
        if not size:
            size = f"{begun.messages + begun.sends:,} SMS of 90 days"
            expected = generator.count_records(messages=begun.messages, sends=begun.sends)
        self.stdout.write(f"Loading demo traffic: {size}, up to {begun.until:%Y-%m-%d %H:%M} UTC.")
        outcomes = load_lines(_serialize_records(loads.records_of(begun)), AccountResolver())
        for outcome in with_progress(outcomes, unwrap_stream(self.stderr), expected):
            total.add_batch(outcome)
        loads.complete(begun)
        self.stdout.write(f"{total} in the demo accounts {', '.join(NAMES)}")


def add_size_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--messages", type=parse_count, default=60_000, help="API messages of 90 days (default 60000)")
    parser.add_argument(
        "--sends", type=parse_count, default=40_000, help="SMS of broadcasts in 90 days (default 40000)"
    )


def parse_count(text: str) -> int:
    if int(text) < 0:
        raise ValueError(text)
    return int(text)


def parse_datetime(text: str) -> datetime:
    parsed = datetime.fromisoformat(text)
    if parsed.tzinfo is None:
        raise ValueError(text)
    return parsed


def _serialize_records(records: Iterator[generator.RecordDict]) -> Iterator[NumberedLine]:
    for number, record in enumerate(records, start=1):
        yield number, orjson.dumps(record)
