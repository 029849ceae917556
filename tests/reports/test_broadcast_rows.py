"""Lists of the SMS behind each number of a broadcast."""

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from broadcasts_app.models import Broadcast
from tests.conftest import DAY, NOON, ApiClient, broadcast_line, load_lines, message_line, send_line
from tests.reports.conftest import read_links

WIDE = {"account": "acme", "to": "9999-12-31"}
START = datetime.fromisoformat(NOON)
# Invalid parameters, and the name of the parameter that is reported.
INVALID_QUERIES = [
    ({"broadcast": "x"}, "broadcast"),
    ({"broadcast": "0"}, "broadcast"),
    ({"broadcast": "9" * 30}, "broadcast"),
    ({"broadcast": "theirs"}, "broadcast"),
    ({"broadcast": "own", "source": "api"}, "broadcast"),
    ({"event": "clicked"}, "event"),
    ({"broadcast": "own", "event": "eaten"}, "event"),
    ({"broadcast": "own", "after": NOON}, "after"),
    ({"broadcast": "own", "event": "sent", "after": "noon"}, "after"),
    ({"broadcast": "own", "event": "sent", "after": "2026-02-13T10:00:00"}, "after"),
    ({"broadcast": "own", "event": "sent", "before": "0001-01-01T00:00:00+14:00"}, "before"),
    ({"broadcast": "own", "event": "sent", "after": NOON, "before": NOON}, "after"),
    ({"broadcast": "own", "event": "sent", "after": "9999-12-31T23:59:59-12:00"}, "after"),
]


def random_send(rng: random.Random, number: int) -> str:
    """Return a send with random events, from two hours before to three days after it was sent."""
    sent = START + timedelta(seconds=rng.randrange(7200))

    def moment(share: float) -> str | None:
        at = sent + timedelta(seconds=rng.randrange(-7200, 250_000))
        return at.isoformat() if rng.random() < share else None

    status = rng.choice(("DELIVRD", "DELIVRD", "UNDELIV", "sent"))
    fields: dict[str, Any] = {"status": status, "delivered_at": None if status == "sent" else moment(0.9)}
    if acted := moment(0.3):
        fields |= {"action_type": "order", "action_at": acted}
    key = rng.choice(("own", "other"))
    return send_line(
        broadcast=key, message_id=f"s-{number}", sent_at=sent.isoformat(), clicked_at=moment(0.5), **fields
    )


def traffic() -> Iterator[str]:
    rng = random.Random(20260213)
    yield from (broadcast_line(broadcast=key) for key in ("own", "other"))
    yield from (random_send(rng, number) for number in range(120))
    yield message_line()
    yield broadcast_line(account="globex", broadcast="theirs")
    yield send_line(account="globex", broadcast="theirs")


@pytest.fixture
def own(staff: Client) -> int:
    load_lines(traffic())
    return int(Broadcast.unscoped.get(key="own").pk)


def test_every_number_links_to_exactly_the_rows_it_counts(own: int, staff: Client) -> None:
    pages = [staff.get(f"/reports/broadcasts/{own}", WIDE), staff.get("/reports/broadcasts", WIDE)]
    numbers = [(href, int(text)) for page in pages for href, text in read_links(page) if text.isdigit()]
    assert len(numbers) > 40
    assert [(href, number) for href, number in numbers if staff.get(href).context["pages"].total != number] == []


def test_the_list_names_its_broadcast_and_links_to_all_messages(own: int, staff: Client) -> None:
    query = WIDE | {"broadcast": str(own), "event": "clicked", "after": NOON, "tz": "Europe/Berlin"}
    page = staff.get("/reports/messages", query)
    assert "clicked from" in page.content.decode() and f"{DAY} 13:00:00" in page.content.decode()
    all_messages = next(href for href, text in read_links(page) if text == "All messages")
    assert staff.get(all_messages).context["pages"].total == 121


def test_links_to_other_pages_leave_out_the_broadcast(own: int, staff: Client) -> None:
    page = staff.get("/reports/messages", WIDE | {"broadcast": str(own)})
    countries = next(href for href, text in read_links(page) if text == "Countries")
    assert "broadcast" not in countries


@pytest.mark.parametrize(("query", "name"), INVALID_QUERIES)
def test_an_invalid_event_filter_is_reported_and_ignored(
    own: int, staff: Client, query: dict[str, str], name: str
) -> None:
    if query.get("broadcast") in ("own", "theirs"):
        query = query | {"broadcast": str(Broadcast.unscoped.get(key=query["broadcast"]).pk)}
    page = staff.get("/reports/messages", WIDE | query)
    assert page.status_code == 200
    assert [parameter for parameter, _ in page.context["errors"]] == [name]
    assert staff.get("/reports/messages", WIDE | query | {"format": "csv"}).status_code == 400


def test_support_sees_masked_rows_of_a_broadcast(own: int, support: Client) -> None:
    page = support.get("/reports/messages", WIDE | {"broadcast": str(own)})
    assert {row.message["recipient"] for row in page.context["rows"]} == {"+4479•••••456"}
    assert support.get("/reports/messages", WIDE | {"broadcast": str(own), "format": "csv"}).status_code == 403


def test_the_api_ignores_the_filters_by_broadcast(own: int, owner: ApiClient) -> None:
    for path in ("v1/sms/messages/unified", "sms/messages", "v1/sms/stats"):
        query = {"from": DAY, "to": DAY, "source": "all"}
        ignored = {"broadcast": str(own), "event": "clicked", "clicked_since": NOON, "no_country": "true"}
        plain, filtered = (owner.get(f"/api/{path}", query | more).json() for more in ({}, ignored))
        assert {**plain, "data": plain.get("data", {}).get("data")} == {
            **filtered, "data": filtered.get("data", {}).get("data")
        }  # fmt: skip
