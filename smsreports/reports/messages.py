"""Pages of the list of messages and of one message, and the export of the list."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import cache
from typing import NamedTuple, cast

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db.models import F
from django.http import Http404, HttpRequest, HttpResponseBase

from smsreports.accounts.masking import can_see_numbers
from smsreports.counters.queries import totals_by_day
from smsreports.queries.listing import Listing
from smsreports.queries.query_string import MAX_BIGINT
from smsreports.queries.source_query import SourceQuery
from smsreports.reports.base import FilteredReportView, ReportView
from smsreports.reports.forms import LINK_PARAMS
from smsreports.reports.message_filters import MessagesForm
from smsreports.reports.message_record import MessageRecord
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


class MessageRow(NamedTuple):
    """Row of the list, with its status group and the link to its page."""

    message: MessageRecord
    group: str
    href: str


class MessageEvent(NamedTuple):
    """Event of a message. `delay` is the time since it was sent, or None if that is not positive."""

    at: datetime
    name: str
    delay: timedelta | None


@dataclass(frozen=True)
class BroadcastFilter:
    """Broadcast and event that the list is filtered by, with the links of the notice above the list."""

    broadcast_name: str
    event: str | None
    after: datetime | None
    before: datetime | None
    href: str
    all_messages_href: str


@dataclass(frozen=True)
class ExportOffer:
    """Rows and estimated size of the export, and the date ranges that fit into one file if all rows do not."""

    href: str
    rows: int
    bytes: int
    row_bytes: int
    limit: int
    exceeds_limit: bool
    ranges: Sequence["ExportRange"]
    has_more_ranges: bool
    max_memory_bytes: int = MAX_IN_MEMORY_BYTES


@dataclass(frozen=True)
class ExportRange:
    """Days that are exported as one file. `is_within_limit` is False for a single day with too many rows."""

    first: date
    last: date
    rows: int
    is_within_limit: bool
    href: str


class MessagesView(FilteredReportView[MessagesForm]):
    page, title = "messages", "Messages"
    form_class = MessagesForm
    own_params = ("in_time", "phone", "since", "until", *LINK_PARAMS)

    def build_form(self, request: HttpRequest) -> MessagesForm:
        return restrict_form(MessagesForm(request.GET, self.sources), request.user)

    def build_context(self, form: MessagesForm, selection: Selection) -> Mapping[str, object]:
        pages = load_page(self.request, form, selection.listing, PAGE_SIZE)
        can_export = can_see_numbers(self.request.user)
        return {
            "pages": pages,
            "broadcast_filter": _build_broadcast_filter(form, selection),
            "rows": [self._build_row(selection, row) for row in cast(list[MessageRecord], pages.rows)],
            "export": _build_export_offer(selection, pages.total, pages.rows) if can_export else None,
        }

    def build_file_response(self, form: MessagesForm, selection: Selection | None) -> HttpResponseBase:
        """Return the export of the list, or 403 for staff who may not see whole numbers."""
        if not can_see_numbers(self.request.user):
            raise PermissionDenied
        if selection is None or not form.is_valid():
            return super().build_file_response(form, selection)
        filters = {name: value for name, value in selection.query_params.items() if name != "account"}
        return build_staff_export_response(
            self.request, build_default_export(selection.listing), selection.account, filters
        )

    def _build_row(self, selection: Selection, row: MessageRecord) -> MessageRow:
        href = selection.build_link("message", row["source"], str(row["id"]))
        return MessageRow(mask_row(self.request.user, row), STATUSES[row["status"]].group.value, href)


class MessageView(ReportView):
    """Page of one message: its text, cost and timeline."""

    page, title = "message", "Message"
    form_class = MessagesForm

    def get(self, request: HttpRequest, label: str, row: int) -> HttpResponseBase:
        """`label` and `row` are the source label and the row ID. The account is a query parameter."""
        selection = Selection.from_form(restrict_form(MessagesForm(request.GET, self.sources), request.user))
        source = next((source for source in self.sources if source.sms.source_label == label), None)
        if selection is None or source is None or row > MAX_BIGINT:
            raise Http404
        message = _load_message(selection, source, row)
        receipts, receipt_count = timeline.get_timeline(selection.account, message)
        context = {
            "message": mask_row(request.user, message),
            "group": STATUSES[message["status"]].group.value,
            "events": _list_events(message),
            "receipts": receipts,
            "receipt_count": receipt_count,
            "verdicts": timeline.VERDICT_HELP,
            "back": selection.build_link("messages"),
        }
        return self.render(selection, context)


def _load_message(selection: Selection, source: Source, row: int) -> MessageRecord:
    query = SourceQuery(_add_status_time(source.sms), {"account": selection.account.pk}).where_key("id", row)
    message = Listing([query], time_column="sent_at", scope=None).get_first()
    if message is None:
        raise Http404
    return cast(MessageRecord, message)


@cache
def _add_status_time(table: SourceTable) -> SourceTable:
    """Add the column `status_at`, which the timeline needs to explain the effect of a receipt."""
    return replace(table, columns={**table.columns, "status_at": F("status_at")})


def _list_events(row: MessageRecord) -> list[MessageEvent]:
    """Return the events in the order of time."""
    events = [
        (row["sent_at"], "sent"),
        (row["delivered_at"], "delivered" if row["status"] == "DELIVRD" else row["status"]),
        (row["clicked_at"], "clicked"),
        (row["action_at"], f"action: {row['action_type']}"),
    ]
    past_events = sorted((at, name) for at, name in events if at is not None)
    return [MessageEvent(at, name, at - row["sent_at"] if at > row["sent_at"] else None) for at, name in past_events]


def _build_broadcast_filter(form: MessagesForm, selection: Selection) -> BroadcastFilter | None:
    if form.selected_broadcast is None:
        return None
    cleared_params = dict.fromkeys(LINK_PARAMS)
    return BroadcastFilter(
        broadcast_name=form.selected_broadcast.name,
        event=form.get_value("event"),
        after=form.get_value("after"),
        before=form.get_value("before"),
        href=selection.build_link("broadcast", str(form.selected_broadcast.id), **cleared_params),
        all_messages_href=selection.build_link("messages", **cleared_params),
    )


def _build_export_offer(selection: Selection, total: int, rows: Sequence[Mapping[str, object]]) -> ExportOffer:
    limit = settings.EXPORT_LIMIT
    row_bytes = sum(_estimate_csv_bytes(row) for row in rows) // len(rows) if rows else DEFAULT_ROW_BYTES
    ranges = list(_split_into_ranges(selection, limit)) if total > limit and selection.listing.scope else []
    return ExportOffer(
        href=selection.build_link("messages", format="csv"),
        rows=min(total, limit),
        bytes=min(total, limit) * row_bytes,
        row_bytes=row_bytes,
        limit=limit,
        exceeds_limit=total > limit,
        ranges=ranges[:MAX_EXPORT_RANGES],
        has_more_ranges=len(ranges) > MAX_EXPORT_RANGES,
    )


def _estimate_csv_bytes(row: Mapping[str, object]) -> int:
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
