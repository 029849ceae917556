"""Statistics: sums over all that a filter leaves, by day and by country."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from django.conf import settings
from rest_framework.request import Request
from rest_framework.response import Response

from smsreports.concurrency.slots import query_slots
from smsreports.counters.queries import Figures, merge_figures, sum_by, sum_rows, to_figures
from smsreports.database.snapshot import time_limit
from smsreports.exceptions import InvalidParams
from smsreports.sms.windows import ONE_DAY
from smsreports.unified.views import JoinedViewSet

# A day each, for ten years: more would be an answer that nobody reads. An open window is as long as its traffic.
MAX_DAYS = 3660


class StatsViewSet(JoinedViewSet):
    """Figures from the counters; where they do not cover a filter, from the rows that an index finds."""

    def total(self, request: Request) -> Response:
        return self._render_stats(figures=self._get_figures().get((), {}))

    def daily(self, request: Request) -> Response:
        return self._render_stats(days=list(self._fill_days(self._get_figures("day"))))

    def by_country(self, request: Request) -> Response:
        figures = self._get_figures("country")
        most_first = sorted(figures, key=lambda key: (-count_sms(figures[key]), key))
        return self._render_stats(countries=[(country, figures[country,]) for (country,) in most_first])

    def _render_stats(self, **found: Any) -> Response:
        return Response(self.endpoint.render_row(found | {"currency": self.account.currency} | self._get_window_days()))

    def _get_figures(self, *by: str) -> Figures:
        listing = self.get_unified_listing()
        if listing.scope is not None:
            return sum_by(listing.scope, *by)
        statements = [
            sum_rows(source.counter_specs[0], leg.select_all(), *by)
            for source, leg in zip(self.sources, listing.legs, strict=True)
        ]
        with query_slots.acquire_slot(self.account.pk), time_limit(settings.LIST_SECONDS) as read:
            return merge_figures(to_figures(rows, len(by)) for rows in read(*statements))

    def _get_window_days(self) -> dict[str, date | None]:
        """The first and the last day of the window, both included."""
        since, until = self.list_request.filters.get("since"), self.list_request.filters.get("until")
        return {"first": since and since.date(), "last": until and until.date() - ONE_DAY}

    def _fill_days(self, figures: Figures) -> Iterator[tuple[date, dict[str, Any]]]:
        """Every day of the window, oldest first; a side that is open ends with the traffic."""
        window = self._get_window_days()
        days = [day for (day,) in figures]
        first, last = window["first"] or min(days, default=None), window["last"] or max(days, default=None)
        if first is not None and last is not None and (last - first).days >= MAX_DAYS:
            raise InvalidParams({"from": [f"must not be more than {MAX_DAYS} days before to"]})
        while first is not None and last is not None and first <= last:
            yield first, figures.get((first,), {})
            first += ONE_DAY


def count_sms(groups: dict[str, dict[str, Any]]) -> int:
    return sum(measures["sms"] for measures in groups.values())
