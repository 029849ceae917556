"""Receipts on the staff pages, and the timeline of an SMS."""

import re

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from broadcasts_app.models import BroadcastSend
from messages_app.models import Message
from smsreports.ingest.models import Event
from smsreports.staff.timeline import MAX_ENTRIES
from tests.conftest import DAY, broadcast, load, message, person, receipt, send

EVENTS = reverse("admin:ingest_event_changelist")
# The session, its user, the patience of the database, the number of rows, a page's keys, its rows.
QUERIES = 6
# The session, its user, the row, what it was told.
PAGE_QUERIES = 4


def timeline(staff: Client, name: str, row: int) -> list[list[str]]:
    """The cells of the timeline, without the last: when it was received is our own clock."""
    page = staff.get(reverse(f"admin:{name}_change", args=[row])).content.decode()
    rows = re.findall(r"<tr>((?:<td>[^<]*</td>)+)</tr>", page)
    return [re.findall(r"<td>([^<]*)</td>", row)[:4] for row in rows]


@pytest.mark.django_db
def test_a_message_shows_what_it_was_told_by_either_id_oldest_first(staff: Client) -> None:
    load(
        [
            message(client_message_id="m-1", message_id="c-1"),
            message(client_message_id="m-2", message_id="c-2"),
            receipt(message_id="c-1", status="DELIVRD", status_code="000", at=f"{DAY}T12:00:04Z"),
            receipt(client_message_id="m-1", status="sent", at=f"{DAY}T12:00:01Z"),
            receipt(client_message_id="m-2", status="EXPIRED", at=f"{DAY}T12:00:02Z"),
            receipt(client_message_id="c-1", status="failed", at=f"{DAY}T12:00:03Z"),
            receipt(account="globex", client_message_id="m-1", status="UNKNOWN", at=f"{DAY}T12:00:03Z"),
        ]
    )
    row = Message.everyones.get(client_message_id="m-1")
    assert timeline(staff, "messages_app_message", row.pk) == [
        [f"{DAY} 12:00:01", "receipt", "sent", "applied"],
        [f"{DAY} 12:00:04", "receipt", "DELIVRD 000", "applied"],
    ]


@pytest.mark.django_db
def test_a_send_shows_its_receipts_clicks_and_actions(staff: Client) -> None:
    click, action = f"{DAY}T13:00:00Z", f"{DAY}T14:00:00Z"
    load(
        [
            broadcast(),
            send(),
            receipt(message_id="s-1", status="DELIVRD", at=f"{DAY}T12:00:05Z"),
            receipt(type="click", message_id="s-1", at=click),
            receipt(type="action", message_id="s-1", action_type="<b>sale</b>", at=action),
        ]
    )
    assert timeline(staff, "broadcasts_app_broadcastsend", BroadcastSend.everyones.get().pk) == [
        [f"{DAY} 12:00:05", "receipt", "DELIVRD", "applied"],
        [f"{DAY} 13:00:00", "click", "-", "-"],
        [f"{DAY} 14:00:00", "action", "&lt;b&gt;sale&lt;/b&gt;", "-"],
    ]


@pytest.mark.django_db
def test_a_timeline_is_bounded_and_asks_once(staff: Client, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    load([broadcast(), send()])
    page = reverse("admin:broadcasts_app_broadcastsend_change", args=[BroadcastSend.everyones.get().pk])
    with django_assert_num_queries(PAGE_QUERIES):
        assert "No delivery receipt yet." in staff.get(page).content.decode()
    load(receipt(type="click", message_id="s-1", at=f"{DAY}T13:{n // 60:02}:{n % 60:02}Z") for n in range(300))
    with django_assert_num_queries(PAGE_QUERIES):
        shown = staff.get(page).content.decode()
    assert shown.count("<td>click</td>") == MAX_ENTRIES
    assert f"{DAY} 13:04:59" in shown
    assert f"The latest {MAX_ENTRIES} of 300" in shown


@pytest.mark.django_db
def test_every_page_says_of_a_receipt_what_the_api_says(staff: Client) -> None:
    said = [("sent", 3), ("EXPIRED", 2), ("DELIVRD", 4), ("DELIVRD", 6), ("sent", 9)]
    load([message(), *(receipt(client_message_id="m-1", status=one, at=f"{DAY}T12:00:0{at}Z") for one, at in said)])
    api = person("acme").get("/api/v1/sms/status/m-1").json()["message"]["timeline"]
    row = Message.everyones.get()
    admin = timeline(staff, "messages_app_message", row.pk)
    report = staff.get(f"/reports/messages/api/{row.pk}?account=acme").context["receipts"]
    expected = ["EXPIRED contradicts", "sent applied", "DELIVRD duplicate", "DELIVRD applied", "sent late"]
    assert [f"{one['status']} {one['verdict']}" for one in api] == expected
    assert [f"{status} {verdict}" for _, _, status, verdict in admin] == expected
    assert [f"{one.report} {one.verdict}" for one in report] == expected


@pytest.mark.django_db
def test_receipts_are_listed_and_found_by_the_id_they_name(
    staff: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    load([message()])
    for number in range(3):
        load(
            [
                receipt(client_message_id="m-1", status="sent", at=f"{DAY}T12:00:0{number}Z"),
                receipt(message_id=f"waiting-{number}", status="sent"),
            ]
        )
        with django_assert_num_queries(QUERIES):
            assert f"waiting-{number}" in staff.get(EVENTS).content.decode()
    found = staff.get(EVENTS, {"q": "m-1"}).content.decode()
    assert "3 events." in found
    assert "waiting-" not in found
    assert "waiting-1" in staff.get(EVENTS, {"q": "waiting-1", "account": "acme"}).content.decode()


@pytest.mark.django_db
def test_an_account_alone_is_not_asked_of_receipts(staff: Client) -> None:
    load([message(), receipt(client_message_id="m-1", status="sent")])
    answer = staff.get(EVENTS, {"account": "acme"})
    assert answer.status_code == 400
    assert "can only be used together with Find" in answer.content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize("page", ["add", "change", "delete"])
def test_a_receipt_is_not_written_by_hand(staff: Client, page: str) -> None:
    load([message(), receipt(client_message_id="m-1", status="sent")])
    key = [] if page == "add" else [Event.everyones.get().pk]
    form = {"post": "yes", "status": "DELIVRD"}
    assert staff.post(reverse(f"admin:ingest_event_{page}", args=key), form).status_code == 403
    assert Event.everyones.get().status == "sent"
