"""What support sees: masked numbers, no texts, no search by part of a number, no file of messages."""

import pytest
from django.test import Client

from tests.conftest import broadcast, load, message, receipt, send

NUMBER, TEXT = "+14155551234", "Your code is 847291"
WIDE = {"account": "acme", "to": "9999-12-31"}
PAGES = ("/reports/messages", "/reports/broadcasts")


@pytest.fixture(autouse=True)
def traffic(db: None) -> None:
    load([message(recipient=NUMBER, message=TEXT), receipt(client_message_id="m-1", status="sent")])
    load([broadcast(message=TEXT), send(recipient=NUMBER)])


def whole(browser: Client) -> str:
    """Every page of an SMS or a broadcast, one after the other."""
    lists = [browser.get(page, WIDE) for page in PAGES]
    rows = [line.href for line in lists[0].context["lines"]] + [one.href for one in lists[1].context["campaigns"]]
    answers = [*lists, *(browser.get(href) for href in rows)]
    assert len(answers) == 5 and {answer.status_code for answer in answers} == {200}
    return "".join(answer.content.decode() for answer in answers)


def test_staff_who_may_see_numbers_read_all(staff: Client) -> None:
    shown = whole(staff)
    assert NUMBER in shown and TEXT in shown


def test_support_reads_neither_numbers_nor_texts(support: Client) -> None:
    shown = whole(support)
    assert NUMBER not in shown and "847291" not in shown
    assert "+141•••••234" in shown


def test_support_may_not_take_the_mask_off_by_searching(support: Client) -> None:
    page = support.get("/reports/messages", WIDE | {"phone": "4155551"})
    assert page.context["faults"] == [("phone", "is searched only by staff who may see whole numbers")]
    assert len(page.context["lines"]) == 2  # the filter is left out, and says so
    assert 'name="phone"' not in support.get("/reports/messages", WIDE).content.decode()


def test_support_gets_no_file_of_messages_and_is_offered_none(support: Client) -> None:
    assert support.get("/reports/messages", WIDE | {"format": "csv"}).status_code == 403
    assert "Export as CSV" not in support.get("/reports/messages", WIDE).content.decode()


def test_support_gets_the_files_of_figures(support: Client) -> None:
    answer = support.get("/reports/countries", WIDE | {"format": "csv"})
    assert answer.status_code == 200
    assert NUMBER not in answer.content.decode()


def test_a_message_shows_what_was_reported_of_it(support: Client) -> None:
    page = support.get("/reports/messages", WIDE | {"source": "api"})
    one = support.get(page.context["lines"][0].href)
    assert [entry.report for entry in one.context["receipts"]] == ["sent"]
    assert "What was reported of it" in one.content.decode()
