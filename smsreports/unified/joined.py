"""The sources' rows as one list."""

from collections.abc import Sequence
from dataclasses import replace

from smsreports.accounts.models import Account
from smsreports.api.filters import narrowed
from smsreports.api.listing import Listing, leg
from smsreports.dialects.base import Asked
from smsreports.sources import Rows, Source


def unified(account: Account, sources: Sequence[Source], asked: Asked) -> Listing:
    """Every SMS, one row each."""
    return _joined(account, {one.slug: one.sms for one in sources}, asked, time="sent_at", measure="sms")


def items(account: Account, sources: Sequence[Source], asked: Asked) -> Listing:
    """Every act of sending, one row each."""
    return _joined(account, {one.slug: one.items for one in sources}, asked, time="created_at", measure="requests")


def _joined(account: Account, sources: dict[str, Rows], asked: Asked, *, time: str, measure: str) -> Listing:
    found = {slug: narrowed(rows.filterset, rows.of(account), account, slug, asked) for slug, rows in sources.items()}
    legs = [leg(rows, found[slug].rows) for slug, rows in sources.items()]
    # The sources understand a caller's filters alike, so one scope speaks for all.
    scope = next(iter(found.values())).scope
    return Listing(legs, time=time, scope=scope and replace(scope, sources=list(sources)), measure=measure)
