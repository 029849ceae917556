"""Statistics: totals of the filtered SMS, by day and by country."""

from collections.abc import Iterator
from datetime import date

from django.conf import settings
from rest_framework.request import Request
from rest_framework.response import Response

from smsreports.concurrency.slots import query_slots
from smsreports.counters.queries import Figures, GroupFigures, merge_figures, sum_by, sum_rows, to_figures
from smsreports.database.snapshot import time_limit
from smsreports.exceptions import InvalidParams
from smsreports.queries.rows import CountryStats, DailyStats, TotalStats, WindowDays
from smsreports.sms.windows import ONE_DAY
from smsreports.unified.views import UnifiedViewSet

# Longest window of daily statistics: ten years. A window with an open side is as long as its traffic.
MAX_DAYS = 3660


class StatsViewSet(UnifiedViewSet):
    """Statistics from the counters, or from the rows themselves for filters that the counters do not cover."""

    def total(self, request: Request) -> Response:
        """Return the totals of all SMS that match."""
        figures = self._get_figures().get((), {})
        return self._render_stats({"figures": figures, "currency": self.account.currency, **self._get_window_days()})

    def daily(self, request: Request) -> Response:
        """Return the totals of each day, oldest first."""
        return self._render_stats({"days": list(self._fill_days(self._get_figures("day"))), **self._get_window_days()})

    def by_country(self, request: Request) -> Response:
        """Return the totals of each country, most SMS first."""
        figures = self._get_figures("country")
        sms = {key: sum(measures["sms"] for measures in groups.values()) for key, groups in figures.items()}
        countries = sorted(figures, key=lambda key: (-sms[key], key))
        rows = [(country, figures[country,]) for (country,) in countries]
        return self._render_stats({"countries": rows, **self._get_window_days()})

    def _render_stats(self, stats: TotalStats | DailyStats | CountryStats) -> Response:
        return Response(self.endpoint.render_row(stats))

    def _get_figures(self, *dimensions: str) -> Figures:
        """Return the measures by status group, for each combination of the dimensions."""
        listing = self.get_listing()
        if listing.scope is not None:
            return sum_by(listing.scope, *dimensions)
        queries = [
            sum_rows(source.counter_specs[0], source_query.select_all(), *dimensions)
            for source, source_query in zip(self.sources, listing.source_queries, strict=True)
        ]
        with query_slots.acquire_slot(self.account.pk), time_limit(settings.LIST_SECONDS) as fetch:
            return merge_figures(to_figures(rows, len(dimensions)) for rows in fetch(*queries))

    def _get_window_days(self) -> WindowDays:
        """Return the first and the last day of the window, both included."""
        window = self.list_request.window
        return {
            "first": window.start and window.start.date(),
            "last": window.end and window.end.date() - ONE_DAY,
        }

    def _fill_days(self, figures: Figures) -> Iterator[tuple[date, GroupFigures]]:
        """Yield every day of the window, oldest first, including days without SMS.

        An open side of the window ends with the traffic. Raises InvalidParams when the window has over MAX_DAYS days.
        """
        window = self._get_window_days()
        days = [day for (day,) in figures]
        first, last = window["first"] or min(days, default=None), window["last"] or max(days, default=None)
        if first is not None and last is not None and (last - first).days >= MAX_DAYS:
            raise InvalidParams({"from": [f"must not be more than {MAX_DAYS} days before to"]})
        while first is not None and last is not None and first <= last:
            yield first, figures.get((first,), {})
            first += ONE_DAY
