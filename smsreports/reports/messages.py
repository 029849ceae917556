"""The list of messages, one message, and the list as a file."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cache, cached_property
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db.models import F
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import render

from smsreports.accounts.masking import can_see_numbers
from smsreports.counters.queries import totals_by_day
from smsreports.queries.list_request import ListRequest
from smsreports.queries.listing import Listing
from smsreports.queries.pagination import LinkHeaderPagination
from smsreports.queries.query_string import MAX_BIGINT
from smsreports.queries.source_query import SourceQuery
from smsreports.reports.base import LINK_PARAMS, ReportView
from smsreports.reports.message_filters import BroadcastSendsForm
from smsreports.reports.privacy import mask_row, restrict_form
from smsreports.reports.selection import Selection
from smsreports.sms.statuses import STATUSES
from smsreports.sources import Source, SourceTable
from smsreports.staff import timeline
from smsreports.staff.export_response import build_staff_export_response
from smsreports.unified.exports import build_default_export

# Rows of a page: what a screen or two can hold.
PAGE_SIZE = 50
# Slices that are offered; whoever needs more of them narrows the days first.
MAX_EXPORT_RANGES = 60
# Bytes of a file that a browser holds in memory without anybody noticing. A longer one goes to disk as it comes.
MAX_IN_MEMORY_BYTES = 32 * 1024 * 1024
# Bytes of a row in a file where there is no row to measure.
DEFAULT_ROW_BYTES = 200


class HtmlPagination(LinkHeaderPagination):
    """Pages by number and by cursor, as the API's; links within the site."""

    @cached_property
    def path(self) -> str:
        return self.request.path

    @property
    def links(self) -> Mapping[str, str]:
        return dict(self.link_relations())


@dataclass(frozen=True)
class MessageRow:
    """A row of the list, with the address of its own page."""

    row: Mapping[str, Any]
    group: str
    href: str


@dataclass(frozen=True)
class ExportRange:
    """Days whose rows fit into one file; `is_within_limit` is False of a day that alone has too many."""

    first: date
    last: date
    rows: int
    is_within_limit: bool
    href: str


class MessagesView(ReportView):
    page, title = "messages", "Messages"
    form_class = BroadcastSendsForm

    def build_form(self, request: HttpRequest) -> BroadcastSendsForm:
        return restrict_form(BroadcastSendsForm(request.GET, self.sources), request.user)

    def build_context(self, form: BroadcastSendsForm, selection: Selection) -> Mapping[str, Any]:
        pages = _load_page(self.request, form, selection)
        rows = [self._build_row(selection, row) for row in pages.rows]
        return {
            "pages": pages,
            "only": _build_broadcast_context(form, selection),
            "lines": rows,
            "export": can_see_numbers(self.request.user) and _build_export_context(selection, pages.total, pages.rows),
        }

    def build_file_response(self, form: Any, selection: Selection | None) -> HttpResponseBase:
        """It has whole numbers and texts."""
        if not can_see_numbers(self.request.user):
            raise PermissionDenied
        if selection is None or not form.is_valid():
            return super().build_file_response(form, selection)
        filters = {name: value for name, value in selection.query_params.items() if name != "account"}
        return build_staff_export_response(
            self.request, build_default_export(selection.listing), selection.account, filters
        )

    def _build_row(self, selection: Selection, row: Mapping[str, Any]) -> MessageRow:
        href = selection.build_link("message", row["source"], str(row["id"]))
        return MessageRow(mask_row(self.request.user, row), STATUSES[row["status"]].group.value, href)


class MessageView(ReportView):
    """One message: what it says, what it cost, and what became of it when."""

    page, title = "message", "Message"
    form_class = BroadcastSendsForm

    def get(self, request: HttpRequest, label: str, row: int) -> HttpResponseBase:  # type: ignore[override]
        """`label` and `row` are the list's own key of it, within the account that the address names."""
        selection = Selection.from_form(restrict_form(BroadcastSendsForm(request.GET, self.sources), request.user))
        source = next((one for one in self.sources if one.sms.source_label == label), None)
        if selection is None or source is None or row > MAX_BIGINT:
            raise Http404
        message = _load_message(selection, source, row)
        context = {"selection": selection, "page": self.page, "title": self.title}
        context |= {"message": mask_row(request.user, message), "events": _list_events(message)}
        receipts, total = timeline.get_timeline(selection.account, message)
        context |= {"receipts": receipts, "told": total, "verdicts": timeline.VERDICT_HELP}
        context |= {"group": STATUSES[message["status"]].group.value, "back": selection.build_link("messages")}
        return render(request, "reports/message.html", context | {"navigation": list(self.build_navigation(selection))})


def _load_message(selection: Selection, source: Source, row: int) -> dict[str, Any]:
    leg = SourceQuery(_add_status_time(source.sms), {"account": selection.account.pk}).where_key("id", row)
    message = Listing([leg], time="sent_at", scope=None).get_first()
    if message is None:
        raise Http404
    return message


@cache
def _add_status_time(rows: SourceTable) -> SourceTable:
    """With the time of the status too, which decides what became of a receipt."""
    return replace(rows, columns={**rows.columns, "status_at": F("status_at")})


def _list_events(row: Mapping[str, Any]) -> list[tuple[datetime, str, Any]]:
    """What happened when, and how long after it was sent."""
    events = [
        (row["sent_at"], "sent"),
        (row["delivered_at"], "delivered" if row["status"] == "DELIVRD" else row["status"]),
        (row["clicked_at"], "clicked"),
        (row["action_at"], f"action: {row['action_type']}"),
    ]
    past_events = sorted((at, what) for at, what in events if at is not None)
    return [(at, what, at - row["sent_at"] if at > row["sent_at"] else None) for at, what in past_events]


def _build_broadcast_context(form: BroadcastSendsForm, selection: Selection) -> Mapping[str, Any] | None:
    """Which SMS of a broadcast these are, and the addresses of it and of all others."""
    if form.selected_broadcast is None:
        return None
    others = dict.fromkeys(LINK_PARAMS)
    return {
        "broadcast": form.selected_broadcast,
        "href": selection.build_link("broadcast", str(form.selected_broadcast.pk), **others),
        "event": form.get_value("event"),
        "after": form.get_value("after"),
        "before": form.get_value("before"),
        "others": selection.build_link("messages", **others),
    }


def _load_page(request: HttpRequest, form: BroadcastSendsForm, selection: Selection) -> HtmlPagination:
    pages = HtmlPagination()
    list_request = ListRequest(page=form.get_value("page") or 1, size=PAGE_SIZE, cursor=form.get_value("cursor"))
    pages.read_page(selection.listing, request, list_request)
    return pages


def _build_export_context(selection: Selection, total: int, rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What a file of these rows would be: its length, by the rows on the page; and where it would be cut."""
    limit = settings.EXPORT_LIMIT
    row_bytes = sum(_estimate_csv_bytes(row) for row in rows) // len(rows) if rows else DEFAULT_ROW_BYTES
    ranges = list(_split_into_ranges(selection, limit)) if total > limit and selection.listing.scope else []
    return {
        "href": selection.build_link("messages", format="csv"),
        "rows": min(total, limit),
        "bytes": min(total, limit) * row_bytes,
        "each": row_bytes,
        "held": MAX_IN_MEMORY_BYTES,
        "limit": limit,
        "cut": total > limit,
        "slices": ranges[:MAX_EXPORT_RANGES],
        "more": len(ranges) > MAX_EXPORT_RANGES,
    }


def _estimate_csv_bytes(row: Mapping[str, Any]) -> int:
    """About as many bytes as the row has in a CSV file: a time has 20."""
    return sum(20 if isinstance(value, datetime) else len(str(value or "").encode()) + 1 for value in row.values())


def _split_into_ranges(selection: Selection, limit: int) -> Iterator[ExportRange]:
    """The days of the selection in runs that fit, newest first."""
    days: list[tuple[date, int]] = []
    for day, number in totals_by_day(selection.counter_scope, "sms"):
        if days and sum(each for _, each in days) + number > limit:
            yield _build_range(selection, days, limit)
            days = []
        days.append((day, number))
    if days:
        yield _build_range(selection, days, limit)


def _build_range(selection: Selection, days: Sequence[tuple[date, int]], limit: int) -> ExportRange:
    first, last, rows = days[-1][0], days[0][0], sum(number for _, number in days)
    href = selection.build_link("messages", first=str(first), last=str(last), format="csv")
    return ExportRange(first, last, rows, rows <= limit, href)
