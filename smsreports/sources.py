"""Sources and their registry. A source is one kind of stored SMS, a Django app, which registers itself when ready."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from smsreports.accounts.models import Account
from smsreports.counters.specs import CounterSpec
from smsreports.database.compiled import Param

# The value of `source` that means every source.
ALL_SOURCES = "all"
# An item may have 100,000 receivers. A response holds the first of them, and their number.
MAX_RECEIVERS = 100


@dataclass(frozen=True)
class Receivers:
    """Receivers of an item: the number, SMS parts and latest change of all, and the first `MAX_RECEIVERS` rows."""

    total: int
    segments: int
    updated_at: datetime | None
    rows: Sequence[Mapping[str, Any]]


@dataclass(frozen=True, eq=False)
class SourceTable:
    """Declaration of rows that a listing can join with those of other sources.

    Make each one once: queries compiled from it are cached by its identity.
    """

    # Returns the queryset of an account's rows, such as the method of an account-scoped manager.
    for_account: Callable[[Account | Param], Any]
    filterset: type[Any]
    # The field that orders the rows.
    time_field: str
    # Orders rows of the same time in different sources.
    source_label: str
    # This source's expression by the name of the joined column.
    columns: Mapping[str, Any]


@dataclass(frozen=True)
class Source:
    """One kind of SMS, as joined views, exports and routing need it."""

    # Its name in requests and addresses.
    slug: str
    # One row for each SMS.
    sms: SourceTable
    # One row for each request or broadcast.
    items: SourceTable
    # The field with the account's own key of an item.
    item_key: str
    # Receivers by item id.
    receivers: Callable[[Account, Sequence[int]], Mapping[int, Receivers]]
    # The tables whose rows are counted.
    counter_specs: Sequence[CounterSpec]
    # View of the source's own list.
    viewset: type[Any]


_sources: dict[str, Source] = {}


def register_source(source: Source) -> None:
    """Add a source to the registry. Apps call this from `ready`."""
    _sources[source.slug] = source


def get_sources() -> list[Source]:
    """Return all sources, ordered by slug."""
    return [_sources[slug] for slug in sorted(_sources)]


def get_sources_for(name: str) -> Iterable[Source]:
    """Return the sources that a request's `source` means: one, or all of them."""
    return [source for source in get_sources() if name in (ALL_SOURCES, source.slug)]


def get_counter_specs() -> list[CounterSpec]:
    """Return the counter specs of all sources."""
    return [spec for source in get_sources() for spec in source.counter_specs]
