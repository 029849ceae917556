"""Export of the list: the same as that of the API, with its size known before, and date ranges if it is too large."""

import re
from typing import Any

import pytest
from django.conf import LazySettings
from django.test import Client

from broadcasts_app.models import Broadcast
from tests.conftest import DAY, ApiClient, load_lines, message_line, send_line
from tests.conftest import broadcast_line as campaign

WIDE = {"account": "acme", "to": "9999-12-31", "source": "api"}


@pytest.fixture(scope="module", autouse=True)
def rows(committed: None) -> None:
    """Load seven messages of three days, and a send. Exports are read on a connection of their own."""
    days = ("2026-02-11", "2026-02-12", "2026-02-12", DAY, DAY, DAY, DAY)
    load_lines(
        message_line(client_message_id=f"m-{number}", created_at=f"{day}T10:0{number}:00Z")
        for number, day in enumerate(days)
    )
    load_lines([campaign(), send_line(message="=1+1")])


def test_the_export_equals_that_of_the_api(staff: Client, owner: ApiClient) -> None:
    query = WIDE | {"phone": "1", "source": "all"}
    page = staff.get("/reports/messages", query)
    file: Any = staff.get(page.context["export"].href)
    api = owner.get("/api/v1/sms/messages/unified/export", {name: query[name] for name in ("to", "phone", "source")})
    assert b"".join(file) == api.body
    assert (file["X-Export-Total"], file["X-Export-Truncated"]) == ("8", "false")
    assert 'filename="messages_export_' in file["Content-Disposition"]


def test_the_export_of_a_broadcast_has_only_its_sms(staff: Client) -> None:
    query = {"account": "acme", "to": "9999-12-31", "broadcast": str(Broadcast.unscoped.get().pk), "event": "sent"}
    page = staff.get("/reports/messages", query)
    file: Any = staff.get(page.context["export"].href)
    assert page.context["pages"].total == 1
    assert b"".join(file).count(b"campaign") == int(file["X-Export-Total"]) == 1


def test_rows_and_size_are_shown_before_the_download(staff: Client) -> None:
    page = staff.get("/reports/messages", WIDE)
    export = page.context["export"]
    file: Any = staff.get(export.href)
    assert export.rows == 7
    assert export.bytes == pytest.approx(len(b"".join(file)), rel=0.5)


def test_an_export_over_the_limit_is_offered_as_date_ranges(staff: Client, settings: LazySettings) -> None:
    settings.EXPORT_LIMIT = 3
    page = staff.get("/reports/messages", WIDE)
    ranges = [
        (f"{part.first}", f"{part.last}", part.rows, part.is_within_limit) for part in page.context["export"].ranges
    ]
    assert ranges == [(DAY, DAY, 4, False), ("2026-02-11", "2026-02-12", 3, True)]
    file: Any = staff.get(page.context["export"].ranges[1].href)
    assert len(re.findall(rb"m-\d", b"".join(file))) == 3
    assert file["X-Export-Truncated"] == "false"
    assert "One file holds 3 rows at most" in page.content.decode()
