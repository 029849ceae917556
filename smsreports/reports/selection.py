"""Selection of rows that a page shows, and the links to other pages with the same selection."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cache, cached_property
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.urls import reverse

from smsreports.accounts.models import Account
from smsreports.counters.queries import CounterScope
from smsreports.queries.list_request import ListRequest
from smsreports.queries.listing import Listing
from smsreports.reports.fields import MIN_DATETIME
from smsreports.reports.forms import ReportForm
from smsreports.sms.windows import ALL_TIME, ONE_DAY, Window
from smsreports.sources import ALL_SOURCES, Source
from smsreports.unified.listings import build_unified_listing

# Parameters of time. A link that sets one of them drops the others.
DATE_PARAMS = ("period", "from", "to", "since", "until")


@dataclass(frozen=True)
class Selection:
    """Rows of one account that a request selects. `filters` are those of a FilterSet; `query_params` are the same as
    parameters of a link."""

    account: Account
    sources: Sequence[Source]
    filters: Mapping[str, Any]
    query_params: Mapping[str, str]
    zone: ZoneInfo

    @classmethod
    def from_form(cls, form: ReportForm) -> "Selection | None":
        """Return the selection of the form, or None if there is no account."""
        account = form.get_value("account")
        if account is None:
            return None
        source_name, filters = form.get_value("source") or ALL_SOURCES, form.build_filters()
        sources = [
            source
            for source in form.sources
            if source_name in (ALL_SOURCES, source.slug) and _supports_filters(source, filters)
        ]
        query_params = {"account": account.name, **form.build_query_params()}
        return cls(account, sources, filters, query_params, ZoneInfo(form.get_value("tz") or "UTC"))

    @cached_property
    def listing(self) -> Listing:
        return build_unified_listing(self.account, self.sources, ListRequest(filters=self.filters))

    @property
    def counter_scope(self) -> CounterScope:
        """Scope of the counters for this selection. Pages without a phone filter always have one."""
        assert self.listing.scope is not None
        return self.listing.scope

    @property
    def window(self) -> Window:
        window: Window = self.filters.get("period", ALL_TIME)
        return window

    @property
    def since(self) -> datetime | None:
        return self.window.start

    @property
    def until(self) -> datetime | None:
        return self.window.end

    @property
    def first_day(self) -> date | None:
        """First day in UTC; None if the window has no start."""
        return self.since.date() if self.since else None

    @property
    def last_day(self) -> date | None:
        return self.until.date() - ONE_DAY if self.until else None

    def has_any_traffic(self) -> bool:
        """Return whether the account has any SMS, regardless of the filters. Empty pages say which."""
        return bool(replace(self, filters={}).listing.count_rows())

    def build_previous(self) -> "Selection | None":
        """Return the selection of as many days just before, or None if the window is open."""
        if self.since is None or self.until is None or self.until <= self.since:
            return None
        if self.until - self.since > self.since - MIN_DATETIME:
            return None
        start = self.since - (self.until - self.since)
        days = {"from": str(start.date()), "to": str(self.since.date() - ONE_DAY)}
        filters = {**self.filters, "period": Window(start, self.since)}
        return replace(self, filters=filters, query_params=_merge_params(self.query_params, days))

    def without_params(self, *names: str) -> "Selection":
        """Return the selection without these parameters in its links. Its filters stay."""
        return replace(
            self, query_params={name: value for name, value in self.query_params.items() if name not in names}
        )

    def build_link(self, page: str, *args: str, **changes: str | None) -> str:
        """Return the URL of a page, or of one item (`args`) of a list, with this selection's parameters and `changes`.

        `first` and `last` set the days; None drops a parameter.
        """
        params = {{"first": "from", "last": "to"}.get(name, name): value for name, value in changes.items()}
        return f"{_build_path(page, *args)}?{urlencode(_merge_params(self.query_params, params))}"

    def make_day_link_builder(self, page: str) -> Callable[..., str]:
        """Return a function that builds links which differ in days and status only.

        It quotes the shared parameters once; days and status need no quoting.
        """
        kept = {name: value for name, value in self.query_params.items() if name not in (*DATE_PARAMS, "status")}
        base_link, current_status = f"{_build_path(page)}?{urlencode(kept)}", self.query_params.get("status", "")

        def build_day_link(first: date, last: date, status: str = current_status) -> str:
            return f"{base_link}&from={first}&to={last}{status and '&status='}{status}"

        return build_day_link

    def build_unfiltered_link(self, page: str, **query: str) -> str:
        """Return the URL of a page of the same account, without any filter."""
        return f"{reverse(f'reports:{page}')}?{urlencode({'account': self.account.name, **query})}"


def _supports_filters(source: Source, filters: Mapping[str, object]) -> bool:
    """Return whether the source has all these filters: API messages, for one, have no broadcast."""
    base_filters: Mapping[str, object] = source.sms.filterset.base_filters
    return filters.keys() <= base_filters.keys()


def _build_path(page: str, *args: str) -> str:
    """Return the path of a page, or of one item of a list. Those of pages are cached: every page links to them."""
    return reverse(f"reports:{page}", args=args) if args else _reverse_page(page)


@cache
def _reverse_page(page: str) -> str:
    return reverse(f"reports:{page}")


def _merge_params(params: Mapping[str, str], changes: Mapping[str, str | None]) -> dict[str, str]:
    dropped = DATE_PARAMS if changes.keys() & set(DATE_PARAMS) else ()
    kept = {name: value for name, value in params.items() if name not in dropped}
    return {name: value for name, value in {**kept, **changes}.items() if value}
