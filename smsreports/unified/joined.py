"""The sources' rows as one list."""

from collections.abc import Sequence

from smsreports.accounts.models import Account
from smsreports.api.listing import Listing, narrowed
from smsreports.dialects.base import Asked
from smsreports.sources import Source


def unified(account: Account, sources: Sequence[Source], asked: Asked) -> Listing:
    """Every SMS, one row each."""
    return narrowed(account, {one.slug: one.sms for one in sources}, asked, time="sent_at")


def items(account: Account, sources: Sequence[Source], asked: Asked) -> Listing:
    """Every act of sending, one row each."""
    rows = {one.slug: one.items for one in sources}
    return narrowed(account, rows, asked, time="created_at", measure="requests")
