"""Pages of the list of messages and of one message, and the export of the list."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cache
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db.models import F
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import render

from smsreports.accounts.masking import can_see_numbers
from smsreports.counters.queries import totals_by_day
from smsreports.queries.listing import Listing
from smsreports.queries.query_string import MAX_BIGINT
from smsreports.queries.source_query import SourceQuery
from smsreports.reports.base import LINK_PARAMS, ReportView
from smsreports.reports.message_filters import MessagesForm
from smsreports.reports.pagination import load_page
from smsreports.reports.privacy import mask_row, restrict_form
from smsreports.reports.selection import Selection
from smsreports.sms.statuses import STATUSES
from smsreports.sources import Source, SourceTable
from smsreports.staff import timeline
from smsreports.staff.export_response import build_staff_export_response
from smsreports.unified.exports import build_default_export

# Rows of a page, about two screens.
PAGE_SIZE = 50
# Date ranges that are offered if one file cannot hold all rows.
MAX_EXPORT_RANGES = 60
# Size of a file that the browser may hold in memory. Larger files are written to disk while they are downloaded.
MAX_IN_MEMORY_BYTES = 32 * 1024 * 1024
# Assumed bytes per row if there is no row to measure.
DEFAULT_ROW_BYTES = 200


@dataclass(frozen=True)
class MessageRow:
    """Row of the list, with its status group and the link to its page."""

    row: Mapping[str, Any]
    group: str
    href: str


@dataclass(frozen=True)
class ExportRange:
    """Days that are exported as one file. `is_within_limit` is False for a single day with too many rows."""

    first: date
    last: date
    rows: int
    is_within_limit: bool
    href: str


class MessagesView(ReportView):
    page, title = "messages", "Messages"
    form_class = MessagesForm
    own_params = ("in_time", "phone", "since", "until", *LINK_PARAMS)

    def build_form(self, request: HttpRequest) -> MessagesForm:
        return restrict_form(MessagesForm(request.GET, self.sources), request.user)

    def build_context(self, form: MessagesForm, selection: Selection) -> Mapping[str, Any]:
        pages = load_page(self.request, form, selection.listing, PAGE_SIZE)
        rows = [self._build_row(selection, row) for row in pages.rows]
        return {
            "pages": pages,
            "broadcast_filter": _build_broadcast_context(form, selection),
            "lines": rows,
            "export": can_see_numbers(self.request.user) and _build_export_context(selection, pages.total, pages.rows),
        }

    def build_file_response(self, form: Any, selection: Selection | None) -> HttpResponseBase:
        """Return the export of the list, or 403 for staff who may not see whole numbers."""
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
    """Page of one message: its text, cost and timeline."""

    page, title = "message", "Message"
    form_class = MessagesForm

    def get(self, request: HttpRequest, label: str, row: int) -> HttpResponseBase:  # type: ignore[override]
        """`label` and `row` are the source label and the row ID. The account is a query parameter."""
        selection = Selection.from_form(restrict_form(MessagesForm(request.GET, self.sources), request.user))
        source = next((source for source in self.sources if source.sms.source_label == label), None)
        if selection is None or source is None or row > MAX_BIGINT:
            raise Http404
        message = _load_message(selection, source, row)
        context = {"selection": selection, "page": self.page, "title": self.title}
        context |= {"message": mask_row(request.user, message), "events": _list_events(message)}
        receipts, total = timeline.get_timeline(selection.account, message)
        context |= {"receipts": receipts, "receipt_count": total, "verdicts": timeline.VERDICT_HELP}
        context |= {"group": STATUSES[message["status"]].group.value, "back": selection.build_link("messages")}
        return render(request, "reports/message.html", context | {"navigation": list(self.build_navigation(selection))})


def _load_message(selection: Selection, source: Source, row: int) -> dict[str, Any]:
    query = SourceQuery(_add_status_time(source.sms), {"account": selection.account.pk}).where_key("id", row)
    message = Listing([query], time_column="sent_at", scope=None).get_first()
    if message is None:
        raise Http404
    return message


@cache
def _add_status_time(table: SourceTable) -> SourceTable:
    """Add the column `status_at`, which the timeline needs to explain the effect of a receipt."""
    return replace(table, columns={**table.columns, "status_at": F("status_at")})


def _list_events(row: Mapping[str, Any]) -> list[tuple[datetime, str, Any]]:
    """Return time, name and delay since sending (None if not positive) of each event, in the order of time."""
    events = [
        (row["sent_at"], "sent"),
        (row["delivered_at"], "delivered" if row["status"] == "DELIVRD" else row["status"]),
        (row["clicked_at"], "clicked"),
        (row["action_at"], f"action: {row['action_type']}"),
    ]
    past_events = sorted((at, name) for at, name in events if at is not None)
    return [(at, name, at - row["sent_at"] if at > row["sent_at"] else None) for at, name in past_events]


def _build_broadcast_context(form: MessagesForm, selection: Selection) -> Mapping[str, Any] | None:
    """Return the broadcast and event that the list is filtered by, with the links of the notice above the list."""
    if form.selected_broadcast is None:
        return None
    cleared_params = dict.fromkeys(LINK_PARAMS)
    return {
        "broadcast": form.selected_broadcast,
        "href": selection.build_link("broadcast", str(form.selected_broadcast.id), **cleared_params),
        "event": form.get_value("event"),
        "after": form.get_value("after"),
        "before": form.get_value("before"),
        "all_messages_link": selection.build_link("messages", **cleared_params),
    }


def _build_export_context(selection: Selection, total: int, rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return rows and estimated size of the export, and the date ranges that fit into one file if all rows do not."""
    limit = settings.EXPORT_LIMIT
    row_bytes = sum(_estimate_csv_bytes(row) for row in rows) // len(rows) if rows else DEFAULT_ROW_BYTES
    ranges = list(_split_into_ranges(selection, limit)) if total > limit and selection.listing.scope else []
    return {
        "href": selection.build_link("messages", format="csv"),
        "rows": min(total, limit),
        "bytes": min(total, limit) * row_bytes,
        "row_bytes": row_bytes,
        "max_memory_bytes": MAX_IN_MEMORY_BYTES,
        "limit": limit,
        "exceeds_limit": total > limit,
        "ranges": ranges[:MAX_EXPORT_RANGES],
        "has_more_ranges": len(ranges) > MAX_EXPORT_RANGES,
    }


def _estimate_csv_bytes(row: Mapping[str, Any]) -> int:
    """Estimate the bytes of the row in a CSV file. A time has 20."""
    return sum(20 if isinstance(value, datetime) else len(str(value or "").encode()) + 1 for value in row.values())


def _split_into_ranges(selection: Selection, limit: int) -> Iterator[ExportRange]:
    """Yield the days of the selection in ranges of at most `limit` rows, newest first."""
    days: list[tuple[date, int]] = []
    for day, row_count in totals_by_day(selection.counter_scope, "sms"):
        if days and sum(count for _, count in days) + row_count > limit:
            yield _build_range(selection, days, limit)
            days = []
        days.append((day, row_count))
    if days:
        yield _build_range(selection, days, limit)


def _build_range(selection: Selection, days: Sequence[tuple[date, int]], limit: int) -> ExportRange:
    first, last, rows = days[-1][0], days[0][0], sum(count for _, count in days)
    href = selection.build_link("messages", first=str(first), last=str(last), format="csv")
    return ExportRange(first, last, rows, rows <= limit, href)
