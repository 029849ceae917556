"""How many queries each page costs: committed numbers, however many rows, senders and accounts there are."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.conftest import broadcast as campaign
from tests.conftest import load, message, send
from tests.reports.conftest import TODAY

# Three of them are always the session, its user, and the accounts to choose from.
QUERIES = {
    "/reports/": 4,
    "/reports/?format=csv": 4,
    "/reports/messages": 4,
    "/reports/countries": 4,
    "/reports/countries?format=csv": 4,
    "/reports/senders": 4,
    "/reports/broadcasts": 7,
    "/reports/health?at=2026-02-13T12:00Z": 5,
    "/reports/health?at=2026-02-13T12:00Z&format=csv": 5,
}


def rows(first: int, last: int) -> None:
    at = f"{TODAY}T10:00:00Z"
    load(
        line
        for number in range(first, last)
        for line in (
            message(client_message_id=f"m-{number}", sender_id=f"S{number}", created_at=at),
            message(account=f"a-{number}", created_at=at),
            campaign(broadcast=f"b-{number}", created_at=at),
            send(broadcast=f"b-{number}", message_id=f"s-{number}", sent_at=at),
        )
    )


def count(staff: Client, page: str) -> int:
    staff.get(page)
    with CaptureQueriesContext(connection) as queries:
        assert staff.get(page).status_code == 200
    return len(queries)


@pytest.mark.parametrize("page", QUERIES)
def test_a_page_costs_its_queries_however_much_there_is(staff: Client, on_the_day: None, page: str) -> None:
    rows(0, 2)
    asked = page + ("&" if "?" in page else "?") + "account=acme"
    assert count(staff, asked) == QUERIES[page]
    rows(2, 30)
    assert count(staff, asked) == QUERIES[page]
