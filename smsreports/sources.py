"""Sources and their registry. A source is one kind of stored SMS, a Django app, which registers itself when ready."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, TypedDict

from django.apps import apps
from django.core.exceptions import AppRegistryNotReady, ImproperlyConfigured
from django.db.models import Expression, F, Model, QuerySet
from django_filters import FilterSet

from smsreports.accounts.models import Account
from smsreports.campaigns import CampaignQueries
from smsreports.counters.specs import CounterSpec
from smsreports.database.compiled import Param
from smsreports.records.loader import Loader

if TYPE_CHECKING:
    from smsreports.api.viewsets import SourceViewSet

# The value of `source` that means every source.
ALL_SOURCES = "all"
# An item may have 100,000 receivers. A response holds the first of them, and their number.
MAX_RECEIVERS = 100


class ReceiverRow(TypedDict):
    """Receiver of an item, and the status of its SMS."""

    id: int
    recipient: str
    status: str
    status_code: str
    created_at: datetime
    sent_at: datetime | None
    delivered_at: datetime | None
    updated_at: datetime


@dataclass(frozen=True)
class Receivers:
    """Receivers of an item: the number, SMS parts and latest change of all, and the first `MAX_RECEIVERS` rows."""

    total: int
    segments: int
    updated_at: datetime | None
    rows: Sequence[ReceiverRow]


@dataclass(frozen=True, eq=False)
class SourceTable:
    """Declaration of rows that a listing can join with those of other sources.

    Make each one once: queries compiled from it are cached by its identity.
    """

    # Returns the queryset of an account's rows, such as the method of an account-scoped manager.
    for_account: Callable[[Account | Param], QuerySet[Model]]
    filterset: type[FilterSet]
    # The field that orders the rows.
    time_field: str
    # Orders rows of the same time in different sources.
    source_label: str
    # This source's expression by the name of the joined column.
    columns: Mapping[str, Expression | F]

    def with_columns(self, *names: str, **expressions: Expression | F) -> SourceTable:
        """Return the same rows with these of its columns, and others by name. Make each one once, too."""
        return replace(self, columns={**{name: self.columns[name] for name in names}, **expressions})


@dataclass(frozen=True)
class SourceList:
    """A list of a source's own, which dialects may show."""

    # Its name in the API's description, and its address below that of the dialect's lists, a Django route.
    name: str
    route: str
    viewset: type[SourceViewSet]
    title: str


@dataclass(frozen=True)
class Source:
    """One kind of SMS, as joined views, exports and routing need it."""

    # Its name in requests and addresses.
    slug: str
    # The model of its SMS, and that of its items.
    model: type[Model]
    item_model: type[Model]
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
    # Its records, and how they become rows.
    loader: Loader
    # Its own lists.
    lists: Sequence[SourceList] = ()
    # The field with the client's own id of an SMS, unique within the account. None if clients give no ids.
    client_key: str | None = None
    # For the pages of campaigns. None if the source has no campaigns.
    campaigns: CampaignQueries | None = None


_sources: dict[str, Source] = {}


def register_source(source: Source) -> None:
    """Add a source to the registry. Apps call this from `ready`.

    One source at most may have campaigns, since pages and links name a campaign by its id alone.
    """
    found = find_campaigns(other for other in _sources.values() if other.slug != source.slug)
    if source.campaigns is not None and found is not None:
        raise ImproperlyConfigured(f"only one source may have campaigns, not {found[0].slug} and {source.slug}")
    _sources[source.slug] = source


def get_sources() -> list[Source]:
    """Return all sources, ordered by slug. Raises AppRegistryNotReady before all have registered."""
    if not apps.ready:
        raise AppRegistryNotReady("sources register when their apps are ready")
    return [_sources[slug] for slug in sorted(_sources)]


def get_sources_for(name: str) -> list[Source]:
    """Return the sources that a request's `source` means: one, or all of them."""
    return [source for source in get_sources() if name in (ALL_SOURCES, source.slug)]


def get_source_of(model: type[Model]) -> Source:
    """Return the source that stores rows of this model: its SMS or its items. Raises LookupError."""
    for source in get_sources():
        if model in (source.model, source.item_model):
            return source
    raise LookupError(f"{model.__name__} belongs to no source")


def get_source_words() -> tuple[str, ...]:
    """Return the values that a request's `source` may have."""
    return (*(source.slug for source in get_sources()), ALL_SOURCES)


def get_source_lists() -> list[SourceList]:
    """Return the lists of all sources."""
    return [source_list for source in get_sources() for source_list in source.lists]


def get_counter_specs() -> list[CounterSpec]:
    """Return the counter specs of all sources."""
    return [spec for source in get_sources() for spec in source.counter_specs]


def find_campaigns(sources: Iterable[Source]) -> tuple[Source, CampaignQueries] | None:
    """Return the one of `sources` that has campaigns, with their queries, or None."""
    return next(((source, source.campaigns) for source in sources if source.campaigns is not None), None)
