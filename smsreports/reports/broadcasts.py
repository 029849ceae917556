"""Broadcasts: the list of campaigns, and one with what came of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import render

from broadcasts_app.exports import SOURCE
from broadcasts_app.funnel import Funnel, Step, funnels
from broadcasts_app.models import Broadcast
from smsreports.api.snapshot import snapshot
from smsreports.api.staff.masking import sees_numbers
from smsreports.dialects.base import Asked
from smsreports.dialects.query import GREATEST_NUMBER
from smsreports.reports.access import ReportView
from smsreports.reports.figures import Totals
from smsreports.reports.forms import BroadcastsForm
from smsreports.reports.hours import SAMPLE, Link, by_hour, drawn
from smsreports.reports.messages import HtmlPages
from smsreports.reports.privacy import HIDDEN
from smsreports.reports.selection import Selection
from smsreports.reports.tables import Table
from smsreports.statuses import Group
from smsreports.unified.joined import items

# Broadcasts of a page.
PAGE_SIZE = 25
# Broadcasts of a file: of each the sums are read.
MOST_IN_FILE = 10_000
# The last day that an address can name: a broadcast's figures are of all its days.
LAST_DAY = "9999-12-31"


@dataclass(frozen=True)
class Campaign:
    """A broadcast with what came of it, and the address of each figure's SMS by the name of its step."""

    broadcast: Broadcast
    funnel: Funnel
    totals: Totals
    href: str
    links: Mapping[str, str]

    @property
    def steps(self) -> Sequence[tuple[Step, str]]:
        return [(step, self.links[step.name]) for step in self.funnel.steps]

    @property
    def sums(self) -> Sequence[tuple[int, str]]:
        """How many were sent and delivered, each with its address."""
        return [(step.number, href) for step, href in self.steps[:2]]

    @property
    def reactions(self) -> Sequence[tuple[int, str]]:
        """How many were clicked and led to an action."""
        return [(step.number, href) for step, href in self.steps[2:]]


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
        titles = ("created_at", "key", "name", "sender_id", "sent", "delivered", "delivery_rate", "clicked", "acted")
        return Table((*titles, "actions", "cost"), [_row(one) for one in found])


class BroadcastView(BroadcastsView):
    page, title, template = "broadcasts", "Broadcast", "broadcast"

    def get(self, request: HttpRequest, row: int) -> HttpResponseBase:  # type: ignore[override]
        self.permit()
        selection = Selection.of(self.form_class(request.GET, self.sources))
        if selection is None or row > GREATEST_NUMBER:
            raise Http404
        with snapshot():
            found = campaigns(selection, [row])
            hours = by_hour(selection.account, row) if found else None
        if not found:
            raise Http404
        context = {"selection": selection, "page": self.page, "title": found[0].broadcast.name, "campaign": found[0]}
        context |= {"navigation": list(self.navigation(selection)), "back": selection.link("broadcasts")}
        context |= {"text": found[0].broadcast.text if sees_numbers(request.user) else HIDDEN}
        if hours is not None:
            context |= drawn(hours, _happened(selection, found[0]))
        return render(request, "reports/broadcast.html", context)


def campaigns(selection: Selection, ids: Sequence[int]) -> list[Campaign]:
    """In the order of `ids`; those that are not the account's are left out."""
    rows = Broadcast.objects.for_account(selection.account).in_bulk(ids)
    found = funnels(selection.account, ids)
    return [_campaign(selection, rows[one], found[one]) for one in ids if one in rows]


def _campaign(selection: Selection, row: Broadcast, funnel: Funnel) -> Campaign:
    asked: Mapping[str, dict[str, str]] = {
        "sent": {},
        "delivered": {"status": Group.DELIVERED.value},
        "clicked": {"event": "clicked"},
        "action": {"event": "action"},
    }
    links = {
        name: selection.link("messages", broadcast=str(row.pk), last=LAST_DAY, **more) for name, more in asked.items()
    }
    return Campaign(row, funnel, Totals.of(funnel.groups), selection.link("broadcast", str(row.pk)), links)


def _happened(selection: Selection, one: Campaign) -> Link:
    """No link where not all of the SMS were looked at: the list behind it would have more."""

    def link(event: str, after: datetime | None, before: datetime | None) -> str:
        if one.funnel.sent > SAMPLE:
            return ""
        return selection.link(
            "messages",
            last=LAST_DAY,
            broadcast=str(one.broadcast.pk),
            status=Group.DELIVERED.value if event == "delivered" else None,
            event=event,
            after=after.isoformat() if after else None,
            before=before.isoformat() if before else None,
        )

    return link


def _row(one: Campaign) -> tuple[Any, ...]:
    row, totals, funnel = one.broadcast, one.totals, one.funnel
    figures = (totals.sent, totals.delivered, totals.rate, funnel.clicked, funnel.acted, funnel.actions, totals.cost)
    return f"{row.created_at:%Y-%m-%dT%H:%M:%SZ}", row.key, row.name, row.sender_id, *figures
