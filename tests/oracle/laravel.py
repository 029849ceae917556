"""Laravel's LengthAwarePaginator."""

import math
from collections.abc import Mapping
from typing import Any

from tests.oracle.bodies import Body

Params = Mapping[str, str]
ON_EACH_SIDE = 3


def paginate(
    bodies: list[Body], total: int, page: int, size: int, path: str, params: Params, *, with_page: bool
) -> Body:
    last = max(math.ceil(total / size), 1)
    kept = [f"{name}={value}&" for name, value in params.items() if name != "page"]

    def url(number: int) -> str:
        return f"{path}?{''.join(kept)}page={max(number, 1)}"

    before = page - 1 if page > 1 else None
    after = page + 1 if page < last else None
    links = [page_link("&laquo; Previous", before, url, with_page)]
    for number in page_window(page, last):
        page_entry = page_link(str(number or "..."), number, url, with_page)
        links.append({**page_entry, "active": number == page})
    links.append(page_link("Next &raquo;", after, url, with_page))
    return {
        "current_page": page,
        "data": bodies,
        "first_page_url": url(1),
        "from": (page - 1) * size + 1 if bodies else None,
        "last_page": last,
        "last_page_url": url(last),
        "links": links,
        "next_page_url": after and url(after),
        "path": path,
        "per_page": size,
        "prev_page_url": before and url(before),
        "to": (page - 1) * size + len(bodies) if bodies else None,
        "total": total,
    }


def page_link(label: str, number: int | None, url: Any, with_page: bool) -> Body:
    page = {"page": number} if with_page else {}
    return {"url": number and url(number), "label": label, **page, "active": False}


def page_window(page: int, last: int) -> list[int | None]:
    """Return the page numbers of `links`; None stands for the dots."""
    edge = ON_EACH_SIDE + 4
    if last < ON_EACH_SIDE * 2 + 8:
        return list(range(1, last + 1))
    if page <= edge:
        return [*range(1, edge + ON_EACH_SIDE + 1), None, last - 1, last]
    if page > last - edge:
        return [1, 2, None, *range(last - (edge + ON_EACH_SIDE - 1), last + 1)]
    middle = range(page - ON_EACH_SIDE, page + ON_EACH_SIDE + 1)
    return [1, 2, None, *middle, None, last - 1, last]
