"""What a page shows: whose rows, which of them, and the addresses of everything beside."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cache, cached_property
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.urls import reverse

from smsreports.accounts.models import Account
from smsreports.api.listing import Listing
from smsreports.counters.reading import Scope
from smsreports.dialects.base import Asked
from smsreports.reports.forms import ReportForm
from smsreports.sources import ALL, Source
from smsreports.unified.joined import unified
from smsreports.windows import ONE_DAY

# One of these takes the others' place in an address.
DAYS = ("period", "from", "to", "since", "until")


@dataclass(frozen=True)
class Selection:
    """The rows of one account that an address asks for. `filters` are a FilterSet's; `address` is its query."""

    account: Account
    sources: Sequence[Source]
    filters: Mapping[str, Any]
    address: Mapping[str, str]
    zone: ZoneInfo

    @classmethod
    def of(cls, form: ReportForm) -> "Selection | None":
        """None where there is no account to show."""
        account = form.value("account")
        if account is None:
            return None
        word, filters = form.value("source") or ALL, form.filters()
        sources = [source for source in form.sources if word in (ALL, source.slug) and _knows(source, filters)]
        address = {"account": account.name, **form.address()}
        return cls(account, sources, filters, address, ZoneInfo(form.value("tz") or "UTC"))

    @cached_property
    def listing(self) -> Listing:
        return unified(self.account, self.sources, Asked(filters=self.filters))

    @property
    def scope(self) -> Scope:
        """What of the counters covers it; pages whose form has no phone are always covered."""
        assert self.listing.scope is not None
        return self.listing.scope

    @property
    def since(self) -> datetime | None:
        return self.filters.get("since")

    @property
    def until(self) -> datetime | None:
        return self.filters.get("until")

    @property
    def first(self) -> date | None:
        """The first day; None where there is none."""
        return self.since.date() if self.since else None

    @property
    def last(self) -> date | None:
        return self.until.date() - ONE_DAY if self.until else None

    def begun(self) -> bool:
        """Whether the account has sent anything at all, whatever is asked for; pages without rows tell."""
        return bool(replace(self, filters={}).listing.count())

    def before(self) -> "Selection | None":
        """The same of as many days just before; None where the window has no beginning."""
        if self.since is None or self.until is None or self.until <= self.since:
            return None
        if self.until - self.since > self.since - EARLIEST:
            return None
        start = self.since - (self.until - self.since)
        days = {"from": str(start.date()), "to": str(self.since.date() - ONE_DAY)}
        filters = {**self.filters, "since": start, "until": self.since}
        return replace(self, filters=filters, address=_with(self.address, days))

    def without(self, *names: str) -> "Selection":
        """The same question, but for these parts of its address; only for links."""
        return replace(self, address={name: value for name, value in self.address.items() if name not in names})

    def link(self, page: str, *of: str, **changes: str | None) -> str:
        """The address of a page, or of one thing `of` a list, with the same question but for `changes`; `first`
        and `last` are days."""
        wire = {{"first": "from", "last": "to"}.get(name, name): value for name, value in changes.items()}
        return f"{_path(page, *of)}?{urlencode(_with(self.address, wire))}"

    def opened(self, page: str) -> Callable[..., str]:
        """The same for many links that differ in days and status alone, which need no quoting."""
        kept = {name: value for name, value in self.address.items() if name not in (*DAYS, "status")}
        start, same = f"{_path(page)}?{urlencode(kept)}", self.address.get("status", "")

        def link(first: date, last: date, status: str = same) -> str:
            return f"{start}&from={first}&to={last}{status and '&status='}{status}"

        return link

    def bare(self, page: str, **query: str) -> str:
        """The address of a page of the same account, without any filter."""
        return f"{reverse(f'reports:{page}')}?{urlencode({'account': self.account.name, **query})}"


def _knows(source: Source, filters: Mapping[str, Any]) -> bool:
    """Whether these filters could mean rows of the source: API messages have no broadcast."""
    known: Mapping[str, Any] = source.sms.filterset.base_filters
    return filters.keys() <= known.keys()


# Going back from the first days of the calendar ends here.
EARLIEST = datetime.fromisoformat("0002-01-01T00:00:00+00:00")


def _path(page: str, *of: str) -> str:
    """Django's `reverse` for one row of a list; for the pages themselves, which every page links to, kept."""
    return reverse(f"reports:{page}", args=of) if of else _page(page)


@cache
def _page(page: str) -> str:
    return reverse(f"reports:{page}")


def _with(address: Mapping[str, str], changes: Mapping[str, str | None]) -> dict[str, str]:
    replaced = DAYS if changes.keys() & set(DAYS) else ()
    kept = {name: value for name, value in address.items() if name not in replaced}
    return {name: value for name, value in {**kept, **changes}.items() if value}
