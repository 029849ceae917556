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

from smsreports.api.legs import Leg
from smsreports.api.listing import Listing
from smsreports.api.staff import timeline
from smsreports.api.staff.masking import sees_numbers
from smsreports.audit.staff import taken
from smsreports.counters.reading import by_day
from smsreports.dialects.base import Asked
from smsreports.dialects.pages import Pages
from smsreports.dialects.query import GREATEST_NUMBER
from smsreports.reports.access import BY_LINKS, ReportView
from smsreports.reports.privacy import limited, shown_to
from smsreports.reports.selection import Selection
from smsreports.reports.sends import SendsForm
from smsreports.sources import Rows, Source
from smsreports.statuses import STATUSES
from smsreports.unified.exports import api_file

# Rows of a page: what a screen or two can hold.
PAGE_SIZE = 50
# Slices that are offered; whoever needs more of them narrows the days first.
MOST_SLICES = 60
# Bytes of a file that a browser holds in memory without anybody noticing. A longer one goes to disk as it comes.
MOST_HELD = 32 * 1024 * 1024
# Bytes of a row in a file where there is no row to measure.
USUAL_ROW = 200


class HtmlPages(Pages):
    """Pages by number and by cursor, as the API's; links within the site."""

    @cached_property
    def path(self) -> str:
        return self.request.path

    @property
    def links(self) -> Mapping[str, str]:
        return dict(self.relations())


@dataclass(frozen=True)
class Line:
    """A row of the list, with the address of its own page."""

    row: Mapping[str, Any]
    group: str
    href: str


@dataclass(frozen=True)
class Slice:
    """Days whose rows fit into one file; `fits` is False of a day that alone has too many."""

    first: date
    last: date
    rows: int
    fits: bool
    href: str


class MessagesView(ReportView):
    page, title = "messages", "Messages"
    form_class = SendsForm

    def asked(self, request: HttpRequest) -> SendsForm:
        return limited(SendsForm(request.GET, self.sources), request.user)

    def figures(self, form: SendsForm, selection: Selection) -> Mapping[str, Any]:
        pages = _paged(self.request, form, selection)
        lines = [self._line(selection, row) for row in pages.rows]
        return {
            "pages": pages,
            "only": _only(form, selection),
            "lines": lines,
            "export": sees_numbers(self.request.user) and _export(selection, pages.total, pages.rows),
        }

    def file(self, form: Any, selection: Selection | None) -> HttpResponseBase:
        """It has whole numbers and texts."""
        if not sees_numbers(self.request.user):
            raise PermissionDenied
        if selection is None or not form.is_valid():
            return super().file(form, selection)
        told = {name: value for name, value in selection.address.items() if name != "account"}
        return taken(self.request, api_file(selection.listing), selection.account, told)

    def _line(self, selection: Selection, row: Mapping[str, Any]) -> Line:
        href = selection.link("message", row["source"], str(row["id"]))
        return Line(shown_to(self.request.user, row), STATUSES[row["status"]].group.value, href)


class MessageView(ReportView):
    """One message: what it says, what it cost, and what became of it when."""

    page, title = "message", "Message"
    form_class = SendsForm

    def get(self, request: HttpRequest, label: str, row: int) -> HttpResponseBase:  # type: ignore[override]
        """`label` and `row` are the list's own key of it, within the account that the address names."""
        selection = Selection.of(limited(SendsForm(request.GET, self.sources), request.user))
        source = next((one for one in self.sources if one.sms.label == label), None)
        if selection is None or source is None or row > GREATEST_NUMBER:
            raise Http404
        found = _one(selection, source, row)
        context = {"selection": selection, "page": self.page, "title": self.title}
        context |= {"message": shown_to(request.user, found), "events": _events(found)}
        receipts, total = timeline.told(selection.account, found)
        context |= {"receipts": receipts, "told": total, "verdicts": timeline.VERDICTS}
        context |= {"group": STATUSES[found["status"]].group.value, "back": selection.link("messages")}
        return render(request, "reports/message.html", context | {"navigation": list(self.navigation(selection))})


def _one(selection: Selection, source: Source, row: int) -> dict[str, Any]:
    leg = Leg(_weighed(source.sms), {"account": selection.account.pk}).one("id", row)
    found = Listing([leg], time="sent_at", scope=None).newest()
    if found is None:
        raise Http404
    return found


@cache
def _weighed(rows: Rows) -> Rows:
    """With the time of the status too, which decides what became of a receipt."""
    return replace(rows, columns={**rows.columns, "status_at": F("status_at")})


def _events(row: Mapping[str, Any]) -> list[tuple[datetime, str, Any]]:
    """What happened when, and how long after it was sent."""
    told = [
        (row["sent_at"], "sent"),
        (row["delivered_at"], "delivered" if row["status"] == "DELIVRD" else row["status"]),
        (row["clicked_at"], "clicked"),
        (row["action_at"], f"action: {row['action_type']}"),
    ]
    known = sorted((at, what) for at, what in told if at is not None)
    return [(at, what, at - row["sent_at"] if at > row["sent_at"] else None) for at, what in known]


def _only(form: SendsForm, selection: Selection) -> Mapping[str, Any] | None:
    """Which SMS of a broadcast these are, and the addresses of it and of all others."""
    if form.campaign is None:
        return None
    others = dict.fromkeys(BY_LINKS)
    return {
        "broadcast": form.campaign,
        "href": selection.link("broadcast", str(form.campaign.pk), **others),
        "event": form.value("event"),
        "after": form.value("after"),
        "before": form.value("before"),
        "others": selection.link("messages", **others),
    }


def _paged(request: HttpRequest, form: SendsForm, selection: Selection) -> HtmlPages:
    pages = HtmlPages()
    asked = Asked(page=form.value("page") or 1, size=PAGE_SIZE, cursor=form.value("cursor"))
    pages.read(selection.listing, request, asked)
    return pages


def _export(selection: Selection, total: int, rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What a file of these rows would be: its length, by the rows on the page; and where it would be cut."""
    limit = settings.EXPORT_LIMIT
    each = sum(_length(row) for row in rows) // len(rows) if rows else USUAL_ROW
    slices = list(_slices(selection, limit)) if total > limit and selection.listing.scope else []
    return {
        "href": selection.link("messages", format="csv"),
        "rows": min(total, limit),
        "bytes": min(total, limit) * each,
        "each": each,
        "held": MOST_HELD,
        "limit": limit,
        "cut": total > limit,
        "slices": slices[:MOST_SLICES],
        "more": len(slices) > MOST_SLICES,
    }


def _length(row: Mapping[str, Any]) -> int:
    """About as many bytes as the row has in a CSV file: a time has 20."""
    return sum(20 if isinstance(value, datetime) else len(str(value or "").encode()) + 1 for value in row.values())


def _slices(selection: Selection, limit: int) -> Iterator[Slice]:
    """The days of the selection in runs that fit, newest first."""
    run: list[tuple[date, int]] = []
    for day, number in by_day(selection.scope, "sms"):
        if run and sum(each for _, each in run) + number > limit:
            yield _slice(selection, run, limit)
            run = []
        run.append((day, number))
    if run:
        yield _slice(selection, run, limit)


def _slice(selection: Selection, run: Sequence[tuple[date, int]], limit: int) -> Slice:
    first, last, rows = run[-1][0], run[0][0], sum(number for _, number in run)
    href = selection.link("messages", first=str(first), last=str(last), format="csv")
    return Slice(first, last, rows, rows <= limit, href)
