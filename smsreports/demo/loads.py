"""Which demo traffic a database has: what was begun is completed, and what has ended goes on."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet

from smsreports.accounts.models import Account
from smsreports.demo import world
from smsreports.demo.continuing import continuation
from smsreports.demo.generator import ACCOUNTS, RecordDict, generate_records
from smsreports.ingest.models import DemoLoad


def begin_load(*, seed: int, messages: int, sends: int, until: datetime) -> DemoLoad:
    """Make the demo accounts, and put on record what is going to be loaded, in one transaction."""
    with transaction.atomic():
        for account in ACCOUNTS:
            Account.objects.get_or_create(name=account.name, defaults={"currency": account.currency})
        return DemoLoad.objects.get_or_create(
            seed=str(seed), messages=messages, sends=sends, since=None, until=until.astimezone(UTC)
        )[0]


def incomplete_loads() -> QuerySet[DemoLoad]:
    """Return the loads that were broken off, in the order in which they were begun."""
    return DemoLoad.objects.filter(is_complete=False).order_by("id")


def begin_continuation(end: datetime) -> DemoLoad | None:
    """Put on record that the latest load goes on to `end`; None if there is none, or if it reaches that day."""
    latest = DemoLoad.objects.order_by("until").last()
    if latest is None or latest.until.astimezone(UTC).date() >= end.astimezone(UTC).date():
        return None
    since = max(latest.until, end - timedelta(days=world.DAYS))
    return DemoLoad.objects.create(
        seed=latest.seed, messages=latest.messages, sends=latest.sends, since=since, until=end
    )


def records_of(load: DemoLoad) -> Iterator[RecordDict]:
    """Yield the records of a load: each time the same ones."""
    if load.since is None:
        return generate_records(seed=load.seed, messages=load.messages, sends=load.sends, until=load.until)
    return continuation(seed=load.seed, messages=load.messages, sends=load.sends, since=load.since, until=load.until)


def complete(load: DemoLoad) -> None:
    """Put on record that every record of a load is in the database."""
    load.is_complete = True
    load.save(update_fields=["is_complete"])
