"""A source: one kind of stored SMS, a Django app. The apps register theirs; nobody else knows them by name."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from smsreports.accounts.models import Account
from smsreports.counters.specs import CounterSpec
from smsreports.database.compiled import Param

# The word that means every source.
ALL_SOURCES = "all"
# An item may have 100,000 receivers; an answer carries the first of them, and their number.
MAX_RECEIVERS = 100


@dataclass(frozen=True)
class Receivers:
    """Who an item went to: how many, the SMS parts and the latest change of all, and the first rows."""

    total: int
    segments: int
    updated_at: datetime | None
    rows: Sequence[Mapping[str, Any]]


@dataclass(frozen=True, eq=False)
class SourceTable:
    """Rows that can be joined with other sources': whose they are, what narrows them, what they show.

    A declaration, made once: what is compiled of it is kept.
    """

    # A manager whose `for_account` gives the rows, and one step further, such as only the heads.
    for_account: Callable[[Account | Param], Any]
    filterset: type[Any]
    # The field that the rows are ordered by.
    time_field: str
    # The word that breaks ties between sources.
    source_label: str
    # The joined column's name: this source's expression for it.
    columns: Mapping[str, Any]


@dataclass(frozen=True)
class Source:
    """What the joined views, the exports and the routing need to know of one kind of SMS."""

    # The word by which a caller asks for it.
    slug: str
    # One row an SMS.
    sms: SourceTable
    # One row an act of sending: a request, a broadcast.
    items: SourceTable
    # An item by the key that its account knows it by.
    item_key: str
    # Receivers by item id.
    receivers: Callable[[Account, Sequence[int]], Mapping[int, Receivers]]
    # The tables whose rows are counted.
    counter_specs: Sequence[CounterSpec]
    # Serves the source's own list.
    viewset: type[Any]


_sources: dict[str, Source] = {}


def register_source(source: Source) -> None:
    """Called by an app when it is ready."""
    _sources[source.slug] = source


def get_sources() -> list[Source]:
    """Every source, in the order of slugs."""
    return [_sources[slug] for slug in sorted(_sources)]


def get_sources_for(word: str) -> Iterable[Source]:
    """The sources that a caller's word means: one, or all of them."""
    return [source for source in get_sources() if word in (ALL_SOURCES, source.slug)]


def get_counter_specs() -> list[CounterSpec]:
    """Every table whose rows are counted."""
    return [one for source in get_sources() for one in source.counter_specs]
