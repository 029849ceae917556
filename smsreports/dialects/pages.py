"""Pages of a list, by number and by cursor; a dialect adds its envelope."""

from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Any
from urllib.parse import quote, urlencode

from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response

from smsreports.dialects.base import Asked
from smsreports.dialects.cursor import Cursor, Way
from smsreports.dialects.query import fields

# Parameters that say where in a list a page is; a link to another page replaces them.
WHERE = ("page", "cursor")


class Pages(BasePagination):
    """Pages of anything that has `page(first, size)`, `after`, `before` and `place` (a Listing).

    `Link` headers (RFC 8288) lead on: `next` and `prev` by cursors, which stay true while traffic arrives, `first` and
    `last` by number.
    """

    request: Request
    view: Any
    rows: list[Any]
    asked: Asked
    total: int
    # Whether there is more above and below this page.
    above: bool
    below: bool

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any]:
        self.view = view
        return self.read(queryset, request, view.asked)

    def read(self, listing: Any, request: Any, asked: Asked) -> list[Any]:
        """The page's rows; of `request` only the address is used."""
        self.request, self.asked, self.listing = request, asked, listing
        self.rows = self._beside(asked.cursor) if asked.cursor else self._numbered()
        return self.rows

    def _numbered(self) -> list[Any]:
        self.total, rows = self.listing.page(self.first, self.asked.size)
        self.above, self.below = self.first > 0, self.first + len(rows) < self.total
        return list(rows)

    def _beside(self, cursor: Cursor) -> list[Any]:
        """One row more than the page holds is read, to know whether the list goes on."""
        size = self.asked.size
        if cursor.way == "after":
            self.total, rows = self.listing.after(cursor.place, size + 1)
            self.above, self.below = True, len(rows) > size
            return list(rows[:size])
        self.total, rows = self.listing.before(cursor.place, size + 1)
        self.above, self.below = len(rows) > size, True
        return list(rows[-size:])

    @property
    def number(self) -> int:
        """The page's number; of a cursor's page, the one it had when the link to it was made."""
        return self.asked.cursor.page if self.asked.cursor else self.asked.page

    @property
    def first(self) -> int:
        """The index of the page's first row."""
        return (self.number - 1) * self.asked.size

    @property
    def page_count(self) -> int:
        return -(-self.total // self.asked.size)

    def get_paginated_response(self, data: Any) -> Response:
        links = ", ".join(f'<{url}>; rel="{relation}"' for relation, url in self.relations())
        return Response(self.envelope(data), headers={"Link": links})

    def envelope(self, rows: list[Any]) -> dict[str, Any]:
        raise NotImplementedError

    @cached_property
    def path(self) -> str:
        return self.request.build_absolute_uri(self.request.path)

    @cached_property
    def _kept(self) -> str:
        """The path and the query string without the place."""
        pairs = self.kept_pairs(fields(self.request.META.get("QUERY_STRING", "")))
        kept = _encoded([(name, value) for name, value in pairs if name not in WHERE])
        return f"{self.path}?{kept}{kept and '&'}"

    def kept_pairs(self, pairs: list[tuple[str, str]]) -> Iterable[tuple[str, str]]:
        """The names and values that a link repeats."""
        return pairs

    def url(self, **where: str) -> str:
        """This list elsewhere: the query string is kept, with `where` last, as Laravel has it."""
        return self._kept + _encoded([*where.items()])

    def relations(self) -> Iterator[tuple[str, str]]:
        yield "first", self.url(page="1")
        if self.rows and self.above:
            yield "prev", self._cursor_url(self.rows[0], "before", max(self.number - 1, 1))
        if self.rows and self.below:
            yield "next", self._cursor_url(self.rows[-1], "after", self.number + 1)
        yield "last", self.url(page=str(max(self.page_count, 1)))

    def _cursor_url(self, row: Any, way: Way, page: int) -> str:
        return self.url(cursor=str(Cursor(self.listing.place(row), way, page)))


def _encoded(query: list[tuple[str, str]]) -> str:
    return urlencode(query, quote_via=quote, safe="")
