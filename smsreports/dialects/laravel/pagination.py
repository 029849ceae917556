"""Pagination exactly as in Laravel's LengthAwarePaginator, plus a summary."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Annotated, Protocol, TypedDict, cast

from smsreports.counters.queries import GroupFigures
from smsreports.dialects.laravel.php_query import flatten_query, parse_query
from smsreports.dialects.laravel.rows import Item, Summary, render_summary
from smsreports.openapi.schemas import ID, TEXT, Schema, object_of
from smsreports.openapi.spec import Header
from smsreports.openapi.type_schemas import Address, Id, WithSchema, build_key_schemas, build_type_schema
from smsreports.queries.pagination import PAGE_PARAMS, LinkHeaderPagination, PagedView
from smsreports.queries.parameters import CURSOR, PAGE, build_size_parameter

DEFAULT_PER_PAGE = 20
# The vendor's documented maximum. Larger values are clamped, and the response body shows the clamped value.
MAX_PER_PAGE = 100
# Laravel's `onEachSide`: number of page links on either side of the current page.
ON_EACH_SIDE = 3
PAGING = (PAGE, build_size_parameter("per_page", "Items", DEFAULT_PER_PAGE, MAX_PER_PAGE), CURSOR)


class Link(TypedDict):
    url: Address | None
    label: str
    page: Id | None
    active: bool


Paginator = TypedDict(
    "Paginator",
    {
        "current_page": Id,
        "data": list[Item],
        "first_page_url": Address,
        "from": Id | None,
        "last_page": Id,
        "last_page_url": Address,
        "links": list[Link],
        "next_page_url": Address | None,
        "path": Address,
        "per_page": Annotated[int, WithSchema(ID | {"maximum": MAX_PER_PAGE})],
        "prev_page_url": Address | None,
        "to": Id | None,
        "total": int,
    },
)
DOTS: Link = {"url": None, "label": "...", "page": None, "active": False}


class SummedView(PagedView, Protocol):
    """View of a list with the totals of its window."""

    def get_figures(self) -> GroupFigures: ...


class LengthAwarePagination(LinkHeaderPagination):
    view: SummedView
    headers = {"Link": Header("`first`, `prev`, `next` and `last` page (RFC 8288).", TEXT)}

    def build_envelope(self, rows: Sequence[object]) -> Mapping[str, object]:
        paginator = self._build_paginator(cast(list[Item], rows))
        return {"data": paginator, "summary": render_summary(self.view.get_figures())}

    def get_paginated_response_schema(self, schema: Schema) -> Schema:
        keys = {**build_key_schemas(Paginator), "data": schema | {"maxItems": MAX_PER_PAGE}}
        return object_of({"data": object_of(keys), "summary": build_type_schema(Summary)})

    def _build_paginator(self, rows: list[Item]) -> Paginator:
        page = self.page_number
        return {
            "current_page": page,
            "data": rows,
            "first_page_url": self._page_url(1),
            "from": self.first_index + 1 if rows else None,
            "last_page": self.last_page,
            "last_page_url": self._page_url(self.last_page),
            "links": list(self._build_links()),
            "next_page_url": self._step_url(self._next_page),
            "path": self.list_url,
            "per_page": self.list_request.size,
            "prev_page_url": self._step_url(self._previous_page),
            "to": self.first_index + len(rows) if rows else None,
            "total": self.total,
        }

    @property
    def last_page(self) -> int:
        return max(self.page_count, 1)

    def _build_links(self) -> Iterator[Link]:
        yield self._build_step_link("&laquo; Previous", self._previous_page)
        for number in list_page_numbers(self.page_number, self.last_page):
            if number is None:
                yield DOTS
            else:
                is_current = number == self.page_number
                yield {"url": self._page_url(number), "label": str(number), "page": number, "active": is_current}
        yield self._build_step_link("Next &raquo;", self._next_page)

    def _build_step_link(self, label: str, number: int | None) -> Link:
        return {"url": self._step_url(number), "label": label, "page": number, "active": False}

    @property
    def _previous_page(self) -> int | None:
        return self.page_number - 1 if self.page_number > 1 else None

    @property
    def _next_page(self) -> int | None:
        return self.page_number + 1 if self.page_number < self.last_page else None

    def _page_url(self, number: int) -> str:
        return self.build_url(page=str(number))

    def _step_url(self, number: int | None) -> str | None:
        return None if number is None else self._page_url(number)

    def kept_pairs(self, pairs: list[tuple[str, str]]) -> Iterable[tuple[str, str]]:
        query = parse_query(pairs)
        return flatten_query({name: value for name, value in query.items() if name not in PAGE_PARAMS})


def list_page_numbers(current: int, last: int) -> Iterator[int | None]:
    """Yield the page numbers that Laravel's UrlWindow links to, and None for each gap shown as dots."""
    edge = ON_EACH_SIDE + 4
    if last < ON_EACH_SIDE * 2 + 8:
        blocks = [range(1, last + 1)]
    elif current <= edge:
        blocks = [range(1, edge + ON_EACH_SIDE + 1), range(last - 1, last + 1)]
    elif current > last - edge:
        blocks = [range(1, 3), range(last - (edge + ON_EACH_SIDE - 1), last + 1)]
    else:
        around = range(current - ON_EACH_SIDE, current + ON_EACH_SIDE + 1)
        blocks = [range(1, 3), around, range(last - 1, last + 1)]
    for index, block in enumerate(blocks):
        if index:
            yield None
        yield from block
