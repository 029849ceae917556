"""Pages of the list of messages, and of one message."""

from typing import Any

import pytest
from django.test import Client

from smsreports.reports import messages
from tests.conftest import DAY, load_lines, message_line, send_line
from tests.conftest import broadcast_line as campaign

PART_OF_NUMBER_REASON = "must be 1 to 15 digits; a + or 00, spaces, dashes, dots, slashes and brackets are fine"
WIDE = {"account": "acme", "to": "9999-12-31"}


@pytest.fixture
def rows(staff: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """Load seven messages of three days, and set pages of three."""
    monkeypatch.setattr(messages, "PAGE_SIZE", 3)
    days = ("2026-02-11", "2026-02-12", "2026-02-12", DAY, DAY, DAY, DAY)
    load_lines(
        message_line(client_message_id=f"m-{number}", created_at=f"{day}T10:0{number}:00Z", cost="0.5")
        for number, day in enumerate(days)
    )


def message_ids(page: Any) -> list[str]:
    return [row.message["client_message_id"] for row in page.context["rows"]]


def test_links_lead_through_the_list_in_both_directions(rows: None, staff: Client) -> None:
    page, pages = staff.get("/reports/messages", WIDE), []
    while True:
        pages.append(message_ids(page))
        if "next" not in page.context["pages"].links:
            break
        page = staff.get(page.context["pages"].links["next"])
    assert pages == [["m-6", "m-5", "m-4"], ["m-3", "m-2", "m-1"], ["m-0"]]
    assert message_ids(staff.get(page.context["pages"].links["prev"])) == pages[1]
    assert message_ids(staff.get(page.context["pages"].links["last"])) == pages[2]


def test_a_cursor_link_keeps_its_rows_when_messages_arrive(rows: None, staff: Client) -> None:
    older = staff.get("/reports/messages", WIDE).context["pages"].links["next"]
    load_lines([message_line(client_message_id="m-7", created_at=f"{DAY}T12:00:00Z")])
    assert message_ids(staff.get(older)) == ["m-3", "m-2", "m-1"]


@pytest.mark.parametrize(
    ("query", "error"),
    [
        ({"page": "0"}, ("page", "must be a whole number from 1 on")),
        ({"page": "9" * 30}, ("page", "must be a whole number from 1 on")),
        ({"cursor": "x"}, ("cursor", "is not valid; use the cursor of a Link header unchanged")),
        ({"phone": "12a"}, ("phone", PART_OF_NUMBER_REASON)),
    ],
)
def test_an_invalid_page_is_reported_and_the_first_page_shown(
    rows: None, staff: Client, query: dict[str, str], error: tuple[str, str]
) -> None:
    page = staff.get("/reports/messages", WIDE | query)
    assert page.context["errors"] == [error]
    assert message_ids(page) == ["m-6", "m-5", "m-4"]


HOURS = {"since": f"{DAY}T10:03Z", "until": f"{DAY}T10:05Z"}


def test_since_and_until_filter_the_list_by_minute(rows: None, staff: Client) -> None:
    page = staff.get("/reports/messages", {"account": "acme", **HOURS})
    assert (message_ids(page), page.context["pages"].total) == (["m-4", "m-3"], 2)
    assert "2026-02-13 10:03</time>" in page.content.decode()


def test_a_period_link_replaces_since_and_until(rows: None, staff: Client) -> None:
    page = staff.get("/reports/messages", {"account": "acme", **HOURS})
    assert {href for _, href, _ in page.context["periods"] if "since" in href or "until" in href} == set()
    assert all(here is False for _, _, here in page.context["periods"])


TOO_LONG = "is answered for 8 days at most, and needs both ends of them"


@pytest.mark.parametrize(
    ("query", "errors"),
    [
        ({"since": "yesterday"}, {"since": "must be a moment in UTC, YYYY-MM-DDTHH:MMZ"}),
        (
            {"since": HOURS["until"], "until": HOURS["since"]},
            {"since": "must not be after until", "until": "must not be before since"},
        ),
        ({"since": HOURS["since"]}, {"since": TOO_LONG}),
        ({**HOURS, "until": "2026-02-28T00:00Z"}, {"since": TOO_LONG, "until": TOO_LONG}),
        ({**HOURS, "period": "7d"}, dict.fromkeys(HOURS, "must not be given together with period, from or to")),
        ({"in_time": "no", "to": "9999-12-31"}, {"in_time": TOO_LONG}),
        ({"in_time": "maybe"}, {"in_time": "must be one of yes, no"}),
    ],
)
def test_invalid_hours_are_reported_and_ignored(
    rows: None, staff: Client, query: dict[str, str], errors: dict[str, str]
) -> None:
    page = staff.get("/reports/messages", {"account": "acme", **query})
    assert (page.status_code, dict(page.context["errors"])) == (200, errors)


def test_a_page_past_the_end_has_a_notice(rows: None, staff: Client) -> None:
    page = staff.get("/reports/messages", WIDE | {"page": "9"})
    assert (page.status_code, "There is no page 9; the last is 3." in page.content.decode()) == (200, True)


def test_a_row_links_to_its_page_with_a_timeline(staff: Client) -> None:
    load_lines(
        [campaign(), send_line(status="DELIVRD", delivered_at=f"{DAY}T12:00:42Z", clicked_at=f"{DAY}T12:05:00Z")]
    )
    line = staff.get("/reports/messages", WIDE | {"tz": "Europe/Berlin"}).context["rows"][0]
    page = staff.get(line.href)
    events = [(name, f"{delay}") for _, name, delay in page.context["events"]]
    assert events == [("sent", "None"), ("delivered", "0:00:42"), ("clicked", "0:05:00")]
    text = page.content.decode()
    assert "+447911123456" in text and "50% off today!" in text and "2026-02-13 13:00:42" in text


def test_unknown_messages_are_not_found(rows: None, staff: Client) -> None:
    for path in ("api/0", f"api/{2**64}", "fax/1", "api/x"):
        assert staff.get(f"/reports/messages/{path}", {"account": "acme"}).status_code == 404
