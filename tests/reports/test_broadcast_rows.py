"""The SMS behind each figure of a broadcast: just those, from an index, and only for pages."""

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from broadcasts_app.models import Broadcast
from tests.conftest import DAY, NOON, Person, broadcast, load, message, send
from tests.reports.conftest import links

WIDE = {"account": "acme", "to": "9999-12-31"}
START = datetime.fromisoformat(NOON)
# What a form of the page would never send, with the parameter that is told of.
ODD = [
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


def some_send(rng: random.Random, number: int) -> str:
    """Whatever may happen to an SMS, in two days before and after it was sent."""
    sent = START + timedelta(seconds=rng.randrange(7200))

    def moment(share: float) -> str | None:
        at = sent + timedelta(seconds=rng.randrange(-7200, 250_000))
        return at.isoformat() if rng.random() < share else None

    status = rng.choice(("DELIVRD", "DELIVRD", "UNDELIV", "sent"))
    fields: dict[str, Any] = {"status": status, "delivered_at": None if status == "sent" else moment(0.9)}
    if acted := moment(0.3):
        fields |= {"action_type": "order", "action_at": acted}
    key = rng.choice(("own", "other"))
    return send(broadcast=key, message_id=f"s-{number}", sent_at=sent.isoformat(), clicked_at=moment(0.5), **fields)


def traffic() -> Iterator[str]:
    rng = random.Random(20260213)
    yield from (broadcast(broadcast=key) for key in ("own", "other"))
    yield from (some_send(rng, number) for number in range(120))
    yield message()
    yield broadcast(account="globex", broadcast="theirs")
    yield send(account="globex", broadcast="theirs")


@pytest.fixture
def own(staff: Client) -> int:
    load(traffic())
    return int(Broadcast.everyones.get(key="own").pk)


def test_every_figure_leads_to_just_the_rows_that_it_counts(own: int, staff: Client) -> None:
    pages = [staff.get(f"/reports/broadcasts/{own}", WIDE), staff.get("/reports/broadcasts", WIDE)]
    counted = [(href, int(text)) for page in pages for href, text in links(page) if text.isdigit()]
    assert len(counted) > 40
    assert [(href, number) for href, number in counted if staff.get(href).context["pages"].total != number] == []


def test_the_page_says_which_sms_it_lists_and_leads_to_all(own: int, staff: Client) -> None:
    asked = WIDE | {"broadcast": str(own), "event": "clicked", "after": NOON, "tz": "Europe/Berlin"}
    page = staff.get("/reports/messages", asked)
    assert "clicked from" in page.content.decode() and f"{DAY} 13:00:00" in page.content.decode()
    everything = next(href for href, text in links(page) if text == "All messages")
    assert staff.get(everything).context["pages"].total == 121


def test_other_pages_are_not_asked_for_a_broadcast(own: int, staff: Client) -> None:
    page = staff.get("/reports/messages", WIDE | {"broadcast": str(own)})
    countries = next(href for href, text in links(page) if text == "Countries")
    assert "broadcast" not in countries


@pytest.mark.parametrize(("asked", "name"), ODD)
def test_an_odd_one_is_named_and_left_out(own: int, staff: Client, asked: dict[str, str], name: str) -> None:
    if asked.get("broadcast") in ("own", "theirs"):
        asked = asked | {"broadcast": str(Broadcast.everyones.get(key=asked["broadcast"]).pk)}
    page = staff.get("/reports/messages", WIDE | asked)
    assert page.status_code == 200
    assert [fault for fault, _ in page.context["faults"]] == [name]
    assert staff.get("/reports/messages", WIDE | asked | {"format": "csv"}).status_code == 400


def test_support_sees_the_rows_masked(own: int, support: Client) -> None:
    page = support.get("/reports/messages", WIDE | {"broadcast": str(own)})
    assert {line.row["recipient"] for line in page.context["lines"]} == {"+4479•••••456"}
    assert support.get("/reports/messages", WIDE | {"broadcast": str(own), "format": "csv"}).status_code == 403


def test_the_dialects_do_not_know_it(own: int, owner: Person) -> None:
    for path in ("v1/sms/messages/unified", "sms/messages", "v1/sms/stats"):
        asked = {"from": DAY, "to": DAY, "source": "all"}
        odd = {"broadcast": str(own), "event": "clicked", "clicked_since": NOON, "no_country": "true"}
        whole, narrowed = (owner.get(f"/api/{path}", asked | more).json() for more in ({}, odd))
        assert {**whole, "data": whole.get("data", {}).get("data")} == {
            **narrowed, "data": narrowed.get("data", {}).get("data")
        }  # fmt: skip
