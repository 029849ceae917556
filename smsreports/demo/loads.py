"""Records of the loads of demo traffic. With them an interrupted load is completed and an old one continued."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet

from smsreports.accounts.models import Account
from smsreports.demo import world
from smsreports.demo.continuing import generate_continuation
from smsreports.demo.generator import ACCOUNTS, RecordDict, generate_records
from smsreports.ingest.models import DemoLoad


def begin_load(*, seed: int, messages: int, sends: int, until: datetime) -> DemoLoad:
    """Create the demo accounts and record the load that begins, in one transaction."""
    with transaction.atomic():
        for account in ACCOUNTS:
            Account.objects.get_or_create(name=account.name, defaults={"currency": account.currency})
        return DemoLoad.objects.get_or_create(
            seed=str(seed), messages=messages, sends=sends, since=None, until=until.astimezone(UTC)
        )[0]


def get_incomplete_loads() -> QuerySet[DemoLoad]:
    """Return the interrupted loads, in the order in which they began."""
    return DemoLoad.objects.filter(is_complete=False).order_by("id")


def begin_continuation(end: datetime) -> DemoLoad | None:
    """Record a load that continues the latest one to `end`. Return None if there is none, or if it reaches that day."""
    latest = DemoLoad.objects.order_by("until").last()
    if latest is None or latest.until.astimezone(UTC).date() >= end.astimezone(UTC).date():
        return None
    since = max(latest.until, end - timedelta(days=world.DAYS))
    return DemoLoad.objects.create(
        seed=latest.seed, messages=latest.messages, sends=latest.sends, since=since, until=end
    )


def generate_load_records(load: DemoLoad) -> Iterator[RecordDict]:
    """Generate the records of a load, the same ones each time."""
    if load.since is None:
        return generate_records(seed=load.seed, messages=load.messages, sends=load.sends, until=load.until)
    return generate_continuation(
        seed=load.seed, messages=load.messages, sends=load.sends, since=load.since, until=load.until
    )


def mark_complete(load: DemoLoad) -> None:
    """Record that all records of a load are in the database."""
    load.is_complete = True
    load.save(update_fields=["is_complete"])
