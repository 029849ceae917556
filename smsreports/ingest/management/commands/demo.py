"""`manage.py demo`: fills the demo accounts through the loader."""

from argparse import ArgumentParser
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import orjson
from django.core.management.base import BaseCommand

from smsreports.accounts.models import Account
from smsreports.ingest import demo
from smsreports.ingest.load import Accounts, Counts, Line, load
from smsreports.ingest.progress import shown, terminal


class Command(BaseCommand):
    help = "Fills the demo accounts with 90 days of made-up traffic. The same seed gives the same traffic."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--messages", type=number, default=60_000, help="API messages (default 60000)")
        parser.add_argument("--sends", type=number, default=40_000, help="SMS of broadcasts (default 40000)")
        parser.add_argument("--seed", type=int, default=1, help="default 1")
        parser.add_argument("--until", type=moment, help="the last moment, ISO 8601 with a zone (default: now)")
        parser.add_argument("--if-empty", action="store_true", help="do nothing where a demo account exists already")

    def handle(self, *, if_empty: bool, until: datetime | None, **options: Any) -> None:
        names = [account.name for account in demo.ACCOUNTS]
        if if_empty and Account.objects.filter(name__in=names).exists():
            self.stdout.write("The demo accounts are there already.")
            return
        for account in demo.ACCOUNTS:
            Account.objects.get_or_create(name=account.name, defaults={"currency": account.currency})
        total = Counts()
        records = demo.records(
            seed=options["seed"],
            messages=options["messages"],
            sends=options["sends"],
            until=until or datetime.now(UTC).replace(microsecond=0),
        )
        for outcome in shown(load(_lines(records), Accounts()), terminal(self.stderr)):
            total.add(outcome)
        self.stdout.write(f"{total} in the demo accounts {', '.join(names)}")


def number(text: str) -> int:
    if int(text) < 0:
        raise ValueError(text)
    return int(text)


def moment(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    if found.tzinfo is None:
        raise ValueError(text)
    return found


def _lines(records: Iterator[dict[str, Any]]) -> Iterator[Line]:
    for number, record in enumerate(records, start=1):
        yield number, orjson.dumps(record)
