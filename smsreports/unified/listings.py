"""The sources' rows as one list."""

from collections.abc import Sequence

from smsreports.accounts.models import Account
from smsreports.queries.list_request import ListRequest
from smsreports.queries.listing import Listing, build_listing
from smsreports.sources import Source


def build_unified_listing(account: Account, sources: Sequence[Source], list_request: ListRequest) -> Listing:
    """Every SMS, one row each."""
    return build_listing(account, {one.slug: one.sms for one in sources}, list_request, time="sent_at")


def build_item_listing(account: Account, sources: Sequence[Source], list_request: ListRequest) -> Listing:
    """Every act of sending, one row each."""
    rows = {one.slug: one.items for one in sources}
    return build_listing(account, rows, list_request, time="created_at", measure="requests")
