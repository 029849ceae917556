"""Traffic in the admin: read only, of every account, a page at a time, each page from an index."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cache, partial
from typing import Any, ClassVar

from django.contrib import admin
from django.contrib.admin.options import ShowFacets
from django.db import OperationalError
from django.db.models import BigIntegerField, F, Model, Q, QuerySet, Sum
from django.db.models.functions import Cast
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from psycopg.errors import QueryCanceled

from smsreports.api.errors import Unavailable
from smsreports.api.filters import IGNORED_IN_NUMBERS, PART_OF_NUMBER
from smsreports.api.listing import narrowed
from smsreports.api.slots import EVERY_ACCOUNT, slots
from smsreports.api.sms import Sms
from smsreports.api.snapshot import snapshot
from smsreports.api.staff import asked, timeline
from smsreports.api.staff.asked import ACCOUNT, SHORTEST_PART, Question, question
from smsreports.api.staff.changelist import TrafficList, shown
from smsreports.api.staff.cuts import Cut, Found, Newest, OfAccount, be_patient
from smsreports.api.staff.masking import REVEAL, masked, sees_numbers
from smsreports.api.staff.refusals import page_of
from smsreports.api.staff.reveal import reveal
from smsreports.api.staff.timeline import OF_SMS, VERDICTS
from smsreports.counters.models import Counter, Grain
from smsreports.sources import Rows
from smsreports.statements import Slot, Statement

# A page of staff that takes longer is given up, and says so, before it takes the database from callers.
PATIENCE_SECONDS = 10


def keys(of: Callable[..., Any], filterset: type[Any], time: str, label: str) -> Rows:
    """Rows of which a list needs nothing but their place in it."""
    return Rows(of, filterset, time, label, {time: F(time), "id": F("id")})


def total_of_all(source: str, measure: str) -> int:
    """The total of a source over every account."""
    return sum(number for _, number in _sums_of_all(measure).bound({"source": source}).rows())


@cache
def _sums_of_all(measure: str) -> Statement:
    kept = Counter.everyones.filter(grain=Grain.DAY, source=Slot("source")).order_by()
    return Statement.of(kept.values_list("source").annotate(total=Cast(Sum(measure), BigIntegerField())))


class TrafficAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # generic in the stubs alone
    """Rows come in by the loader and are changed by receipts, never by hand.

    A model declares its columns, what it is found by, and, where the API lists it too, the `rows` of that list.
    """

    list_select_related: ClassVar[tuple[str, ...]] = ("account",)
    list_per_page = 25
    show_full_result_count = False
    show_facets = ShowFacets.NEVER
    sortable_by: ClassVar[tuple[str, ...]] = ()
    actions = None
    change_list_template = "admin/traffic_list.html"
    model: type[Any]
    # The API's list of these rows, the source whose counters know it, and what one of its rows counts as.
    rows: ClassVar[Rows | None] = None
    slug: ClassVar[str] = ""
    measure: ClassVar[str] = "sms"
    # The ids that a row is known by, each unique or nearly so within its account.
    finds: ClassVar[tuple[str, ...]] = ()

    class Media:
        css = {"all": ["smsreports/admin.css"]}

    @property
    def everybodys(self) -> Any:
        """The manager of every account's rows: staff see them by their permissions."""
        return self.model._default_manager

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = self.everybodys.select_related(*self.list_select_related)
        return rows

    # What is listed.

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[TrafficList]:
        return TrafficList

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        try:
            with snapshot():
                be_patient(PATIENCE_SECONDS)
                answer: HttpResponse = super().changelist_view(request, extra_context)
                answer.status_code = 400 if answer.context_data["cl"].reasons else 200  # type: ignore[attr-defined]
                return answer
        except OperationalError as fault:
            if not isinstance(fault.__cause__, QueryCanceled):
                raise
        problem = Unavailable(
            f"This took longer than {PATIENCE_SECONDS} seconds. Narrow the list by account and dates."
        )
        return page_of(request, problem)

    def names(self) -> Sequence[str]:
        """What the list can be asked for, in the order of the form."""
        if self.rows is None:
            return (asked.FIND, asked.ACCOUNT)
        plain = [name for name in asked.PLAIN if name in self.rows.filterset.base_filters]
        return (asked.FIND, asked.ACCOUNT, *plain, *asked.DAYS)

    def question(self, request: HttpRequest) -> Question:
        filterset = self.rows.filterset if self.rows else None
        found = question(request.META.get("QUERY_STRING", ""), self.names(), filterset)
        sees = sees_numbers(request.user)
        if "phone" in found.values and not sees:
            found = replace(found, reasons={"phone": ["needs the permission to see whole numbers"]})
        return replace(found, sees=sees)

    def cut(self, question: Question) -> Cut:
        rows = self.everybodys.all()
        if question.find:
            # The search reads every account's rows, so it counts for none of them.
            with slots.acquire(EVERY_ACCOUNT):
                return Found(rows, list(self.conditions(question)), question.account)
        if question.account and self.rows:
            slugs = {self.slug: self.rows}
            own = narrowed(question.account, slugs, question.asked, time=self.rows.time, measure=self.measure)
            return OfAccount(own)
        return Newest(rows, partial(total_of_all, self.slug, self.measure) if self.slug else None)

    def conditions(self, question: Question) -> Iterator[Q]:
        """What a word may mean: an id, a number, or, to those who see numbers, part of one."""
        for field in self.finds:
            yield Q(**{field: question.find})
        digits = IGNORED_IN_NUMBERS.sub("", question.find)
        if self.is_sms and PART_OF_NUMBER.fullmatch(digits):
            part = question.sees and len(digits) >= SHORTEST_PART
            yield Q(recipient__contains=digits) if part else Q(recipient=f"+{digits}")

    @property
    def is_sms(self) -> bool:
        return issubclass(self.model, Sms)

    # What is shown of a row.

    def get_list_display(self, request: HttpRequest) -> Any:
        return [self._shown(str(name), request) for name in self.list_display]

    def get_fields(self, request: HttpRequest, obj: Model | None = None) -> Any:
        """Every column, those that the database fills in too."""
        names = [field.name for field in self.model._meta.concrete_fields if not field.primary_key]
        return [*(self._shown(name, request) for name in names), *(["told"] if self.is_sms else [])]

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> Any:
        return self.get_fields(request, obj)

    def _shown(self, name: str, request: HttpRequest) -> str:
        if sees_numbers(request.user):
            return name
        text = "revealable_text" if request.user.has_perm(REVEAL) else "hidden_text"
        return {"recipient": "masked_recipient", "text": text}.get(name, name)

    @admin.display(description="account")
    def own(self, row: Any) -> SafeString:
        """The account, and the way to its rows alone."""
        return format_html('<a href="?{}={}">{}</a>', ACCOUNT, row.account.name, row.account.name)

    @admin.display(description="recipient")
    def masked_recipient(self, row: Any) -> str:
        return masked(row.recipient)

    @admin.display(description="text")
    def hidden_text(self, row: Any) -> str:
        return "hidden"

    @admin.display(description="text")
    def revealable_text(self, row: Any) -> SafeString:
        return format_html('hidden; <a href="{}">reveal it</a>', self._address("reveal", row.pk))

    @admin.display(description="timeline")
    def told(self, row: Any) -> SafeString:
        lines, total = timeline.told(row.account, {name: getattr(row, name, None) for name in OF_SMS})
        if not lines:
            return format_html("{}", "No delivery receipt yet.")
        cells = ([shown(cell) for cell in (one.at, one.kind, one.said, one.verdict, one.received_at)] for one in lines)
        return format_html(
            "{}<table><thead><tr><th>Time (UTC)</th><th>Event</th><th>Status</th><th>Effect</th>"
            '<th>Received</th></tr></thead><tbody>{}</tbody></table><div class="help">{}</div>',
            f"The latest {len(lines)} of {total}." if total > len(lines) else "",
            format_html_join("", "<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>", cells),
            VERDICTS,
        )

    def _address(self, page: str, *key: Any) -> str:
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_{page}", args=key)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(partial(reveal, self))
        name = f"{self.opts.app_label}_{self.opts.model_name}_reveal"
        mine = [path("<path:object_id>/reveal/", view, name=name)] if self.has_text else []
        return [*mine, *super().get_urls()]

    @property
    def has_text(self) -> bool:
        return "text" in {field.name for field in self.model._meta.concrete_fields}

    # What cannot be done.

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False
