"""Statistics: sums over all that a filter leaves, by day and by country."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from django.conf import settings
from rest_framework.request import Request
from rest_framework.response import Response

from smsreports.api.slots import slots
from smsreports.api.snapshot import time_limit
from smsreports.counters.reading import Figures, added, figures, sums, sums_of_rows
from smsreports.dialects.base import InvalidParams
from smsreports.unified.views import JoinedViewSet
from smsreports.windows import ONE_DAY

# A day each, for ten years: more would be an answer that nobody reads. An open window is as long as its traffic.
MOST_DAYS = 3660


class StatsViewSet(JoinedViewSet):
    """Figures from the counters; where they do not cover a filter, from the rows that an index finds."""

    def total(self, request: Request) -> Response:
        return self._answer(figures=self._figures().get((), {}))

    def daily(self, request: Request) -> Response:
        return self._answer(days=list(self._filled(self._figures("day"))))

    def by_country(self, request: Request) -> Response:
        figures = self._figures("country")
        most_first = sorted(figures, key=lambda key: (-sms_of(figures[key]), key))
        return self._answer(countries=[(country, figures[country,]) for (country,) in most_first])

    def _answer(self, **found: Any) -> Response:
        return Response(self.door.row(found | {"currency": self.account.currency} | self._days()))

    def _figures(self, *by: str) -> Figures:
        listing = self.unified()
        if listing.scope is not None:
            return sums(listing.scope, *by)
        statements = [
            sums_of_rows(source.counted[0], leg.whole(), *by)
            for source, leg in zip(self.sources, listing.legs, strict=True)
        ]
        with slots.acquire(self.account.pk), time_limit(settings.LIST_SECONDS) as read:
            return added(figures(rows, len(by)) for rows in read(*statements))

    def _days(self) -> dict[str, date | None]:
        """The first and the last day of the window, both included."""
        since, until = self.asked.filters.get("since"), self.asked.filters.get("until")
        return {"first": since and since.date(), "last": until and until.date() - ONE_DAY}

    def _filled(self, figures: Figures) -> Iterator[tuple[date, dict[str, Any]]]:
        """Every day of the window, oldest first; a side that is open ends with the traffic."""
        window = self._days()
        days = [day for (day,) in figures]
        first, last = window["first"] or min(days, default=None), window["last"] or max(days, default=None)
        if first is not None and last is not None and (last - first).days >= MOST_DAYS:
            raise InvalidParams({"from": [f"must not be more than {MOST_DAYS} days before to"]})
        while first is not None and last is not None and first <= last:
            yield first, figures.get((first,), {})
            first += ONE_DAY


def sms_of(groups: dict[str, dict[str, Any]]) -> int:
    return sum(measures["sms"] for measures in groups.values())
