"""Demo traffic that goes on where it ended, so that there is always some of today."""

import random
from collections.abc import Iterator
from datetime import datetime, timedelta

from smsreports.accounts.models import Account
from smsreports.demo import world
from smsreports.demo.generator import generate_records
from smsreports.demo.traffic import RecordDict, Traffic, format_utc
from smsreports.sms.statuses import StatusGroup, statuses_in_groups
from smsreports.sources import get_sources

DAY = timedelta(days=1)
# A campaign needs a day that is over, beside the one that is not.
MIN_DAYS = 2


def continuation(*, seed: str, messages: int, sends: int, since: datetime, until: datetime) -> Iterator[RecordDict]:
    """Yield what was sent after `since`, and the ends of what was under way then; the same for the same arguments.

    `messages` and `sends` are those of 90 days. The database says what is under way.
    """
    yield from _receipts(seed, since, until)
    days = max(-(-(until - since) // DAY), MIN_DAYS)
    edition = f"{until:%Y%m%d}-"
    world_of_days = generate_records(
        seed=f"{seed} after {since.isoformat()}",
        messages=_share(messages, days),
        sends=_share(sends, days),
        until=until,
        days=days,
        edition=edition,
    )
    yield from _after(since, world_of_days)


def _share(total: int, days: int) -> int:
    """Return how many of the SMS of 90 days fall to so many; some, if there are any at all."""
    return -(-total * days // world.DAYS)


def _after(since: datetime, some: Iterator[RecordDict]) -> Iterator[RecordDict]:
    """Leave out what is older than `since`; a broadcast comes with its first send that is not."""
    begin = str(format_utc(since))
    broadcasts: dict[tuple[object, object], RecordDict] = {}
    for record in some:
        if record["type"] == "broadcast":
            broadcasts[record["account"], record["broadcast"]] = record
        elif str(record.get("created_at") or record["sent_at"]) > begin:
            if broadcast := broadcasts.pop((record["account"], record.get("broadcast")), None):
                yield broadcast
            yield record


def _receipts(seed: str, since: datetime, until: datetime) -> Iterator[RecordDict]:
    """Yield a receipt for each SMS of the demo that was under way at `since` and has come to its end by now."""
    for sender in world.ACCOUNTS:
        account = Account.objects.get(name=sender.name)
        for source in get_sources():
            rows = source.sms.for_account(account).filter(
                status__in=statuses_in_groups([StatusGroup.PENDING]), status_at__lte=since
            )
            named = rows.annotate(client=source.sms.columns["client_message_id"]).order_by("id")
            for client, carrier, at, country in named.values_list("client", "message_id", "status_at", "country"):
                traffic = Traffic(sender, until, random.Random(f"{seed} {client or carrier}"))  # noqa: S311  no secret
                receipt = _receipt(traffic, at, country)
                reference = {"client_message_id": client} if client else {"message_id": carrier}
                if receipt is not None:
                    yield {"type": "receipt", "account": sender.name} | reference | receipt


def _receipt(traffic: Traffic, at: datetime, country: str) -> RecordDict | None:
    """Return how an SMS ends that was under way at `at`; None if it still is."""
    if country not in world.COUNTRIES:
        return None
    route = traffic.choose_route(world.COUNTRIES[country], at)
    final = traffic.rng.choices(world.FINAL_STATUSES, cum_weights=route.cumulative_weights)[0]
    if final == "failed":
        # It has left us, so a network ended it.
        final = "UNDELIV"
    reported = traffic.draw_report_time(route, at, final)
    if reported > traffic.until:
        return None
    return {"status": final, "status_code": traffic.rng.choice(world.STATUS_CODES[final]), "at": format_utc(reported)}
