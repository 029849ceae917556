"""Pages of the list of broadcasts, and of one broadcast with its funnel and timeline."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponseBase

from smsreports.accounts.masking import can_see_numbers
from smsreports.campaigns import Campaign, CampaignQueries, Funnel, Step
from smsreports.database.snapshot import read_snapshot
from smsreports.queries.list_request import ListRequest
from smsreports.queries.query_string import MAX_BIGINT
from smsreports.reports.base import FilteredReportView
from smsreports.reports.broadcast_timeline import (
    MAX_SAMPLED_SENDS,
    EventLinkBuilder,
    build_timeline,
    count_events_by_hour,
)
from smsreports.reports.csv_response import Table
from smsreports.reports.forms import BroadcastsForm
from smsreports.reports.pagination import load_page
from smsreports.reports.privacy import HIDDEN_TEXT
from smsreports.reports.selection import Selection
from smsreports.reports.totals import Totals
from smsreports.sms.statuses import StatusGroup
from smsreports.sources import find_campaigns
from smsreports.unified.listings import build_item_listing

# Broadcasts per page.
PAGE_SIZE = 25
# Broadcasts per CSV file. The sums of each are read.
MAX_FILE_BROADCASTS = 10_000
# Last day that a link can name: the figures of a broadcast are of all its days.
MAX_DATE = "9999-12-31"


@dataclass(frozen=True)
class BroadcastSummary:
    """Broadcast with its funnel and totals, its link, and the links to the SMS of each step, by step name."""

    broadcast: Campaign
    funnel: Funnel
    totals: Totals
    href: str
    links: Mapping[str, str]

    @property
    def linked_steps(self) -> Sequence[tuple[Step, str]]:
        return [(step, self.links[step.name]) for step in self.funnel.steps]

    @property
    def sent_and_delivered(self) -> Sequence[tuple[int, str]]:
        """Number and link of the SMS that were sent, and of those that were delivered."""
        return [(step.number, href) for step, href in self.linked_steps[:2]]

    @property
    def clicked_and_acted(self) -> Sequence[tuple[int, str]]:
        """Number and link of the SMS that were clicked, and of those that led to an action."""
        return [(step.number, href) for step, href in self.linked_steps[2:]]


class BroadcastsView(FilteredReportView[BroadcastsForm]):
    page, title = "broadcasts", "Broadcasts"
    form_class = BroadcastsForm
    needs_campaigns = True

    def get(self, request: HttpRequest) -> HttpResponseBase:
        self.set_campaigns()
        return super().get(request)

    def set_campaigns(self) -> None:
        """Set the source with campaigns. Raises PermissionDenied if the user may not view it."""
        found = find_campaigns(self.sources)
        if found is None:
            raise PermissionDenied
        self.source, self.campaigns = found

    def build_context(self, form: BroadcastsForm, selection: Selection) -> Mapping[str, object]:
        listing = build_item_listing(selection.account, [self.source], ListRequest(filters=selection.filters))
        pages = load_page(self.request, form, listing, PAGE_SIZE)
        ids = [cast(int, row["id"]) for row in pages.rows]
        return {"pages": pages, "summaries": load_summaries(self.campaigns, selection, ids)}

    def build_table(self, form: BroadcastsForm, selection: Selection) -> Table:
        listing = build_item_listing(selection.account, [self.source], ListRequest(filters=selection.filters))
        _, rows = listing.get_page(0, MAX_FILE_BROADCASTS)
        summaries = load_summaries(self.campaigns, selection, [cast(int, row["id"]) for row in rows])
        titles = ("created_at", "key", "name", "sender_id", "sent", "delivered", "delivery_rate", "clicked", "acted")
        return Table((*titles, "actions", "cost"), [_build_csv_row(summary) for summary in summaries])


class BroadcastView(BroadcastsView):
    page, title, template = "broadcasts", "Broadcast", "broadcast"

    def get(self, request: HttpRequest, row: int) -> HttpResponseBase:  # type: ignore[override]
        self.set_campaigns()
        selection = Selection.from_form(self.form_class(request.GET, self.sources))
        if selection is None or row > MAX_BIGINT:
            raise Http404
        with read_snapshot():
            summaries = load_summaries(self.campaigns, selection, [row])
            if not summaries:
                raise Http404
            hours = count_events_by_hour(self.campaigns.select_first_sms(selection.account, row, MAX_SAMPLED_SENDS))
        broadcast = summaries[0].broadcast
        context = {"title": broadcast.name, "summary": summaries[0], "back": selection.build_link("broadcasts")}
        context |= {"text": broadcast.text if can_see_numbers(request.user) else HIDDEN_TEXT, "timeline": None}
        if hours is not None:
            context["timeline"] = build_timeline(hours, _make_event_link_builder(selection, summaries[0]))
        return self.render(selection, context)


def load_summaries(campaigns: CampaignQueries, selection: Selection, ids: Sequence[int]) -> list[BroadcastSummary]:
    """Return the summaries in the order of `ids`, without those of other accounts."""
    rows = campaigns.load_campaigns(selection.account, ids)
    funnels_by_id = campaigns.build_funnels(selection.account, ids)
    return [_build_summary(selection, rows[row_id], funnels_by_id[row_id]) for row_id in ids if row_id in rows]


def _build_summary(selection: Selection, row: Campaign, funnel: Funnel) -> BroadcastSummary:
    step_params: Mapping[str, dict[str, str]] = {
        "sent": {},
        "delivered": {"status": StatusGroup.DELIVERED.value},
        "clicked": {"event": "clicked"},
        "action": {"event": "action"},
    }
    links = {
        name: selection.build_link("messages", broadcast=str(row.id), last=MAX_DATE, **params)
        for name, params in step_params.items()
    }
    return BroadcastSummary(
        row, funnel, Totals.from_groups(funnel.groups), selection.build_link("broadcast", str(row.id)), links
    )


def _make_event_link_builder(selection: Selection, summary: BroadcastSummary) -> EventLinkBuilder:
    """Return a function that builds the link to the SMS of an event.

    If only a sample of the SMS was counted, the link is empty: the list behind it would have more rows.
    """

    def build_event_link(event: str, after: datetime | None, before: datetime | None) -> str:
        if summary.funnel.sent > MAX_SAMPLED_SENDS:
            return ""
        return selection.build_link(
            "messages",
            last=MAX_DATE,
            broadcast=str(summary.broadcast.id),
            status=StatusGroup.DELIVERED.value if event == "delivered" else None,
            event=event,
            after=after.isoformat() if after else None,
            before=before.isoformat() if before else None,
        )

    return build_event_link


def _build_csv_row(summary: BroadcastSummary) -> tuple[object, ...]:
    row, totals, funnel = summary.broadcast, summary.totals, summary.funnel
    figures = (totals.sent, totals.delivered, totals.rate, funnel.clicked, funnel.acted, funnel.actions, totals.cost)
    return f"{row.created_at:%Y-%m-%dT%H:%M:%SZ}", row.key, row.name, row.sender_id, *figures
