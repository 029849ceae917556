"""Tables and listings over several sources."""

from collections.abc import Sequence

from smsreports.accounts.models import Account
from smsreports.queries.list_request import ListRequest
from smsreports.queries.listing import AccountTables, Listing
from smsreports.sources import Source


def get_unified_tables(account: Account, sources: Sequence[Source]) -> AccountTables:
    """Return the tables of every SMS, one row each."""
    return AccountTables(account, {source.slug: source.sms for source in sources}, time_column="sent_at")


def get_item_tables(account: Account, sources: Sequence[Source]) -> AccountTables:
    """Return the tables of items (requests and broadcasts), one row each."""
    tables = {source.slug: source.items for source in sources}
    return AccountTables(account, tables, time_column="created_at", measure="requests")


def build_unified_listing(account: Account, sources: Sequence[Source], list_request: ListRequest) -> Listing:
    return get_unified_tables(account, sources).filter(list_request)


def build_item_listing(account: Account, sources: Sequence[Source], list_request: ListRequest) -> Listing:
    return get_item_tables(account, sources).filter(list_request)
