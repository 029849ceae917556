"""A source: one kind of stored SMS, a Django app. The apps register theirs; nobody else knows them by name."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from smsreports.accounts.models import Account
from smsreports.counters.counted import Counted
from smsreports.statements import Slot

# The word that means every source.
ALL = "all"
# An item may have 100,000 receivers; an answer carries the first of them, and their number.
FIRST_RECEIVERS = 100


@dataclass(frozen=True)
class Receivers:
    """Who an item went to: how many, the SMS parts and the latest change of all, and the first rows."""

    total: int
    segments: int
    updated_at: datetime | None
    first: Sequence[Mapping[str, Any]]


@dataclass(frozen=True, eq=False)
class Rows:
    """Rows that can be joined with other sources': whose they are, what narrows them, what they show.

    A declaration, made once: what is compiled of it is kept.
    """

    # A manager whose `for_account` gives the rows, and one step further, such as only the heads.
    of: Callable[[Account | Slot], Any]
    filterset: type[Any]
    # The field that the rows are ordered by.
    time: str
    # The word that breaks ties between sources.
    label: str
    # The joined column's name: this source's expression for it.
    columns: Mapping[str, Any]


@dataclass(frozen=True)
class Source:
    """What the joined views, the exports and the routing need to know of one kind of SMS."""

    # The word by which a caller asks for it.
    slug: str
    # One row an SMS.
    sms: Rows
    # One row an act of sending: a request, a broadcast.
    items: Rows
    # An item by the key that its account knows it by.
    key: str
    # Receivers by item id.
    receivers: Callable[[Account, Sequence[int]], Mapping[int, Receivers]]
    # The tables whose rows are counted.
    counted: Sequence[Counted]
    # Serves the source's own list.
    viewset: type[Any]


_registered: dict[str, Source] = {}


def register(source: Source) -> None:
    """Called by an app when it is ready."""
    _registered[source.slug] = source


def registered() -> list[Source]:
    """Every source, in the order of slugs."""
    return [_registered[slug] for slug in sorted(_registered)]


def asked_for(word: str) -> Iterable[Source]:
    """The sources that a caller's word means: one, or all of them."""
    return [source for source in registered() if word in (ALL, source.slug)]


def counted() -> list[Counted]:
    """Every table whose rows are counted."""
    return [one for source in registered() for one in source.counted]
