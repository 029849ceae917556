"""The overview: how an account's SMS went, at a glance."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from smsreports.api.snapshot import at_once
from smsreports.counters.reading import Figures, figures, largest, of_largest, sums
from smsreports.reports import charts
from smsreports.reports.access import ReportView
from smsreports.reports.figures import SUMMED, Totals, change, difference
from smsreports.reports.forms import NOWHERE, ReportForm
from smsreports.reports.selection import Selection
from smsreports.reports.spans import Span, spans
from smsreports.reports.speed import Speed, sampled, speeds
from smsreports.reports.tables import Table
from smsreports.statements import Statement
from smsreports.statuses import Group

# Countries, senders and routes that are listed; the pages behind have all.
MOST_LISTED = 6
# Rows of each source whose times to delivery are looked at: a few milliseconds of the page.
SAMPLE = 1_000
# The counters' columns of which the largest are listed, and those that make a route.
LISTED, ROUTE = ("country", "sender_id"), ("sender_id", "country")
# From the bottom of a bar up: what arrived, what is on its way, what did not arrive.
KINDS = tuple(
    group.value for group in (Group.DELIVERED, Group.PENDING, Group.UNKNOWN, Group.EXPIRED, Group.UNDELIVERED)
)


@dataclass(frozen=True)
class Change:
    """Against the period before: by how much, in which unit, and whether that is welcome; None where it is neither."""

    by: Decimal
    unit: str
    good: bool | None

    @property
    def said(self) -> str:
        sign = "+" if self.by > 0 else "\u2212" if self.by < 0 else "±"
        return f"{sign}{abs(self.by):,}\u202f{self.unit}"


@dataclass(frozen=True)
class Row:
    """A line of a list: its name, what it adds up to, its share of the largest in percent, and where it leads."""

    name: str
    totals: Totals
    share: float
    href: str | None


@dataclass(frozen=True)
class Route:
    sender: str
    country: str
    speed: Speed
    href: str | None


@dataclass(frozen=True)
class Day:
    """A line below the chart, with the address of each figure."""

    span: Span
    totals: Totals
    href: str
    parts: Sequence[tuple[int, str]]

    @property
    def figures(self) -> Sequence[tuple[int, str]]:
        """All that was sent, and the parts of it by status."""
        return [(self.totals.sent, self.href), *self.parts]


class OverviewView(ReportView):
    page, title = "overview", "Overview"

    def figures(self, form: ReportForm, selection: Selection) -> Mapping[str, Any]:
        before = selection.before()
        days_rows, largest_rows, sample, *then_rows = at_once(*_asked(selection, before))
        by_day = {day: Totals.of(groups) for (day,), groups in figures(days_rows, 1, SUMMED).items()}
        totals = Totals.added(by_day.values())
        if totals.sent == 0:
            return {"totals": totals}
        then = Totals.of(figures(then_rows[0], 0, SUMMED).get((), {})) if before else None
        found = of_largest(largest_rows, SUMMED, *LISTED)
        step, days = _days(selection, by_day)
        return {
            "totals": totals,
            "before": before,
            "before_link": before.link("overview") if before else None,
            "changes": _changes(totals, then) if then else {},
            "links": _links(selection),
            "step": step,
            "days": days,
            "kinds": KINDS,
            "bars": _bars(days),
            "line": _line(days),
            "countries": _listed(selection, "country", found["country"]),
            "senders": _listed(selection, "sender", found["sender_id"]),
            "routes": _slowest(selection, speeds(sample, len(ROUTE))),
            "sample": SAMPLE,
            "countries_link": selection.link("countries"),
            "senders_link": selection.link("senders"),
        }

    def table(self, form: ReportForm, selection: Selection) -> Table:
        """A line a day, as `stats/daily`; days without traffic are left out."""
        rows = ((str(day), Totals.of(groups)) for (day,), groups in sorted(sums(selection.scope, "day").items()))
        return Table(("day", *TITLES), [(day, *figures_of(totals)) for day, totals in rows])


def _asked(selection: Selection, before: Selection | None) -> Iterator[Statement]:
    """All that the page shows, in one round trip: sums by day, those of the largest, a sample, and sums before."""
    yield selection.scope.summed(SUMMED, "day", "status_group")
    yield largest(selection.scope, SUMMED, MOST_LISTED, *LISTED)
    yield sampled(selection, datetime.now(UTC), SAMPLE, *ROUTE)
    if before:
        yield before.scope.summed(SUMMED, "status_group")


TITLES = ("sent", *(group.value for group in Group), "delivery_rate", "cost")


def figures_of(totals: Totals) -> tuple[Any, ...]:
    """In the order of TITLES."""
    return totals.sent, *totals.sms.values(), totals.rate, totals.cost


def _changes(now: Totals, then: Totals) -> dict[str, Change]:
    """Nothing is said where there was nothing before. That less was sent or spent is neither good nor bad."""
    found = {
        "sent": (change(now.sent, then.sent), "%", False),
        "delivered": (change(now.delivered, then.delivered), "%", False),
        "rate": (difference(now.rate, then.rate), "points", True),
        "cost": (change(now.cost, then.cost), "%", False),
    }
    return {
        name: Change(by, unit, by > 0 if judged and by else None)
        for name, (by, unit, judged) in found.items()
        if by is not None
    }


def _links(selection: Selection) -> dict[str, str]:
    return {
        "sent": selection.link("messages"),
        **{kind: selection.link("messages", status=kind) for kind in KINDS},
    }


def _days(selection: Selection, by_day: Mapping[date, Totals]) -> tuple[str, list[Day]]:
    """The bars of the chart; a side of the window that is open ends with the traffic."""
    step, places = spans(selection.first or min(by_day), selection.last or max(by_day))
    link = selection.opened("messages")
    return step, [_day(link, span, by_day) for span in places]


def _day(link: Callable[..., str], span: Span, every: Mapping[date, Totals]) -> Day:
    if span.first == span.last:
        totals = every.get(span.first) or Totals.of({})
    else:
        totals = Totals.added(one for day, one in every.items() if span.first <= day <= span.last)
    parts = [(totals.sms[kind], link(span.first, span.last, kind)) for kind in KINDS]
    return Day(span, totals, link(span.first, span.last), parts)


def _bars(days: Iterable[Day]) -> charts.Bars:
    columns = [
        charts.Column(
            label=day.span.label,
            title=f"{day.span.said}: {day.totals.sent:,} sent",
            href=day.href,
            values={kind: number for kind, (number, _) in zip(KINDS, day.parts, strict=True)},
            links={kind: href for kind, (_, href) in zip(KINDS, day.parts, strict=True)},
        )
        for day in days
    ]
    return charts.stacked(columns, KINDS)


def _line(days: Iterable[Day]) -> charts.Line:
    return charts.line(
        [
            charts.Point(
                label=day.span.label,
                title=f"{day.span.said}: {day.totals.rate} % of {day.totals.sent:,} delivered",
                href=day.href,
                value=None if day.totals.rate is None else float(day.totals.rate),
            )
            for day in days
        ]
    )


def _listed(selection: Selection, name: str, found: Figures) -> list[Row]:
    """The largest by one dimension."""
    totals = sorted(((key, Totals.of(groups)) for (key,), groups in found.items()), key=lambda one: -one[1].sent)
    most = totals[0][1].sent
    return [
        Row(key, total, round(100 * total.sent / most, 2), _leads(selection, **{name: key})) for key, total in totals
    ]


def _leads(selection: Selection, *, sender: str | None = None, country: str | None = None) -> str | None:
    """To the SMS of a sender, a country, or both; None for those without a sender, of which there should be none."""
    if sender == "":
        return None
    changes = {"sender": sender, "country": NOWHERE if country == "" else country}
    return selection.link("messages", **{name: value for name, value in changes.items() if value is not None})


def _slowest(selection: Selection, found: Mapping[tuple[str, ...], Speed]) -> list[Route]:
    slowest = sorted(found.items(), key=lambda one: (-one[1].median.took, one[0]))[:MOST_LISTED]
    return [
        Route(sender, country, speed, _leads(selection, sender=sender, country=country))
        for (sender, country), speed in slowest
    ]
