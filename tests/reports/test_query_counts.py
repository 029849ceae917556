"""Number of queries of each page, which does not depend on the number of rows, senders and accounts."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.conftest import broadcast_line as campaign
from tests.conftest import load_lines, message_line, send_line
from tests.reports.conftest import TODAY

# Three of them are always the session, the user, and the accounts of the select.
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


def load_rows(first: int, last: int) -> None:
    at = f"{TODAY}T10:00:00Z"
    load_lines(
        line
        for number in range(first, last)
        for line in (
            message_line(client_message_id=f"m-{number}", sender_id=f"S{number}", created_at=at),
            message_line(account=f"a-{number}", created_at=at),
            campaign(broadcast=f"b-{number}", created_at=at),
            send_line(broadcast=f"b-{number}", message_id=f"s-{number}", sent_at=at),
        )
    )


def count_queries(staff: Client, page: str) -> int:
    staff.get(page)
    with CaptureQueriesContext(connection) as queries:
        assert staff.get(page).status_code == 200
    return len(queries)


@pytest.mark.parametrize("page", QUERIES)
def test_the_number_of_queries_does_not_depend_on_the_number_of_rows(
    staff: Client, fixed_today: None, page: str
) -> None:
    load_rows(0, 2)
    url = page + ("&" if "?" in page else "?") + "account=acme"
    assert count_queries(staff, url) == QUERIES[page]
    load_rows(2, 30)
    assert count_queries(staff, url) == QUERIES[page]
