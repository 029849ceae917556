"""Pages by number and by link: slices of the whole list, whatever is written meanwhile."""

import time
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import connection
from django.db.backends.utils import CursorWrapper

from messages_app.models import Message
from smsreports.database import snapshot
from smsreports.database.compiled import CompiledQuery
from smsreports.database.snapshot import fetch_together
from smsreports.queries import listing
from smsreports.queries.listing import Listing
from smsreports.queries.source_query import Order
from tests.conftest import ApiClient, create_api_client, load_lines
from tests.queries.list_endpoints import (
    ITEMS,
    LATER,
    MESSAGES,
    SINGLE,
    TIMES,
    UNIFIED,
    ListEndpoint,
    all_lists,
    campaign_line,
    sms_line,
)
from tests.queries.list_endpoints import traffic as traffic

# Key of the lock for which a request waits between its total and its rows.
LOCK = 20_060_214


@all_lists
@pytest.mark.parametrize("max_offset_scan", [listing.MAX_OFFSET_SCAN, 1, 0])
def test_every_page_is_its_slice_of_the_list(
    owner: ApiClient, monkeypatch: pytest.MonkeyPatch, endpoint: ListEndpoint, max_offset_scan: int
) -> None:
    monkeypatch.setattr(listing, "MAX_OFFSET_SCAN", max_offset_scan)
    expected = endpoint.expected_texts()
    for number in range(1, len(expected) // 13 + 3):
        page = endpoint.get(owner, 13, page=str(number))
        assert page.texts == expected[(number - 1) * 13 : number * 13]
        assert (page.number, page.size, page.total) == (number, 13, len(expected))


@pytest.mark.parametrize("endpoint", [SINGLE, UNIFIED, ITEMS], ids=["api", "unified", "items"])
def test_a_deep_row_is_found_from_the_nearer_end_of_its_day(
    owner: ApiClient, monkeypatch: pytest.MonkeyPatch, endpoint: ListEndpoint
) -> None:
    monkeypatch.setattr(listing, "MAX_OFFSET_SCAN", 0)
    orders, union_all = set(), Listing._union_all

    def record_order(
        self: Listing, source_queries: Any, columns: Any, start: int, stop: int, order: Order = "-"
    ) -> Any:
        if len(columns) < len(self.columns):  # only a position is looked for
            orders.add(order)
        return union_all(self, source_queries, columns, start, stop, order)

    monkeypatch.setattr(Listing, "_union_all", record_order)
    expected = endpoint.expected_texts()
    for number in range(0, len(expected), 9):
        assert endpoint.get(owner, 1, page=str(number + 1)).texts == [expected[number]]
    assert orders == {"-", ""}


@all_lists
def test_next_links_reach_every_row_once_while_others_arrive(owner: ApiClient, endpoint: ListEndpoint) -> None:
    expected, seen, number = endpoint.expected_texts(), [], MESSAGES
    for page in endpoint.walk(owner, "next", endpoint.get(owner, 20)):
        seen.append(page)
        number += 1
        load_lines([sms_line("api", number, LATER), campaign_line(number, LATER), sms_line("campaign", number, LATER)])
    assert [text for page in seen for text in page.texts] == expected
    assert [page.number for page in seen] == list(range(1, -(-len(expected) // 20) + 1))
    assert seen[-1].total > seen[0].total == len(expected)
    assert endpoint.get(owner).texts == endpoint.expected_texts()[:7] != expected[:7]


@all_lists
def test_a_row_that_arrives_further_down_is_not_missed(owner: ApiClient, endpoint: ListEndpoint) -> None:
    first = endpoint.get(owner, 9)
    load_lines([sms_line("api", 900, TIMES[0])])
    rest = [text for page in endpoint.walk(owner, "next", first) for text in page.texts]
    assert rest == endpoint.expected_texts()


@all_lists
@pytest.mark.parametrize("size", [12, 40])
def test_previous_links_return_the_same_pages(owner: ApiClient, endpoint: ListEndpoint, size: int) -> None:
    forward = list(endpoint.walk(owner, "next", endpoint.get(owner, size)))
    back = list(endpoint.walk(owner, "prev", forward[-1]))
    assert [page.texts for page in back] == [page.texts for page in forward[::-1]]
    assert [page.number for page in back] == [page.number for page in forward[::-1]]
    assert "prev" not in forward[0].links and "next" not in forward[-1].links


@all_lists
def test_previous_links_reach_rows_that_arrived_on_top(owner: ApiClient, endpoint: ListEndpoint) -> None:
    second = endpoint.follow(owner, endpoint.get(owner).links["next"])
    load_lines([sms_line("api", 900, LATER)])
    first = endpoint.follow(owner, second.links["prev"])
    assert first.texts == endpoint.expected_texts()[1:8]
    top = endpoint.follow(owner, first.links["prev"])
    assert (top.texts, top.number) == (["api 900"], 1)
    assert "prev" not in top.links
    assert endpoint.follow(owner, top.links["next"]).texts == first.texts


@all_lists
def test_the_first_and_last_links_have_page_numbers(owner: ApiClient, endpoint: ListEndpoint) -> None:
    expected = endpoint.expected_texts()
    page = endpoint.follow(owner, endpoint.get(owner, to="2026-02-13").links["next"])
    for relation, number in (("first", 1), ("last", -(-len(expected) // 7))):
        query = parse_qs(urlsplit(page.links[relation]).query)
        assert (query["page"], query[endpoint.size_param], query["to"]) == ([str(number)], ["7"], ["2026-02-13"])
        assert "cursor" not in query
        linked = endpoint.follow(owner, page.links[relation])
        assert linked.texts == expected[(number - 1) * 7 : number * 7]


@all_lists
def test_an_empty_list_has_no_next_or_previous_link(owner: ApiClient, endpoint: ListEndpoint) -> None:
    page = endpoint.get(owner, to="2001-01-01")
    assert (page.texts, page.total, set(page.links)) == ([], 0, {"first", "last"})
    assert parse_qs(urlsplit(page.links["last"]).query)["page"] == ["1"]


@all_lists
def test_a_page_and_its_total_come_from_one_snapshot(monkeypatch: pytest.MonkeyPatch, endpoint: ListEndpoint) -> None:
    """Rows are committed after the total is read and before the page. In between, the request waits for a lock."""
    api_client, expected = create_api_client("acme"), endpoint.expected_texts()
    number = Message.unscoped.count() + MESSAGES

    def fetch_with_delay(total: CompiledQuery, rows: CompiledQuery, seconds: float) -> list[Any]:
        with ThreadPoolExecutor(1) as threads:
            locked = Event()
            committed = threads.submit(commit_rows_under_lock, number, locked)
            locked.wait()
            total_rows, _, page = fetch_together(
                total, CompiledQuery("SELECT pg_advisory_xact_lock_shared(%s)", [LOCK]), rows
            )
            committed.result()
        return [total_rows, page]

    with monkeypatch.context() as patched:
        patched.setattr(snapshot, "fetch_together", fetch_with_delay)
        page = endpoint.get(api_client, page="2")
    assert (page.texts, page.total) == (expected[7:14], len(expected))
    after = endpoint.get(api_client, page="2")
    assert after.total == len(endpoint.expected_texts()) > len(expected)
    assert after.texts == endpoint.expected_texts()[7:14]


def commit_rows_under_lock(number: int, locked: Event) -> None:
    """Hold the lock until the request waits for it, commit a message and a campaign with a send, and release it.

    The new rows come first in all lists.
    """
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK])
            locked.set()
            while not is_waited_for(cursor):
                time.sleep(0.01)
        load_lines([sms_line("api", number, LATER), campaign_line(number, LATER), sms_line("campaign", number, LATER)])
    finally:
        connection.close()


def is_waited_for(cursor: CursorWrapper) -> bool:
    cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = 'advisory' AND objid = %s", [LOCK])
    return bool(cursor.fetchone()[0])
