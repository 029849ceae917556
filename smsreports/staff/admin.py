"""Base class of the read-only admins of SMS traffic. Lists cover every account; each page is read from an index."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cache, partial
from typing import Any, ClassVar, Protocol

from django.contrib import admin
from django.contrib.admin.options import ShowFacets
from django.db import OperationalError
from django.db.models import BigIntegerField, F, Model, Q, QuerySet, Sum
from django.db.models.functions import Cast
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.http import urlencode
from django_filters import FilterSet
from markupsafe import Markup
from psycopg.errors import QueryCanceled

from smsreports.accounts.admin_bases import M, ReadOnlyAdmin
from smsreports.accounts.masking import REVEAL, can_see_numbers, mask_number
from smsreports.accounts.models import Account
from smsreports.concurrency.slots import EVERY_ACCOUNT, query_slots
from smsreports.counters.models import Counter, Grain
from smsreports.database.compiled import CompiledQuery, Param
from smsreports.database.snapshot import read_snapshot
from smsreports.exceptions import ServiceUnavailable
from smsreports.queries.filters import get_labelled_filters
from smsreports.queries.listing import AccountTables
from smsreports.sms.abstract import Sms
from smsreports.sms.phone_numbers import InvalidNumber, parse_part_of_number
from smsreports.sources import SourceTable
from smsreports.staff import list_query, timeline
from smsreports.staff.changelist import Link, TrafficChangeList
from smsreports.staff.errors import render_error_page
from smsreports.staff.fragments import render_fragment
from smsreports.staff.list_query import ACCOUNT_PARAM, MIN_PHONE_DIGITS, ListQuery, parse_list_query
from smsreports.staff.result_sets import AccountRows, LatestRows, ResultSet, SearchResults, limit_statement_time
from smsreports.staff.reveal import reveal_row
from smsreports.staff.timeline import SMS_FIELDS, VERDICT_HELP

# A slower list is cancelled with an error page, so that staff cannot starve the API of the database.
LIST_TIMEOUT_SECONDS = 10


def build_key_table(
    for_account: Callable[[Account | Param], QuerySet[Any]], filterset: type[FilterSet], time: str, label: str
) -> SourceTable:
    """Build a table of keys: the columns by which a list is ordered, and no others."""
    return SourceTable(for_account, filterset, time, label, {time: F(time), "id": F("id")})


def count_all_accounts(source: str, measure: str) -> int:
    """Return the total of a source over every account."""
    return sum(number for _, number in _compile_total_of_all(measure).bind({"source": source}).fetch_all())


@cache
def _compile_total_of_all(measure: str) -> CompiledQuery:
    counters = Counter.unscoped.filter(grain=Grain.DAY, source=Param("source")).order_by()
    totals = counters.values_list("source").annotate(total=Cast(Sum(measure), BigIntegerField()))
    return CompiledQuery.from_queryset(totals)


class TrafficRow(Protocol):
    """Row of traffic. Each belongs to an account."""

    @property
    def account(self) -> Account: ...


class ReadOnlyTrafficAdmin(ReadOnlyAdmin[M]):
    """Read-only admin of a traffic model. Rows are loaded by `ingest` and changed by receipts, never by hand.

    A subclass declares its columns and search fields, and the `source_table` if the API lists the model too.
    """

    list_select_related: ClassVar[tuple[str, ...]] = ("account",)
    list_per_page = 25
    show_full_result_count = False
    show_facets = ShowFacets.NEVER
    sortable_by: ClassVar[tuple[str, ...]] = ()
    actions = None
    change_list_template = "admin/traffic_change_list.html"
    # The table of the API's list, the slug of the source that counts it, and the measure that counts its rows.
    source_table: ClassVar[SourceTable | None] = None
    slug: ClassVar[str] = ""
    measure: ClassVar[str] = "sms"
    # Ids by which a row is found, each unique or nearly unique within its account.
    exact_search_fields: ClassVar[tuple[str, ...]] = ()

    class Media:
        css = {"all": ["smsreports/admin.css"]}

    @property
    def unscoped_rows(self) -> QuerySet[M]:
        """Rows of every account. Django's permissions decide which staff see them."""
        return self.model._default_manager.all()

    def get_queryset(self, request: HttpRequest) -> QuerySet[M]:
        return self.unscoped_rows.select_related(*self.list_select_related)

    # The list.

    def get_changelist(self, request: HttpRequest, **kwargs: object) -> type[TrafficChangeList]:
        return TrafficChangeList

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, object] | None = None) -> HttpResponse:
        try:
            with read_snapshot():
                limit_statement_time(LIST_TIMEOUT_SECONDS)
                response = super().changelist_view(request, extra_context)
        except OperationalError as error:
            if not isinstance(error.__cause__, QueryCanceled):
                raise
            timeout = ServiceUnavailable(
                f"This took longer than {LIST_TIMEOUT_SECONDS} seconds. Narrow the list by account and dates."
            )
            return render_error_page(request, timeout)
        if isinstance(response, TemplateResponse) and response.context_data:
            response.status_code = 400 if response.context_data["cl"].reasons else 200
        return response

    def get_filter_names(self) -> Sequence[str]:
        """Return the names of the list's parameters, in the order of the form."""
        if self.source_table is None:
            return (list_query.SEARCH_PARAM, list_query.ACCOUNT_PARAM)
        filters = get_labelled_filters(self.source_table.filterset)
        return (list_query.SEARCH_PARAM, list_query.ACCOUNT_PARAM, *filters, *list_query.DATE_PARAMS)

    def get_list_query(self, request: HttpRequest) -> ListQuery:
        filterset = self.source_table.filterset if self.source_table else None
        query = parse_list_query(request.META.get("QUERY_STRING", ""), self.get_filter_names(), filterset)
        is_permitted = can_see_numbers(request.user)
        if "phone" in query.filters and not is_permitted:
            query = replace(query, reasons={"phone": ["needs the permission to see whole numbers"]})
        return replace(query, can_see_numbers=is_permitted)

    def get_result_set(self, list_query: ListQuery) -> ResultSet:
        """Return the rows of a query: search results, one account's rows or the latest of all accounts."""
        rows = self.unscoped_rows
        if list_query.search:
            # A search reads the rows of every account, so it takes a slot of none.
            with query_slots.acquire_slot(EVERY_ACCOUNT):
                return SearchResults(rows, list(self.build_search_conditions(list_query)), list_query.account)
        if list_query.account and self.source_table:
            tables = {self.slug: self.source_table}
            rows_of_account = AccountTables(
                list_query.account, tables, self.source_table.time_field, measure=self.measure
            )
            return AccountRows(rows_of_account.filter(list_query.list_request))
        return LatestRows(rows, partial(count_all_accounts, self.slug, self.measure) if self.slug else None)

    def build_search_conditions(self, list_query: ListQuery) -> Iterator[Q]:
        """Yield the conditions of a search: by id, by whole number, or by part of one for users who may see numbers."""
        for field in self.exact_search_fields:
            yield Q(**{field: list_query.search})
        if self.is_sms:
            yield from _build_number_conditions(list_query)

    @property
    def is_sms(self) -> bool:
        return issubclass(self.model, Sms)

    # The columns and the page of a row.

    def get_list_display(self, request: HttpRequest) -> tuple[str, ...]:
        return tuple(self._visible_field(str(name), request) for name in self.list_display)

    def get_fields(self, request: HttpRequest, obj: M | None = None) -> tuple[str, ...]:
        """Return every column, including generated ones."""
        names = [field.name for field in self.model._meta.concrete_fields if not field.primary_key]
        return (*(self._visible_field(name, request) for name in names), *(["timeline_table"] if self.is_sms else []))

    def get_readonly_fields(self, request: HttpRequest, obj: M | None = None) -> tuple[str, ...]:
        return self.get_fields(request, obj)

    def _visible_field(self, name: str, request: HttpRequest) -> str:
        if can_see_numbers(request.user):
            return name
        text_field = "revealable_text" if request.user.has_perm(REVEAL) else "hidden_text"
        return {"recipient": "masked_recipient", "text": text_field}.get(name, name)

    @admin.display(description="account")
    def account_link(self, row: TrafficRow) -> Link:
        """Return a link to the account's rows."""
        return Link(f"?{urlencode({ACCOUNT_PARAM: row.account.name})}", row.account.name)

    @admin.display(description="recipient")
    def masked_recipient(self, row: Sms) -> str:
        return mask_number(row.recipient)

    @admin.display(description="text")
    def hidden_text(self, row: Model) -> str:
        return "hidden"

    @admin.display(description="text")
    def revealable_text(self, row: Model) -> Markup:
        url = reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_reveal", args=[row.pk])
        return render_fragment("admin/revealable_text.html", url=url)

    @admin.display(description="timeline")
    def timeline_table(self, row: Sms) -> Markup:
        entries, total = timeline.get_timeline(row.account, {name: getattr(row, name, None) for name in SMS_FIELDS})
        return render_fragment("admin/timeline.html", entries=entries, total=total, verdict_help=VERDICT_HELP)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(partial(reveal_row, self))
        name = f"{self.opts.app_label}_{self.opts.model_name}_reveal"
        has_text = "text" in {field.name for field in self.model._meta.concrete_fields}
        own_urls = [path("<path:object_id>/reveal/", view, name=name)] if has_text else []
        return [*own_urls, *super().get_urls()]


def _build_number_conditions(list_query: ListQuery) -> Iterator[Q]:
    """Yield the conditions of a search by number, if the text is one.

    Users who may not see numbers find whole ones only, so that they cannot find out a masked number digit by digit.
    """
    try:
        part = parse_part_of_number(list_query.search)
    except InvalidNumber:
        return
    if not list_query.can_see_numbers or part.count_digits() < MIN_PHONE_DIGITS:
        yield Q(recipient=part.beginning or f"+{part.digits}")
        if part.digits:
            yield Q(recipient=part.digits)  # a short code
    elif part.beginning:
        yield Q(recipient__startswith=part.beginning)
    else:
        yield Q(recipient__contains=part.digits)
