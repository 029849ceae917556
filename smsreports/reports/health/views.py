"""The page: today against the same hours of the last four weeks."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from smsreports.api.sms import IN_TIME
from smsreports.reports.access import ReportView
from smsreports.reports.dimensions import Interval
from smsreports.reports.health.evidence import LEAST, LEAST_DROP, NEARLY_STOPPED
from smsreports.reports.health.forms import SPANS, HealthForm
from smsreports.reports.health.hours import MOST_READ, WEEKS, Hours
from smsreports.reports.health.lines import Line, addresses, line, strips
from smsreports.reports.health.slices import EVERYTHING, MOST_SLICES, Days, Key, counted, kind_of
from smsreports.reports.health.verdicts import FALSE, Judge, State, Verdict
from smsreports.reports.moments import said
from smsreports.reports.selection import Selection
from smsreports.reports.tables import Table

# Lines of each table; the file has all that are looked at.
MOST_LISTED = 20


@dataclass(frozen=True)
class Moved:
    """What moved by itself: its line, how, and by how many SMS."""

    line: Line
    state: State
    lost: int


@dataclass(frozen=True)
class Part:
    """A table of the page: the marked lines first, then the largest; `more` are not shown."""

    title: str
    one: str
    lines: Sequence[tuple[Line, Interval | None]]
    least: int
    more: int


class HealthView(ReportView):
    page, title = "health", "Health"
    form_class = HealthForm

    def figures(self, form: HealthForm, selection: Selection) -> Mapping[str, Any]:
        hours, slices = _read(form, selection)
        context = {"selection": _shown(selection, hours), "hours": hours, "span": SPANS[form.spans], **LIMITS}
        context |= {"weeks": [(week, hours.ago(week).start) for week in WEEKS[1:]]}
        context |= {
            "moment": selection.link("health", at=said(form.moment)),
            "day": selection.link("health", span="24h"),
        }
        if not slices:
            return context
        judge = Judge(slices)
        verdicts, where = judge.verdicts(), addresses(selection, hours)

        def one(key: Key) -> Line:
            return line(where, key, verdicts[key], slices[key])

        return context | {
            "total": one(EVERYTHING),
            "causes": [Moved(one(cause.key), cause.state, cause.lost) for cause in judge.causes()],
            "parts": list(_parts(verdicts, one)),
        }

    def table(self, form: HealthForm, selection: Selection) -> Table:
        hours, slices = _read(form, selection)
        verdicts = Judge(slices).verdicts() if slices else {}
        rows = [_row(key, days, verdicts[key]) for key, days in slices.items()]
        return Table(("slice", "sender", "country", "verdict", "usual_rate", *_day_titles(hours)), rows)

    def periods(self, form: HealthForm, selection: Selection) -> Sequence[tuple[str, str, bool]]:
        return [(name, selection.link(self.page, span=span), span == form.spans) for span, name in SPANS.items()]


LIMITS: Mapping[str, Any] = {
    "in_time_minutes": IN_TIME.seconds // 60,
    "most_read": MOST_READ,
    "most_slices": MOST_SLICES,
    "fewest": LEAST,
    "least_points": round(100 * LEAST_DROP),
    "nearly_stopped": round(100 * NEARLY_STOPPED),
    "false": round(100 * FALSE),
}


def _read(form: HealthForm, selection: Selection) -> tuple[Hours, Mapping[Key, Days]]:
    if form.hours.empty:
        return form.hours, {}
    legs = selection.listing.legs
    hours = form.hours.within_reach(legs)
    return hours, {} if hours.empty else counted(legs, hours)


def _shown(selection: Selection, hours: Hours) -> Selection:
    """With the hours that were compared, which may be fewer than those asked for."""
    return replace(selection, filters={**selection.filters, "since": hours.since, "until": hours.until})


def _parts(verdicts: Mapping[Key, Verdict], line: Callable[[Key], Line]) -> Iterator[Part]:
    kinds = (("Countries", "Country", "country"), ("Senders", "Sender", "sender"), ("Routes", "Route", "route"))
    for title, one, kind in kinds:
        own = [key for key in verdicts if kind_of(key) == kind]
        first = sorted(own, key=lambda key: not verdicts[key].marked)[:MOST_LISTED]
        least, lines = strips([line(key) for key in first])
        yield Part(title, one, lines, least, len(own) - len(first))


def _day_titles(hours: Hours) -> Iterator[str]:
    for week in WEEKS:
        start = hours.ago(week).start
        assert isinstance(start, datetime)
        yield from (f"{what}_{start.date()}" for what in ("sent", "in_time"))


def _row(key: Key, days: Days, verdict: Verdict) -> tuple[Any, ...]:
    usual = None if verdict.usual is None else f"{verdict.usual:.2f}"
    return kind_of(key), *key, verdict.state.value, usual, *(part for day in days for part in (day.sent, day.in_time))
