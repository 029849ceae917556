"""Laravel's paginator: its page window compared with a second port of Laravel's code, and its responses over HTTP."""

from typing import Any

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from smsreports.dialects.laravel.pagination import list_page_numbers
from tests.conftest import ApiClient, LiveServer, load_lines, message_line

PATH = "/api/sms/messages"
SITE = f"http://testserver{PATH}"
# More pages than any page window shows without gaps.
PAGES = 60


class UrlWindow:
    """Port of Laravel's `UrlWindow` and the paginator's `elements`, method by method; `...` stands for a gap."""

    on_each_side = 3

    def __init__(self, current: int, last: int) -> None:
        self.current, self.last = current, last

    def elements(self) -> list[Any]:
        first, slider, last = self.get()
        marked = [first, "..." if slider else None, slider, "..." if last else None, last]
        return [element for element in marked if element]

    def get(self) -> tuple[list[int], list[int] | None, list[int] | None]:
        if self.last < self.on_each_side * 2 + 8:
            return self.url_range(1, self.last), None, None
        window = self.on_each_side + 4
        if self.current <= window:
            return self.url_range(1, window + self.on_each_side), None, self.finish()
        if self.current > self.last - window:
            return self.start(), None, self.url_range(self.last - (window + (self.on_each_side - 1)), self.last)
        adjacent = self.url_range(self.current - self.on_each_side, self.current + self.on_each_side)
        return self.start(), adjacent, self.finish()

    def start(self) -> list[int]:
        return self.url_range(1, 2)

    def finish(self) -> list[int]:
        return self.url_range(self.last - 1, self.last)

    def url_range(self, first: int, last: int) -> list[int]:
        return list(range(first, last + 1))


def labels(elements: list[Any]) -> list[str]:
    return [label for element in elements for label in (["..."] if element == "..." else map(str, element))]


def list_labels(current: int, last: int) -> list[str]:
    return ["..." if number is None else str(number) for number in list_page_numbers(current, last)]


@pytest.mark.parametrize("last", range(1, PAGES + 1))
def test_the_page_window_equals_laravels(last: int) -> None:
    for current in range(1, last + 3):
        assert list_labels(current, last) == labels(UrlWindow(current, last).elements()), (current, last)


@given(st.integers(1, 10**12), st.integers(1, 10**12))
def test_the_page_window_is_short_for_any_number_of_pages(current: int, last: int) -> None:
    assert list_labels(current, last) == labels(UrlWindow(current, last).elements())
    assert len(list_labels(current, last)) <= 13


@pytest.fixture
def items(owner: ApiClient) -> ApiClient:
    """Load 31 requests of one message each."""
    load_lines(message_line(client_message_id=f"m-{number:02}", message=f"{number:02}") for number in range(31))
    return owner


def get_page(person: ApiClient, query: str = "") -> dict[str, Any]:
    body: dict[str, Any] = person.request("GET", f"{PATH}?{query}").json()["data"]
    return body


def test_a_page_in_the_middle_equals_laravels(items: ApiClient) -> None:
    page_data = get_page(items, "per_page=2&page=9")
    texts = [item.pop("short_message") for item in page_data["data"]]
    assert texts == ["14", "13"]
    numbers = ["1", "2", "...", *map(str, range(6, 13)), "...", "15", "16"]
    assert page_data | {"data": []} == {
        "current_page": 9,
        "data": [],
        "first_page_url": f"{SITE}?per_page=2&page=1",
        "from": 17,
        "last_page": 16,
        "last_page_url": f"{SITE}?per_page=2&page=16",
        "links": [
            {"url": f"{SITE}?per_page=2&page=8", "label": "&laquo; Previous", "page": 8, "active": False},
            *(link(number, "9") for number in numbers),
            {"url": f"{SITE}?per_page=2&page=10", "label": "Next &raquo;", "page": 10, "active": False},
        ],
        "next_page_url": f"{SITE}?per_page=2&page=10",
        "path": SITE,
        "per_page": 2,
        "prev_page_url": f"{SITE}?per_page=2&page=8",
        "to": 18,
        "total": 31,
    }


def link(label: str, current: str) -> dict[str, Any]:
    url = None if label == "..." else f"{SITE}?per_page=2&page={label}"
    number = None if label == "..." else int(label)
    return {"url": url, "label": label, "page": number, "active": label == current}


def test_the_first_page_has_no_previous_and_the_last_no_next(items: ApiClient) -> None:
    first, last = get_page(items), get_page(items, "page=2")
    assert (first["prev_page_url"], first["next_page_url"]) == (None, f"{SITE}?page=2")
    assert (first["links"][0]["url"], first["links"][-1]["url"]) == (None, f"{SITE}?page=2")
    assert (first["links"][0]["page"], first["links"][-1]["page"]) == (None, 2)
    assert (last["links"][0]["page"], last["links"][-1]["page"]) == (1, None)
    assert (last["prev_page_url"], last["next_page_url"]) == (f"{SITE}?page=1", None)
    assert (last["from"], last["to"], last["total"]) == (21, 31, 31)


def test_a_page_past_the_end_is_empty_and_links_back(items: ApiClient) -> None:
    page_data = get_page(items, "page=9")
    assert (page_data["current_page"], page_data["data"], page_data["from"], page_data["to"]) == (9, [], None, None)
    assert (page_data["prev_page_url"], page_data["next_page_url"], page_data["last_page"]) == (
        f"{SITE}?page=8",
        None,
        2,
    )
    assert not any(link_data["active"] for link_data in page_data["links"])


def test_the_largest_page_number_is_accepted(items: ApiClient) -> None:
    assert get_page(items, f"page={2**63 - 1}")["data"] == []


def test_an_empty_list_has_one_page(owner: ApiClient) -> None:
    page_data = get_page(owner)
    assert (page_data["last_page"], page_data["total"], page_data["from"], page_data["to"], page_data["data"]) == (
        1,
        0,
        None,
        None,
        [],
    )
    assert [link_data["label"] for link_data in page_data["links"]] == ["&laquo; Previous", "1", "Next &raquo;"]


def test_the_summary_of_an_empty_list_is_zero(owner: ApiClient) -> None:
    counters = {"delivered": 0, "failed": 0, "pending": 0}
    assert owner.get(PATH).json()["summary"] == {"total_cost": 0, "total_messages": 0, **counters}


def test_the_links_keep_the_query_string_with_the_page_last(items: ApiClient) -> None:
    page_data = get_page(items, "page=1&from=2026-01-01&colour=dark%20blue%26&per_page=30&to=2026-12-31")
    kept_query = "from=2026-01-01&colour=dark%20blue%26&per_page=30&to=2026-12-31"
    assert page_data["next_page_url"] == f"{SITE}?{kept_query}&page=2"


def test_the_links_keep_every_value_of_an_array(items: ApiClient) -> None:
    page_data = get_page(items, "f[]=1&f[]=2&g[a]=3&per_page=30")
    kept_query = "f%5B0%5D=1&f%5B1%5D=2&g%5Ba%5D=3&per_page=30"
    assert page_data["next_page_url"] == f"{SITE}?{kept_query}&page=2"


def test_the_links_drop_empty_values_and_any_page_parameter(items: ApiClient) -> None:
    assert get_page(items, "page[x]=7&from=&per_page=30&colour=")["next_page_url"] == f"{SITE}?per_page=30&page=2"


def test_the_link_header_keeps_the_same_query_string(items: ApiClient) -> None:
    header = items.request("GET", f"{PATH}?f[]=1&f[]=2&per_page=30")["Link"]
    assert f"<{SITE}?f%5B0%5D=1&f%5B1%5D=2&per_page=30&page=2>" in header


def test_telecom23s_links_keep_repeated_names(items: ApiClient) -> None:
    header = items.request("GET", "/api/v1/sms/messages?f[]=1&f[]=2&f[]=1&to=9999-12-31")["Link"]
    assert "?f%5B%5D=1&f%5B%5D=2&f%5B%5D=1&to=9999-12-31&page=1>" in header


def test_the_links_escape_unescaped_text(items: ApiClient) -> None:
    assert get_page(items, "shape=dé&per_page=30")["next_page_url"] == f"{SITE}?shape=d%C3%A9&per_page=30&page=2"


def test_a_page_size_above_the_maximum_is_clamped(items: ApiClient) -> None:
    assert get_page(items, "per_page=101")["per_page"] == 100


@pytest.mark.parametrize("size", ["7", "100"])
def test_following_the_links_returns_every_item_once(items: ApiClient, size: str) -> None:
    texts, address = [], f"{PATH}?per_page={size}"
    while address:
        page_data = items.request("GET", address).json()["data"]
        texts += [item["short_message"] for item in page_data["data"]]
        address = page_data["next_page_url"]
    assert texts == [f"{number:02}" for number in reversed(range(31))]


def test_a_page_over_http_contains_the_requested_address(live: LiveServer) -> None:
    live.load_lines([message_line()])
    headers = {"Authorization": f"Bearer {live.create_key('acme')}"}
    page_data = requests.get(f"{live.url}{PATH}?per_page=1", headers=headers, timeout=30).json()["data"]
    assert (page_data["path"], page_data["first_page_url"]) == (
        f"{live.url}{PATH}",
        f"{live.url}{PATH}?per_page=1&page=1",
    )
