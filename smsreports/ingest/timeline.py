"""Reader of an SMS's timeline, for admin and report pages."""

from collections.abc import Mapping, Sequence
from typing import Any

from smsreports.accounts.models import Account
from smsreports.ingest.models import Event
from smsreports.staff.timeline import MAX_ENTRIES, TimelineEntry


def load_timeline(account: Account, sms: Mapping[str, Any]) -> tuple[Sequence[TimelineEntry], int]:
    """Return the receipts of an SMS as the API lists them, and the clicks and actions of a send."""
    events, total = Event.objects.for_account(account).get_timeline(sms, MAX_ENTRIES)
    return [_build_entry(event) for event in events], total


def _build_entry(event: Mapping[str, Any]) -> TimelineEntry:
    report = " ".join(event[name] for name in ("status", "status_code", "action_type") if event[name])
    return TimelineEntry(event["at"], event["received_at"], event["kind"], report, event["verdict"])
