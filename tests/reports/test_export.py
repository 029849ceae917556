"""The list as a file: the API's own, told before it begins, and offered in slices where it would be cut."""

import re
from typing import Any

import pytest
from django.conf import LazySettings
from django.test import Client

from broadcasts_app.models import Broadcast
from tests.conftest import DAY, Person, load, message, send
from tests.conftest import broadcast as campaign

WIDE = {"account": "acme", "to": "9999-12-31", "source": "api"}


@pytest.fixture(scope="module", autouse=True)
def rows(committed: None) -> None:
    """Seven messages on three days, and a send: a file is read on a connection of its own."""
    days = ("2026-02-11", "2026-02-12", "2026-02-12", DAY, DAY, DAY, DAY)
    load(
        message(client_message_id=f"m-{number}", created_at=f"{day}T10:0{number}:00Z")
        for number, day in enumerate(days)
    )
    load([campaign(), send(message="=1+1")])


def test_the_file_is_the_api_s_own(staff: Client, owner: Person) -> None:
    asked = WIDE | {"phone": "1", "source": "all"}
    page = staff.get("/reports/messages", asked)
    file: Any = staff.get(page.context["export"]["href"])
    api = owner.get("/api/v1/sms/messages/unified/export", {name: asked[name] for name in ("to", "phone", "source")})
    assert b"".join(file) == api.body
    assert (file["X-Export-Total"], file["X-Export-Truncated"]) == ("8", "false")
    assert 'filename="messages_export_' in file["Content-Disposition"]


def test_the_file_of_a_broadcast_has_its_sms_alone(staff: Client) -> None:
    asked = {"account": "acme", "to": "9999-12-31", "broadcast": str(Broadcast.everyones.get().pk), "event": "sent"}
    page = staff.get("/reports/messages", asked)
    file: Any = staff.get(page.context["export"]["href"])
    assert page.context["pages"].total == 1
    assert b"".join(file).count(b"campaign") == int(file["X-Export-Total"]) == 1


def test_the_length_is_told_before_the_download(staff: Client) -> None:
    page = staff.get("/reports/messages", WIDE)
    told = page.context["export"]
    file: Any = staff.get(told["href"])
    assert told["rows"] == 7
    assert told["bytes"] == pytest.approx(len(b"".join(file)), rel=0.5)


def test_a_file_that_would_be_cut_is_offered_in_days_that_fit(staff: Client, settings: LazySettings) -> None:
    settings.EXPORT_LIMIT = 3
    page = staff.get("/reports/messages", WIDE)
    told = [(f"{one.first}", f"{one.last}", one.rows, one.is_within_limit) for one in page.context["export"]["slices"]]
    assert told == [(DAY, DAY, 4, False), ("2026-02-11", "2026-02-12", 3, True)]
    file: Any = staff.get(page.context["export"]["slices"][1].href)
    assert len(re.findall(rb"m-\d", b"".join(file))) == 3
    assert file["X-Export-Truncated"] == "false"
    assert "One file holds 3 rows at most" in page.content.decode()
