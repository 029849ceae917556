"""Pagination of lists by number and by cursor. A dialect adds its envelope."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import ClassVar, Protocol
from urllib.parse import quote, urlencode

from django.http import HttpRequest
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response

from smsreports.openapi.schemas import TEXT
from smsreports.openapi.spec import Header, Headers
from smsreports.queries.cursor import Cursor, Direction, Position
from smsreports.queries.list_request import ListRequest
from smsreports.queries.query_string import parse_pairs
from smsreports.queries.rows import Row

# Parameters that select a page of a list. A link to another page replaces them.
PAGE_PARAMS = ("page", "cursor")


class PagedRows(Protocol):
    """A list that is read by pages, such as a Listing."""

    def get_page(self, first: int, size: int) -> tuple[int, Sequence[Row]]: ...

    def get_page_after(self, position: Position, size: int) -> tuple[int, Sequence[Row]]: ...

    def get_page_before(self, position: Position, size: int) -> tuple[int, Sequence[Row]]: ...

    def get_position(self, row: Row) -> Position: ...


class PagedEndpoint(Protocol):
    @property
    def rows_key(self) -> str: ...


class PagedView(Protocol):
    """View of a list, as pagination needs it."""

    @property
    def endpoint(self) -> PagedEndpoint: ...

    @property
    def list_request(self) -> ListRequest: ...


class LinkHeaderPagination(BasePagination):
    """Pages with `Link` headers (RFC 8288): `next` and `prev` by cursor, `first` and `last` by number.

    Cursors stay valid while new rows arrive. A dialect adds its envelope, and the envelope's schema beside it.
    """

    # Headers of a page, for the OpenAPI document.
    headers: ClassVar[Headers] = {
        "Link": Header("`first`, `prev`, `next` and `last` page (RFC 8288); `next` and `prev` by cursors.", TEXT)
    }

    request: Request | HttpRequest
    view: PagedView
    listing: PagedRows
    rows: Sequence[Row]
    list_request: ListRequest
    total: int
    # True if there are newer and older rows than those of this page.
    has_previous: bool
    has_next: bool

    def paginate_queryset(  # type: ignore[override]  # a Listing is no QuerySet
        self, queryset: PagedRows, request: Request, view: PagedView
    ) -> Sequence[Row]:
        self.view = view
        return self.read_page(queryset, request, view.list_request)

    def read_page(self, listing: PagedRows, request: Request | HttpRequest, list_request: ListRequest) -> Sequence[Row]:
        """Return the rows of the page. Of `request` only the URL is used."""
        self.request, self.list_request, self.listing = request, list_request, listing
        self.rows = self._read_cursor_page(list_request.cursor) if list_request.cursor else self._read_numbered_page()
        return self.rows

    def _read_numbered_page(self) -> Sequence[Row]:
        self.total, rows = self.listing.get_page(self.first_index, self.list_request.size)
        self.has_previous, self.has_next = self.first_index > 0, self.first_index + len(rows) < self.total
        return rows

    def _read_cursor_page(self, cursor: Cursor) -> Sequence[Row]:
        """Read the page and one row more, which tells if the list goes on."""
        size = self.list_request.size
        if cursor.direction == "after":
            self.total, rows = self.listing.get_page_after(cursor.position, size + 1)
            self.has_previous, self.has_next = True, len(rows) > size
            return rows[:size]
        self.total, rows = self.listing.get_page_before(cursor.position, size + 1)
        self.has_previous, self.has_next = len(rows) > size, True
        return rows[-size:]

    @property
    def page_number(self) -> int:
        """Number of the page. A cursor's page has the number that it had when the link to it was made."""
        return self.list_request.cursor.page if self.list_request.cursor else self.list_request.page

    @property
    def first_index(self) -> int:
        """Index of the page's first row in the list, from 0."""
        return (self.page_number - 1) * self.list_request.size

    @property
    def page_count(self) -> int:
        return -(-self.total // self.list_request.size)

    def get_paginated_response(self, data: Sequence[object]) -> Response:
        links = ", ".join(f'<{url}>; rel="{relation}"' for relation, url in self.link_relations())
        return Response(self.build_envelope(data), headers={"Link": links})

    def build_envelope(self, rows: Sequence[object]) -> Mapping[str, object]:
        raise NotImplementedError

    @cached_property
    def list_url(self) -> str:
        return self.request.build_absolute_uri(self.request.path)

    @cached_property
    def _base_url(self) -> str:
        """URL of the list with its filters, ready for the parameters of a page."""
        pairs = self.kept_pairs(parse_pairs(self.request.META.get("QUERY_STRING", "")))
        kept = _encode_query([(name, value) for name, value in pairs if name not in PAGE_PARAMS])
        return f"{self.list_url}?{kept}{kept and '&'}"

    def kept_pairs(self, pairs: list[tuple[str, str]]) -> Iterable[tuple[str, str]]:
        """Return the parameters that links to other pages repeat."""
        return pairs

    def build_url(self, **page_params: str) -> str:
        """Return the URL of another page. Its parameters come last in the query string, as in Laravel."""
        return self._base_url + _encode_query([*page_params.items()])

    def link_relations(self) -> Iterator[tuple[str, str]]:
        """Yield (relation, URL) of each link."""
        yield "first", self.build_url(page="1")
        if self.rows and self.has_previous:
            yield "prev", self._cursor_url(self.rows[0], "before", max(self.page_number - 1, 1))
        if self.rows and self.has_next:
            yield "next", self._cursor_url(self.rows[-1], "after", self.page_number + 1)
        yield "last", self.build_url(page=str(max(self.page_count, 1)))

    def _cursor_url(self, row: Row, direction: Direction, page: int) -> str:
        return self.build_url(cursor=str(Cursor(self.listing.get_position(row), direction, page)))


def _encode_query(query: list[tuple[str, str]]) -> str:
    return urlencode(query, quote_via=quote, safe="")
