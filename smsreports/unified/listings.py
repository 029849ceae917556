"""Listings over several sources."""

from collections.abc import Sequence

from smsreports.accounts.models import Account
from smsreports.queries.list_request import ListRequest
from smsreports.queries.listing import Listing, build_listing
from smsreports.sources import Source


def build_unified_listing(account: Account, sources: Sequence[Source], list_request: ListRequest) -> Listing:
    """Build the listing of every SMS, one row each."""
    tables = {source.slug: source.sms for source in sources}
    return build_listing(account, tables, list_request, time_column="sent_at")


def build_item_listing(account: Account, sources: Sequence[Source], list_request: ListRequest) -> Listing:
    """Build the listing of items (requests and broadcasts), one row each."""
    tables = {source.slug: source.items for source in sources}
    return build_listing(account, tables, list_request, time_column="created_at", measure="requests")
