"""List endpoints, and traffic that puts many rows at the same times and at the edges of days."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from broadcasts_app.models import Broadcast, BroadcastSend
from messages_app.models import Message
from tests.conftest import ALL_DAYS, ApiClient, broadcast_line, load_lines, message_line, send_line

# Edges and middles of days. Each source has several rows of each time.
TIMES = [
    f"2026-02-{day}T{time}Z"
    for day in ("09", "11", "12")
    for time in ("00:00:00", "12:00:00", "12:00:00.000001", "23:59:59.999999")
]
MESSAGES, SENDS = 70, 50
# Newer than all of `TIMES`.
LATER = "2026-02-13T12:00:00Z"


@pytest.fixture(scope="module", autouse=True)
def traffic(committed: None) -> None:
    """Load rows of both sources. The last time has the most."""
    times = [TIMES[n % 11 if n % 3 else -1] for n in range(MESSAGES)]
    load_lines(sms_line("api", n, at) for n, at in enumerate(times))
    load_lines(line for n in range(SENDS) for line in (campaign_line(n, times[n]), sms_line("campaign", n, times[n])))
    load_lines(message_line(account="globex", client_message_id=f"m-{n}", created_at=at) for n, at in enumerate(times))


def sms_line(kind: str, number: int, at: str) -> str:
    """Return a line that loads an API message, or the send of a campaign."""
    text = f"{kind} {number}"
    if kind == "api":
        return message_line(client_message_id=f"m-{number}", message=text, created_at=at)
    return send_line(broadcast=f"b-{number}", message_id=f"s-{number}", message=text, sent_at=at)


def campaign_line(number: int, at: str) -> str:
    return broadcast_line(broadcast=f"b-{number}", message=f"campaign {number}", created_at=at)


@dataclass(frozen=True)
class Page:
    """A page of a list as a response shows it. Rows are known by their texts."""

    texts: list[str]
    total: int
    number: int
    size: int
    links: dict[str, str]


@dataclass(frozen=True)
class ListEndpoint:
    """A list of the API."""

    path: str
    size_param: str
    params: dict[str, str]
    models: tuple[Any, ...]

    def get(self, api_client: ApiClient, size: int = 7, **params: str) -> Page:
        """Return the page for these parameters."""
        return self.read_page(api_client.get(self.path, self.params | {self.size_param: str(size)} | params))

    def follow(self, api_client: ApiClient, url: str) -> Page:
        """Return the page that a link leads to."""
        return self.read_page(api_client.request("GET", url))

    def walk(self, api_client: ApiClient, relation: str, page: Page) -> Iterator[Page]:
        """Yield `page` and those that its links lead to."""
        yield page
        while relation in page.links:
            page = self.follow(api_client, page.links[relation])
            yield page

    def get_cursor(self, api_client: ApiClient) -> str:
        """Return the cursor of the second page."""
        return parse_qs(urlsplit(self.get(api_client).links["next"]).query)["cursor"][0]

    def read_page(self, answer: Any) -> Page:
        assert answer.status_code == 200, answer.body
        body = json.loads(answer.body)
        links = {link["rel"]: link["url"] for link in requests.utils.parse_header_links(answer["Link"])}
        if "messages" in body:
            return Page([row["message"] for row in body["messages"]], body["total"], body["page"], body["limit"], links)
        page = body["data"]
        texts = [row["short_message"] for row in page["data"]]
        return Page(texts, page["total"], page["current_page"], page["per_page"], links)

    def expected_texts(self) -> list[str]:
        """Return the texts of all rows by (time, source, id), descending, sorted in Python."""
        rows = [
            (
                getattr(row, "sent_at" if model is BroadcastSend else "created_at"),
                model is not Message,
                row.pk,
                row.text,
            )
            for model in self.models
            for row in model.unscoped.filter(account__name="acme")
        ]
        return [text for *_, text in sorted(rows, reverse=True)]


SINGLE = ListEndpoint("/api/v1/sms/messages", "limit", ALL_DAYS, (Message,))
UNIFIED = ListEndpoint("/api/v1/sms/messages/unified", "limit", ALL_DAYS, (Message, BroadcastSend))
BY_PHONE = ListEndpoint("/api/v1/sms/messages/unified", "limit", ALL_DAYS | {"phone": "4"}, (Message, BroadcastSend))
ITEMS = ListEndpoint("/api/sms/messages", "per_page", {}, (Message, Broadcast))
all_lists = pytest.mark.parametrize(
    "endpoint", [SINGLE, UNIFIED, BY_PHONE, ITEMS], ids=["api", "unified", "phone", "items"]
)
