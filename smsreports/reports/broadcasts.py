"""Broadcasts: the list of campaigns, and one with what came of it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import render

from broadcasts_app.exports import SOURCE
from broadcasts_app.models import Broadcast, BroadcastSend
from smsreports.api.snapshot import snapshot
from smsreports.api.staff.masking import sees_numbers
from smsreports.counters.reading import sums_of_broadcasts
from smsreports.dialects.base import Asked
from smsreports.dialects.query import GREATEST_NUMBER
from smsreports.reports import charts
from smsreports.reports.access import ReportView
from smsreports.reports.figures import Totals
from smsreports.reports.forms import BroadcastsForm
from smsreports.reports.messages import HtmlPages
from smsreports.reports.privacy import HIDDEN
from smsreports.reports.selection import Selection
from smsreports.reports.tables import Table
from smsreports.statements import Statement
from smsreports.unified.joined import items

# Broadcasts of a page.
PAGE_SIZE = 25
# Broadcasts of a file: of each the sums are read.
MOST_IN_FILE = 10_000
# Sends of one broadcast whose hours are looked at: the first that were stored, by the broadcast's own index.
SAMPLE = 50_000
# Hours that are drawn; what comes later is told as one number.
MOST_HOURS = 48
HUNDREDTH_OF_CENT = Decimal("0.0001")


@dataclass(frozen=True)
class Step:
    """A step of the funnel: how many SMS came so far, how many of a hundred sent, and what each of them cost."""

    name: str
    number: int
    share: float
    each: Decimal | None


@dataclass(frozen=True)
class Campaign:
    """A broadcast with its sums."""

    broadcast: Broadcast
    totals: Totals
    clicked: int
    actions: int
    href: str

    @property
    def steps(self) -> Sequence[Step]:
        numbers = {
            "Sent": self.totals.sent,
            "Delivered": self.totals.delivered,
            "Clicked": self.clicked,
            "Actions": self.actions,
        }
        return [
            Step(name, number, _share(number, self.totals.sent), self._each(number)) for name, number in numbers.items()
        ]

    def _each(self, number: int) -> Decimal | None:
        return (self.totals.cost / number).quantize(HUNDREDTH_OF_CENT, ROUND_HALF_UP) if number else None


@dataclass(frozen=True)
class Hour:
    """What happened in one hour since the first SMS."""

    number: int
    events: Mapping[str, int]


EVENTS = ("sent", "delivered", "clicked", "action")


class BroadcastsView(ReportView):
    page, title = "broadcasts", "Broadcasts"
    form_class = BroadcastsForm

    def get(self, request: HttpRequest) -> HttpResponseBase:
        self.permit()
        return super().get(request)

    def permit(self) -> None:
        if SOURCE not in self.sources:
            raise PermissionDenied

    def figures(self, form: BroadcastsForm, selection: Selection) -> Mapping[str, Any]:
        pages = HtmlPages()
        asked = Asked(page=form.value("page") or 1, size=PAGE_SIZE, cursor=form.value("cursor"))
        pages.read(items(selection.account, [SOURCE], Asked(filters=selection.filters)), self.request, asked)
        return {"pages": pages, "campaigns": campaigns(selection, [row["id"] for row in pages.rows])}

    def table(self, form: BroadcastsForm, selection: Selection) -> Table:
        listing = items(selection.account, [SOURCE], Asked(filters=selection.filters))
        _, rows = listing.page(0, MOST_IN_FILE)
        found = campaigns(selection, [row["id"] for row in rows])
        titles = ("created_at", "key", "name", "sender_id", "sent", "delivered", "delivery_rate", "clicked", "actions")
        return Table((*titles, "cost"), [_row(one) for one in found])


class BroadcastView(BroadcastsView):
    page, title, template = "broadcasts", "Broadcast", "broadcast"

    def get(self, request: HttpRequest, row: int) -> HttpResponseBase:  # type: ignore[override]
        self.permit()
        selection = Selection.of(self.form_class(request.GET, self.sources))
        if selection is None or row > GREATEST_NUMBER:
            raise Http404
        with snapshot():
            found = campaigns(selection, [row])
            hours = by_hour(selection, row) if found else []
        if not found:
            raise Http404
        context = {"selection": selection, "page": self.page, "title": found[0].broadcast.name, "campaign": found[0]}
        context |= {"navigation": list(self.navigation(selection)), "back": selection.link("broadcasts")}
        context |= {"text": found[0].broadcast.text if sees_numbers(request.user) else HIDDEN}
        return render(request, "reports/broadcast.html", context | _hours(hours))


def campaigns(selection: Selection, ids: Sequence[int]) -> list[Campaign]:
    """In the order of `ids`; those that are not the account's are left out."""
    rows = Broadcast.objects.for_account(selection.account).in_bulk(ids)
    found = sums_of_broadcasts(selection.account, ids)
    return [_campaign(selection, rows[one], found.get(one, {})) for one in ids if one in rows]


def _campaign(selection: Selection, row: Broadcast, groups: Mapping[str, Mapping[str, Any]]) -> Campaign:
    clicked, actions = (sum(part[name] for part in groups.values()) for name in ("unique_clicks", "actions"))
    return Campaign(row, Totals.of(groups), clicked, actions, selection.link("broadcast", str(row.pk)))


def by_hour(selection: Selection, broadcast: int) -> list[Hour]:
    """What happened in each hour since the first SMS, of the first SAMPLE sends; hours without anything are left out.

    Raw SQL around the sends, because the ORM cannot count four columns of a limited query by one rule.
    """
    sends = BroadcastSend.objects.for_account(selection.account).filter(broadcast=broadcast).order_by("id")
    rows = Statement.of(
        sends.values_list("sent_at", "delivered_at", "status_group", "clicked_at", "action_at")[:SAMPLE]
    )
    found = Statement(
        f"""WITH s (sent, arrived, status_group, clicked, action) AS MATERIALIZED ({rows.sql}),
            e (kind, at) AS (
                SELECT 'sent', sent FROM s
                UNION ALL SELECT 'delivered', arrived FROM s WHERE status_group = 'delivered'
                UNION ALL SELECT 'clicked', clicked FROM s
                UNION ALL SELECT 'action', action FROM s
            )
            SELECT greatest(floor(extract(epoch FROM e.at - (SELECT min(sent) FROM s)) / 3600), 0)::int, kind, count(*)
            FROM e WHERE e.at IS NOT NULL GROUP BY 1, 2 ORDER BY 1""",
        rows.params,
    )
    hours: dict[int, dict[str, int]] = {}
    for hour, kind, number in found.rows():
        hours.setdefault(hour, {})[kind] = number
    return [Hour(number, events) for number, events in hours.items()]


def _hours(hours: Sequence[Hour]) -> dict[str, Any]:
    drawn = [hour for hour in hours if hour.number < MOST_HOURS]
    last = max((hour.number for hour in drawn), default=0)
    every = {hour.number: hour.events for hour in drawn}
    later = {kind: sum(hour.events.get(kind, 0) for hour in hours if hour.number >= MOST_HOURS) for kind in EVENTS}
    places = [Hour(number, every.get(number, {})) for number in range(last + 1)]
    return {
        "hours": [(hour.number, [hour.events.get(kind, 0) for kind in EVENTS]) for hour in places],
        "later": list(later.values()) if any(later.values()) else None,
        "most": MOST_HOURS,
        "sample": SAMPLE,
        "delivered": _bars(places, "delivered"),
        "clicked": _bars(places, "clicked") if any("clicked" in hour.events for hour in places) else None,
        "events": EVENTS,
    }


def _bars(hours: Iterable[Hour], kind: str) -> charts.Bars:
    columns = []
    for hour in hours:
        number = hour.events.get(kind, 0)
        columns.append(
            charts.Column(f"{hour.number}\u202fh", f"hour {hour.number}: {number:,} {kind}", "", {kind: number}, {})
        )
    return charts.stacked(columns, (kind,))


def _share(part: int, whole: int) -> float:
    return round(100 * part / whole, 2) if whole else 0.0


def _row(one: Campaign) -> tuple[Any, ...]:
    row, totals = one.broadcast, one.totals
    figures = (totals.sent, totals.delivered, totals.rate, one.clicked, one.actions, totals.cost)
    return f"{row.created_at:%Y-%m-%dT%H:%M:%SZ}", row.key, row.name, row.sender_id, *figures
