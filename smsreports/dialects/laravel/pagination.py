"""Pagination exactly as in Laravel's LengthAwarePaginator, plus a summary."""

from collections.abc import Iterable, Iterator
from typing import Any

from smsreports.dialects.laravel.php_query import flatten_query, parse_query
from smsreports.dialects.laravel.rows import render_summary
from smsreports.queries.pagination import PAGE_PARAMS, LinkHeaderPagination

DEFAULT_PER_PAGE = 20
# The vendor's documented maximum. Larger values are clamped, and the response body shows the clamped value.
MAX_PER_PAGE = 100
# Laravel's `onEachSide`: number of page links on either side of the current page.
ON_EACH_SIDE = 3
DOTS = {"url": None, "label": "...", "page": None, "active": False}


class LengthAwarePagination(LinkHeaderPagination):
    def build_envelope(self, rows: list[Any]) -> dict[str, Any]:
        return {"data": self._build_paginator(rows), "summary": render_summary(self.view.get_figures())}

    def _build_paginator(self, rows: list[Any]) -> dict[str, Any]:
        page = self.page_number
        return {
            "current_page": page,
            "data": rows,
            "first_page_url": self._page_url(1),
            "from": self.first_index + 1 if rows else None,
            "last_page": self.last_page,
            "last_page_url": self._page_url(self.last_page),
            "links": list(self._build_links()),
            "next_page_url": self._page_url(self._next_page),
            "path": self.list_url,
            "per_page": self.list_request.size,
            "prev_page_url": self._page_url(self._previous_page),
            "to": self.first_index + len(rows) if rows else None,
            "total": self.total,
        }

    @property
    def last_page(self) -> int:
        return max(self.page_count, 1)

    def _build_links(self) -> Iterator[dict[str, Any]]:
        yield self._build_step_link("&laquo; Previous", self._previous_page)
        for number in list_page_numbers(self.page_number, self.last_page):
            if number is None:
                yield DOTS
            else:
                is_current = number == self.page_number
                yield {"url": self._page_url(number), "label": str(number), "page": number, "active": is_current}
        yield self._build_step_link("Next &raquo;", self._next_page)

    def _build_step_link(self, label: str, number: int | None) -> dict[str, Any]:
        return {"url": self._page_url(number), "label": label, "page": number, "active": False}

    @property
    def _previous_page(self) -> int | None:
        return self.page_number - 1 if self.page_number > 1 else None

    @property
    def _next_page(self) -> int | None:
        return self.page_number + 1 if self.page_number < self.last_page else None

    def _page_url(self, number: int | None) -> str | None:
        return None if number is None else self.build_url(page=str(number))

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
