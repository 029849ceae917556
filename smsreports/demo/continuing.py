"""Continuation of earlier demo traffic, so that there is always some of today."""

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
# A campaign needs one whole day beside the current one.
MIN_DAYS = 2


def generate_continuation(
    *, seed: str, messages: int, sends: int, since: datetime, until: datetime
) -> Iterator[RecordDict]:
    """Yield the traffic after `since`, and receipts for SMS that had no final status at that time.

    `messages` and `sends` are the numbers of 90 days. SMS without a final status are read from the database. The same
    arguments and the same database give the same records.
    """
    yield from _generate_receipts(seed, since, until)
    days = max(-(-(until - since) // DAY), MIN_DAYS)
    edition = f"{until:%Y%m%d}-"
    records = generate_records(
        seed=f"{seed} after {since.isoformat()}",
        messages=_scale_to_days(messages, days),
        sends=_scale_to_days(sends, days),
        until=until,
        days=days,
        edition=edition,
    )
    yield from _drop_older(since, records)


def _scale_to_days(total: int, days: int) -> int:
    """Return the part of the SMS of 90 days that falls to `days`, rounded up."""
    return -(-total * days // world.DAYS)


def _drop_older(since: datetime, records: Iterator[RecordDict]) -> Iterator[RecordDict]:
    """Leave out records up to `since`. A broadcast comes right before its first remaining send."""
    begin = str(format_utc(since))
    broadcasts: dict[tuple[object, object], RecordDict] = {}
    for record in records:
        if record["type"] == "broadcast":
            broadcasts[record["account"], record["broadcast"]] = record
        elif str(record.get("created_at") or record["sent_at"]) > begin:
            if broadcast := broadcasts.pop((record["account"], record.get("broadcast")), None):
                yield broadcast
            yield record


def _generate_receipts(seed: str, since: datetime, until: datetime) -> Iterator[RecordDict]:
    """Yield a receipt for each SMS that was pending at `since` and has a final status at `until`."""
    for demo_account in world.ACCOUNTS:
        account = Account.objects.get(name=demo_account.name)
        for source in get_sources():
            rows = source.sms.for_account(account).filter(
                status__in=statuses_in_groups([StatusGroup.PENDING]), status_at__lte=since
            )
            rows = rows.annotate(client=source.sms.columns["client_message_id"]).order_by("id")
            for client_id, carrier_id, at, country in rows.values_list("client", "message_id", "status_at", "country"):
                rng = random.Random(f"{seed} {client_id or carrier_id}")  # noqa: S311  guards no secret
                receipt = _build_receipt(Traffic(demo_account, until, rng), at, country)
                reference = {"client_message_id": client_id} if client_id else {"message_id": carrier_id}
                if receipt is not None:
                    yield {"type": "receipt", "account": demo_account.name} | reference | receipt


def _build_receipt(traffic: Traffic, at: datetime, country: str) -> RecordDict | None:
    """Return the receipt of an SMS whose last status is from `at`; None if it has no final status yet."""
    if country not in world.COUNTRIES:
        return None
    route = traffic.choose_route(world.COUNTRIES[country], at)
    final = traffic.rng.choices(world.FINAL_STATUSES, cum_weights=route.cumulative_weights)[0]
    if final == "failed":
        # `failed` means that an SMS was never submitted, but this one was.
        final = "UNDELIV"
    reported_at = traffic.draw_report_time(route, at, final)
    if reported_at > traffic.until:
        return None
    code = traffic.rng.choice(world.STATUS_CODES[final])
    return {"status": final, "status_code": code, "at": format_utc(reported_at)}
