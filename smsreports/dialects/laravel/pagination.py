"""Laravel's LengthAwarePaginator to the letter, with the summary beside it."""

from collections.abc import Iterator
from typing import Any

from smsreports.dialects.laravel.rows import summary
from smsreports.dialects.pages import Pages

DEFAULT_PER_PAGE = 20
# What the vendor documents; above it means it, and the body says so.
MOST_PER_PAGE = 100
# Laravel's `onEachSide`: so many page links stand on either side of the current one.
ON_EACH_SIDE = 3
DOTS = {"url": None, "label": "...", "active": False}


class LengthAware(Pages):
    def envelope(self, rows: list[Any]) -> dict[str, Any]:
        return {"data": self._paginator(rows), "summary": summary(self.view.figures())}

    def _paginator(self, rows: list[Any]) -> dict[str, Any]:
        page = self.number
        return {
            "current_page": page,
            "data": rows,
            "first_page_url": self._url(1),
            "from": self.first + 1 if rows else None,
            "last_page": self.last_page,
            "last_page_url": self._url(self.last_page),
            "links": list(self._links()),
            "next_page_url": self._next_url(),
            "path": self.path,
            "per_page": self.asked.size,
            "prev_page_url": self._previous_url(),
            "to": self.first + len(rows) if rows else None,
            "total": self.total,
        }

    @property
    def last_page(self) -> int:
        return max(self.page_count, 1)

    def _links(self) -> Iterator[dict[str, Any]]:
        yield {"url": self._previous_url(), "label": "&laquo; Previous", "active": False}
        for number in page_window(self.number, self.last_page):
            yield DOTS if number is None else self._link(number)
        yield {"url": self._next_url(), "label": "Next &raquo;", "active": False}

    def _link(self, number: int) -> dict[str, Any]:
        return {"url": self._url(number), "label": str(number), "active": number == self.number}

    def _previous_url(self) -> str | None:
        return self._url(self.number - 1) if self.number > 1 else None

    def _next_url(self) -> str | None:
        return self._url(self.number + 1) if self.number < self.last_page else None

    def _url(self, number: int) -> str:
        return self.url(page=str(number))


def page_window(current: int, last: int) -> Iterator[int | None]:
    """The page numbers that Laravel's UrlWindow links to; None stands for its dots."""
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
