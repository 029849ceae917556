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
from tests.conftest import DAY, broadcast_line, create_api_client, load_lines, message_line, receipt_line, send_line

EVENTS = reverse("admin:ingest_event_changelist")
# Session, user, statement timeout, number of rows, keys of the page, rows of the page.
QUERIES = 6
# Session, user, row, timeline.
PAGE_QUERIES = 4


def read_timeline(staff: Client, name: str, row: int) -> list[list[str]]:
    """Return the cells of the timeline without the last column: the time of arrival comes from our own clock."""
    page = staff.get(reverse(f"admin:{name}_change", args=[row])).content.decode()
    rows = re.findall(r"<tr>((?:\s*<td>[^<]*</td>)+)\s*</tr>", page)
    return [re.findall(r"<td>([^<]*)</td>", row)[:4] for row in rows]


@pytest.mark.django_db
def test_a_message_shows_receipts_by_either_id_oldest_first(staff: Client) -> None:
    load_lines(
        [
            message_line(client_message_id="m-1", message_id="c-1"),
            message_line(client_message_id="m-2", message_id="c-2"),
            receipt_line(message_id="c-1", status="DELIVRD", status_code="000", at=f"{DAY}T12:00:04Z"),
            receipt_line(client_message_id="m-1", status="sent", at=f"{DAY}T12:00:01Z"),
            receipt_line(client_message_id="m-2", status="EXPIRED", at=f"{DAY}T12:00:02Z"),
            receipt_line(client_message_id="c-1", status="failed", at=f"{DAY}T12:00:03Z"),
            receipt_line(account="globex", client_message_id="m-1", status="UNKNOWN", at=f"{DAY}T12:00:03Z"),
        ]
    )
    row = Message.unscoped.get(client_message_id="m-1")
    assert read_timeline(staff, "messages_app_message", row.pk) == [
        [f"{DAY} 12:00:01", "receipt", "sent", "applied"],
        [f"{DAY} 12:00:04", "receipt", "DELIVRD 000", "applied"],
    ]


@pytest.mark.django_db
def test_a_send_shows_its_receipts_clicks_and_actions(staff: Client) -> None:
    click, action = f"{DAY}T13:00:00Z", f"{DAY}T14:00:00Z"
    load_lines(
        [
            broadcast_line(),
            send_line(),
            receipt_line(message_id="s-1", status="DELIVRD", at=f"{DAY}T12:00:05Z"),
            receipt_line(type="click", message_id="s-1", at=click),
            receipt_line(type="action", message_id="s-1", action_type="<b>sale</b>", at=action),
        ]
    )
    assert read_timeline(staff, "broadcasts_app_broadcastsend", BroadcastSend.unscoped.get().pk) == [
        [f"{DAY} 12:00:05", "receipt", "DELIVRD", "applied"],
        [f"{DAY} 13:00:00", "click", "-", "-"],
        [f"{DAY} 14:00:00", "action", "&lt;b&gt;sale&lt;/b&gt;", "-"],
    ]


@pytest.mark.django_db
def test_a_timeline_is_limited_and_takes_one_query(
    staff: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    load_lines([broadcast_line(), send_line()])
    page = reverse("admin:broadcasts_app_broadcastsend_change", args=[BroadcastSend.unscoped.get().pk])
    with django_assert_num_queries(PAGE_QUERIES):
        assert "No delivery receipt yet." in staff.get(page).content.decode()
    load_lines(
        receipt_line(type="click", message_id="s-1", at=f"{DAY}T13:{n // 60:02}:{n % 60:02}Z") for n in range(300)
    )
    with django_assert_num_queries(PAGE_QUERIES):
        content = staff.get(page).content.decode()
    assert content.count("<td>click</td>") == MAX_ENTRIES
    assert f"{DAY} 13:04:59" in content
    assert f"The latest {MAX_ENTRIES} of 300" in content


@pytest.mark.django_db
def test_each_page_shows_the_same_verdicts_as_the_api(staff: Client) -> None:
    reports = [("sent", 3), ("EXPIRED", 2), ("DELIVRD", 4), ("DELIVRD", 6), ("sent", 9)]
    load_lines(
        [
            message_line(),
            *(receipt_line(client_message_id="m-1", status=status, at=f"{DAY}T12:00:0{at}Z") for status, at in reports),
        ]
    )
    api = create_api_client("acme").get("/api/v1/sms/status/m-1").json()["message"]["timeline"]
    row = Message.unscoped.get()
    admin = read_timeline(staff, "messages_app_message", row.pk)
    report = staff.get(f"/reports/messages/api/{row.pk}?account=acme").context["receipts"]
    expected = ["EXPIRED contradicts", "sent applied", "DELIVRD duplicate", "DELIVRD applied", "sent late"]
    assert [f"{entry['status']} {entry['verdict']}" for entry in api] == expected
    assert [f"{status} {verdict}" for _, _, status, verdict in admin] == expected
    assert [f"{entry.report} {entry.verdict}" for entry in report] == expected


@pytest.mark.django_db
def test_receipts_are_listed_and_found_by_their_reference(
    staff: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    load_lines([message_line()])
    for number in range(3):
        load_lines(
            [
                receipt_line(client_message_id="m-1", status="sent", at=f"{DAY}T12:00:0{number}Z"),
                receipt_line(message_id=f"waiting-{number}", status="sent"),
            ]
        )
        with django_assert_num_queries(QUERIES):
            assert f"waiting-{number}" in staff.get(EVENTS).content.decode()
    content = staff.get(EVENTS, {"q": "m-1"}).content.decode()
    assert "3 events." in content
    assert "waiting-" not in content
    assert "waiting-1" in staff.get(EVENTS, {"q": "waiting-1", "account": "acme"}).content.decode()


@pytest.mark.django_db
def test_receipts_cannot_be_filtered_by_account_alone(staff: Client) -> None:
    load_lines([message_line(), receipt_line(client_message_id="m-1", status="sent")])
    response = staff.get(EVENTS, {"account": "acme"})
    assert response.status_code == 400
    assert "can only be used together with Find" in response.content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize("page", ["add", "change", "delete"])
def test_staff_cannot_edit_receipts(staff: Client, page: str) -> None:
    load_lines([message_line(), receipt_line(client_message_id="m-1", status="sent")])
    key = [] if page == "add" else [Event.unscoped.get().pk]
    form = {"post": "yes", "status": "DELIVRD"}
    assert staff.post(reverse(f"admin:ingest_event_{page}", args=key), form).status_code == 403
    assert Event.unscoped.get().status == "sent"
