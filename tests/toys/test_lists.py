"""Lists: the source's own in both dialects that show it, and the unified list joined with the other sources."""

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from tests.conftest import ALL_DAYS, ApiClient
from tests.toys.conftest import ACME, TELECOM, UNIFIED
from tests.toys.traffic import LABELS, Row, build_rows

pytestmark = pytest.mark.usefixtures("traffic")
WHATSAPP_ROWS = [row for row in build_rows("acme") if row.source == "whatsapp"]


def get_body(client: ApiClient, path: str, params: dict[str, str] | None = None) -> Any:
    answer = client.get(path, params)
    assert answer.status_code == 200, answer.body
    return answer.json()


def list_texts(rows: list[Row]) -> list[str]:
    return [row.text for row in rows]


def walk_links(client: ApiClient, relation: str, answer: Any) -> Iterator[list[str]]:
    """Yield the texts of a page of 23 Telecom's and of each that its links lead to."""
    yield [row["message"] for row in answer.json()["messages"]]
    links = requests.utils.parse_header_links(answer["Link"])
    for link in links:
        if link["rel"] == relation:
            yield from walk_links(client, relation, client.request("GET", link["url"]))


def walk_offsets(client: ApiClient, path: str, limit: int) -> Iterator[dict[str, Any]]:
    """Yield the rows of Acme's pages, each found by the address in the one before."""
    url: str | None = f"{path}?limit={limit}"
    while url:
        body = client.request("GET", url).json()
        yield from body["data"]
        url = body["paging"]["next"]


def test_its_own_list_shows_its_messages_with_its_own_column(owner: ApiClient) -> None:
    body = get_body(owner, f"{TELECOM}/whatsapp", ALL_DAYS | {"limit": "100"})
    assert [row["message"] for row in body["messages"]] == list_texts(WHATSAPP_ROWS)
    assert {row["template"] for row in body["messages"]} == {"hello"}
    assert body["total"] == len(WHATSAPP_ROWS)


@pytest.mark.parametrize("source", [*LABELS, "all"])
def test_the_unified_list_joins_the_sources_in_their_order(owner: ApiClient, source: str) -> None:
    rows = [row for row in build_rows("acme") if source in (row.source, "all")]
    body = get_body(owner, UNIFIED, ALL_DAYS | {"limit": "100", "source": source})
    assert [(row["message"], row["source"]) for row in body["messages"]] == [
        (row.text, LABELS[row.source]) for row in rows
    ]
    assert body["total"] == len(rows)


@pytest.mark.parametrize("size", ["1", "5"])
def test_cursors_lead_across_the_sources_in_both_directions(owner: ApiClient, size: str) -> None:
    texts = list_texts(build_rows("acme"))
    query = ALL_DAYS | {"limit": size}
    pages = list(walk_links(owner, "next", owner.get(UNIFIED, query)))
    assert [text for page in pages for text in page] == texts
    last = owner.get(UNIFIED, query | {"page": str(len(pages))})
    assert list(walk_links(owner, "prev", last))[::-1] == pages


def test_the_items_of_the_source_are_its_messages(owner: ApiClient) -> None:
    body = get_body(owner, "/api/sms/messages", {"source": "whatsapp", "per_page": "100"})
    assert [item["short_message"] for item in body["data"]["data"]] == list_texts(WHATSAPP_ROWS)
    assert body["summary"]["total_messages"] == body["data"]["total"] == len(WHATSAPP_ROWS)
    [item] = get_body(owner, "/api/sms/messages/whatsapp-03")
    assert (item["short_message"], item["receiver_total"]) == ("whatsapp-03 of acme", 1)


@pytest.mark.parametrize("limit", [1, 7, 200])
def test_offsets_lead_through_every_list_of_the_dialect(owner: ApiClient, limit: int) -> None:
    assert [row["body"] for row in walk_offsets(owner, f"{ACME}/messages", limit)] == list_texts(build_rows("acme"))
    rows = list(walk_offsets(owner, f"{ACME}/channels/whatsapp", limit))
    assert [(row["body"], row["template"]) for row in rows] == [(row.text, "hello") for row in WHATSAPP_ROWS]


def test_any_offset_begins_a_page(owner: ApiClient) -> None:
    body = get_body(owner, f"{ACME}/messages", {"offset": "5", "limit": "3"})
    rows = build_rows("acme")
    assert [row["body"] for row in body["data"]] == list_texts(rows)[5:8]
    assert body["paging"] | {"next": None} == {"total": len(rows), "offset": 5, "limit": 3, "next": None}
    assert get_body(owner, f"{ACME}/messages", {"offset": str(2**63 - 1)})["data"] == []


@pytest.mark.parametrize("route", ["messages", "broadcasts", "whatsapp"])
def test_the_dialect_lists_every_source(owner: ApiClient, stranger: ApiClient, route: str) -> None:
    for client in (owner, stranger):
        rows = get_body(client, f"{ACME}/channels/{route}", {"limit": "200"})["data"]
        assert rows
        assert route == "broadcasts" or {client.account in row["body"] for row in rows} == {True}


def test_the_dialect_filters_by_its_own_words(owner: ApiClient) -> None:
    query = {"channel": "whatsapp", "state": "delivered", "region": "us", "origin": "MyApp", "number": "415"}
    expected = [
        row.text for row in WHATSAPP_ROWS if (row.group, row.country, row.sender) == ("delivered", "US", "MyApp")
    ]
    assert [row["body"] for row in walk_offsets(owner, f"{ACME}/messages", 200)]
    assert [row["body"] for row in get_body(owner, f"{ACME}/messages", query)["data"]] == expected
    days = {"first_day": "2026-02-11", "last_day": "2026-02-11"}
    assert get_body(owner, f"{ACME}/channels/whatsapp", days)["paging"]["total"] == 4


def test_the_dialect_names_every_invalid_parameter_in_its_own_body(owner: ApiClient) -> None:
    answer = owner.get(f"{ACME}/messages", {"offset": "-1", "limit": "201", "state": "odd", "number": "x"})
    error = answer.json()["error"]
    assert (answer.status_code, error["status"], error["kind"]) == (400, 400, "bad_request")
    assert set(error["fields"]) == {"offset", "limit", "state"}
    assert set(owner.get(f"{ACME}/messages", {"number": "x"}).json()["error"]["fields"]) == {"number"}


def test_the_dialect_reads_its_own_header_alone(owner: ApiClient) -> None:
    assert owner.get(f"{ACME}/messages", X_Acme_Token="")["WWW-Authenticate"] == "X-Acme-Token"
    assert owner.get(f"{ACME}/nothing").json()["error"]["kind"] == "not_found"
    assert owner.get(f"{TELECOM}/messages", X_Acme_Token="odd").status_code == 200
