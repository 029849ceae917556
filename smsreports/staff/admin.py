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

from smsreports.accounts.masking import REVEAL, can_see_numbers, mask_number
from smsreports.concurrency.slots import EVERY_ACCOUNT, query_slots
from smsreports.counters.models import Counter, Grain
from smsreports.database.compiled import CompiledQuery, Param
from smsreports.database.snapshot import read_snapshot
from smsreports.exceptions import ServiceUnavailable
from smsreports.queries.filters import NUMBER_SEPARATORS, PARTIAL_NUMBER_PATTERN
from smsreports.queries.listing import build_listing
from smsreports.sms.abstract import Sms
from smsreports.sources import SourceTable
from smsreports.staff import list_query, timeline
from smsreports.staff.changelist import TrafficChangeList, format_value
from smsreports.staff.errors import render_error_page
from smsreports.staff.list_query import ACCOUNT_PARAM, MIN_PHONE_DIGITS, ListQuery, parse_list_query
from smsreports.staff.result_sets import AccountRows, LatestRows, ResultSet, SearchResults, set_statement_timeout
from smsreports.staff.reveal import reveal_row
from smsreports.staff.timeline import SMS_FIELDS, VERDICT_HELP

# A page of staff that takes longer is given up, and says so, before it takes the database from callers.
LIST_TIMEOUT_SECONDS = 10


def build_key_table(of: Callable[..., Any], filterset: type[Any], time: str, label: str) -> SourceTable:
    """Rows of which a list needs nothing but their place in it."""
    return SourceTable(of, filterset, time, label, {time: F(time), "id": F("id")})


def count_all_accounts(source: str, measure: str) -> int:
    """The total of a source over every account."""
    return sum(number for _, number in _compile_total_of_all(measure).bind({"source": source}).fetch_all())


@cache
def _compile_total_of_all(measure: str) -> CompiledQuery:
    kept = Counter.everyones.filter(grain=Grain.DAY, source=Param("source")).order_by()
    return CompiledQuery.from_queryset(kept.values_list("source").annotate(total=Cast(Sum(measure), BigIntegerField())))


class ReadOnlyTrafficAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # generic in the stubs alone
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
    source_table: ClassVar[SourceTable | None] = None
    slug: ClassVar[str] = ""
    measure: ClassVar[str] = "sms"
    # The ids that a row is known by, each unique or nearly so within its account.
    exact_search_fields: ClassVar[tuple[str, ...]] = ()

    class Media:
        css = {"all": ["smsreports/admin.css"]}

    @property
    def unscoped_manager(self) -> Any:
        """The manager of every account's rows: staff see them by their permissions."""
        return self.model._default_manager

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = self.unscoped_manager.select_related(*self.list_select_related)
        return rows

    # What is listed.

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[TrafficChangeList]:
        return TrafficChangeList

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        try:
            with read_snapshot():
                set_statement_timeout(LIST_TIMEOUT_SECONDS)
                answer: HttpResponse = super().changelist_view(request, extra_context)
                answer.status_code = 400 if answer.context_data["cl"].reasons else 200  # type: ignore[attr-defined]
                return answer
        except OperationalError as fault:
            if not isinstance(fault.__cause__, QueryCanceled):
                raise
        problem = ServiceUnavailable(
            f"This took longer than {LIST_TIMEOUT_SECONDS} seconds. Narrow the list by account and dates."
        )
        return render_error_page(request, problem)

    def get_filter_names(self) -> Sequence[str]:
        """What the list can be asked for, in the order of the form."""
        if self.source_table is None:
            return (list_query.SEARCH_PARAM, list_query.ACCOUNT_PARAM)
        plain = [name for name in list_query.PLAIN_FILTERS if name in self.source_table.filterset.base_filters]
        return (list_query.SEARCH_PARAM, list_query.ACCOUNT_PARAM, *plain, *list_query.DATE_PARAMS)

    def get_list_query(self, request: HttpRequest) -> ListQuery:
        filterset = self.source_table.filterset if self.source_table else None
        found = parse_list_query(request.META.get("QUERY_STRING", ""), self.get_filter_names(), filterset)
        sees = can_see_numbers(request.user)
        if "phone" in found.filters and not sees:
            found = replace(found, reasons={"phone": ["needs the permission to see whole numbers"]})
        return replace(found, can_see_numbers=sees)

    def get_result_set(self, list_query: ListQuery) -> ResultSet:
        rows = self.unscoped_manager.all()
        if list_query.search:
            # The search reads every account's rows, so it counts for none of them.
            with query_slots.acquire_slot(EVERY_ACCOUNT):
                return SearchResults(rows, list(self.build_search_conditions(list_query)), list_query.account)
        if list_query.account and self.source_table:
            slugs = {self.slug: self.source_table}
            own = build_listing(
                list_query.account,
                slugs,
                list_query.list_request,
                time=self.source_table.time_field,
                measure=self.measure,
            )
            return AccountRows(own)
        return LatestRows(rows, partial(count_all_accounts, self.slug, self.measure) if self.slug else None)

    def build_search_conditions(self, question: ListQuery) -> Iterator[Q]:
        """What a word may mean: an id, a number, or, to those who see numbers, part of one."""
        for field in self.exact_search_fields:
            yield Q(**{field: question.search})
        digits = NUMBER_SEPARATORS.sub("", question.search)
        if self.is_sms and PARTIAL_NUMBER_PATTERN.fullmatch(digits):
            part = question.can_see_numbers and len(digits) >= MIN_PHONE_DIGITS
            yield Q(recipient__contains=digits) if part else Q(recipient=f"+{digits}")

    @property
    def is_sms(self) -> bool:
        return issubclass(self.model, Sms)

    # What is shown of a row.

    def get_list_display(self, request: HttpRequest) -> Any:
        return [self._visible_field(str(name), request) for name in self.list_display]

    def get_fields(self, request: HttpRequest, obj: Model | None = None) -> Any:
        """Every column, those that the database fills in too."""
        names = [field.name for field in self.model._meta.concrete_fields if not field.primary_key]
        return [*(self._visible_field(name, request) for name in names), *(["timeline_table"] if self.is_sms else [])]

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> Any:
        return self.get_fields(request, obj)

    def _visible_field(self, name: str, request: HttpRequest) -> str:
        if can_see_numbers(request.user):
            return name
        text = "revealable_text" if request.user.has_perm(REVEAL) else "hidden_text"
        return {"recipient": "masked_recipient", "text": text}.get(name, name)

    @admin.display(description="account")
    def account_link(self, row: Any) -> SafeString:
        """The account, and the way to its rows alone."""
        return format_html('<a href="?{}={}">{}</a>', ACCOUNT_PARAM, row.account.name, row.account.name)

    @admin.display(description="recipient")
    def masked_recipient(self, row: Any) -> str:
        return mask_number(row.recipient)

    @admin.display(description="text")
    def hidden_text(self, row: Any) -> str:
        return "hidden"

    @admin.display(description="text")
    def revealable_text(self, row: Any) -> SafeString:
        return format_html('hidden; <a href="{}">reveal it</a>', self._admin_url("reveal", row.pk))

    @admin.display(description="timeline")
    def timeline_table(self, row: Any) -> SafeString:
        lines, total = timeline.get_timeline(row.account, {name: getattr(row, name, None) for name in SMS_FIELDS})
        if not lines:
            return format_html("{}", "No delivery receipt yet.")
        cells = (
            [format_value(cell) for cell in (one.at, one.kind, one.report, one.verdict, one.received_at)]
            for one in lines
        )
        return format_html(
            "{}<table><thead><tr><th>Time (UTC)</th><th>Event</th><th>Status</th><th>Effect</th>"
            '<th>Received</th></tr></thead><tbody>{}</tbody></table><div class="help">{}</div>',
            f"The latest {len(lines)} of {total}." if total > len(lines) else "",
            format_html_join("", "<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>", cells),
            VERDICT_HELP,
        )

    def _admin_url(self, page: str, *key: Any) -> str:
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_{page}", args=key)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(partial(reveal_row, self))
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
