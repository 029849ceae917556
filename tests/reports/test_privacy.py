"""Masking for support: no read_all_pages numbers, no texts, no search by part of a number, no export of messages."""

import pytest
from django.test import Client

from tests.conftest import broadcast_line, load_lines, message_line, receipt_line, send_line

NUMBER, TEXT = "+14155551234", "Your code is 847291"
WIDE = {"account": "acme", "to": "9999-12-31"}
PAGES = ("/reports/messages", "/reports/broadcasts")


@pytest.fixture(autouse=True)
def traffic(db: None) -> None:
    load_lines([message_line(recipient=NUMBER, message=TEXT), receipt_line(client_message_id="m-1", status="sent")])
    load_lines([broadcast_line(message=TEXT), send_line(recipient=NUMBER)])


def read_all_pages(browser: Client) -> str:
    """Return the HTML of all pages of an SMS and of a broadcast."""
    lists = [browser.get(page, WIDE) for page in PAGES]
    rows = [line.href for line in lists[0].context["rows"]] + [
        summary.href for summary in lists[1].context["summaries"]
    ]
    responses = [*lists, *(browser.get(href) for href in rows)]
    assert len(responses) == 5 and {response.status_code for response in responses} == {200}
    return "".join(response.content.decode() for response in responses)


def test_staff_with_permission_see_numbers_and_texts(staff: Client) -> None:
    html = read_all_pages(staff)
    assert NUMBER in html and TEXT in html


def test_support_sees_masked_numbers_and_no_texts(support: Client) -> None:
    html = read_all_pages(support)
    assert NUMBER not in html and "847291" not in html
    assert "+141•••••234" in html


def test_support_cannot_search_by_part_of_a_number(support: Client) -> None:
    page = support.get("/reports/messages", WIDE | {"phone": "4155551"})
    assert page.context["errors"] == [("phone", "is searched only by staff who may see whole numbers")]
    assert len(page.context["rows"]) == 2  # the filter is ignored
    assert 'name="phone"' not in support.get("/reports/messages", WIDE).content.decode()


def test_support_cannot_export_messages(support: Client) -> None:
    assert support.get("/reports/messages", WIDE | {"format": "csv"}).status_code == 403
    assert "Export as CSV" not in support.get("/reports/messages", WIDE).content.decode()


def test_support_can_download_files_of_figures(support: Client) -> None:
    response = support.get("/reports/countries", WIDE | {"format": "csv"})
    assert response.status_code == 200
    assert NUMBER not in response.content.decode()


def test_a_message_page_lists_its_delivery_receipts(support: Client) -> None:
    page = support.get("/reports/messages", WIDE | {"source": "api"})
    message_page = support.get(page.context["rows"][0].href)
    assert [entry.report for entry in message_page.context["receipts"]] == ["sent"]
    assert "What was reported of it" in message_page.content.decode()
