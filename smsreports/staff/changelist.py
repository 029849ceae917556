"""Admin list of a traffic model: a page of keys from an index, then the rows with those keys."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from operator import attrgetter
from typing import TYPE_CHECKING, Literal

from django.conf import settings
from django.contrib.admin.utils import label_for_field
from django.contrib.admin.views.main import ChangeList
from django.core.paginator import Paginator
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import urlencode

from smsreports.queries.filters import get_labelled_filters
from smsreports.staff import list_query, result_sets
from smsreports.staff.list_query import MIN_PHONE_DIGITS, ListQuery

if TYPE_CHECKING:
    from smsreports.staff.admin import ReadOnlyTrafficAdmin

# UTC, with fixed widths so that the column aligns.
TIME_FORMAT = "%Y-%m-%d %H:%M:%S"


def format_value(value: object) -> str:
    """Format a value the same way on every page; `-` stands for None and the empty string."""
    match value:
        case None | "":
            return "-"
        case bool():
            return "yes" if value else "no"
        case datetime():
            return value.strftime(TIME_FORMAT)
        case Decimal():
            return f"{value.normalize():f}"
    return str(value)


@dataclass(frozen=True)
class Link:
    """Cell of a list that leads to another page."""

    url: str
    text: str


@dataclass(frozen=True)
class TableRow:
    """Row of a list: the address of its own page, and the cells."""

    url: str
    cells: Sequence[str | Link]


@dataclass(frozen=True)
class FilterField:
    """Field of the form above a list, with the value as typed and the reasons why it is invalid."""

    name: str
    label: str
    value: str
    type: Literal["text", "date"]
    choices: Sequence[str]
    reasons: Sequence[str]


@dataclass(frozen=True)
class ExportLink:
    """Address of the export of a list, and the maximum number of its rows."""

    url: str
    limit: int


class TrafficChangeList(ChangeList):
    """Changelist that gets its rows from the `get_result_set` of its admin.

    If the query is invalid, the list is empty and the form shows the reasons beside the fields.
    """

    model_admin: ReadOnlyTrafficAdmin[Model]
    list_query: ListQuery
    total: result_sets.Total
    reasons: dict[str, list[str]]

    def get_queryset(self, request: HttpRequest, exclude_parameters: list[str | None] | None = None) -> QuerySet[Model]:
        """Return the root queryset, without Django's own filters."""
        self.filter_specs, self.has_filters, self.has_active_filters = [], False, False
        self.clear_all_filters_qs = "?"
        return self.root_queryset

    def get_results(self, request: HttpRequest) -> None:
        self.list_query = self.model_admin.get_list_query(request)
        self.reasons = {name: list(reasons) for name, reasons in self.list_query.reasons.items()}
        self.page_num, size = self.list_query.page, self.list_per_page
        first = (self.page_num - 1) * size
        keys: Sequence[int]
        if self.reasons:
            self.total, keys = result_sets.Total(0, 0), []
        else:
            self.total, keys = self.model_admin.get_result_set(self.list_query).get_page(first, size)
        self.paginator = Paginator(range(self.total.reachable), size)
        if self.page_num > self.paginator.num_pages:
            self.reasons.setdefault(list_query.PAGE_PARAM, []).append(f"the last page is {self.paginator.num_pages}")
            keys, self.page_num = [], 1
        rows = self.root_queryset.in_bulk(keys)
        self.result_list = [rows[key] for key in keys if key in rows]
        self.result_count, self.full_result_count = self.total.number, None
        self.show_full_result_count = self.show_admin_actions = self.can_show_all = False
        self.multi_page = self.paginator.num_pages > 1

    def filter_fields(self) -> Iterator[FilterField]:
        """Yield the fields of the form above the list."""
        table = self.model_admin.source_table
        filters = get_labelled_filters(table.filterset if table else None)
        for name in self.model_admin.get_filter_names():
            is_offered = self.list_query.can_see_numbers if name == "phone" else name != list_query.BROADCAST_PARAM
            if is_offered or name in self.list_query.raw:
                yield FilterField(
                    name,
                    label=filters[name].label if name in filters else list_query.LABELS.get(name, name.capitalize()),
                    value=self.list_query.raw.get(name, ""),
                    type="date" if name in list_query.DATE_PARAMS else "text",
                    choices=[value for value, _ in filters[name].extra.get("choices", ())] if name in filters else [],
                    reasons=self.reasons.get(name, []),
                )

    def help_text(self) -> str:
        """Return the help text of the form: what Find searches, and what the filters need."""
        number = (
            f"a phone number or at least {MIN_PHONE_DIGITS} of its digits"
            if self.list_query.can_see_numbers
            else "a whole phone number"
        )
        ids = " or ".join(str(label_for_field(name, self.model)) for name in self.model_admin.exact_search_fields)
        keys = " or ".join([ids, number] if self.model_admin.is_sms else [ids])
        text = f"Find searches all accounts by {keys}."
        return f"{text} The other filters need an account." if self.model_admin.source_table else text

    def other_reasons(self) -> list[str]:
        """Return the errors that belong to no field of the form."""
        fields = set(self.model_admin.get_filter_names())
        return [f"{name}: {', '.join(reasons)}" for name, reasons in self.reasons.items() if name not in fields]

    def page_range(self) -> Iterator[int | str]:
        yield from self.paginator.get_elided_page_range(self.page_num)

    def column_headers(self) -> list[str]:
        return [str(label_for_field(name, self.model, self.model_admin)).capitalize() for name in self.list_display]

    def page_url(self, number: int) -> str:
        return self.get_query_string({list_query.PAGE_PARAM: number})

    def table_rows(self) -> Iterator[TableRow]:
        url = reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist")
        getters = [getattr(self.model_admin, name, None) or attrgetter(name) for name in map(str, self.list_display)]
        for row in self.result_list:
            yield TableRow(f"{url}{row.pk}/change/", [_build_cell(getter(row)) for getter in getters])

    def export_link(self) -> ExportLink | None:
        """Return the link to the export of this list; None if there is no export."""
        query = self.list_query
        if not (self.model_admin.is_sms and query.can_see_numbers and query.is_list and self.result_list):
            return None
        url = reverse("staff-export", args=[self.model_admin.slug])
        return ExportLink(f"{url}?{urlencode(query.raw)}", settings.EXPORT_LIMIT)

    def ends_early(self) -> bool:
        return self.total.reachable < self.total.number or not self.total.is_exact


def _build_cell(value: object) -> str | Link:
    return value if isinstance(value, Link) else format_value(value)
